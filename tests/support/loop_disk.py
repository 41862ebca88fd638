"""A file system of one's own on a loop device: of any kind, to be filled, locked, or mounted read-only; and one in memory, which is soon full."""

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

# What makes each kind, and the Debian package it is in.
MAKERS = {"ext4": (["mkfs.ext4", "-q", "-F", "-m", "0"], "e2fsprogs"), "xfs": (["mkfs.xfs", "-q", "-f"], "xfsprogs"),
          "btrfs": (["mkfs.btrfs", "-q", "-f"], "btrfs-progs")}


class LoopDisk:
    """`path` is where it is mounted, `image` the file that holds it, `device` the loop device while it is mounted."""

    def __init__(self, folder, kind, mount_options):
        self.kind, self.mount_options = kind, mount_options
        self.image, self.path, self.device = folder / "image", folder / "mounted", None
        self.path.mkdir()

    def mount(self):
        """Also again after an unmount(), as a machine does that starts. What mount said, if it failed."""
        options = ",".join(["loop", *self.mount_options])
        done = subprocess.run(["mount", "-t", self.kind, "-o", options, self.image, self.path], capture_output=True, text=True)
        if done.returncode != 0:
            return done.stderr.strip()
        found = subprocess.run(["findmnt", "-no", "SOURCE", self.path], check=True, capture_output=True, text=True)
        self.device = Path(found.stdout.strip())
        return None

    def unmount(self):
        """The loop device goes with the mount. Someone may hold a file for a moment longer; who holds one for good is left with it."""
        for _ in range(20):
            if subprocess.run(["umount", self.path], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        else:
            print(f"{self.path} is still in use; unmounted lazily")
            subprocess.run(["umount", "-l", self.path], check=True)
        self.device = None


@contextmanager
def loop_disk(folder, kind="ext4", megabytes=512, options=(), mount_options=()):
    """Makes an empty file system of this kind in a sparse file below `folder`, with these options of its mkfs, and yields it mounted. Skips the test
    where that is not possible, and says what is missing. XFS wants 300 megabytes, btrfs 110."""
    maker, package = MAKERS[kind]
    if os.geteuid() != 0:
        pytest.skip(f"mounting {kind} on a loop device needs root")
    if not shutil.which(maker[0]):
        pytest.skip(f"{maker[0]} is not installed (Debian's {package})")
    own = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=folder))
    own.chmod(0o755)
    disk = LoopDisk(own, kind, mount_options)
    with open(disk.image, "wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run([*maker, *options, disk.image], check=True, stdout=subprocess.DEVNULL)
    refused = disk.mount()
    if refused:
        pytest.skip(f"this machine cannot mount {kind} on a loop device: {refused}")
    try:
        if "ro" not in mount_options and kind == "ext4":
            (disk.path / "lost+found").rmdir()
        yield disk
    finally:
        if disk.device:
            disk.unmount()


class SmallDisk:
    """A tmpfs, which is full after `size` bytes of files in whole pages."""

    def __init__(self, folder):
        self.path, self.size = folder, 16 << 10

    def grow(self):
        subprocess.run(["mount", "-o", "remount,size=1m", self.path], check=True)


@contextmanager
def small_disk(folder):
    """Yields it mounted; skips the test where that is not possible."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    disk = SmallDisk(Path(tempfile.mkdtemp(prefix="tmpfs-", dir=folder)))
    refused = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={disk.size}", "tmpfs", disk.path], capture_output=True, text=True)
    if refused.returncode != 0:
        pytest.skip(f"this machine cannot mount a tmpfs: {refused.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk.path], check=True)
