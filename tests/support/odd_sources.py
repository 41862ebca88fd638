"""Odd trees, each on a disk of its own and uploaded to a folder store: made when a test first asks for one."""

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from support.command import Sealift
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, upload
from support.odd_tree import make_odd_tree
from support.views import Views

MEGABYTES = 4096  # of sparse files
DISK_OPTIONS = {"ext4": ["-O", "ea_inode"], "xfs": [], "btrfs": []}


@dataclass
class OddSource:
    tree: Path
    locator: str
    views: Views


def odd_disk(folder, kind):
    """One that can hold all of it."""
    return loop_disk(folder, kind, megabytes=MEGABYTES, options=DISK_OPTIONS[kind])


class OddSources:
    def __init__(self, folder):
        self.folder, self.disks, self.made = folder, ExitStack(), {}
        self.machine = Sealift(folder / "home")
        add_folder_store(self.machine, folder / "bucket")

    def of(self, kind):
        if kind not in self.made:
            tree = self.disks.enter_context(odd_disk(self.folder, kind)).path / "tree"
            tree.mkdir()
            make_odd_tree(tree, kind)
            os.sync()  # until then a file system may call holes data, where it has made room
            add_local_fs(self.machine, kind, tree)
            self.made[kind] = OddSource(tree, upload(self.machine, kind, "monday"), Views(tree))
        return self.made[kind]
