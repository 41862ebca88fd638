"""Every command that changes a key, killed between any two of its steps: a request to the KMS, an object of the bucket, a write of the table. Afterwards
every key opens, from the table alone and from the bucket alone; the same command goes on; and then the new key alone opens everything."""

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import pytest

from support.command import Sealift
from support.crash_world import CrashWorld, LocalKey, at_rest_keys, drill, places, subjects
from support.exit_codes import NOT_FOUND
from support.killed_steps import SMALLER, STEPS, KilledSteps
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import upload
from support.openbao import OpenBao

LONG = "SEALIFT_TEST_LONG" in os.environ


@pytest.fixture(scope="module")
def vaults(servers_folder):
    """Two servers with keys of their own each."""
    servers = [OpenBao(servers_folder / f"openbao-{name}").start_dev() for name in ("crash-1", "crash-2")]
    for server, key in zip(servers, ("old-key", "new-key")):
        server.add_transit()
        server.add_key(key)
        server.add_policy(key, key)
    yield servers
    for server in servers:
        server.stop()


def access(server, key, folder):
    """By a token that is good for this key alone."""
    return ["vault", server.address, key, "--token-file", secret_file(folder, f"token-{key}", server.add_token(key))]


@pytest.fixture
def world(folder):
    return CrashWorld(folder)


def fill(world, folder, tree, *options):
    """`home` has a snapshot; `bare` is in no bucket: its key is in the table alone. `live`, which is encrypted, was never uploaded."""
    machine = world.machine
    machine.ok("fs", "add", "home", tree, "--obs", "dr", *options)
    machine.ok("fs", "add", "bare", tree / "folder-1", "--no-key-backup", *options)
    upload(machine, "home", "monday")
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        machine.ok("fs", "add", "live", disk.path / "live", "--obs", "dr", "--encrypted", *options)


@dataclass
class Change:
    """`before` is a machine that knows nothing but the KMS and key that are in force then, `after` makes one of which that holds when the command is
    done; `place` is what drills call the latter, and `kms` gives all there are, for the test's own eyes."""

    command: list
    before: Sealift
    after: Callable
    place: tuple
    kms: Callable
    over: tuple = ()  # how it ends when all was done before it was killed


def kills(world, command, every=1):
    """The command is killed at each of its steps in turn, always from the same beginning."""
    killed = KilledSteps(world.kept.parent / "trace", world.machine, command, (*STEPS, *SMALLER) if LONG else STEPS)
    world.bring_back()
    steps = killed.rehearse()
    tried = steps[::1 if LONG else every]
    assert len(tried) >= 5
    for step in tried:
        world.bring_back()
        assert killed.kill(step), f"it ended before {step}"
        print(f"killed at {step}")  # beside a failure
        yield step


def known_at_rest(world, kms):
    """Of the encrypted filesystems, what the bucket has: the same everywhere, and what the table says."""
    found = {}
    for one in kms:
        for fs, keys in at_rest_keys(world.key_records(), one).items():
            found.setdefault(fs, set()).update(keys)
    return found


def records_of_keys(world):
    return Counter(record["envelope"]["key_check"] for record in world.key_records())


def is_whole(world, change, every):
    """That is: at whatever step it is killed."""
    everything = subjects(drill(world.machine))
    in_bucket = {subject for subject in everything if subject[0] != "filesystem"}
    at_rest = {fs: {key} for fs, key in world.at_rest().items()}
    records = records_of_keys(world)
    assert len(everything) > len(in_bucket) > 0 and at_rest
    for _ in kills(world, change.command, every=every):
        assert subjects(drill(world.machine)) == everything
        assert subjects(drill(change.before, "--obs", world.url)) == in_bucket
        assert known_at_rest(world, change.kms()) == at_rest
        again = world.machine.run(*change.command)
        assert again.code in (0, *change.over), again
        lines = drill(world.machine)
        assert subjects(lines) == everything and places(lines) == {change.place}
        lines = drill(change.after(), "--obs", world.url)
        assert subjects(lines) == in_bucket and places(lines) == {change.place}
        assert known_at_rest(world, change.kms()) == at_rest
        assert records_of_keys(world) - records <= Counter(dict.fromkeys(records, 1)), "what was done before it was killed is used"


# --- from one KMS to another ---


def test_kms_set(world, vaults, folder, small_tree):
    old, new = access(vaults[0], "old-key", folder), access(vaults[1], "new-key", folder)
    world.machine.ok("kms", "set", *old)
    fill(world, folder, small_tree)
    world.keep()
    before, after = world.elsewhere("before", old), world.elsewhere("after", new)
    is_whole(world, Change(["kms", "set", *new], before, lambda: after, ("vault", None, "new-key"), lambda: vaults), every=3)


def test_kms_set_after_the_local_key(world, vaults, folder, small_tree):
    """Which is destroyed at the end: not before everything has moved."""
    new = access(vaults[1], "new-key", folder)
    fill(world, folder, small_tree, "--allow-no-kms")
    world.keep()
    local = LocalKey(world.machine)
    before, after = local.carry_to(folder / "before"), world.elsewhere("after", new)
    is_whole(world, Change(["kms", "set", *new], before, lambda: after, ("vault", None, "new-key"), lambda: [vaults[1], LocalKey(before)]), every=3)
    assert not local.file.exists()


def test_kms_reset(world, vaults, folder, small_tree):
    old = access(vaults[0], "old-key", folder)
    world.machine.ok("kms", "set", *old)
    fill(world, folder, small_tree)
    world.keep()
    local, before = LocalKey(world.machine), world.elsewhere("before", old)
    place = ("local", None, None)

    def kms():
        return [vaults[0], local] if local.file.exists() else [vaults[0]]

    is_whole(world, Change(["kms", "reset", "--allow-downgrade"], before, lambda: local.carry_to(folder / "after"), place, kms, over=(NOT_FOUND,)), every=3)
