"""Snapshots and filesystems are removed: without a key, in an order that leaves nothing half there, with evidence, and again after a kill."""

import hashlib
import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.command import Sealift
from support.compare import assert_same
from support.exit_codes import CANCELLED, CONFLICT, DENIED, INVALID, KEY, NOT_FOUND
from support.kms_access import by_token_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, add_s3, upload
from support.process import wait_until


@pytest.fixture
def local(folder, small_tree):
    """A machine whose keys the local KMS wraps, with one filesystem; its store is a folder."""
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", small_tree)
    return machine


def halves(locator):
    return locator.split("/")


def objects(folder, part="fs/"):
    """All objects of the store whose name has `part` in it, by name."""
    bucket = folder / "bucket"
    names = {str(path.relative_to(bucket)): path for path in bucket.rglob("*") if path.is_file()}
    return {name: path for name, path in names.items() if part in name}


def manifest(folder, locator):
    fs, snapshot = halves(locator)
    return folder / "bucket" / "fs" / fs / "snapshots" / f"{snapshot}.json"


def statuses(machine):
    return {entry["name"]: entry["status"] for entry in machine.ok("fs", "snapshot", "--json").json}


def filesystems(machine):
    return [entry["name"] for entry in machine.ok("fs", "--json").json]


def read_evidence(path):
    """Its lines, after its last one was found to say the truth about all the others."""
    assert path.stat().st_mode & 0o7777 == 0o600
    data = path.read_bytes()
    lines = [json.loads(line) for line in data.splitlines()]
    assert lines[0]["evidence"] == "begin" and lines[-1]["evidence"] == "end"
    before = data[:data.rstrip(b"\n").rfind(b"\n") + 1]
    assert lines[-1]["sha256"] == hashlib.sha256(before).hexdigest()
    return lines


def of_kind(lines, kind):
    return [line for line in lines if line["evidence"] == kind]


# --- the KMS is gone ---


def test_everything_is_removed_from_s3_while_the_kms_is_away(bao, place, machine, folder, small_tree):
    add_s3(machine, place)
    machine.ok("kms", "set", "vault", *by_token_file(bao, folder).arguments)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.ok("fs", "add", "other", small_tree / "folder-0", "--obs", "dr")
    monday, tuesday = upload(machine, "home", "monday"), upload(machine, "home", "tuesday")
    stays = upload(machine, "other", "monday")
    fs = halves(monday)[0]
    manifests = {locator: place.get(f"fs/{fs}/snapshots/{halves(locator)[1]}.json") for locator in (monday, tuesday)}
    bao.stop()

    result = machine.ok("fs", "snapshot", "remove", "home", "monday", "--evidence", folder / "monday", "--json").json
    assert result["removed"]["manifest"] == "deleted" and result["removed"]["locator"] == monday
    assert result["removed"]["sha256"] == hashlib.sha256(manifests[monday]).hexdigest()
    assert [(entry["upload"], entry["state"]) for entry in result["listing"]] == [(halves(monday)[1], "unused")]
    left = [key for key in place.list() if halves(monday)[1] in key]
    assert len(left) == result["listing"][0]["objects"] == result["removed"]["unused_objects"] > 0
    assert statuses(machine) == {"tuesday": "uploaded", "monday": "uploaded"}  # the other filesystem's monday
    machine.ok("fs", "snapshot", "verify", "home", "tuesday", "--objects")

    others = [key for key in place.list() if halves(stays)[0] in key]
    result = machine.ok("fs", "remove", "home", "--purge-from-obs", "--evidence", folder / "home-gone", "--json").json
    assert [key for key in place.list() if fs in key] == []
    assert [key for key in place.list() if halves(stays)[0] in key] == others
    assert filesystems(machine) == ["other"]
    assert [entry["kind"] for entry in result["listing"]] == ["manifest", "key-record"]
    machine.ok("fs", "snapshot", "verify", "other", "monday", "--objects")

    lines = read_evidence(folder / "home-gone")
    told = {line["locator"]: line for line in of_kind(lines, "object") if line["kind"] == "manifest"}
    assert list(told) == [tuesday]
    assert told[tuesday]["sha256"] == hashlib.sha256(manifests[tuesday]).hexdigest()
    assert told[tuesday]["size"] == len(manifests[tuesday])
    assert told[tuesday]["key_check"] == json.loads(manifests[tuesday].splitlines()[0])["key_check"]
    assert {line["outcome"] for line in of_kind(lines, "outcome")} == {"deleted"}
    assert lines[-1]["status"] == "ok"


def test_a_destroyed_key_keeps_nobody_from_removing_what_it_opened(bao, folder, small_tree):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", *by_token_file(bao, folder).arguments)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")
    upload(machine, "home", "tuesday")
    bao.call("POST", "transit/keys/cluster-key/config", {"deletion_allowed": True})
    bao.call("DELETE", "transit/keys/cluster-key")
    machine.fails("fs", "snapshot", "verify", "home", "monday", "--keys", code=(KEY, NOT_FOUND), says=["there is no such key"])

    elsewhere = Sealift(folder / "home-2")  # which never knew of any of it
    elsewhere.ok("fs", "snapshot", "remove", locator, "--obs", f"file://{folder}/bucket")
    assert not manifest(folder, locator).exists()
    machine.ok("fs", "snapshot", "remove", "home", "monday")  # its row learns of it
    assert statuses(machine) == {"tuesday": "uploaded"}
    machine.ok("fs", "remove", "home")
    assert filesystems(machine) == []
    assert len(objects(folder, "/snapshots/")) == 1
    elsewhere.ok("fs", "remove", halves(locator)[0], "--purge-from-obs", "--obs", f"file://{folder}/bucket")
    assert objects(folder) == {}


# --- a key for one snapshot alone ---


def record_names(folder):
    return sorted(Path(name).name for name in objects(folder, "/keys/"))


def test_a_key_for_one_snapshot_alone_goes_with_it(local, folder):
    upload(local, "home", "monday")
    before = record_names(folder)
    upload(local, "home", "tuesday", "--new-data-key")
    assert len(record_names(folder)) == len(before) + 1
    removed = local.ok("fs", "snapshot", "remove", "home", "tuesday", "--evidence", folder / "evidence", "--json").json["removed"]
    assert removed["key_records"] == 1 and record_names(folder) == before
    lines = read_evidence(folder / "evidence")
    assert [line["kind"] for line in of_kind(lines, "object")] == ["manifest", "key-record"]
    assert [line["outcome"] for line in of_kind(lines, "outcome")] == ["deleted", "deleted"]
    assert local.ok("fs", "snapshot", "remove", "home", "monday", "--json").json["removed"]["key_records"] == 0
    assert record_names(folder) == before, "the filesystem's own key stays"


def test_a_forged_note_takes_no_key_away_that_others_need(local, folder):
    """That a key is for one snapshot alone stands in the clear. Who may write the bucket says it of the filesystem's key."""
    monday, tuesday = upload(local, "home", "monday"), upload(local, "home", "tuesday")
    record, = objects(folder, "/keys/").values()
    forged = json.loads(record.read_text())
    forged["snapshot"] = halves(monday)[1]
    record.chmod(0o600)
    record.write_text(json.dumps(forged, separators=(",", ":")) + "\n")
    elsewhere = Sealift(folder / "home-2")
    removed = elsewhere.ok("fs", "snapshot", "remove", monday, "--obs", f"file://{folder}/bucket", "--evidence", folder / "evidence", "--json")
    assert removed.json["removed"]["key_records"] == 0 and record.exists()
    assert [line["outcome"] for line in of_kind(read_evidence(folder / "evidence"), "outcome")] == ["deleted", "kept"]
    local.ok("fs", "snapshot", "remove", "home", "monday")
    forged["snapshot"] = halves(tuesday)[1]
    record.write_text(json.dumps(forged, separators=(",", ":")) + "\n")
    local.ok("fs", "snapshot", "remove", "home", "tuesday")
    assert record.exists(), "the table knows it as the filesystem's key"


# --- evidence ---


def test_evidence_is_never_written_over(local, folder):
    locator = upload(local, "home", "monday")
    (folder / "evidence").write_text("of last year\n")
    local.fails("fs", "snapshot", "remove", "home", "monday", "--evidence", folder / "evidence", code=CONFLICT, says=["another file"])
    local.fails("fs", "remove", "home", "--purge-from-obs", "--evidence", folder / "evidence", code=CONFLICT, says=["another file"])
    assert manifest(folder, locator).exists() and statuses(local) == {"monday": "uploaded"}
    assert (folder / "evidence").read_text() == "of last year\n"


# --- cut off ---


@pytest.fixture
def large(local, folder):
    """So many objects that a purge takes a while: copies of a real segment under the numbers behind it, which the upload's log does not know."""
    locator = upload(local, "home", "monday")
    segment = next(iter(objects(folder, "/data/").values()))
    for number in range(1, 3000):
        (segment.parent / f"{number:08}").write_bytes(b"x")
    return locator


def test_a_purge_that_is_killed_goes_on(local, folder, large):
    chance = random.Random(7)
    before, interrupted = len(objects(folder)), 0
    for attempt in range(12):
        process = local.start("fs", "remove", "home", "--purge-from-obs", "--evidence", folder / f"evidence-{attempt}",
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        if process.wait() == 0:
            break
        interrupted += 1
        left = objects(folder)
        assert filesystems(local) == ["home"] or left == {}, "the row goes last"
        assert left == {} or objects(folder, "/keys/"), "key records go behind all else"
        if manifest(folder, large).exists():
            assert len(left) == before, "manifests go before all else"
            local.ok("fs", "snapshot", "verify", large, "--obs", "dr", "--objects")
    assert interrupted > 0
    if filesystems(local):
        local.ok("fs", "remove", "home", "--purge-from-obs", "--evidence", folder / "evidence-last")
        read_evidence(folder / "evidence-last")
    assert objects(folder) == {} and filesystems(local) == []


def test_a_purge_that_is_asked_to_stop_says_how_it_goes_on(local, folder, large):
    before = len(objects(folder))
    process = local.start("fs", "remove", "home", "--purge-from-obs", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: not manifest(folder, large).exists(), "the manifest is gone")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    if process.returncode != 0:  # it may have been over
        assert process.returncode == CANCELLED and "same command goes on" in err, err
        assert 0 < len(objects(folder)) < before
        local.ok("fs", "remove", "home", "--purge-from-obs")
    assert objects(folder) == {} and filesystems(local) == []


def test_what_is_uploaded_at_this_moment_is_not_removed_but_what_was_cut_off(local, folder, small_tree):
    tree = folder / "much"
    tree.mkdir()
    for number in range(24):
        (tree / f"file-{number}").write_bytes(random.Random(number).randbytes(1 << 20))
    add_local_fs(local, "much", tree)
    local.ok("fs", "snapshot", "add", "much", "monday")
    process = local.start("fs", "snapshot", "upload", "much", "monday", "--memory", "64M", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: objects(folder, "/data/"), "the first segment is stored")
    process.send_signal(signal.SIGSTOP)
    try:
        if statuses(local)["monday"] == "uploading":
            local.fails("fs", "snapshot", "remove", "much", "monday", code=CONFLICT, says=["being uploaded at this moment"])
            local.fails("fs", "remove", "much", code=CONFLICT, says=["being uploaded at this moment"])
            local.fails("fs", "remove", "much", "--purge-from-obs", code=CONFLICT, says=["being uploaded at this moment"])
    finally:
        process.kill()
        process.wait()
    removed = local.ok("fs", "snapshot", "remove", "much", "monday", "--json").json
    assert removed["removed"]["name"] == "monday" and removed["listing"][0]["state"] == "unused"
    assert statuses(local) == {}
    local.ok("fs", "remove", "much", "--purge-from-obs")
    assert filesystems(local) == ["home"]


# --- what a store does not delete ---


def test_what_the_store_refuses_is_told_and_counted_and_goes_later(folder, small_tree):
    with loop_disk(folder, megabytes=64) as disk:
        machine = Sealift(folder / "home-1")
        bucket = Path(disk.path) / "bucket"
        add_folder_store(machine, bucket)
        add_local_fs(machine, "home", small_tree)
        locator = upload(machine, "home", "monday")
        held = next(bucket.glob("fs/*/data/*/*"))
        subprocess.run(["chattr", "+i", held], check=True)
        result = machine.fails("fs", "remove", "home", "--purge-from-obs", "--evidence", folder / "evidence", "--json", code=DENIED,
                               says=["1 object could not be deleted", "key records stay", held.name])
        assert result.json["removed"]["data_refused"] == 1 and result.json["removed"]["manifests"] == 1
        assert not result.json["removed"]["forgotten"] and filesystems(machine) == ["home"]
        assert read_evidence(folder / "evidence")[-1]["status"] == "denied"
        assert [line["refused"] for line in of_kind(read_evidence(folder / "evidence"), "total") if line["kind"] == "data"] == [1]
        assert list(bucket.glob("fs/*/keys/*")) and not list(bucket.glob("fs/*/snapshots/*"))

        subprocess.run(["chattr", "-i", held], check=True)
        machine.ok("fs", "remove", "home", "--purge-from-obs")
        assert [path for path in bucket.rglob("*") if path.is_file()] == [bucket / "sealift.json"]
        machine.fails("fs", "snapshot", "remove", locator, "--obs", f"file://{bucket}", code=NOT_FOUND, says=["no snapshot has the locator"])


# --- encrypted at rest ---


needs_fscrypt = pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")


@needs_fscrypt
def test_an_encrypted_filesystem_is_locked_before_it_is_removed(local, folder):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        path = Path(disk.path) / "vault"
        local.ok("fs", "add", "vault", path, "--obs", "dr", "--encrypted", "--allow-no-kms")
        (path / "file").write_text("text")
        local.fails("fs", "remove", "vault", code=CONFLICT, says=["is unlocked", "sealift fs lock vault"])
        assert (path / "file").read_text() == "text", "nothing is locked behind somebody's back"
        local.ok("fs", "lock", "vault")
        local.fails("fs", "remove", "vault", "--purge-from-obs", code=CONFLICT, says=["--allow-key-loss", str(path)])
        removed = local.ok("fs", "remove", "vault", "--json").json["removed"]
        assert removed["forgotten"] and removed["key_record"] == "yes"
        assert filesystems(local) == ["home"] and path.is_dir()


@needs_fscrypt
def test_the_only_key_of_an_encrypted_directory_is_not_thrown_away_unasked(local, folder):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        path = Path(disk.path) / "vault"
        local.ok("fs", "add", "vault", path, "--no-key-backup", "--encrypted", "--allow-no-kms")
        local.ok("fs", "lock", "vault")
        local.fails("fs", "remove", "vault", code=CONFLICT, says=["no bucket has its key", "--allow-key-loss"])
        local.ok("fs", "unlock", "vault")
        local.ok("fs", "lock", "vault")
        local.ok("fs", "remove", "vault", "--allow-key-loss")
        assert filesystems(local) == ["home"]


# --- usage ---


def test_what_does_not_go_together_is_refused(local, folder):
    locator = upload(local, "home", "monday")
    local.fails("fs", "snapshot", "remove", "home", "monday", "--obs", "dr", code=INVALID, says=["LOCATOR --obs"])
    local.fails("fs", "snapshot", "remove", locator, code=INVALID, says=["LOCATOR --obs"])
    local.fails("fs", "remove", "home", "--evidence", folder / "evidence", code=INVALID, says=["--purge-from-obs"])
    local.fails("fs", "remove", halves(locator)[0], "--purge-from-obs", "--obs", "dr", code=CONFLICT, says=["fs remove home --purge-from-obs"])
    assert statuses(local) == {"monday": "uploaded"}


def test_a_forgotten_filesystem_comes_back_without_what_was_removed(local, folder, small_tree, needs_tools):
    for name in ("monday", "tuesday", "wednesday"):
        upload(local, "home", name)
    local.ok("fs", "snapshot", "remove", "home", "tuesday")
    assert "cluster recover" in local.ok("fs", "remove", "home").err
    assert statuses(local) == {}
    local.ok("cluster", "recover", "dr")
    assert statuses(local) == {"monday": "uploaded", "wednesday": "uploaded"}
    locator = upload(local, "home", "thursday")
    local.ok("fs", "snapshot", "verify", "home", "wednesday", "--data")
    local.ok("fs", "download", "again", folder / "again", "dr", locator, "--allow-no-kms")
    assert_same(small_tree, folder / "again")
