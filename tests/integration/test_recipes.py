"""The recipes of docs/OPERATIONS.md, "Snapshots to read from": run as they stand there, each on the kind of filesystem it is for."""

import os
import subprocess

import pytest

from support.command import Sealift, binary
from support.compare import assert_same
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, download_same
from support.recipes import read_recipes

DOUBT = "can be written to"
RECIPES = read_recipes("OPERATIONS.md")


def test_each_recipe_is_run_here():
    assert set(RECIPES) == {"btrfs", "xfs-reflink", "image", "bind"}


class Kitchen:
    """What a recipe needs. `sealift` is the command under test; before it uploads, somebody changes the source."""

    def __init__(self, folder):
        self.folder, self.machine = folder, Sealift(folder / "home")
        self.view = folder / "view"
        self.view.mkdir()
        add_folder_store(self.machine, folder / "bucket")

    def fill(self, source):
        """What the snapshot will hold, and a copy to compare with."""
        (source / "folder").mkdir(parents=True)
        (source / "file").write_text("before")
        os.link(source / "file", source / "folder" / "link")
        os.setxattr(source / "file", "user.colour", b"blue")
        os.symlink("file", source / "symlink")
        os.utime(source / "file", ns=(1, 10**18 + 1))
        os.utime(source, ns=(1, 10**18 + 2))
        subprocess.run(["cp", "-a", source, self.folder / "reference"], check=True)
        add_local_fs(self.machine, "home", source)

    def command(self, source, changes):
        """A folder for $PATH."""
        tools = self.folder / "tools"
        tools.mkdir()
        change = f'case "$*" in *upload*) echo after >{source}/file; touch {source}/later;; esac\n' if changes else ""
        (tools / "sealift").write_text(f'#!/bin/sh\n{change}exec {binary()} "$@"\n')
        (tools / "sealift").chmod(0o755)
        return tools

    def cook(self, recipe, source, beside, changes=True, **variables):
        tools = self.command(source, changes)
        environment = {**self.machine.environment, "PATH": f"{tools}:{os.environ['PATH']}", "FS": "home", "NAME": "monday", "SOURCE": str(source),
                       "BESIDE": str(beside), "VIEW": str(self.view), **variables}
        done = subprocess.run(["bash", "-e", "-c", RECIPES[recipe]], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        said = f"{recipe}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode == 0, said
        assert list(beside.iterdir()) == [] and not os.path.ismount(self.view), f"something is left: {said}"
        return done.stderr

    def serves(self):
        """What comes back is what was there before."""
        row, = self.machine.ok("fs", "snapshot", "--json").json
        assert (row["status"], row["live"]) == ("uploaded", False)
        back = self.folder / "back"
        download_same(self.machine, "back", back, row["locator"], self.folder / "reference", "--allow-no-kms")
        assert_same(self.folder / "reference", back)
        assert (back / "file").read_text() == "before"


@pytest.fixture
def kitchen(folder, needs_tools):
    return Kitchen(folder)


def make_beside(disk):
    beside = disk.path / "beside"
    beside.mkdir(mode=0o700)
    return beside


def test_btrfs_by_hand(kitchen, folder):
    with loop_disk(folder, "btrfs", megabytes=256) as disk:
        source = disk.path / "source"
        subprocess.run(["btrfs", "-q", "subvolume", "create", source], check=True)
        kitchen.fill(source)
        assert DOUBT not in kitchen.cook("btrfs", source, make_beside(disk))
        kitchen.serves()


def test_a_copy_on_xfs_that_shares_its_blocks(kitchen, folder):
    with loop_disk(folder, "xfs") as disk:
        source = disk.path / "source"
        kitchen.fill(source)
        assert DOUBT in kitchen.cook("xfs-reflink", source, make_beside(disk))
        kitchen.serves()


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_filesystem_in_a_file(kind, kitchen, folder):
    with loop_disk(folder, kind) as outer, loop_disk(outer.path, "ext4", megabytes=64) as inner:
        kitchen.fill(inner.path)
        assert DOUBT not in kitchen.cook("image", inner.path, make_beside(outer), IMAGE=str(inner.image))
        kitchen.serves()


def test_a_view_that_cannot_be_written_to(kitchen, folder):
    with loop_disk(folder, "ext4", megabytes=64) as disk:
        source = disk.path / "source"
        kitchen.fill(source)
        assert DOUBT not in kitchen.cook("bind", source, make_beside(disk), changes=False)
        kitchen.serves()
