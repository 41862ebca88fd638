"""The KMS is exchanged, and something fails in the middle: all that opened still does, what moved stays, and the same command goes on."""

import os
import shutil
import signal
import subprocess

import pytest

from support.counted_http import CountedHttp
from support.exit_codes import CONFLICT, DENIED, KEY, UNAVAILABLE
from support.kms_access import token_access
from support.moving_cluster import MovingCluster, outcomes
from support.wrappings import forge_hint

pytestmark = pytest.mark.many_runs

LONG = "SEALIFT_TEST_LONG" in os.environ


@pytest.fixture
def cluster(folder, small_tree):
    return MovingCluster(folder, small_tree)


@pytest.fixture
def proxy(second_bao):
    made = CountedHttp(second_bao.address)
    yield made
    made.stop()


def trial(cluster, folder, proxy, second_bao):
    """Requests before the move begins, counted on a machine of its own."""
    other = type(cluster.machine)(folder / "home-counting")
    other.ok("kms", "set", *token_access(folder, second_bao, proxy.address))
    count = len(proxy.asked)
    proxy.asked.clear()
    return count


def test_the_new_kms_dies_after_the_first_filesystem(cluster, folder, bao, second_bao, proxy):
    machine, new = cluster.machine, token_access(folder, second_bao, proxy.address)
    tried = trial(cluster, folder, proxy, second_bao)
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    # Of each filesystem: a decrypt that the new one refuses, an encrypt, and the decrypt that shows it; for the first also a login and a look at the key.
    dead_from = tried + 5
    proxy.before = lambda number: number <= dead_from
    failed = machine.fails("kms", "set", *new, "--json", code=UNAVAILABLE, says=["2 filesystems failed (fresh, home)", "the same command"])
    assert outcomes(failed.json) == {"bare": "rewrapped", "fresh": "failed", "home": "failed"}
    assert failed.json["former_address"] == bao.address and failed.json["moving"] == 2
    assert "the connection failed" in failed.json["moved"][2]["problem"]  # its own try, of which there is one: the wait was the first one's
    shown = machine.ok("kms")
    assert "moving from:" in shown.out and bao.address in shown.out and "still moving:" in shown.out
    assert f"2 filesystems (fresh, home) still need the vault KMS before ({bao.address})" in shown.err and "kms rewrap" in shown.err
    proxy.before = None
    last = machine.ok("kms", "check", "--json").json[-1]
    assert (last["call"], last["result"]) == ("end the move", "warning") and "fresh, home" in last["message"]
    shown = cluster.set_kms(new)
    assert outcomes(shown) == {"fresh": "rewrapped", "home": "rewrapped"} and shown["former_type"] is None
    bao.stop()
    cluster.check_opens()
    cluster.check()


def test_it_is_killed_before_any_of_its_requests_is_answered(cluster, folder, bao, second_bao, proxy, needs_tools):
    """The process is killed at each request to the new KMS in turn, from the same beginning: afterwards everything opens, and it goes on."""
    machine, new = cluster.machine, token_access(folder, second_bao, proxy.address)
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    for name in ("home-1", "bucket"):
        shutil.copytree(folder / name, folder / "saved" / name)
    cluster.set_kms(new)
    requests = len(proxy.asked)
    assert requests > 12
    moved = set()
    for last in range(1, requests + 1, 1 if LONG else 3):
        for name in ("home-1", "bucket"):
            shutil.rmtree(folder / name)
            shutil.copytree(folder / "saved" / name, folder / name)
        kill_at(machine, new, proxy, last)
        cluster.check_opens()
        shown = cluster.set_kms(new)
        assert set(outcomes(shown).values()) <= {"rewrapped", "current"} and shown["former_type"] is None
        assert set(cluster.wrapped_by().values()) == {("vault", None, "transit", "cluster-key")}
        moved.add(len(shown["moved"]))
    assert moved == {3, 2, 1}, "it was killed before the first, between them, and before the last"
    bao.stop()
    cluster.check()


def kill_at(machine, new, proxy, last):
    proxy.asked.clear()
    process = machine.start("kms", "set", *new, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def before(number):
        if number == last:
            process.kill()
        return number < last

    proxy.before = before
    assert process.wait(timeout=60) == -signal.SIGKILL, f"it ended before its request {last}"
    proxy.before = None


def test_a_restored_kms_is_enough_when_the_old_one_is_gone(cluster, folder, bao, second_bao):
    """The same keys on another server, under the same name or another one: the old one is not asked, and nothing fails."""
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    bao.call("POST", "transit/keys/cluster-key/config", {"exportable": True, "allow_plaintext_backup": True})
    backup = bao.call("GET", "transit/backup/cluster-key")["data"]["backup"]
    second_bao.call("POST", "transit/keys/cluster-key/config", {"deletion_allowed": True})
    second_bao.delete_key("cluster-key")
    for name in ("cluster-key", "renamed"):
        second_bao.call("POST", f"transit/restore/{name}", {"backup": backup})
    bao.stop()
    assert outcomes(cluster.set_kms(token_access(folder, second_bao))) == dict.fromkeys(cluster.names, "current")
    shown = cluster.set_kms(token_access(folder, second_bao, key="renamed"))
    assert outcomes(shown) == dict.fromkeys(cluster.names, "rewrapped")
    assert set(cluster.wrapped_by().values()) == {("vault", None, "transit", "renamed")}
    cluster.check()


def test_the_old_kms_refuses_and_the_new_one_has_other_keys(cluster, folder, bao, second_bao):
    """Nothing can move, and it says so of each; the old one opens again, and the same command goes on."""
    machine, new = cluster.machine, token_access(folder, second_bao)
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    bao.call("POST", "transit/keys/cluster-key/rotate")
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 2})
    failed = machine.fails("kms", "set", *new, "--json", code=KEY, says=["3 filesystems failed", "min_decryption_version", "the same command"])
    assert outcomes(failed.json) == dict.fromkeys(cluster.names, "failed")
    assert failed.json["moving"] == 3
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 1})
    cluster.check_opens()
    assert outcomes(cluster.set_kms(new)) == dict.fromkeys(cluster.names, "rewrapped")
    bao.stop()
    cluster.check_opens()


def test_one_process_at_a_time_exchanges_the_kms(cluster, folder, bao, second_bao, proxy):
    machine, new = cluster.machine, token_access(folder, second_bao, proxy.address)
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    said = []

    def before(number):
        if proxy.asked[-1].endswith("/encrypt/cluster-key") and len([path for path in proxy.asked if "/encrypt/" in path]) == 2 and not said:
            said.append(machine.fails("kms", "set", *token_access(folder, bao), code=CONFLICT, says=["another process is changing the KMS"]))
        return True

    proxy.before = before
    assert outcomes(cluster.set_kms(new)) == dict.fromkeys(cluster.names, "rewrapped")
    assert len(said) == 1


def test_an_older_key_that_opens_nowhere_now_keeps_the_kms_before(cluster, folder, bao, second_bao):
    """It may open later, so nothing is given up; who asks hears which filesystem it is, and who opens which of its keys."""
    machine = cluster.machine
    cluster.set_kms(token_access(folder, bao))
    cluster.fill()
    record, = (folder / "bucket" / "fs" / cluster.listed()["home"]["id"] / "keys").iterdir()
    machine.ok("fs", "rekey", "home")
    text = record.read_text()
    record.write_text(text.replace('"vault:v1:', '"vault:v1:AAAA'))  # as if by a key of somebody who is not known here
    forge_hint(record, namespace="team/a")
    new = token_access(folder, second_bao)
    failed = machine.fails("kms", "set", *new, "--json", code=DENIED, says=["(home)", "an older one or a snapshot's own", "sealift fs key home --check", "team/a"])
    assert outcomes(failed.json) == {"bare": "rewrapped", "fresh": "rewrapped", "home": "failed"}
    assert (failed.json["former_address"], failed.json["moving"], failed.json["moving_names"]) == (bao.address, 1, "home")
    machine.fails("kms", "rewrap", code=DENIED, says=["the KMS before, which is kept"])
    opens = {(key["kms_namespace"] or "", key["opens"]) for key in machine.ok("fs", "key", "list", "home", "--check", "--json").json}
    assert opens == {("", "yes"), ("team/a", "unknown")}
    record.write_text(text)
    machine.ok("kms", "rewrap")
    shown = machine.ok("kms", "--json")
    assert shown.json["former_type"] is None and shown.json["moving_names"] is None and shown.err == ""
