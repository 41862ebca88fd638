"""What is left out of a snapshot: by patterns, in caches, by a flag. And a dry run, which says so beforehand and touches nothing."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from support.command import binary
from support.compare import assert_same
from support.exit_codes import CONFLICT, DENIED, INVALID
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, files_below, upload
from test_second_reader import READER

TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# made by a test\n"


@pytest.fixture
def tree(folder):
    """Of each kind that a pattern may mean, something that matches and something that nearly does."""
    root = folder / "tree"
    for path in ("notes.txt", "notes.tmp", "keep.tmp", "build", "a/build/out.o", "a/notes.tmp", "a/keep.tmp", "a/deep/er/b.o", "a/deep/er/b.c",
                 "cache/x", "a/cache/x", "a/b/z", "a/x/y/z", "a/z", "#hash", "star*", "space ", "b/[x]", "b/x"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    with open(os.fsencode(root) + b"/latin1-\xe9", "wb") as file:
        file.write(b"a name that is no UTF-8")
    os.link(root / "notes.tmp", root / "other-name")
    os.symlink("notes.txt", root / "link.tmp")
    return root


@pytest.fixture
def ready(machine, folder, tree):
    """The machine, with a store and the tree as filesystem "home"."""
    (folder / "store").mkdir()
    add_folder_store(machine, folder / "store")
    add_local_fs(machine, "home", tree)
    return machine


def restore(machine, locator, path):
    machine.ok("fs", "download", path.name, path, "dr", locator, "--allow-no-kms")
    return path


def paths(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def carried(machine, *options):
    """The paths of a dry run: those that would be carried, and those that would be left out with the reason."""
    machine.ok("fs", "snapshot", "add", "home", "look") if not machine.ok("fs", "snapshot", "--json").json else None
    listing = machine.ok("fs", "snapshot", "upload", "home", "look", "--dry-run", "--json", *options).json["listing"]
    return {entry["path"] for entry in listing if entry["type"]}, {entry["path"]: entry["excluded"] for entry in listing if entry["excluded"]}


def test_patterns_leave_out_what_rsync_leaves_out(ready, tree, folder, needs_tools):
    ready.ok("fs", "update", "home", "--exclude", "*.tmp", "--exclude", "!keep.tmp", "--exclude", "build/", "--exclude", "/cache",
             "--exclude", "a/**/z", "--exclude", "\\#*", "--exclude", "star\\*", "--exclude", "[[]x]", "--exclude", "latin1-?")
    expected = folder / "expected"
    rules = ["--include=keep.tmp", "--exclude=*.tmp", "--exclude=build/", "--exclude=/cache", "--exclude=/a/z", "--exclude=/a/**/z", "--exclude=#*",
             "--exclude=star\\*", "--exclude=[[]x]", "--exclude=latin1-*"]
    subprocess.run(["rsync", "-aHAX", "--modify-window=-1", *rules, f"{tree}/", f"{expected}/"], check=True)
    restored = restore(ready, upload(ready, "home", "monday"), folder / "restored")
    assert_same(expected, restored)
    assert "other-name" in paths(restored), "a hard link stays whose first name is left out"
    assert "cache" not in paths(restored) and {"build", "a/cache/x", "a/keep.tmp", "b/x"} <= paths(restored)


def test_an_upload_takes_more_for_itself_alone(ready, folder):
    ready.ok("fs", "update", "home", "--exclude", "*.tmp")
    first = restore(ready, upload(ready, "home", "one", "--exclude", "!/keep.tmp", "--exclude", "/a"), folder / "first")
    second = restore(ready, upload(ready, "home", "two"), folder / "second")
    assert {path for path in paths(first) if path.endswith(".tmp") or path == "a"} == {"keep.tmp"}
    assert {path for path in paths(second) if path.endswith(".tmp") or path == "a"} == {"a"}
    assert {fs["name"]: fs["exclude"] for fs in ready.ok("fs", "--json").json} == {"home": ["*.tmp"], "first": [], "second": []}


def test_nothing_below_a_directory_that_is_left_out_comes_back(ready):
    kept, excluded = carried(ready, "--exclude", "/a/", "--exclude", "!/a/keep.tmp")
    assert not any(path == "a" or path.startswith("a/") for path in kept)
    assert excluded == {"a": "is left out by the pattern '/a/'"}
    kept, _ = carried(ready, "--exclude", "/a/*", "--exclude", "!/a/keep.tmp")
    assert {path for path in kept if path.startswith("a/")} == {"a/keep.tmp"}


def test_a_file_of_patterns_is_read_as_gitignore_is(ready, folder):
    listed = folder / "patterns"
    listed.write_bytes(b"\xef\xbb\xbf# what is not worth its room\r\n\r\n*.tmp   \r\n!keep.tmp\r\n\\#hash\nspace\\ \n")
    kept, excluded = carried(ready, "--exclude-from", listed)
    assert {"notes.tmp", "a/notes.tmp", "link.tmp", "#hash", "space "} == set(excluded) and "keep.tmp" in kept
    _, excluded = carried(ready, "--exclude-from", listed, "--exclude", "!*.tmp")
    assert {"#hash", "space "} == set(excluded), "what stands on the command line comes last"
    ready.ok("fs", "update", "home", "--exclude-from", "-", stdin="*.o\n# not this\n/b\n")
    assert ready.ok("fs", "--json").json[0]["exclude"] == ["*.o", "/b"]
    listed.write_text("*.o\n\na//b\n")
    ready.fails("fs", "update", "home", "--exclude-from", listed, code=INVALID, says=[str(listed), "line 3", "a//b"])
    assert ready.ok("fs", "--json").json[0]["exclude"] == ["*.o", "/b"], "a refused change changes nothing"


def test_an_update_replaces_all_of_it(ready):
    ready.ok("fs", "update", "home", "--exclude", "*.o", "--exclude-caches")
    ready.ok("fs", "update", "home", "--exclude-nodump")
    found = ready.ok("fs", "--json").json[0]
    assert (found["exclude"], found["exclude_caches"], found["exclude_nodump"]) == ([], False, True)
    ready.ok("fs", "update", "home", "--no-excludes")
    found = ready.ok("fs", "--json").json[0]
    assert (found["exclude"], found["exclude_caches"], found["exclude_nodump"]) == ([], False, False)


def test_what_cannot_be_a_pattern_is_refused(ready, tree, machine, folder):
    for pattern in ("/", "!", "[abc", "a\\", "a//b", os.fsdecode(b"caf\xe9")):
        ready.fails("fs", "update", "home", f"--exclude={pattern}", code=INVALID, says=["the pattern"])
    ready.fails("fs", "update", "home", *(f"--exclude=/some/path/number/{number}" for number in range(1000)), code=INVALID, says=["16383"])
    other = folder / "other"
    other.mkdir()
    ready.fails("fs", "add", "other", other, "--obs", "dr", "--allow-no-kms", "--exclude", "[", code=INVALID, says=["'['"])
    assert [fs["name"] for fs in ready.ok("fs", "--json").json] == ["home"]


def test_caches_are_left_out_as_tar_leaves_them_out(ready, tree, folder, needs_tools):
    (tree / "cache" / "CACHEDIR.TAG").write_text(TAG)
    (tree / "a" / "cache" / "CACHEDIR.TAG").write_text("Signature: of something else\n")
    (tree / "cache" / "deep").mkdir()
    (tree / "cache" / "deep" / "er").write_text("x")
    expected = folder / "expected"
    expected.mkdir()
    tar = ["tar", "--format=posix", "--exclude-caches", "--acls", "--xattrs", "--numeric-owner"]
    packed = subprocess.run([*tar, "-C", tree, "-c", "."], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-C", expected, "--acls", "--xattrs", "--numeric-owner", "-xp"], check=True, input=packed)
    restored = restore(ready, upload(ready, "home", "monday", "--exclude-caches"), folder / "restored")
    assert_same(expected, restored)
    assert {path for path in paths(restored) if path.startswith("cache/")} == {"cache/CACHEDIR.TAG"}


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_what_has_the_nodump_flag_is_left_out(kind, machine, folder):
    (folder / "store").mkdir()
    add_folder_store(machine, folder / "store")
    with loop_disk(folder, kind) as disk:
        tree = disk.path / "tree"
        for path in ("file", "kept", "dir/below", "other/file"):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(path)
        subprocess.run(["chattr", "+d", tree, tree / "file", tree / "dir"], check=True)
        add_local_fs(machine, "home", tree)
        kept, excluded = carried(machine, "--exclude-nodump")
        assert kept == {".", "kept", "other", "other/file"}, "the root itself stays, whatever flag it has"
        assert set(excluded) == {"dir", "file"} and all("nodump" in reason for reason in excluded.values())
        kept, excluded = carried(machine)
        assert {"file", "dir/below"} <= kept and not excluded


def test_a_dry_run_says_what_an_upload_then_does(ready, tree):
    options = ["--exclude", "*.tmp", "--exclude", "/a/deep"]
    kept, excluded = carried(ready, *options)
    said = ready.ok("fs", "snapshot", "upload", "home", "look", "--dry-run", "--json", *options).json["totals"]
    verbose = ready.ok("fs", "snapshot", "upload", "home", "look", "--dry-run", "--verbose", *options).out
    done = ready.ok("fs", "snapshot", "upload", "home", "look", "--json", "--verbose", *options)
    listed = {entry["path"] for entry in ready.ok("fs", "snapshot", "ls", "home", "look", "-R", "--json").json}
    assert {path for path in kept if path != "."} == {path for path in listed if path not in ("", ".")}
    for key in ("entries", "files", "directories", "others", "size", "excluded", "missing"):
        assert said[key] == done.json[key], key
    assert said["excluded"] == len(excluded) == done.err.count('"kind":"excluded"')
    assert "a/deep: is left out by the pattern '/a/deep'" in verbose and "notes.txt" in verbose
    ready.fails("fs", "snapshot", "upload", "home", "look", "--dry-run", code=CONFLICT, says=["uploaded already"])


def test_a_dry_run_needs_neither_key_nor_store_and_writes_nothing(ready, folder):
    ready.ok("fs", "snapshot", "add", "home", "monday")
    store, key = folder / "store", ready.home / "local-kms.key"
    shutil.move(store, folder / "away")
    shutil.move(key, folder / "key")
    before = {name: path.read_bytes() for name, path in files_below(ready.home).items()}
    ready.ok("fs", "snapshot", "upload", "home", "monday", "--dry-run", "--exclude", "*.tmp")
    assert {name: path.read_bytes() for name, path in files_below(ready.home).items()} == before
    assert not store.exists()
    assert ready.ok("fs", "snapshot", "--json").json[0]["status"] == "added"


def test_a_dry_run_tells_what_cannot_be_read(ready, tree, folder):
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    own = shutil.copy(binary(), folder / "sealift")
    ready.ok("fs", "snapshot", "add", "home", "monday")
    (tree / "notes.txt").chmod(0)
    (tree / "a").chmod(0o700)
    subprocess.run(["chown", "-R", "65534:65534", ready.home, tree], check=True)
    subprocess.run(["chown", "0:0", tree / "a", tree / "notes.txt"], check=True)
    folder.chmod(0o711)

    def look(*options):
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", own, "fs", "snapshot", "upload", "home", "monday", "--dry-run"]
        return subprocess.run([*argv, *options], env=ready.environment, capture_output=True, text=True)

    done = look()
    assert done.returncode == DENIED, done
    assert "missing: notes.txt: " in done.stderr and "missing: a: " in done.stderr and "paths cannot be read" in done.stderr, done
    assert look("--allow-missing").returncode == 0
    done = look("--exclude", "notes.txt", "--exclude", "/a")
    assert done.returncode == 0, f"what is left out is not missing: {done}"


def test_a_snapshot_remembers_what_was_left_out(ready, folder):
    ready.ok("fs", "update", "home", "--exclude", "*.tmp", "--exclude-caches")
    locator = upload(ready, "home", "monday", "--exclude", "été \"1\"")
    read = subprocess.run([sys.executable, "-B", READER, folder / "store", locator, "--local-key", ready.home / "local-kms.key", "--private"],
                          check=True, capture_output=True, text=True).stdout
    assert json.loads(read)["selection"] == {"exclude": ["*.tmp", "été \"1\""], "exclude_caches": True}
    named = ready.ok("obs", "snapshots", "dr", "--names", "--json").json[0]
    assert (named["exclude"], named["exclude_caches"], named["exclude_nodump"]) == (["*.tmp", "été \"1\""], True, False)
    assert ready.ok("obs", "snapshots", "dr", "--json").json[0]["exclude"] == [], "without the key it is not known"
    assert not any(b"tmp" in path.read_bytes() for path in files_below(folder / "store").values()), "only the key reveals it"
