"""An uploader that may encrypt and not decrypt: it uploads, and cannot read what it wrote; who may decrypt reads it."""

import json
import shutil

import pytest

from support import exit_codes as code
from support.command import Sealift
from support.compare import assert_same
from support.counted_http import CountedHttp
from support.kms_access import secret_file
from support.main_job import add_folder_store, download_same, upload
from support.recipes import DOCS

ENCRYPTS_ONLY = {"keys": ["read"], "encrypt": ["update"]}


def verify_by_locator(machine, store, locator):
    for way in (["--keys"], ["--objects"], ["--objects", "--read"], ["--data"]):
        machine.ok("fs", "snapshot", "verify", locator, "--obs", store, *way)


def cannot_read(machine, locator, folder, refusal):
    """Each way to what it wrote ends at the KMS; what needs no key goes on working."""
    says = dict(code=refusal, says=["decrypt"])
    for way in ("--keys", "--data"):
        machine.fails("fs", "snapshot", "verify", "home", "monday", way, **says)
    machine.fails("fs", "snapshot", "ls", "home", "monday", **says)
    machine.fails("fs", "snapshot", "get", "home", "monday", "folder-0", "--to", folder / "stolen", **says)
    machine.fails("fs", "download", "stolen", folder / "stolen", "dr", locator, **says)
    assert not (folder / "stolen").exists() or not any((folder / "stolen").iterdir())
    for way in (["--objects"], ["--objects", "--read"]):
        machine.ok("fs", "snapshot", "verify", "home", "monday", *way)
    assert locator in machine.ok("obs", "snapshots", "dr").out


def can_read(machine, bucket, locator, folder, tree):
    """As a machine that never saw the filesystem."""
    add_folder_store(machine, bucket)
    download_same(machine, "home2", folder / "home2", locator, tree)
    verify_by_locator(machine, "dr", locator)
    assert "folder-0" in machine.ok("fs", "snapshot", "ls", locator, "--obs", "dr").out
    machine.ok("fs", "snapshot", "get", locator, "folder-0", "--obs", "dr", "--to", folder / "got")
    assert_same(tree / "folder-0", folder / "got" / "folder-0")


def bodies(bucket):
    """Each snapshot's body, by its sequence."""
    read = [json.loads(path.read_text().splitlines()[0]) for path in bucket.glob("fs/*/snapshots/*.json")]
    return {body["sequence"]: body for body in read}


def record_of(bucket, key_check):
    path, = bucket.glob(f"fs/*/keys/{key_check}-*.json")
    return json.loads(path.read_text())


@pytest.fixture
def uploader(bao, folder, small_tree, needs_tools):
    """Set up with all rights, of which decrypting is taken away then; and the way to the server, which counts what it asks for."""
    way = CountedHttp(bao.address)
    role_id, secret_id = bao.add_approle("sealift")
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", way.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id))
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    upload(machine, "home", "sunday")
    bao.add_policy("sealift", allowed=ENCRYPTS_ONLY)
    way.asked.clear()
    yield machine, way
    way.stop()


def test_a_vault_policy_without_decrypt(uploader, bao, folder, small_tree):
    machine, way = uploader
    machine.ok("fs", "snapshot", "add", "home", "monday")
    refused = machine.fails("fs", "snapshot", "upload", "home", "monday", code=code.DENIED, says=["decrypt", "--new-data-key"])
    assert "cluster-key" in refused.err

    way.asked.clear()
    locator = machine.ok("fs", "snapshot", "upload", "home", "monday", "--new-data-key").last_line
    assert [path for path in way.asked if "decrypt" in path] == []
    assert [path for path in way.asked if "encrypt" in path]
    cannot_read(machine, locator, folder, code.DENIED)

    by_sequence = bodies(folder / "bucket")
    assert sorted(by_sequence) == [1, 2]
    assert by_sequence[2]["key_check"] != by_sequence[1]["key_check"]
    assert f"{by_sequence[2]['fs']}/{by_sequence[2]['upload']}" == locator
    record = record_of(folder / "bucket", by_sequence[2]["key_check"])
    assert record["snapshot"] == by_sequence[2]["upload"]
    assert "snapshot" not in record_of(folder / "bucket", by_sequence[1]["key_check"])

    reader = Sealift(folder / "home-2")
    reader.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", secret_file(folder, "token", bao.token))
    can_read(reader, folder / "bucket", locator, folder, small_tree)


def test_what_the_uploader_may_next(uploader, bao, folder, small_tree):
    """It gets the right back: everything it uploaded meanwhile is its own again, and the chain goes on."""
    machine, _ = uploader
    locator = upload(machine, "home", "monday", "--new-data-key")
    bao.add_policy("sealift")
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
    download_same(machine, "home2", folder / "home2", locator, small_tree)
    upload(machine, "home", "tuesday")
    assert sorted(bodies(folder / "bucket")) == [1, 2, 3]


def test_a_policy_that_lacks_encrypt_is_told_before_anything_is_read(uploader, bao, folder):
    machine, _ = uploader
    bao.add_policy("sealift", allowed={"keys": ["read"]})
    machine.ok("fs", "snapshot", "add", "home", "monday")
    before = sorted((folder / "bucket").rglob("*"))
    machine.fails("fs", "snapshot", "upload", "home", "monday", "--new-data-key", code=code.DENIED, says=["encrypt", "cluster-key"])
    assert sorted((folder / "bucket").rglob("*")) == before


def test_a_rewrap_takes_it_along(uploader, bao, folder, small_tree):
    """By somebody who may decrypt: then the old version of the KMS's key can go."""
    machine, _ = uploader
    locator = upload(machine, "home", "monday", "--new-data-key")
    bao.add_policy("sealift")
    bao.call("POST", "transit/keys/cluster-key/rotate")
    done, = machine.ok("kms", "rewrap", "--json").json
    assert (done["outcome"], done["keys"], done["records"]) == ("rewrapped", 2, 2)
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 2})
    download_same(machine, "home2", folder / "home2", locator, small_tree)


def test_the_newest_version_wraps(uploader, bao, folder, small_tree):
    """Though the filesystem's own key was wrapped by one that opens nothing any more."""
    machine, _ = uploader
    bao.call("POST", "transit/keys/cluster-key/rotate")
    bao.call("POST", "transit/keys/cluster-key/config", {"min_decryption_version": 2})
    locator = upload(machine, "home", "monday", "--new-data-key")
    bao.add_policy("sealift")
    download_same(machine, "home2", folder / "home2", locator, small_tree)


def test_a_kmip_client_that_may_not_decrypt(kmip, folder, small_tree, needs_tools):
    """One client's certificate takes the place of the other's, as when a machine's rights are cut: the key is the second's, and others may encrypt with it."""
    who = folder / "certificate", folder / "key"

    def become(user):
        for source, target in zip((kmip.client(user).certificate, kmip.client(user).key), who):
            shutil.copyfile(source, target)
            target.chmod(0o600)

    uid = kmip.add_key_to_encrypt_with(owner="machine-b")
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    become("machine-b")
    machine.ok("kms", "set", "kmip", kmip.address, uid, "--client-cert", who[0], "--client-key", who[1], "--ca-cert", kmip.authority.ca)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    become("machine-a")

    machine.ok("fs", "snapshot", "add", "home", "monday")
    machine.fails("fs", "snapshot", "upload", "home", "monday", code=code.DENIED, says=["decrypt", "--new-data-key"])
    before = kmip.operations()
    locator = machine.ok("fs", "snapshot", "upload", "home", "monday", "--new-data-key").last_line
    asked = kmip.operations() - before
    assert asked["Encrypt"] and not asked["Decrypt"]
    cannot_read(machine, locator, folder, code.DENIED)

    reader = Sealift(folder / "home-2")
    reader.ok("kms", "set", "kmip", *kmip.access(uid, "machine-b"))
    can_read(reader, folder / "bucket", locator, folder, small_tree)


# --- the table of docs/KMS.md ---

CALLS = ["keys", "encrypt", "decrypt", "rewrap"]


def rights_of(role):
    """What the page gives to a machine that does this."""
    row, = [line for line in (DOCS / "KMS.md").read_text().splitlines() if line.startswith(f"| {role}")]
    cell = row.split("|")[2]
    return CALLS if "all four" in cell else [call for call in CALLS if f"`{call}`" in cell]


def only_reads(machine, folder):
    machine.ok("fs", "snapshot", "add", "home", "monday")
    machine.ok("fs", "snapshot", "upload", "home", "monday")
    machine.ok("obs", "snapshots", "dr", "--names")
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
    machine.ok("fs", "snapshot", "get", "home", "monday", "folder-0", "--to", folder / "got")
    machine.ok("kms", "drill")


def restores(machine, folder):
    locator = machine.ok("fs", "snapshot", "--json").json[0]["locator"]
    machine.ok("fs", "download", "home2", folder / "home2", "dr", locator)
    machine.ok("fs", "add", "other", folder / "source" / "folder-1", "--obs", "dr")
    machine.ok("fs", "rekey", "home")


def rewraps(machine, folder):
    machine.ok("kms", "rewrap")
    assert machine.ok("fs", "--json").json[0]["name"] == "home"


def uploads_without_reading(machine, folder):
    machine.ok("fs", "snapshot", "add", "home", "monday")
    machine.ok("fs", "snapshot", "upload", "home", "monday", "--new-data-key")


@pytest.mark.parametrize("role, does", [("uploads, and [may not read]", uploads_without_reading), ("uploads, lists, verifies", only_reads),
                                        ("restores with `fs download`", restores), ("rewraps after a rotation", rewraps)])
def test_what_a_machine_does_needs_what_the_page_says_and_no_less(role, does, uploader, bao, folder):
    machine, _ = uploader
    rights = rights_of(role)
    for missing in (None, *rights):
        allowed = {call: ["read" if call == "keys" else "update"] for call in rights if call != missing}
        bao.add_policy("sealift", allowed=allowed or {"export": ["deny"]})
        bao.rotate_key()
        other = Sealift(folder / f"without-{missing}" / "home", machine.environment)  # nothing of what the one before did
        shutil.copytree(machine.home, other.home)
        shutil.copytree(folder / "source", other.home.parent / "source", symlinks=True)
        other.environment["SEALIFT_HOME"] = str(other.home)
        if missing is None:
            does(other, other.home.parent)
            continue
        with pytest.raises(AssertionError, match=f"(?s)exit code {code.DENIED}.*{missing}/cluster-key"):
            does(other, other.home.parent)
