"""Stores, disks, names and versions that are not what they should be: each time a clear error with the way out, and nothing is lost."""

import json
import os
import shutil
import sqlite3
import uuid

import pytest

from support.command import Sealift, binary
from support.exit_codes import CONFLICT, DENIED, INVALID, IO, NOT_FOUND, UNAVAILABLE
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, add_s3, upload
from support.process import free_port
from support.scripted_s3 import ScriptedS3


@pytest.fixture
def local(folder, small_tree):
    """A machine with a folder store and one uploaded snapshot, which still verifies when the test is over; and the snapshot's locator."""
    machine = Sealift(folder / "home")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", small_tree)
    locator = upload(machine, "home", "monday")
    yield machine, locator
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")


# --- stores ---


def adds_no_store(machine, *arguments, code, says, **options):
    machine.fails("obs", "add", *arguments, code=code, says=says, **options)
    assert machine.ok("obs", "--json").json == []


def test_a_wrong_endpoint(machine, s3, place):
    endpoint = f"http://127.0.0.1:{free_port()}"
    adds_no_store(machine, "dr", place.url, "--endpoint", endpoint, "--region", "us-east-1", code=UNAVAILABLE, says=[endpoint.removeprefix("http://")])


def test_a_wrong_bucket(machine, s3):
    """Some stores say that it does not exist, some only that it is not for us."""
    adds_no_store(machine, "dr", "s3://no-such-bucket/p", "--endpoint", s3.endpoint, "--region", s3.region, code=(NOT_FOUND, INVALID, DENIED), says=["no-such-bucket"])


def test_a_bucket_that_does_not_exist(folder):
    machine = Sealift(folder / "home", {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret"})
    with ScriptedS3(404, "NoSuchBucket", "The specified bucket does not exist") as server:
        adds_no_store(machine, "dr", "s3://no-such-bucket/p", "--endpoint", server.endpoint, "--region", "us-east-1", code=INVALID,
                      says=["no-such-bucket", "no such bucket"])


def test_wrong_s3_keys(s3, place, folder):
    machine = Sealift(folder / "home", {**s3.environment, "AWS_SECRET_ACCESS_KEY": "wrong-secret"})
    adds_no_store(machine, "dr", place.url, "--endpoint", s3.endpoint, "--region", s3.region, code=DENIED, says=[place.bucket])


def test_no_s3_keys(s3, place, folder):
    machine = Sealift(folder / "home")
    adds_no_store(machine, "dr", place.url, "--endpoint", s3.endpoint, "--region", s3.region, code=DENIED, says=["AWS_ACCESS_KEY_ID"])


def test_a_wrong_region(folder):
    machine = Sealift(folder / "home", {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret"})
    with ScriptedS3(400, "AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong") as server:
        adds_no_store(machine, "dr", "s3://bucket/p", "--endpoint", server.endpoint, "--region", "us-east-1", code=INVALID, says=["another region", "--region"])


def test_a_bucket_url_that_is_none(machine, s3):
    adds_no_store(machine, "dr", "http://bucket", code=INVALID, says=["s3://", "file://"])


def test_a_folder_store_that_cannot_be_written(folder):
    with loop_disk(folder, megabytes=8, mount_options=["ro"]) as disk:
        adds_no_store(Sealift(folder / "home"), "dr", f"file://{disk.path}/bucket", code=IO, says=[str(disk.path), "read-only"])


def test_a_store_that_filesystems_use_stays(local):
    machine, _ = local
    machine.fails("obs", "remove", "dr", code=CONFLICT, says=["dr", "home"])


# --- disks ---


def test_a_full_disk_on_download(local, folder):
    machine, _ = local
    big = folder / "big"
    big.mkdir()
    (big / "large").write_bytes(os.urandom(12 << 20))
    add_local_fs(machine, "big", big)
    locator = upload(machine, "big", "monday")
    with loop_disk(folder, megabytes=8) as disk:
        machine.fails("fs", "download", "copy", disk.path, "dr", locator, "--allow-no-kms", code=IO, says=["large", "no space"])
    assert "copy" not in {entry["name"] for entry in machine.ok("fs", "--json").json}


def test_a_read_only_target(local, folder):
    machine, locator = local
    with loop_disk(folder, megabytes=8, mount_options=["ro"]) as disk:
        target = disk.path / "target"
        machine.fails("fs", "download", "copy", target, "dr", locator, "--allow-no-kms", code=IO, says=[str(target), "read-only"])


def test_a_target_that_is_not_empty(local, small_tree):
    machine, locator = local
    before = sorted(small_tree.rglob("*"))
    machine.fails("fs", "download", "copy", small_tree, "dr", locator, "--allow-no-kms", code=CONFLICT, says=[str(small_tree), "empty"])
    assert sorted(small_tree.rglob("*")) == before


def test_a_full_disk_under_a_folder_store(folder):
    machine = Sealift(folder / "home")
    big = folder / "big"
    big.mkdir()
    (big / "large").write_bytes(os.urandom(12 << 20))
    with loop_disk(folder, megabytes=8) as disk:
        add_folder_store(machine, disk.path / "bucket")
        add_local_fs(machine, "big", big)
        machine.ok("fs", "snapshot", "add", "big", "monday")
        machine.fails("fs", "snapshot", "upload", "big", "monday", code=IO, says=["no space"])
        assert [entry["locator"] for entry in machine.ok("obs", "snapshots", "dr", "--json").json] == [None]


@pytest.fixture
def nobody(folder):
    """A command in front that runs sealift as another user, and a binary that this user may run. For root; others are somebody already."""
    if os.geteuid() != 0:
        return []
    folder.chmod(0o711)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def test_an_unreadable_file(folder, small_tree, nobody, monkeypatch):
    monkeypatch.setenv("SEALIFT_BINARY", str(shutil.copy(binary(), folder / "sealift")))
    for path in (folder / "home", folder / "bucket"):
        path.mkdir()
        if nobody:
            os.chown(path, 65534, 65534)
    path = small_tree / "folder-0" / "secret"
    path.write_text("secret")
    path.chmod(0)
    machine = Sealift(folder / "home")
    for command in (["obs", "add", "dr", f"file://{folder}/bucket"], ["fs", "add", "home", small_tree, "--obs", "dr", "--allow-no-kms"],
                    ["fs", "snapshot", "add", "home", "monday"]):
        machine.ok(*command, prefix=nobody)
    upload_it = ["fs", "snapshot", "upload", "home", "monday"]
    failed = machine.run(*upload_it, prefix=nobody)
    assert failed.code in (DENIED, IO), failed
    assert "folder-0/secret" in failed.err and "--allow-missing" in failed.err, failed
    partial = machine.ok(*upload_it, "--allow-missing", prefix=nobody)
    assert "folder-0/secret" in partial.err
    listed = machine.ok("fs", "snapshot", "--json", prefix=nobody).json
    assert [entry["status"] for entry in listed] == ["partial"]
    assert machine.ok("obs", "snapshots", "dr", "--json", prefix=nobody).json[0]["partial"] is True


# --- names ---


def test_an_unknown_locator(local, folder):
    machine, locator = local
    unknown = f"{locator.split('/')[0]}/{uuid.uuid4()}"
    machine.fails("fs", "download", "copy", folder / "copy", "dr", unknown, "--allow-no-kms", code=NOT_FOUND, says=[unknown.split("/")[1], "obs snapshots"])
    assert not (folder / "copy").exists()


@pytest.mark.parametrize("text", ["monday", "../../etc", "0123/4567", "2bf21244-ec8a-44b4-92b5-a25660b93abc"])
def test_a_locator_that_is_none(text, local, folder):
    machine, _ = local
    machine.fails("fs", "download", "copy", folder / "copy", "dr", text, "--allow-no-kms", code=INVALID, says=["locator"])


def test_names_that_are_taken(local, small_tree, folder):
    machine, locator = local
    machine.fails("obs", "add", "dr", f"file://{folder}/other", code=CONFLICT, says=["dr"])
    machine.fails("fs", "add", "home", folder / "bucket", "--obs", "dr", "--allow-no-kms", code=CONFLICT, says=["home"])
    machine.fails("fs", "snapshot", "add", "home", "monday", code=CONFLICT, says=["monday"])
    machine.fails("fs", "snapshot", "upload", "home", "monday", code=CONFLICT, says=["monday", "uploaded"])
    machine.fails("fs", "download", "home", folder / "copy", "dr", locator, "--allow-no-kms", code=CONFLICT, says=["home"])
    assert not (folder / "copy").exists()


def test_names_that_are_unknown(local, small_tree):
    machine, _ = local
    machine.fails("fs", "snapshot", "add", "nobody", "monday", code=NOT_FOUND, says=["nobody"])
    machine.fails("fs", "snapshot", "upload", "home", "never", code=NOT_FOUND, says=["never"])
    machine.fails("fs", "snapshot", "verify", "home", "never", "--keys", code=NOT_FOUND, says=["never"])
    machine.fails("fs", "add", "other", small_tree, "--obs", "elsewhere", "--allow-no-kms", code=NOT_FOUND, says=["elsewhere"])
    machine.fails("fs", "add", "other", small_tree / "nothing", "--obs", "dr", "--allow-no-kms", code=NOT_FOUND, says=["nothing"])
    machine.fails("obs", "remove", "elsewhere", code=NOT_FOUND, says=["elsewhere"])


@pytest.mark.parametrize("name", ["", "with/slash", ".", "..", "new\nline", "n" * 256])
def test_names_that_cannot_be(name, local, small_tree):
    machine, _ = local
    machine.fails("fs", "snapshot", "add", "home", name, code=INVALID, says=["name"])


def test_a_filesystem_without_a_store_needs_a_word(local, small_tree):
    machine, _ = local
    machine.fails("fs", "add", "other", small_tree / "folder-0", "--allow-no-kms", code=INVALID, says=["--obs", "--no-key-backup"])
    machine.ok("fs", "add", "other", small_tree / "folder-0", "--allow-no-kms", "--no-key-backup")


@pytest.mark.parametrize("arguments", [["nonsense"], ["fs", "nonsense"], ["fs", "add"], ["fs", "--nonsense"], ["fs", "snapshot", "verify", "home", "monday"],
                                       ["fs", "snapshot", "verify", "home", "monday", "--keys", "--data"], ["--memory", "plenty", "fs"]])
def test_a_wrong_command_line(arguments, local):
    machine, _ = local
    result = machine.run(*arguments)
    assert result.code == INVALID and result.err.strip() and result.out == "", result


def test_too_little_memory(local):
    machine, _ = local
    machine.ok("fs", "snapshot", "add", "home", "tuesday")
    machine.fails("fs", "snapshot", "upload", "home", "tuesday", "--memory", "1M", code=INVALID, says=["1 MiB", "at least"])


# --- versions from the future ---


def test_a_table_of_a_later_version(local):
    machine, _ = local
    database = machine.home / "sealift.db"
    with sqlite3.connect(database) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = 999")
    machine.fails("fs", code=INVALID, says=["sealift.db", "999"])
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


@pytest.fixture
def edit(local, folder):
    """Changes objects of the bucket, and puts them back."""
    changed = {}

    def change(path, content):
        changed.setdefault(path, path.read_bytes())
        path.unlink()
        path.write_bytes(content)

    yield change
    for path, content in changed.items():
        path.unlink()
        path.write_bytes(content)


def test_a_bucket_of_a_later_version(local, folder, edit):
    machine, locator = local
    edit(folder / "bucket" / "sealift.json", json.dumps({"sealift": "bucket", "version": 2}).encode())
    for command in (["fs", "download", "copy", folder / "copy", "dr", locator, "--allow-no-kms"], ["obs", "add", "again", f"file://{folder}/bucket"]):
        machine.fails(*command, code=INVALID, says=["version 2"])
    assert not (folder / "copy").exists()


def test_a_manifest_of_a_later_version(local, folder, edit):
    machine, locator = local
    filesystem, snapshot = locator.split("/")
    path = folder / "bucket" / "fs" / filesystem / "snapshots" / f"{snapshot}.json"
    body, rest = path.read_bytes().split(b"\n", 1)
    fields = json.loads(body)
    fields["version"] = 2
    edit(path, json.dumps(fields, separators=(",", ":")).encode() + b"\n" + rest)
    machine.fails("fs", "download", "copy", folder / "copy", "dr", locator, "--allow-no-kms", code=INVALID, says=[snapshot, "version 2"])
    listed = machine.ok("obs", "snapshots", "dr", "--json").json
    assert [entry["locator"] for entry in listed] == [locator] and "version 2" in listed[0]["problem"]
