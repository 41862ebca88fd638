"""Looking into a snapshot, and bringing back single files and directories of it."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from support.command import Sealift
from support.compare import differences
from support.exit_codes import CONFLICT, DENIED, INVALID, NOT_FOUND
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, add_s3, upload
from support.sample_tree import make_small_tree


@pytest.fixture
def local(folder):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    return machine


@pytest.fixture
def carried(local, sample_tree):
    """A tree of many kinds of things, uploaded."""
    add_local_fs(local, "home", sample_tree)
    return upload(local, "home", "monday")


def path_of(entry):
    return bytes.fromhex(entry["path_hex"]) if "path_hex" in entry else entry["path"].encode()


def walk(tree):
    """Every path below, as bytes, with what lstat says."""
    top = os.fsencode(tree)
    found = {}
    for at, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(at, name)
            found[os.path.relpath(path, top)] = os.lstat(path)
    return found


KINDS = {"file": stat.S_ISREG, "directory": stat.S_ISDIR, "symlink": stat.S_ISLNK, "fifo": stat.S_ISFIFO, "socket": stat.S_ISSOCK,
         "character-device": stat.S_ISCHR, "block-device": stat.S_ISBLK}


def test_ls_tells_what_the_disk_tells(local, carried, sample_tree):
    there = walk(sample_tree)
    listed = {path_of(entry): entry for entry in local.ok("fs", "snapshot", "ls", "home", "monday", "-R", "--json").json}
    assert set(listed) == set(there)
    for path, entry in listed.items():
        found = there[path]
        if entry["type"] == "hard-link":
            assert os.lstat(os.path.join(os.fsencode(sample_tree), os.fsencode(entry["target"]))).st_ino == found.st_ino
            continue
        assert KINDS[entry["type"]](found.st_mode), entry
        assert (int(entry["mode"], 8), entry["uid"], entry["gid"]) == (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid), entry
        assert entry["mtime_s"] * 10**9 + entry["mtime_ns"] == found.st_mtime_ns, entry
        assert entry["type"] != "file" or entry["size"] == found.st_size, entry
    top = [path_of(entry) for entry in local.ok("fs", "snapshot", "ls", "home", "monday", "--json").json]
    assert top == sorted(os.listdir(os.fsencode(sample_tree)))


def test_everything_comes_back_piece_by_piece(local, carried, sample_tree, folder, needs_tools):
    names = sorted(os.listdir(sample_tree))
    together, apart = folder / "together", folder / "apart"
    local.ok("fs", "snapshot", "get", carried, *names, "--obs", "dr", "--to", together)
    shutil.copystat(sample_tree, together)
    os.chown(together, os.stat(sample_tree).st_uid, os.stat(sample_tree).st_gid)
    assert differences(sample_tree, together) == ""
    for name in names[::4]:
        local.ok("fs", "snapshot", "get", "home", "monday", name, "--to", apart)
        assert os.path.lexists(apart / name)
    # Names of one inode that came one by one are files of their own.
    left = [line for line in differences(sample_tree, apart, "--ignore-non-existing").splitlines() if not line.startswith("hf") and not line.endswith(" ./")]
    assert left == []


def test_what_is_there_stays(local, carried, sample_tree, folder):
    first, *others = sorted(name for name in os.listdir(sample_tree) if (sample_tree / name).is_dir())
    target = folder / "target"
    local.ok("fs", "snapshot", "get", "home", "monday", first, "--to", target)
    before = walk(target)
    local.fails("fs", "snapshot", "get", "home", "monday", *others, first, "--to", target, code=CONFLICT, says=[f"holds {first} already"])
    local.fails("fs", "snapshot", "get", "home", "monday", *others, "no/such", "--to", target, code=NOT_FOUND, says=["no/such: is not in"])
    assert {path: (found.st_ino, found.st_ctime_ns) for path, found in walk(target).items()} == {
        path: (found.st_ino, found.st_ctime_ns) for path, found in before.items()}


def test_nothing_is_written_outside(local, folder):
    tree, target, elsewhere = folder / "tree", folder / "target", folder / "elsewhere"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").write_text("contents")
    add_local_fs(local, "fs", tree)
    upload(local, "fs", "monday")
    target.mkdir()
    elsewhere.mkdir()
    (target / "a").symlink_to(elsewhere)
    local.fails("fs", "snapshot", "get", "fs", "monday", "a/b/file", "--to", target, code=CONFLICT, says=["symbolic link"])
    assert os.listdir(elsewhere) == []


def test_one_file_through_an_s3_server(machine, place, folder, small_tree):
    add_s3(machine, place)
    add_local_fs(machine, "home", small_tree)
    locator = upload(machine, "home", "monday")
    path = next(found.relative_to(small_tree) for found in sorted(small_tree.rglob("*")) if found.is_file() and not found.is_symlink())
    assert str(path) in machine.ok("fs", "snapshot", "ls", locator, path.parent, "--obs", "dr").out.splitlines()
    machine.ok("fs", "snapshot", "get", locator, path, "--obs", "dr", "--to", folder / "back")
    assert (folder / "back" / path).read_bytes() == (small_tree / path).read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may stop being root")
def test_what_an_ordinary_user_may_not_do_is_counted(local, folder):
    tree, target = folder / "tree", folder / "target"
    tree.mkdir()
    (tree / "root's").write_text("contents")
    add_local_fs(local, "fs", tree)
    upload(local, "fs", "monday")
    target.mkdir()
    os.chmod(folder, 0o755)
    for path in [local.home, *local.home.rglob("*"), folder / "bucket", *(folder / "bucket").rglob("*"), target]:
        os.chown(path, 65534, 65534)
    as_nobody = {"prefix": ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]}
    get = ["fs", "snapshot", "get", "fs", "monday", "root's", "--to"]
    local.fails(*get, target / "1", code=DENIED, says=["1 thing that could not be restored here", "--allow-degraded"], **as_nobody)
    assert local.ok(*get, target / "2", "--allow-degraded", "--json", **as_nobody).json["degraded"] == 1
    assert (target / "2/root's").read_text() == "contents"


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_what_was_encrypted_does_not_land_in_the_clear_unasked(local, folder):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        home = disk.path / "home"
        home.mkdir()
        local.ok("fs", "add", "home", home, "--obs", "dr", "--encrypted", "--allow-no-kms")
        make_small_tree(home / "tree")
        upload(local, "home", "monday")
        get = ["fs", "snapshot", "get", "home", "monday", "tree", "--to"]
        for clear in (folder / "clear/below", disk.path / "clear"):
            local.fails(*get, clear, code=INVALID, says=["is not encrypted at rest", "--allow-unencrypted"])
            assert not clear.exists() and not (folder / "clear").exists()
        local.ok(*get, home / "restored/here")
        assert differences(home / "tree", home / "restored/here/tree") == ""
        local.ok(*get, folder / "clear", "--allow-unencrypted")
        assert differences(home / "tree", folder / "clear/tree") == ""
