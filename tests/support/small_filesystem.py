"""A file system of a few megabytes on a loop device: to be filled, or mounted read-only."""

import os
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def small_filesystem(folder, megabytes=8, read_only=False):
    """Mounts a fresh ext4 image below `folder` and yields its path; skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("loop-mounting a file system needs root")
    image, mountpoint = folder / "small.img", folder / "small"
    mountpoint.mkdir()
    with open(image, "wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    mounted = subprocess.run(["mount", "-o", "loop,ro" if read_only else "loop", image, mountpoint], capture_output=True, text=True)
    if mounted.returncode != 0:
        pytest.skip(f"this machine cannot loop-mount: {mounted.stderr.strip()}")
    try:
        yield mountpoint
    finally:
        subprocess.run(["umount", "-l", mountpoint], check=True)
