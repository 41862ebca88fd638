"""Snapshots that sealift makes itself: of a btrfs subvolume, when one is added, and no longer than its upload needs it. btrfs-progs and rsync are the judges."""

import os
import signal
import subprocess

import pytest

from support.command import Sealift
from support.compare import assert_same, differences
from support.exit_codes import CONFLICT, DENIED, INVALID, IO, NOT_FOUND
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, download_same
from support.process import wait_until

ORDINARY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def btrfs(*arguments):
    return subprocess.run(["btrfs", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


class Volume:
    """A subvolume `path` of a btrfs of its own, the filesystem "home" of `machine`."""

    def __init__(self, disk, machine):
        self.disk, self.machine, self.path = disk, machine, disk.path / "volume"
        btrfs("subvolume", "create", self.path)
        (self.path / "file").write_text("before")
        (self.path / "folder").mkdir()
        (self.path / "folder" / "other").write_text("other")

    def snapshots(self):
        """The subvolumes below this one, by btrfs-progs."""
        lines = btrfs("subvolume", "list", "-o", self.path).splitlines()
        return [self.disk.path / line.split(" path ", 1)[1] for line in lines]

    def add(self, name, *options, **run_options):
        return self.machine.ok("fs", "snapshot", "add", "home", name, *options, **run_options)

    def upload(self, name, *options, **run_options):
        return self.machine.ok("fs", "snapshot", "upload", "home", name, *options, **run_options)

    def row(self, name):
        return next(row for row in self.machine.ok("fs", "snapshot", "list", "home", "--json").json if row["name"] == name)

    def brings_back(self, name, folder, same_as):
        self.machine.ok("fs", "snapshot", "verify", "home", name, "--data")
        download_same(self.machine, f"back-{name}", folder / f"back-{name}", self.row(name)["locator"], same_as, "--allow-no-kms")


@pytest.fixture
def disk(folder):
    with loop_disk(folder, "btrfs", megabytes=256) as made:
        yield made


@pytest.fixture
def volume(disk, folder):
    machine = Sealift(folder / "home")
    made = Volume(disk, machine)
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", made.path)
    return made


def test_what_was_there_when_it_was_added_is_what_comes_back(volume, folder, needs_tools):
    reference = volume.disk.path / "reference"
    btrfs("subvolume", "snapshot", "-r", volume.path, reference)
    said = volume.add("monday").err
    assert "btrfs snapshot" in said and "read live" not in said
    made, = volume.snapshots()
    assert btrfs("property", "get", made, "ro").strip() == "ro=true"
    row = volume.row("monday")
    assert (row["status"], row["live"], row["from"], row["native"]) == ("added", False, str(made), "btrfs")

    (volume.path / "file").write_text("after")
    (volume.path / "folder" / "other").unlink()
    (volume.path / "later").write_text("later")
    result = volume.upload("monday", "--json").json
    assert (result["live"], result["entries"]) == (False, 4)
    assert volume.snapshots() == [] and not (volume.path / ".sealift-snapshots").exists()
    row = volume.row("monday")
    assert (row["status"], row["live"], row["from"], row["native"]) == ("uploaded", False, None, "btrfs")
    assert volume.machine.ok("obs", "snapshots", "dr", "--json").json[0]["live"] is False
    volume.brings_back("monday", folder, reference)


def test_a_snapshot_leaves_no_trace_in_what_it_is_made_of(volume, needs_tools):
    reference = volume.disk.path / "reference"
    btrfs("subvolume", "snapshot", "-r", volume.path, reference)
    volume.add("monday")
    volume.upload("monday")
    assert differences(reference, volume.path) == ""


def test_a_snapshot_is_no_part_of_a_later_one(volume, folder, needs_tools):
    """Nor of what is read live, nor of a snapshot by hand, which has the folder in it."""
    reference = volume.disk.path / "reference"
    btrfs("subvolume", "snapshot", "-r", volume.path, reference)
    volume.add("kept", "--keep")
    by_hand = volume.disk.path / "by-hand"
    btrfs("subvolume", "snapshot", "-r", volume.path, by_hand)
    assert (by_hand / ".sealift-snapshots").exists()
    volume.add("native")
    volume.add("live", "--live")
    volume.add("by-hand", "--from", by_hand)
    for name in ("native", "live", "by-hand"):
        volume.upload(name)
        volume.brings_back(name, folder, reference)
    assert volume.row("live")["live"] is True


def test_keep_keeps_it(volume):
    said = volume.add("monday", "--keep").err
    made, = volume.snapshots()
    assert str(made) in said
    volume.upload("monday")
    assert volume.snapshots() == [made]
    row = volume.row("monday")
    assert (row["from"], row["native"], row["live"]) == (str(made), None, False)
    btrfs("subvolume", "delete", made)
    assert volume.snapshots() == []


def test_an_upload_that_is_killed_is_repeated_from_the_same_snapshot(volume, folder, needs_tools):
    (volume.path / "big").write_bytes(os.urandom(48 << 20))
    reference = volume.disk.path / "reference"
    btrfs("subvolume", "snapshot", "-r", volume.path, reference)
    volume.add("monday")
    made = volume.snapshots()
    process = volume.machine.start("fs", "snapshot", "upload", "home", "monday", "--memory", "64M", stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    wait_until(lambda: list(folder.glob("bucket/fs/*/data/*/*")), "the first segment is stored")
    process.kill()
    assert process.wait() == -signal.SIGKILL, "the upload was too fast to be killed"
    assert volume.snapshots() == made
    (volume.path / "big").unlink()
    volume.upload("monday")
    assert volume.snapshots() == []
    volume.brings_back("monday", folder, reference)


def test_an_upload_that_fails_keeps_the_snapshot(volume, folder):
    volume.add("monday")
    made = volume.snapshots()
    volume.upload("monday", "--dry-run")
    assert volume.snapshots() == made
    (folder / "bucket").rename(folder / "elsewhere")
    assert volume.machine.run("fs", "snapshot", "upload", "home", "monday").code != 0
    assert volume.snapshots() == made
    (folder / "elsewhere").rename(folder / "bucket")
    volume.upload("monday")
    assert volume.snapshots() == []


def test_nothing_is_left_of_one_that_cannot_be_added(volume):
    volume.add("monday", "--live")
    volume.machine.fails("fs", "snapshot", "add", "home", "monday", code=CONFLICT, says=["monday", "already"])
    (volume.path / ".sealift-snapshots").write_text("in the way")
    volume.machine.fails("fs", "snapshot", "add", "home", "tuesday", code=IO, says=[".sealift-snapshots", "--live"])
    (volume.path / ".sealift-snapshots").unlink()
    assert volume.snapshots() == [] and [row["name"] for row in volume.machine.ok("fs", "snapshot", "--json").json] == ["monday"]


def test_a_snapshot_that_is_gone_is_not_replaced_by_what_is_there_now(volume):
    volume.add("monday")
    btrfs("subvolume", "delete", *volume.snapshots())
    volume.machine.fails("fs", "snapshot", "upload", "home", "monday", code=NOT_FOUND, says=[".sealift-snapshots", "monday", "add another"])
    assert volume.row("monday")["status"] == "added"


def test_a_snapshot_is_not_replaced_by_what_somebody_puts_there(volume):
    volume.add("monday")
    made, = volume.snapshots()
    btrfs("subvolume", "delete", made)
    btrfs("subvolume", "create", made)
    volume.machine.fails("fs", "snapshot", "upload", "home", "monday", code=INVALID, says=["no read-only snapshot"])


def test_only_a_whole_subvolume_has_a_snapshot(volume):
    machine = volume.machine
    add_local_fs(machine, "part", volume.path / "folder")
    said = machine.ok("fs", "snapshot", "add", "part", "monday").err
    assert f"{volume.path / 'folder'} lies on btrfs, but is no subvolume: it will be read live" in said
    assert volume.snapshots() == []
    machine.fails("fs", "snapshot", "add", "part", "tuesday", "--keep", code=INVALID, says=["no snapshot to --keep", "btrfs subvolume"])
    assert machine.ok("fs", "snapshot", "upload", "part", "monday", "--json").json["live"] is True


def test_a_subvolume_that_is_read_only_has_no_place_for_a_snapshot(volume):
    still = volume.disk.path / "still"
    btrfs("subvolume", "snapshot", "-r", volume.path, still)
    add_local_fs(volume.machine, "still", still)
    assert "cannot be written to from here: it will be read live" in volume.machine.ok("fs", "snapshot", "add", "still", "monday").err
    volume.machine.ok("fs", "snapshot", "upload", "still", "monday")
    assert btrfs("subvolume", "list", "-o", still) == ""


def test_an_ordinary_user_is_told_what_they_may_not_do(disk, folder):
    folder.chmod(0o755)
    machine = Sealift(folder / "users" / "home")
    for path in (folder / "users", folder / "bucket"):
        path.mkdir()
        os.chown(path, 65534, 65534)
    volume = Volume(disk, machine)
    machine.ok("obs", "add", "dr", f"file://{folder / 'bucket'}", prefix=ORDINARY)
    machine.ok("fs", "add", "home", volume.path, "--obs", "dr", "--allow-no-kms", prefix=ORDINARY)
    add = ["fs", "snapshot", "add", "home", "monday"]
    machine.fails(*add, prefix=ORDINARY, code=DENIED, says=[".sealift-snapshots", "--live"])
    os.chown(volume.path, 65534, 65534)
    machine.fails(*add, prefix=ORDINARY, code=DENIED, says=["user_subvol_rm_allowed", "--live"])
    assert volume.snapshots() == [] and not (volume.path / ".sealift-snapshots").exists()

    subprocess.run(["mount", "-o", "remount,user_subvol_rm_allowed", disk.path], check=True)
    volume.add("monday", prefix=ORDINARY)
    volume.add("tuesday", prefix=ORDINARY)
    made = volume.snapshots()
    disk.unmount()
    assert disk.mount() is None, "without the option"
    assert "btrfs subvolume delete" in volume.upload("monday", prefix=ORDINARY).err
    assert volume.snapshots() == made
    subprocess.run(["mount", "-o", "remount,user_subvol_rm_allowed", disk.path], check=True)
    assert "btrfs subvolume delete" not in volume.upload("tuesday", prefix=ORDINARY).err
    assert volume.snapshots() == [], "what was left before goes with the next upload"
    assert not (volume.path / ".sealift-snapshots").exists()


def test_what_is_restored_into_a_subvolume_has_snapshots_again(volume, needs_tools):
    volume.add("monday")
    volume.upload("monday")
    restored = volume.disk.path / "restored"
    btrfs("subvolume", "create", restored)
    download_same(volume.machine, "restored", restored, volume.row("monday")["locator"], volume.path, "--allow-no-kms")
    volume.machine.ok("fs", "snapshot", "add", "restored", "tuesday")
    assert btrfs("subvolume", "list", "-o", restored) != ""


def test_a_subvolume_below_is_said_not_to_be_in_it(volume, folder):
    btrfs("subvolume", "create", volume.path / "folder" / "nested")
    (volume.path / "folder" / "nested" / "file").write_text("nested")
    volume.add("monday")
    said = volume.upload("monday").err
    assert "folder/nested" in said and "subvolume of its own" in said
    assert ".sealift-snapshots" not in said
    volume.machine.ok("fs", "download", "back", folder / "back", "dr", volume.row("monday")["locator"], "--allow-no-kms")
    assert list((folder / "back" / "folder" / "nested").iterdir()) == []
