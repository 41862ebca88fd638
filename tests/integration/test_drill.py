"""The disaster drill against truth: what was done to keys, records and hints, and what the drill says of it."""

import json
import os
import signal
import time

import pytest

from support import exit_codes as code
from support.command import Sealift
from support.tenants import Tenants

EVERYTHING = ("red", "blue")
LONG = "SEALIFT_TEST_LONG" in os.environ


@pytest.fixture
def cluster(folder, bao, small_tree):
    made = Tenants(folder, bao, small_tree).fill(*EVERYTHING)
    yield made
    made.close()


def drill(machine, *options, expect=code.OK):
    result = machine.run("kms", "drill", "--json", *options)
    assert result.code in (expect if isinstance(expect, tuple) else (expect,)), result
    return result.json


def failing(shown):
    """What does not open, as (kind, filesystem or locator)."""
    assert shown["totals"]["failed"] + shown["totals"]["waiting"] == sum(row["result"] != "opens" for row in shown["listing"])
    return sorted((row["kind"], row["locator"] or row["filesystem"]) for row in shown["listing"] if row["result"] != "opens")


def test_everything_opens_and_it_is_said_by_what(cluster):
    shown = drill(cluster.machine)
    assert failing(shown) == []
    assert (shown["totals"]["filesystems"], shown["totals"]["keys"], shown["totals"]["snapshots"]) == (4, 4, 6)
    places = {row["filesystem"]: (row["kms_namespace"], row["kms_mount"], row["kms_key_identifier"], row["kms_key_version"]) for row in shown["listing"]}
    assert places == {"home": (None, "transit", "cluster-key", 1), "fresh": (None, "transit", "cluster-key", 1),
                      "red": ("team/a", "transit", "tenant-key", 1), "blue": ("team/b", "transit", "tenant-key", 1)}
    assert {row["wrapping"] for row in shown["listing"] if row["kind"] == "snapshot"} == {"record"}
    assert {row["snapshot"] for row in shown["listing"] if row["kind"] == "snapshot"} == {"day-0", "day-1"}
    assert all(0 < row["fetched"] < 10_000 for row in shown["listing"] if row["kind"] == "snapshot"), "kilobytes"


def test_a_destroyed_key(cluster):
    cluster.destroy_key("tenant-key", "team/a")
    assert failing(drill(cluster.machine, expect=code.NOT_FOUND)) == cluster.hangs_on("red")


def test_a_retired_version(cluster):
    cluster.rotate("cluster-key")
    cluster.add("late", uploads=1)
    cluster.retire_below(2, "cluster-key")
    assert failing(drill(cluster.machine, expect=code.KEY)) == cluster.hangs_on("home", "fresh")
    cluster.retire_below(1, "cluster-key")
    assert failing(drill(cluster.machine)) == []


def test_a_removed_namespace(cluster):
    cluster.bao.remove_namespace("team/b")
    shown = cluster.machine.run("kms", "drill", "--json")
    assert shown.code != code.OK and failing(shown.json) == cluster.hangs_on("blue"), shown


def test_damaged_records_and_forged_hints(cluster):
    for path in cluster.records("red"):
        path.write_text("{")
    cluster.forge_hints("home", namespace="team/b", key_identifier="tenant-key", key_version=77)
    cluster.forge_hints("blue", namespace="", key_identifier="cluster-key")
    assert failing(drill(cluster.machine, expect=code.CORRUPT)) == [("key", "red")], \
        "red's snapshots open by what their manifests carry; home's and blue's by the cluster's key and its own, whatever the hints say"


def test_damaged_snapshots(cluster):
    altered, cut = cluster.manifests("home")[0], cluster.manifests("blue")[1]
    altered.write_text(altered.read_text().replace('"sequence":1', '"sequence":7'))
    cut.write_text(cut.read_text()[:100])
    rotten = cluster.locators["red"][0]
    tree, = (cluster.bucket / "fs" / rotten.split("/")[0] / "tree" / rotten.split("/")[1]).iterdir()
    tree.write_bytes(bytes(byte ^ (position > 100) for position, byte in enumerate(tree.read_bytes())))
    assert failing(drill(cluster.machine, expect=code.CORRUPT)) == sorted(
        ("snapshot", locator) for locator in (cluster.locators["home"][0], cluster.locators["blue"][1], rotten))


def be_a_secondary(cluster):
    """A disaster recovery secondary: nothing is there to be waited for."""
    cluster.way.refusal = 472


def be_stopped(cluster):
    """As when nobody is there: each call is repeated for a minute, all of them in the same one."""
    cluster.bao.stop()
    cluster.way.stop()


@pytest.mark.parametrize("happen", [be_a_secondary, *[be_stopped] * LONG])
def test_a_kms_that_is_away(cluster, happen):
    happen(cluster)
    began = time.monotonic()
    shown = drill(cluster.machine, expect=code.UNAVAILABLE)
    assert time.monotonic() - began < 150, "it does not wait for each of them anew"
    assert failing(shown) == cluster.hangs_on("home", "fresh", "red", "blue")
    assert shown["totals"]["waiting"] == 14
    problem = next(row["problem"] for row in shown["listing"] if row["filesystem"] == "red")
    assert cluster.id_of("red") in problem and "namespace team/a" in problem, "which filesystem waits for which KMS"
    assert "red" in cluster.machine.ok("fs").out, "what needs no key goes on"


def test_a_machine_that_knows_nothing_but_bucket_and_kms(cluster, folder):
    second = Sealift(folder / "home-2")
    second.ok("kms", "set", *cluster.cluster_access, "--no-check")
    shown = drill(second, "--obs", f"file://{cluster.bucket}", expect=code.DENIED)
    assert {row["filesystem"] for row in shown["listing"] if row["result"] == "opens"} == {"home", "fresh"}, "names that the keys revealed"
    assert {row["filesystem_id"] for row in shown["listing"] if row["result"] != "opens"} == {cluster.id_of("red"), cluster.id_of("blue")}
    assert "namespace team/a" in str([row["problem"] for row in shown["listing"]]), "which namespace it would need"


def test_the_kms_is_asked_for_keys_and_not_for_snapshots(folder, bao, small_tree):
    cluster = Tenants(folder, bao, small_tree)
    cluster.add("home", uploads=12)
    before = len(cluster.way.asked)
    drill(cluster.machine)
    asked = [path for path in cluster.way.asked[before:] if "decrypt" in path]
    assert asked == ["/v1/transit/decrypt/cluster-key"] * 2, "the table's wrapping, and the bucket's"
    cluster.close()


def test_ctrl_c(cluster):
    cluster.way.refusal = 503  # it would wait for a minute
    running = cluster.machine.start("kms", "drill")
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == code.CANCELLED
    assert json.loads(cluster.machine.ok("fs", "--json").out)
