"""A cluster whose KMS is exchanged while it works: filesystems of every kind, and what must hold of them whatever KMS is in force."""

from pathlib import Path

from support.command import Sealift
from support.main_job import add_folder_store, download_same, upload

NAMES = ["bare", "fresh", "home", "live"]


class MovingCluster:
    """`home` and `live` (encrypted at rest, and unlocked) have a snapshot each, `fresh` has none, and `bare` is in no bucket at all. Without a disk
    there is no `live`."""

    def __init__(self, folder, tree, disk=None):
        self.folder, self.tree, self.disk = folder, tree, disk
        self.machine = Sealift(folder / "home-1")
        self.names = [name for name in NAMES if name != "live" or disk]
        self.downloads = 0
        add_folder_store(self.machine, folder / "bucket")

    def set_kms(self, access):
        """`access`: what stands behind `kms set`."""
        return self.machine.ok("kms", "set", *access, "--json").json

    def fill(self, *options):
        machine, tree = self.machine, self.tree
        machine.ok("fs", "add", "home", tree, "--obs", "dr", *options)
        machine.ok("fs", "add", "fresh", tree / "folder-0", "--obs", "dr", *options)
        machine.ok("fs", "add", "bare", tree / "folder-1", "--no-key-backup", *options)
        self.locators = {"home": upload(machine, "home", "monday")}
        if self.disk:
            live = self.disk.path / "live"
            machine.ok("fs", "add", "live", live, "--obs", "dr", "--encrypted", *options)
            (live / "file").write_text("of live")
            self.held = (live / "file").open()
            self.locators["live"] = upload(machine, "live", "monday")

    def close(self):
        if self.disk:
            self.held.close()

    def listed(self):
        return {fs["name"]: fs for fs in self.machine.ok("fs", "--json").json}

    def check_live(self):
        """It stayed unlocked: an open file is read on, another one opened."""
        if self.disk:
            assert self.listed()["live"]["at_rest"] == "unlocked"
            self.held.seek(0)
            assert self.held.read() == (self.disk.path / "live/file").read_text() == "of live"

    def check(self, *download_options):
        """All that was uploaded verifies and downloads, all goes on, and the encrypted one can be locked and unlocked: through the KMS that is in force."""
        machine = self.machine
        self.downloads += 1
        for name in self.locators:
            machine.ok("fs", "snapshot", "verify", name, "monday", "--keys")
        again = self.folder / f"again-{self.downloads}"
        download_same(machine, again.name, again, self.locators["home"], self.tree, *download_options)
        machine.ok("fs", "remove", again.name)
        for name in ("fresh", *self.locators):
            upload(machine, name, f"day-{self.downloads}")
        if self.disk:
            self.check_live()
            self.held.close()
            machine.ok("fs", "lock", "live")
            assert not (self.disk.path / "live/file").exists()
            machine.ok("fs", "unlock", "live")
            self.held = (self.disk.path / "live/file").open()
            self.check_live()

    def check_opens(self):
        """The little that shows, of each filesystem, that its key opens: for the middle of a move."""
        for name in self.locators:
            self.machine.ok("fs", "snapshot", "verify", name, "monday", "--keys")

    def wrapped_by(self):
        """Filesystems by what the table says of their keys."""
        return {name: (fs["kms_type"], fs["kms_namespace"], fs["kms_mount"], fs["kms_key_identifier"]) for name, fs in self.listed().items()}

    def has_local_key(self):
        return Path(self.machine.home / "local-kms.key").exists()


def outcomes(shown):
    """Of `kms set --json`: filesystem and outcome."""
    return {moved["filesystem"]: moved["outcome"] for moved in shown["moved"]}
