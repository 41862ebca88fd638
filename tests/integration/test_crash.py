"""SIGKILL at random moments. Afterwards the table opens, no manifest exists that does not verify, and the same command succeeds or says what to remove."""

import os
import random
import signal
import subprocess
import time

import pytest

from support.command import Sealift
from support.compare import assert_same
from support.exit_codes import CANCELLED, CONFLICT
from support.main_job import add_folder_store, add_local_fs, upload
from support.process import wait_until
from support.sample_tree import remove_tree

MOMENTS = 500 if "SEALIFT_TEST_LONG" in os.environ else 50
SEED = int(os.environ.get("SEALIFT_TEST_SEED", "20"))
SMALL_SEGMENTS = ["--memory", "64M"]


@pytest.fixture
def cluster(folder):
    """A machine and a filesystem of some thirty megabytes in several segments, so that a transfer takes a while."""
    chance = random.Random(SEED)
    tree = folder / "source"
    for number in range(40):
        inner = tree / f"folder-{number % 5}"
        inner.mkdir(parents=True, exist_ok=True)
        (inner / f"file-{number}").write_bytes(chance.randbytes(chance.randrange(1 << 20, 3 << 19)))
    for number in range(300):
        (tree / f"small-{number}").write_bytes(chance.randbytes(chance.randrange(2000)))
    machine = Sealift(folder / "home")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", tree)
    return machine


def duration(run):
    began = time.monotonic()
    run()
    return time.monotonic() - began


def killed_after(machine, seconds, *arguments):
    """Whether the command was still at work when SIGKILL came."""
    process = machine.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL


def published(machine):
    return [entry["locator"] for entry in machine.ok("obs", "snapshots", "dr", "--json").json if entry["locator"]]


def test_an_upload_that_is_killed(cluster):
    whole = duration(lambda: upload(cluster, "home", "measure", *SMALL_SEGMENTS))
    chance = random.Random(SEED)
    interrupted = 0
    verified = set()
    for number in range(MOMENTS):
        name = f"snapshot-{number}"
        cluster.ok("fs", "snapshot", "add", "home", name)
        moment = chance.uniform(0, whole)
        interrupted += killed_after(cluster, moment, "fs", "snapshot", "upload", "home", name, *SMALL_SEGMENTS)
        statuses = {entry["name"]: entry["status"] for entry in cluster.ok("fs", "snapshot", "--json").json}
        assert statuses[name] in ("added", "uploading", "uploaded")
        for locator in set(published(cluster)) - verified:
            cluster.ok("fs", "snapshot", "verify", locator, "--obs", "dr", "--data")
            verified.add(locator)
        again = cluster.run("fs", "snapshot", "upload", "home", name, *SMALL_SEGMENTS)
        assert again.code == 0 or again.code == CONFLICT and "uploaded" in again.err, f"killed after {moment} s: {again}"
    assert interrupted >= MOMENTS // 2, f"only {interrupted} of {MOMENTS} uploads were really interrupted"
    cluster.ok("fs", "snapshot", "verify", "home", f"snapshot-{MOMENTS - 1}", "--data")


def test_a_download_that_is_killed(cluster, folder, needs_tools):
    locator = upload(cluster, "home", "monday", *SMALL_SEGMENTS)
    tree = folder / "source"
    whole = duration(lambda: cluster.ok("fs", "download", "measure", folder / "measure", "dr", locator, "--allow-no-kms"))
    chance = random.Random(SEED + 1)
    interrupted = 0
    for number in range(MOMENTS):
        target = folder / f"target-{number}"
        command = ["fs", "download", f"copy-{number}", target, "dr", locator, "--allow-no-kms", *SMALL_SEGMENTS]
        moment = chance.uniform(0, whole)
        interrupted += killed_after(cluster, moment, *command)
        known = {entry["name"] for entry in cluster.ok("fs", "--json").json}
        if f"copy-{number}" in known:
            assert_same(tree, target)
        else:
            succeeds_or_says_what_to_remove(cluster, command, target)
            assert_same(tree, target)
        remove_tree(target)
    assert interrupted >= MOMENTS // 2, f"only {interrupted} of {MOMENTS} downloads were really interrupted"


def succeeds_or_says_what_to_remove(machine, command, target):
    again = machine.run(*command)
    if again.code != 0:
        assert again.code == CONFLICT and str(target) in again.err, again
        remove_tree(target)
        machine.ok(*command)


def segments(folder):
    return len(list(folder.glob("bucket/fs/*/data/*/*")))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_upload_that_is_asked_to_stop(number, cluster, folder):
    upload(cluster, "home", "earlier", *SMALL_SEGMENTS)
    cluster.ok("fs", "snapshot", "add", "home", "monday")
    before, stored = published(cluster), segments(folder)
    process = cluster.start("fs", "snapshot", "upload", "home", "monday", *SMALL_SEGMENTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: segments(folder) > stored, "the first segment is stored")
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == CANCELLED, err
    assert out == "" and "same command" in err, err
    assert published(cluster) == before
    cluster.ok("fs", "snapshot", "upload", "home", "monday", *SMALL_SEGMENTS)
    cluster.ok("fs", "snapshot", "verify", "home", "monday", "--data")
