"""Several commands that change keys, started at once on one home: whatever each of them finds the others to have done, every key opens when they have ended.
Who came too late says so, and the same command does it then."""

import itertools
import os
import subprocess

import pytest

from support.crash_world import CrashWorld, subjects
from support.exit_codes import CONFLICT
from support.main_job import upload
from support.two_vaults import own_key

pytestmark = pytest.mark.many_runs

ROUNDS = 100 if "SEALIFT_TEST_LONG" in os.environ else 20


@pytest.fixture
def world(folder, small_tree):
    made = CrashWorld(folder)
    made.tree = small_tree
    return made


def fill(world, access):
    world.machine.ok("kms", "set", *access)
    for name in ("home", "letters"):
        world.machine.ok("fs", "add", name, world.tree / ("folder-0" if name == "letters" else "."), "--obs", "dr")
        upload(world.machine, name, "first")


def together(machine, commands):
    """Their ends, as (command, exit code, what was said)."""
    running = [(command, machine.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)) for command in commands]
    return [(command, *process.communicate(timeout=120), process.returncode) for command, process in running]


def play(world, rounds):
    """Each round: all of its commands at once, then again those that came too late. Returns how many did."""
    machine, late, snapshots = world.machine, 0, itertools.count()
    for number, commands in zip(range(ROUNDS), itertools.cycle(rounds)):
        name = f"snapshot-{next(snapshots)}"
        machine.ok("fs", "snapshot", "add", "home", name)
        upload_it = ["fs", "snapshot", "upload", "home", name]
        before = whole(machine)
        for command, out, err, code in together(machine, [*(command() if callable(command) else command for command in commands), upload_it]):
            print(f"round {number}: {' '.join(map(str, command[:3]))} ended with {code}: {err}")
            assert code in (0, CONFLICT), (command, code, out, err)
            if code != 0:
                late += 1
                whole(machine)
                machine.ok(*command)
        after = whole(machine)
        assert {subject for subject in before if subject[0] != "filesystem"} < after
        assert name in {entry["name"] for entry in machine.ok("fs", "snapshot", "--json").json if entry["status"] == "uploaded"}
    return late


def whole(machine, *options):
    return subjects(machine.ok("kms", "drill", *options, "--json").json["listing"])


def test_rewraps_moves_rekeys_and_uploads(world, two_vaults):
    """The cluster key is rotated in each round, so that there is something to do."""
    fill(world, two_vaults.rotating)
    to_own = ["fs", "update", "home", *own_key(two_vaults.tenant)]
    back = ["fs", "update", "home", "--use-cluster-kms-key-identifier"]

    def rewrap_all():
        two_vaults.bao.call("POST", "transit/keys/rotating/rotate")
        return ["kms", "rewrap", "--all"]

    late = play(world, [[rewrap_all, to_own], [rewrap_all, back], [to_own, ["fs", "kms-rewrap", "home"], rewrap_all], [["fs", "rekey", "home"], back, rewrap_all]])
    print(f"{late} came too late")


def test_the_kms_is_exchanged_meanwhile(world, two_vaults):
    fill(world, two_vaults.cluster)
    there, back, rekey = ["kms", "set", *two_vaults.other], ["kms", "set", *two_vaults.cluster], ["fs", "rekey", "letters"]
    play(world, [[there], [back, rekey], [there, ["kms", "rewrap"]], [back, back]])


def test_recoveries_second_keys_and_removals(world, two_vaults):
    """A recovery, which finds everything there already; a second KMS; a filesystem that is forgotten, and comes back."""
    fill(world, two_vaults.cluster)
    role_id, secret = (two_vaults.other[two_vaults.other.index(option) + 1] for option in ("--role-id", "--secret-id-file"))
    second = ["fs", "key", "add", "home", "--vault", two_vaults.second.address, "--kms-key-identifier", "new-key", "--kms-role-id", role_id,
              "--kms-secret-id-file", secret]
    recover, rekey, to_own = ["cluster", "recover", "dr"], ["fs", "rekey", "home"], ["fs", "update", "home", *own_key(two_vaults.tenant)]
    play(world, [[recover, rekey], [second, rekey], [recover, to_own], [second, to_own, ["kms", "rewrap", "--all"]],
                 [recover, ["fs", "update", "home", "--use-cluster-kms-key-identifier"]], [["fs", "remove", "letters"], ["kms", "rewrap", "--all"]], [recover, rekey]])
