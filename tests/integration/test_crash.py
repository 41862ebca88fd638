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
    """Starts the command, which SIGKILL ends. Returns how long it took to end by itself when it did so before; else None."""
    began = time.monotonic()
    process = machine.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and time.monotonic() < began + seconds:
        time.sleep(0.001)
    took = time.monotonic() - began
    process.kill()
    return None if process.wait() == -signal.SIGKILL else took


class Moments:
    """Random ones within the time that a command takes. That differs from one run to the next: the shortest that was seen counts."""

    def __init__(self, seed, whole):
        self.chance, self.whole, self.interrupted = random.Random(seed), whole, 0

    def kill(self, machine, *arguments):
        """At one of them; returns it."""
        moment = self.chance.uniform(0, self.whole)
        took = killed_after(machine, moment, *arguments)
        self.interrupted += took is None
        self.whole = min(self.whole, took or self.whole)
        return moment

    def check(self):
        assert self.interrupted >= MOMENTS // 2, f"only {self.interrupted} of {MOMENTS} were really interrupted"


def published(machine):
    return [entry["locator"] for entry in machine.ok("obs", "snapshots", "dr", "--json").json if entry["locator"]]


def test_an_upload_that_is_killed(cluster):
    moments = Moments(SEED, duration(lambda: upload(cluster, "home", "measure", *SMALL_SEGMENTS)))
    verified = set()
    for number in range(MOMENTS):
        name = f"snapshot-{number}"
        cluster.ok("fs", "snapshot", "add", "home", name)
        moment = moments.kill(cluster, "fs", "snapshot", "upload", "home", name, *SMALL_SEGMENTS)
        statuses = {entry["name"]: entry["status"] for entry in cluster.ok("fs", "snapshot", "--json").json}
        assert statuses[name] in ("added", "uploading", "uploaded")
        for locator in set(published(cluster)) - verified:
            cluster.ok("fs", "snapshot", "verify", locator, "--obs", "dr", "--data")
            verified.add(locator)
        again = cluster.run("fs", "snapshot", "upload", "home", name, *SMALL_SEGMENTS)
        assert again.code == 0 or again.code == CONFLICT and "uploaded" in again.err, f"killed after {moment} s: {again}"
    moments.check()
    cluster.ok("fs", "snapshot", "verify", "home", f"snapshot-{MOMENTS - 1}", "--data")


def test_a_download_that_is_killed(cluster, folder, needs_tools):
    locator = upload(cluster, "home", "monday", *SMALL_SEGMENTS)
    tree = folder / "source"
    moments = Moments(SEED + 1, duration(lambda: cluster.ok("fs", "download", "measure", folder / "measure", "dr", locator, "--allow-no-kms")))
    for number in range(MOMENTS):
        target = folder / f"target-{number}"
        command = ["fs", "download", f"copy-{number}", target, "dr", locator, "--allow-no-kms", *SMALL_SEGMENTS]
        moments.kill(cluster, *command)
        known = {entry["name"] for entry in cluster.ok("fs", "--json").json}
        if f"copy-{number}" in known:
            assert_same(tree, target)
        else:
            succeeds_or_says_what_to_remove(cluster, command, target)
            assert_same(tree, target)
        remove_tree(target)
    moments.check()


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
