"""What sealift uploads is what docs/FORMAT.md says: a reader that was written from it alone, in another language, restores a snapshot with nothing but
the bucket and the key of the local KMS, or a KEK that a KMIP server gave."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from support.compare import differences
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, files_below, upload
from support.odd_sources import odd_disk
from support.views import ACL_AGAIN, Views

READER = Path(__file__).parents[1] / "reader" / "sealift_reader.py"
# The number of each flag that lsattr shows, of which FORMAT.md says that they are the kernel's.
FLAGS = {"s": 0x1, "u": 0x2, "c": 0x4, "S": 0x8, "i": 0x10, "a": 0x20, "d": 0x40, "A": 0x80, "m": 0x400, "t": 0x8000, "D": 0x10000, "T": 0x20000,
         "C": 0x800000, "x": 0x2000000, "P": 0x20000000}
FORMATS = {1: stat.S_IFREG, 2: stat.S_IFDIR, 3: stat.S_IFLNK, 4: stat.S_IFIFO, 5: stat.S_IFSOCK, 6: stat.S_IFCHR, 7: stat.S_IFBLK}


def run_reader(store, machine, locator, *options, key=None):
    key = key or ("--local-key", machine.home / "local-kms.key")
    return subprocess.run([sys.executable, "-B", READER, store, locator, *key, *options], check=True, capture_output=True, text=True).stdout


def look(folder):
    """What the reader restores: contents, modes, times of files and directories."""
    paths = [Path(folder), *(path for path in Path(folder).rglob("*") if path.is_dir() and not path.is_symlink())]
    files = files_below(folder)
    stats = {str(path.relative_to(folder)): path.stat() for path in [*paths, *files.values()]}
    return {name: path.read_bytes() for name, path in files.items()}, {name: (stat.st_mode, stat.st_mtime_ns) for name, stat in stats.items()}


def test_a_second_reader_restores_a_snapshot(machine, small_tree, folder):
    store, target = folder / "store", folder / "target"
    target.mkdir()
    add_folder_store(machine, store)
    add_local_fs(machine, "home", small_tree)
    locator = upload(machine, "home", "monday")

    listed = run_reader(store, machine, locator).splitlines()
    assert len(listed) == 1 + sum(1 for _ in Path(small_tree).rglob("*"))
    run_reader(store, machine, locator, "--restore", target)
    assert look(target) == look(small_tree)


@pytest.mark.parametrize("version, cipher", [("1.2", "AES-CBC"), ("1.4", "AES-GCM")])
def test_what_a_kmip_server_wrapped_it_opens_with_what_the_envelope_says(version, cipher, machine, kmip, small_tree, folder):
    """Section 5.1: the Decrypt is the tests' own, made of the envelope and nothing else."""
    store, target = folder / "store", folder / "target"
    target.mkdir()
    add_folder_store(machine, store)
    machine.ok("kms", "set", "kmip", *kmip.access(kmip.add_shared_key()), "--kmip-version", version)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")

    fs, number = locator.split("/")
    envelope = json.loads((store / "fs" / fs / "snapshots" / f"{number}.json").read_bytes().split(b"\n")[1])
    assert (envelope["kms"]["type"], json.loads(envelope["kms"]["details"])["cipher"]) == ("kmip", cipher)
    run_reader(store, machine, locator, "--restore", target, key=("--kek", kmip.unwrap(envelope).hex()))
    assert look(target) == look(small_tree)


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_it_puts_nothing_in_the_clear_unasked(machine, folder):
    store, target = folder / "store", folder / "target"
    target.mkdir()
    add_folder_store(machine, store)
    with loop_disk(folder, "ext4", options=["-O", "encrypt"]) as disk:
        home = disk.path / "home"
        machine.ok("fs", "add", "home", home, "--obs", "dr", "--encrypted", "--allow-no-kms")
        (home / "file").write_text("plain")
        locator = upload(machine, "home", "monday")
        with pytest.raises(subprocess.CalledProcessError) as refusal:
            run_reader(store, machine, locator, "--restore", target)
        assert "encrypted at rest" in refusal.value.stderr and not any(target.iterdir())
        run_reader(store, machine, locator, "--restore", target, "--allow-unencrypted")
        assert look(target) == look(home)


def open_snapshot(odd, carried):
    reader = pytest.importorskip("sealift_reader", reason="python3-cryptography is not installed")
    snapshot = reader.Snapshot(reader.Bucket(odd.folder / "bucket"), carried.locator)
    key = (odd.machine.home / "local-kms.key").read_bytes()
    snapshot.unlock(reader.open_envelope(next(snapshot.envelopes()), reader.unwrap_local(snapshot.envelope, key)))
    return reader, snapshot


def same_as_source(tree, entry, xattrs, flags):
    """What the reader tells of an entry, apart from contents, and what the source says."""
    path = os.path.join(os.fsencode(tree), entry.path)
    status = os.lstat(path)
    if entry.type == 8:
        return status.st_ino == os.lstat(os.path.join(os.fsencode(tree), entry.target)).st_ino
    told = [FORMATS[entry.type] | entry.mode, entry.uid, entry.gid, entry.mtime * 10**9 + entry.mtime_ns]
    seen = [status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns]
    if entry.type == 1:
        told, seen = [*told, entry.size], [*seen, status.st_size]
    elif entry.type == 3:
        told, seen = [*told, entry.target], [*seen, os.readlink(path)]
    elif entry.type in (6, 7):
        told, seen = [*told, entry.major, entry.minor], [*seen, os.major(status.st_rdev), os.minor(status.st_rdev)]
    project, letters = flags.get(entry.path, b"0 ").decode().split(" ")
    told, seen = [*told, entry.project, entry.flags], [*seen, int(project), sum(FLAGS[letter] for letter in letters)]
    there = sorted(os.fsencode(name) for name in os.listxattr(path, follow_symlinks=False) if not os.fsencode(name).startswith(ACL_AGAIN))
    return told == seen and xattrs == [(name, os.getxattr(path, name, follow_symlinks=False)) for name in there]


@pytest.mark.large
@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_it_tells_and_restores_a_tree_of_every_odd_case(kind, odd, folder, needs_tools):
    carried = odd.of(kind)
    reader, snapshot = open_snapshot(odd, carried)
    flags = {path.removeprefix(b"./"): told for path, told in carried.views.by_tool["lsattr"].items()}
    flags[b""] = flags.pop(b".")
    entries = list(snapshot.entries())
    deep = [entry for entry in entries if entry.path.startswith(b"deep/")]
    assert len(deep) == len(carried.views.by_tool["deep"])
    assert len(entries) - len(deep) == len(carried.views.by_tool["find"])
    different = [entry.path for entry in entries if len(entry.path) < 4000 and
                 not same_as_source(carried.tree, entry, reader.parse_xattrs(snapshot.xattrs(entry)), flags)]
    assert different == []

    with odd_disk(folder, kind) as disk:
        reader.restore(snapshot, disk.path)
        restored = Views(disk.path).by_tool
        assert differences(carried.tree, disk.path, "--no-o", "--no-g", "--no-A", "--no-X", "--exclude=/deep/*", "--exclude=/huge/*") == ""
        for tool in ("links", "filefrag", "huge"):
            assert restored[tool] == carried.views.by_tool[tool]
        assert without_attributes(restored["deep"]) == without_attributes(carried.views.by_tool["deep"])


def without_attributes(deep):
    return {name: told.split(b"{")[0] for name, told in deep.items()}
