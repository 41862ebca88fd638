"""A command that changes keys, killed at each of its steps: what must hold after each of them, and when the same command was given again."""

import os
from collections import Counter
from dataclasses import dataclass
from typing import Callable

from support.crash_world import all_at_rest_keys, drill, in_buckets, places, subjects
from support.killed_steps import SMALLER, STEPS, KilledSteps

LONG = "SEALIFT_TEST_LONG" in os.environ


@dataclass
class KeyChange:
    """`before` are machines that know nothing but a KMS and key that are in force then, `after` gives those of which that holds when the command is
    done."""

    command: list
    before: list
    after: Callable
    places: set  # of the latter: type, namespace, key, version
    kms: Callable  # gives all there are, for the test's own eyes
    of: set = None  # filesystems that are changed, if it is not all of them
    here: set = None  # places that open them on the machine itself then, if it is not the same
    over: tuple = ()  # exit codes when all was done before it was killed

    def concerns(self, seen):
        """`seen`: subjects, or lines of a drill."""
        return [one for one in seen if self.of is None or (one["filesystem_id"] if isinstance(one, dict) else one[1]) in self.of]


def kills(world, command, every=1, tidy=lambda: None, threads=False, calls=STEPS):
    """The command is killed at each of its steps in turn, or at one of so many, always from the same beginning: `tidy` takes away what is not in the
    world. With SEALIFT_TEST_LONG at every step, also the smaller ones. `threads`: it has several, and may be done before the last of its steps come."""
    killed = KilledSteps(world.beside / "trace", world.machine, command, {*calls, *SMALLER} if LONG and not threads else calls, LONG)
    tidy()
    world.bring_back()
    steps, came = killed.rehearse(), 0
    for step in steps[::1 if LONG else every]:
        tidy()
        world.bring_back()
        was_killed = killed.kill(step)
        assert was_killed or threads, f"it ended before {step}"
        if was_killed:
            came += 1
            print(f"killed at {step}")  # beside a failure
            yield step
    tidy()
    assert came >= 2
    print(f"{len(steps)} steps")


def records_of_keys(world):
    return Counter(record["envelope"]["key_check"] for record in world.key_records())


def check_kills(world, change, every, calls=STEPS):
    """The whole of it. What it finds opening is the same before, after a kill, and in the end."""
    everything = subjects(drill(world.machine))
    changed = set(change.concerns(everything))
    at_rest = {fs: {key} for fs, key in world.at_rest().items()}
    records = records_of_keys(world)
    assert changed and at_rest
    for _ in kills(world, change.command, every, calls=calls):
        assert subjects(drill(world.machine)) == everything
        assert subjects(drill_all(world, change, change.before)) == in_buckets(changed)
        assert all_at_rest_keys(world, change.kms()) == at_rest
        again = world.machine.run(*change.command)
        assert again.code in (0, *change.over), again
        check_changed(world, change, everything, changed)
        assert all_at_rest_keys(world, change.kms()) == at_rest
        assert records_of_keys(world) - records <= Counter(dict.fromkeys(records, 1)), "what was done before it was killed is used"


def drill_all(world, change, machines):
    """What opens, of what is changed, from the bucket alone."""
    return change.concerns(line for machine in machines for line in drill(machine, "--obs", world.url))


def check_changed(world, change, everything, changed):
    lines = drill(world.machine)
    assert subjects(lines) == everything and places(change.concerns(lines)) == (change.here or change.places)
    lines = [line for line in drill_all(world, change, change.after()) if places([line]) <= change.places]
    assert subjects(lines) == in_buckets(changed)
