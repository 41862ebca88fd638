"""Memory stays what it is however many files there are (I5): many, many in one directory, ten names for each. With SEALIFT_TEST_LONG: a million."""

import os
import subprocess
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from support.command import Sealift
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs

ENTRIES = 1_000_000 if "SEALIFT_TEST_LONG" in os.environ else 20_000
CEILING_MIB = 256

pytestmark = pytest.mark.large


def make_files(root):
    """A thousand a directory, every other file with something in it."""
    for outer in range(ENTRIES // 1000):
        os.mkdir(f"{root}/{outer:03}")
        for inner in range(1000):
            with open(f"{root}/{outer:03}/{inner:03}", "w") as file:
                if inner % 2:
                    file.write(f"{outer} {inner}\n")


def make_one_directory(root):
    for number in range(ENTRIES):
        os.close(os.open(f"{root}/a-name-of-ordinary-length-{number * 7919 % ENTRIES:07}", os.O_CREAT | os.O_WRONLY, 0o644))


def make_hard_links(root):
    """Ten names each, far from one another."""
    for name in range(10):
        os.mkdir(f"{root}/{name}")
        for group in range(ENTRIES // 10):
            if name == 0:
                os.close(os.open(f"{root}/0/{group:05}", os.O_CREAT | os.O_WRONLY, 0o644))
            else:
                os.link(f"{root}/0/{group:05}", f"{root}/{name}/{group:05}")


def peak_of(process):
    """Its VmHWM in MiB, when it has ended. Not ru_maxrss, in which our own memory counts until it has begun."""
    peak, ended = 0, threading.Event()

    def watch():
        nonlocal peak
        with suppress(FileNotFoundError, ProcessLookupError):
            while True:
                status = Path(f"/proc/{process.pid}/status").read_text()
                if "VmHWM:" in status:  # not any more when it is about to end
                    peak = int(status.split("VmHWM:")[1].split()[0]) // 1024
                if ended.wait(0.005):
                    break

    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = process.communicate()
    ended.set()
    watcher.join()
    assert process.returncode == 0, err
    return peak, out


def count(tree):
    return int(subprocess.run(["find", tree, "-printf", "x"], check=True, capture_output=True).stdout.count(b"x"))


@pytest.mark.parametrize("make", [make_files, make_one_directory, make_hard_links])
def test_memory_is_constant(make, folder, record_property):
    with loop_disk(folder, megabytes=8192, options=("-N", f"{ENTRIES * 5 // 2}")) as disk:
        source, restored = disk.path / "source", disk.path / "restored"
        source.mkdir()
        make(source)
        machine = Sealift(disk.path / "home")
        store = disk.path / "store"
        store.mkdir()
        add_folder_store(machine, store)
        add_local_fs(machine, "many", source)
        machine.ok("fs", "snapshot", "add", "many", "monday")

        peaks = []

        def run(what, *arguments):
            peak, out = peak_of(machine.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
            record_property(f"VmHWM of the {what}, MiB", peak)
            print(f"{make.__name__}: VmHWM of the {what}: {peak} MiB")
            assert peak < CEILING_MIB
            peaks.append(peak)
            return out

        locator = run("upload", "fs", "snapshot", "upload", "many", "monday").split()[-1]
        run("verification", "fs", "snapshot", "verify", "many", "monday", "--data")
        run("download", "fs", "download", "back", restored, "dr", locator, "--allow-no-kms")
        assert max(peaks) > 0  # somebody looked in time
        assert count(source) == count(restored) > ENTRIES
        if make is make_hard_links:
            assert all(os.stat(f"{restored}/{name}/00042").st_nlink == 10 for name in range(10))
