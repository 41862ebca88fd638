"""What a core dump of a running process would hold, taken without one: sealift's processes refuse to be dumped, and where a kernel puts its cores is the
machine's affair. The kernel writes the pages that are the process's own, apart from what was marked with MADV_DONTDUMP (core(5)); that mark is "dd" in
/proc/PID/smaps, so reading the rest by /proc/PID/mem gives the same bytes. What a core has of registers is not among them."""

import os
import re
import signal
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

HEADER = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) \S{4} [0-9a-f]+ ")
PIECE = 1 << 20


@dataclass
class CoreImage:
    dumped: bytes = field(repr=False)  # what a core would hold
    excluded: bytes = field(repr=False)  # what was marked to stay out of it


def core_image(pid):
    """Of a stopped process. Skips the test where the kernel does not let us look: that takes root's rights over a process that is not dumpable."""
    dumped, excluded = [], []
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            for begin, end, is_excluded in own_mappings(pid):
                (excluded if is_excluded else dumped).extend(read_pieces(memory, begin, end))
    except PermissionError:
        pytest.skip("looking into a process that is not dumpable needs root (CAP_SYS_PTRACE)")
    return CoreImage(b"".join(dumped), b"".join(excluded))


def own_mappings(pid):
    """(begin, end, excluded) of each mapping with pages in memory that are the process's own, and not a file's."""
    with open(f"/proc/{pid}/smaps") as file:
        lines = file.read().splitlines()
    begin = end = own = None
    for line in lines:
        if header := HEADER.match(line):
            begin, end = int(header[1], 16), int(header[2], 16)
        elif line.startswith("Anonymous:"):
            own = int(line.split()[1])
        elif line.startswith("VmFlags:") and own:
            yield begin, end, "dd" in line.split()


def read_pieces(memory, begin, end):
    """A mapping without the pieces that hold nothing."""
    for at in range(begin, end, PIECE):
        try:
            data = os.pread(memory.fileno(), min(PIECE, end - at), at)
        except OSError:  # a page that may not be read
            continue
        if data.count(0) < len(data):
            yield data


class Ended(Exception):
    """The process is no more."""


@contextmanager
def stopped(process):
    """All threads of the process stand still meanwhile."""
    process.send_signal(signal.SIGSTOP)
    while not stands_still(process.pid):
        if process.poll() is not None:
            raise Ended(process.args)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def stands_still(pid):
    """Their state, behind the name in parentheses, is "T". Not so when one goes while we look."""
    try:
        return all((task / "stat").read_text().rpartition(") ")[2].startswith("T") for task in Path(f"/proc/{pid}/task").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return False
