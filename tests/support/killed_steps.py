"""A command that is killed between any two of its steps: what it does to anything outside of itself, as strace sees it. The call at which it is killed does
not happen, nor anything behind it."""

import os
import re
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass

from support.command import Result, binary

# What it sends to a server; what it writes into the table, when that is made to last, and when a file gets or loses a name.
STEPS = ("sendto", "sendmsg", "pwrite64", "fdatasync", "ftruncate", "link", "linkat", "rename", "renameat", "renameat2", "unlink", "unlinkat")
SMALLER = ("write", "fsync", "mkdir", "mkdirat")  # in between
PATIENCE = 120
TOLD = re.compile(r"(\d+) +(\w+)\((.*)")
TO_SOMEBODY_WHO_READS = ("write(1,", "write(2,")


@dataclass
class Step:
    """The `number`-th call of this name; where there are several threads, of the first that comes so far."""

    call: str
    number: int
    told: str

    def __str__(self):
        return f"{self.call} {self.number}, {self.told}"


class KilledSteps:
    """Of one command. `trace` is a file for what strace tells; `calls` are those that count, and of several writes of the table that follow each other
    only the first, unless `every_write` is wanted."""

    def __init__(self, trace, machine, arguments, calls=STEPS, every_write=False):
        self.trace, self.machine, self.arguments, self.calls = trace, machine, [str(argument) for argument in arguments], calls
        self.every_write = every_write

    def run(self, *options):
        strace = ["strace", "-f", "-qq", "-o", str(self.trace), f"--trace={','.join(f'?{call}' for call in self.calls)}", *options]
        # Where addresses are checked, what looks for leaks cannot work under a tracer.
        checks = ":".join(filter(None, [self.machine.environment.get("ASAN_OPTIONS"), "detect_leaks=0"]))
        done = subprocess.run([*strace, str(binary()), *self.arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              errors="surrogateescape", env={**self.machine.environment, "ASAN_OPTIONS": checks}, timeout=PATIENCE)
        return Result(self.arguments, done.returncode, done.stdout, done.stderr)

    def rehearse(self):
        """All steps, of a command that ends well."""
        done = self.run()
        assert done.code == 0, done
        counted, steps, last = Counter(), {}, None
        for line in self.trace.read_text(errors="replace").splitlines():
            told = TOLD.match(line)
            if told:
                thread, call, rest = told.groups()
                counted[thread, call] += 1
                step = Step(call, counted[thread, call], f"{call}({rest}")
                goes_on = call == last == "pwrite64" and not self.every_write
                if not step.told.startswith(TO_SOMEBODY_WHO_READS) and not goes_on:
                    steps.setdefault((step.call, step.number), step)
                last = call
        return list(steps.values())

    def kill(self, step):
        """Up to this step. Whether it came so far."""
        done = self.run(f"--inject={step.call}:signal=SIGKILL:when={step.number}")
        assert done.code in (0, -signal.SIGKILL), done
        return done.code != 0
