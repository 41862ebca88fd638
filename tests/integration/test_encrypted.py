"""Filesystems that are encrypted at rest: on real ext4 with the kernel's fscrypt, unlocked through a real KMS."""

import mmap
import os
import shutil
import signal
import sqlite3
import subprocess
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.command import Sealift
from support.compare import assert_same
from support.exit_codes import CANCELLED, CONFLICT, CORRUPT, DENIED, INVALID, IO, NOT_FOUND, UNAVAILABLE
from support.fscrypt_status import fscrypt_status
from support.kms_access import by_token_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, add_s3, hold_nowhere, upload
from support.openbao import OpenBao
from support.sample_tree import make_small_tree

pytestmark = pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")


@pytest.fixture
def disk(folder):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as made:
        yield made


@pytest.fixture
def local(folder):
    """A machine whose keys the local KMS wraps, for what is not about the KMS; its store is a folder."""
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    return machine


def add_encrypted(machine, path, name="home", *options):
    return machine.ok("fs", "add", name, path, "--obs", "dr", "--encrypted", *options)


def add_local_encrypted(machine, path, name="home"):
    return add_encrypted(machine, path, name, "--allow-no-kms")


def listed(machine, name="home"):
    return next(fs for fs in machine.ok("fs", "--json").json if fs["name"] == name)


def state(machine, name="home"):
    return listed(machine, name)["at_rest"]


def key_records(folder):
    return sorted((folder / "bucket").glob("fs/*/keys/*"))


def image_holds(disk, text):
    """Whether the raw image holds it, when everything is on the disk and nothing is taken from a cache."""
    subprocess.run(["sync", "--file-system", disk.path], check=True)
    with open(disk.image, "rb+") as image:
        os.fsync(image)
    Path("/proc/sys/vm/drop_caches").write_text("3\n")
    with open(disk.image, "rb") as image, mmap.mmap(image.fileno(), 0, access=mmap.ACCESS_READ) as raw:
        return raw.find(text.encode()) >= 0


def put_marker(directory, marker):
    """In a name, in contents, and in what a link points to."""
    (directory / f"{marker}.txt").write_text(f"{marker}\n" * 500)
    os.symlink(f"/{marker}", directory / "link")


def unreadable(directory, marker):
    """Neither the name nor any contents can be had."""
    assert not (directory / f"{marker}.txt").exists()
    names = os.listdir(directory)
    assert names and not any(marker in name for name in names)
    for name in names:
        path = directory / name
        if path.is_file() and not path.is_symlink():
            with pytest.raises(OSError, match="Required key not available"):
                path.read_bytes()


def test_from_one_encrypted_disk_to_another_through_the_kms(machine, second_machine, disk, folder, shared_bao, place, needs_tools):
    """The whole way, with S3 and OpenBao; then what lock leaves to see: nothing, on the raw disk either."""
    access = by_token_file(shared_bao, folder)
    for one in (machine, second_machine):
        add_s3(one, place)
        one.ok("kms", "set", "vault", *access.arguments)
    marker = f"marker-{uuid.uuid4().hex}"
    home, restored = disk.path / "home", disk.path / "deep" / "restored"
    add_encrypted(machine, home)
    put_marker(make_small_tree(home / "tree"), marker)
    locator = upload(machine, "home", "monday")
    done = second_machine.ok("fs", "download", "home2", restored, "dr", locator, "--json")
    assert done.json["encrypted"] is True
    assert_same(home, restored)

    first, second = listed(machine), listed(second_machine, "home2")
    assert (first["encrypted"], first["at_rest"]) == (second["encrypted"], second["at_rest"]) == (True, "unlocked")
    assert policy_of(machine) != policy_of(second_machine), "the new filesystem has an at-rest key of its own"

    machine.ok("fs", "lock", "home")
    second_machine.ok("fs", "lock", "home2")
    assert state(machine) == state(second_machine, "home2") == "locked"
    unreadable(home, marker)
    unreadable(restored, marker)
    assert not image_holds(disk, marker)
    hold_nowhere(machine.home, marker)

    second_machine.ok("fs", "unlock", "home2")
    machine.ok("fs", "unlock")
    assert_same(home, restored)
    assert (restored / "tree" / f"{marker}.txt").read_text().startswith(marker)
    assert not image_holds(disk, marker)

    name, contents = (f"control-{uuid.uuid4().hex}" for _ in range(2))
    (disk.path / name).write_text(contents)
    assert image_holds(disk, name) and image_holds(disk, contents), "what is in the clear would have been found"


def policy_of(machine):
    with sqlite3.connect(machine.home / "sealift.db") as table:
        return table.execute("SELECT at_rest FROM fs").fetchone()[0]


def test_fscrypt_agrees(local, disk):
    home = disk.path / "home"
    add_local_encrypted(local, home)
    (home / "letter").write_text("dear reader")
    for command, unlocked in ((None, "Yes"), ("lock", "No"), ("unlock", "Yes")):
        if command:
            local.ok("fs", command, "home")
        said = fscrypt_status(disk.path, home, policy_of(local))
        assert said["Policy"] == policy_of(local)
        assert said["Options"] == "padding:32 contents:AES_256_XTS filenames:AES_256_CTS policy_version:2"
        assert said["Unlocked"] == unlocked


def test_a_start_of_the_machine(local, disk, folder):
    """What is mounted again is locked; unlock goes on to the others when one disk is missing, and names it."""
    for name in ("first", "second"):
        add_local_encrypted(local, disk.path / name, name)
        make_small_tree(disk.path / name / "tree")
    disk.unmount()
    assert state(local, "first") == "missing"
    local.fails("fs", "unlock", code=NOT_FOUND, says=["not unlocked: first, second", "mounted"])
    assert disk.mount() is None
    assert state(local, "first") == state(local, "second") == "locked"
    (disk.path / "first").rename(disk.path / "moved")
    failed = local.fails("fs", "unlock", "--json", code=NOT_FOUND, says=["not unlocked: first", str(disk.path / "first")])
    assert [(one["filesystem"], one["at_rest"], one["problem"] is None) for one in failed.json] == [("first", "missing", False),
                                                                                                  ("second", "unlocked", True)]
    (disk.path / "moved").rename(disk.path / "first")
    local.ok("fs", "unlock", "first")
    local.ok("fs", "unlock", "first")
    assert (disk.path / "first" / "tree" / "folder-0" / "file-0").read_bytes()


def test_a_kms_that_is_down_and_comes_up_later(machine, disk, folder):
    """Without it nothing is unlocked, and the error says so (in the long run: it takes as long as sealift tries); with --wait the key is there when the
    KMS is."""
    bao = OpenBao(folder / "openbao").start_stored()
    try:
        bao.equip()
        add_folder_store(machine, folder / "bucket")
        machine.ok("kms", "set", "vault", *by_token_file(bao, folder).arguments)
        add_encrypted(machine, disk.path / "home")
        (disk.path / "home" / "letter").write_text("dear reader")
        bao.stop()
        machine.ok("fs", "unlock", timeout=5)  # it is unlocked already: nobody asks the KMS
        machine.ok("fs", "lock", "home")
        with machine.start("fs", "unlock", "--wait", "5m", "--json", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            if "SEALIFT_TEST_LONG" in os.environ:
                machine.fails("fs", "unlock", "home", code=UNAVAILABLE, says=["not unlocked: home", "connect", str(bao.port)])
            with pytest.raises(subprocess.TimeoutExpired):
                waiting.wait(1)
            assert state(machine) == "locked"
            bao.start_stored()
            out, err = waiting.communicate(timeout=60)
        assert waiting.returncode == 0, err
        assert '"at_rest":"unlocked"' in out
        assert err.count("waits up to") <= 1
        assert (disk.path / "home" / "letter").read_text() == "dear reader"
    finally:
        bao.stop()


def test_a_sealed_kms_is_not_waited_for_for_ever(machine, disk, folder, bao):
    """Ctrl-C ends the waiting, and what is refused is not waited for at all."""
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", *by_token_file(bao, folder).arguments)
    add_encrypted(machine, disk.path / "home")
    machine.ok("fs", "lock", "home")
    bao.add_policy("sealift", allowed={"keys": ["read"]})
    machine.fails("fs", "unlock", "--wait", "1h", code=DENIED, says=["not unlocked: home", "transit/decrypt"], timeout=20)
    bao.seal()
    with machine.start("fs", "unlock", "--wait", "1h", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(1)
        waiting.terminate()
        assert waiting.wait(10) == CANCELLED
    assert state(machine) == "locked"


def test_lock_names_who_holds_a_file(local, disk):
    add_local_encrypted(local, disk.path / "home")
    letter = disk.path / "home" / "letter"
    letter.write_text("dear reader")
    with open(letter) as held:
        failed = local.fails("fs", "lock", "home", "--json", code=CONFLICT, says=["files of it are open"])
        assert {"pid": os.getpid(), "command": Path("/proc/self/comm").read_text().strip(), "path": str(letter)} in failed.json
        assert state(local) == "busy"
        assert held.read() == "dear reader"
    local.ok("fs", "lock", "home")
    assert state(local) == "locked"
    assert local.ok("fs", "lock", "home", "--json").json == []


def test_a_directory_that_does_not_exist_is_made_and_taken_back_when_nothing_comes_of_it(local, disk):
    new = disk.path / "deep" / "new"
    for name in ("made", "made-too"):
        local.ok("fs", "add", name, new.with_name(name), "--obs", "dr", "--encrypted", "--allow-no-kms")
        assert state(local, name) == "unlocked" and new.with_name(name).stat().st_mode & 0o7777 == 0o700
    local.fails("fs", "add", "home", new, "--obs", "dr", "--encrypted", code=INVALID, says=["KMS"])
    assert not new.exists()
    local.fails("fs", "add", "plain", new, "--obs", "dr", "--allow-no-kms", code=NOT_FOUND, says=[str(new), "cannot be found"])
    assert not new.exists()


def test_what_is_locked_is_not_uploaded(local, disk, folder):
    """Of it the kernel shows names that it makes up. Nor is it read as a snapshot of something else."""
    add_local_encrypted(local, disk.path / "home")
    make_small_tree(disk.path / "home" / "tree")
    plain = make_small_tree(disk.path / "plain")
    add_local_fs(local, "plain", plain)
    local.ok("fs", "snapshot", "add", "home", "monday")
    local.ok("fs", "snapshot", "add", "plain", "stray", "--from", disk.path / "home")
    local.ok("fs", "snapshot", "add", "plain", "deeper", "--from", disk.path / "home" / "tree")
    local.ok("fs", "lock", "home")
    local.fails("fs", "snapshot", "upload", "home", "monday", code=CONFLICT, says=["home is locked", "sealift fs unlock home"])
    local.fails("fs", "snapshot", "upload", "plain", "stray", code=CONFLICT, says=["is locked"])
    local.fails("fs", "snapshot", "upload", "plain", "deeper", code=NOT_FOUND, says=["cannot be read"])
    assert not list((folder / "bucket").glob("fs/*/data/*"))

    add_local_fs(local, "all", disk.path)
    local.ok("fs", "snapshot", "add", "all", "monday")
    local.fails("fs", "snapshot", "upload", "all", "monday", code=DENIED, says=["missing: home: is locked (fscrypt): unlock it"])

    local.ok("fs", "unlock")
    local.ok("fs", "snapshot", "upload", "home", "monday")
    local.ok("fs", "snapshot", "upload", "plain", "stray")

    shutil.rmtree(disk.path / "home")
    (disk.path / "home").mkdir()
    local.ok("fs", "snapshot", "add", "home", "tuesday")
    local.fails("fs", "snapshot", "upload", "home", "tuesday", code=NOT_FOUND, says=["encrypted under its key"])


@pytest.mark.parametrize("options", [[], ["--allow-missing"]], ids=["", "although it may miss files"])
def test_what_is_locked_while_it_is_uploaded_is_no_snapshot(local, disk, folder, options):
    """Its files cannot be opened any more, but that they are missing is not what went wrong."""
    home = disk.path / "home"
    add_local_encrypted(local, home)
    for number in range(3000):
        (home / f"letter-{number}").write_text("dear reader")
    local.ok("fs", "snapshot", "add", "home", "monday")
    with local.start("fs", "snapshot", "upload", "home", "monday", *options, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        while running.poll() is None and not holds_something_of(running.pid, home):
            pass
        running.send_signal(signal.SIGSTOP)
        local.fails("fs", "lock", "home", code=CONFLICT, says=["are open"])
        running.send_signal(signal.SIGCONT)
        err = running.communicate(timeout=60)[1]
        assert running.returncode == CONFLICT, err
        assert "is locked" in err.splitlines()[-1] and "unlock" in err.splitlines()[-1], err
    assert not list((folder / "bucket").glob("fs/*/snapshots/*"))


def holds_something_of(pid, path):
    held = subprocess.run(["find", f"/proc/{pid}/fd", "-lname", f"{path}*"], capture_output=True, text=True)
    return held.stdout != ""


def test_what_is_not_encrypted_cannot_be_locked(local, small_tree):
    add_local_fs(local, "plain", small_tree)
    assert (listed(local, "plain")["encrypted"], state(local, "plain")) == (False, None)
    local.fails("fs", "lock", "plain", code=INVALID, says=["not encrypted at rest"])
    local.fails("fs", "unlock", "plain", code=INVALID, says=["not encrypted at rest"])
    assert local.ok("fs", "unlock", "--json").json == []


# --- where it cannot be had ---

def refused_places(disk, folder, stack):
    """A path, and what is said of it."""
    (disk.path / "full").mkdir()
    (disk.path / "full" / "file").touch()
    without = stack.enter_context(loop_disk(folder, megabytes=32))
    yield disk.path / "full", CONFLICT, ["not empty", '"file"']
    yield without.path / "new", INVALID, [f"tune2fs -O encrypt {without.device}"]
    yield without.path, INVALID, ["tune2fs"]
    for kind in ("xfs", "btrfs"):
        if shutil.which(f"mkfs.{kind}"):
            yield stack.enter_context(loop_disk(folder, kind=kind)).path / "new", INVALID, [kind, "ext4"]
    yield Path("/dev/shm") / f"sealift-test-{os.getpid()}", INVALID, ["tmpfs", "ext4"]
    yield disk.path, INVALID, ["root of its filesystem"]
    fixed = stack.enter_context(loop_disk(folder, options=("-O", "encrypt"), mount_options=("ro",), megabytes=32))
    yield fixed.path / "new", IO, ["mounted read-only"]


def test_a_snapshot_of_an_encrypted_filesystem_never_lands_in_the_clear_unasked(local, disk, folder, needs_tools):
    home = disk.path / "home"
    add_local_encrypted(local, home)
    make_small_tree(home / "tree")
    locator = upload(local, "home", "monday")
    records = key_records(folder)
    with ExitStack() as stack:
        for number, (path, code, says) in enumerate(refused_places(disk, folder, stack)):
            before = os.listdir(path) if path.exists() else None
            for options in ([], ["--encrypted"]):
                failed = local.fails("fs", "download", f"fs-{number}", path, "dr", locator, "--allow-no-kms", *options, code=code, says=says)
                assert ("--allow-unencrypted" in failed.err) == (not options and code not in (CONFLICT, IO))
                assert (os.listdir(path) if path.exists() else None) == before
            assert key_records(folder) == records
            local.fails("fs", "add", f"fs-{number}", path, "--obs", "dr", "--encrypted", "--allow-no-kms", code=code, says=says)
            assert key_records(folder) == records
    assert [fs["name"] for fs in local.ok("fs", "--json").json] == ["home"]

    clear = folder / "clear"
    done = local.ok("fs", "download", "clear", clear, "dr", locator, "--allow-no-kms", "--allow-unencrypted")
    assert "will not be encrypted at rest" in done.err
    assert state(local, "clear") is None
    assert_same(home, clear)


def test_a_snapshot_of_a_plain_filesystem_is_encrypted_when_that_is_asked_for(local, disk, folder, small_tree, needs_tools):
    add_local_fs(local, "plain", small_tree)
    locator = upload(local, "plain", "monday")
    local.ok("fs", "download", "vault", disk.path / "vault", "dr", locator, "--allow-no-kms", "--encrypted")
    assert_same(small_tree, disk.path / "vault")
    local.ok("fs", "lock", "vault")
    unreadable(disk.path / "vault", "folder-0")
    local.ok("fs", "unlock", "vault")
    assert_same(small_tree, disk.path / "vault")
    done = local.ok("fs", "download", "plain2", folder / "plain2", "dr", locator, "--allow-no-kms", "--allow-unencrypted")
    assert "encrypted at rest" not in done.err, "there was nothing to give up"


# --- when nothing comes of it ---

def test_a_download_that_fails_leaves_no_key_and_no_filesystem(local, disk, folder):
    add_local_encrypted(local, disk.path / "home")
    make_small_tree(disk.path / "home" / "tree")
    locator = upload(local, "home", "monday")
    records = key_records(folder)
    for segment in (folder / "bucket").glob("fs/*/data/*/*"):
        segment.unlink()
    half = disk.path / "half"
    local.fails("fs", "download", "half", half, "dr", locator, "--allow-no-kms", code=(NOT_FOUND, CORRUPT), says=["data/", "remove the directory itself"])
    assert [fs["name"] for fs in local.ok("fs", "--json").json] == ["home"]
    assert key_records(folder) == records
    assert not list(half.glob("tree")), "its key is with nobody any more"
    local.fails("fs", "download", "half", half, "dr", locator, "--allow-no-kms", code=CONFLICT, says=["encrypted already"])


def test_a_download_that_is_killed_is_made_again(local, disk, folder, needs_tools):
    """At whatever moment: what is encrypted is never under a key that nobody has, and the same command works once more."""
    add_local_encrypted(local, disk.path / "home")
    make_small_tree(disk.path / "home" / "tree")
    locator = upload(local, "home", "monday")
    path = disk.path / "again"
    download = ["fs", "download", "again", path, "dr", locator, "--allow-no-kms"]
    for moment in range(12):
        with local.start(*download, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            time.sleep(0.004 * moment)
            running.kill()
        there = {fs["name"]: fs for fs in local.ok("fs", "--json").json}
        if is_encrypted(path):
            assert there["again"]["at_rest"] == "unlocked"
        if "again" in there and not there["again"]["incomplete"]:
            break
        shutil.rmtree(path, ignore_errors=True)
    else:
        local.ok(*download)
    assert_same(disk.path / "home", path)


def is_encrypted(path):
    return path.exists() and "E" in subprocess.run(["lsattr", "-d", path], check=True, capture_output=True, text=True).stdout.split()[0]


@pytest.mark.parametrize("backup", [["--obs", "dr"], ["--no-key-backup"]], ids=["in the bucket", "in the table only"])
def test_a_making_that_was_cut_off_is_made_again(local, disk, backup):
    """After a crash the table has the key, and says that the directory does not hold everything."""
    home = disk.path / "home"
    again = ["fs", "add", "home", home, *backup, "--encrypted", "--allow-no-kms"]
    home.mkdir()
    local.ok(*again)
    local.ok("fs", "snapshot", "add", "home", "monday")
    with sqlite3.connect(local.home / "sealift.db") as table:
        table.execute("UPDATE fs SET incomplete = 1")
    (home / "letter").write_text("dear reader")
    assert listed(local)["incomplete"] is True
    local.ok("fs", "lock", "home")
    local.ok("fs", "unlock", "home")
    assert (home / "letter").read_text() == "dear reader"
    assert f"remove {home} and give the command that made it again" in local.ok("fs").err
    local.fails("fs", "snapshot", "add", "home", "tuesday", code=CONFLICT, says=["cut off", "remove"])
    local.fails("fs", "snapshot", "upload", "home", "monday", code=CONFLICT, says=["cut off", "remove"])
    local.fails(*again, code=CONFLICT, says=["cut off", "remove"])
    local.fails("fs", "add", "home", home, *backup, "--allow-no-kms", code=CONFLICT, says=["cut off", "remove"])
    shutil.rmtree(home)
    home.mkdir()
    local.ok(*again)
    assert listed(local)["incomplete"] is False
    assert state(local) == "unlocked"
