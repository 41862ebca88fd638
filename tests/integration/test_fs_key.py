"""Who can open a filesystem: a second KMS of whatever kind, any one of which is enough; what a bucket claims and what is shown; and a new FS key for one that
leaked."""

import json
import os
import shutil
import uuid

import pytest

from support.command import Sealift
from support.compare import assert_same
from support.counted_http import CountedHttp
from support.exit_codes import CONFLICT, DENIED, INVALID, NOT_FOUND
from support.kms_access import secret_file, vault_access
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, download_same, upload
from support.openbao import OpenBao
from support.wrappings import BucketFolder, key_records, manifest_envelope

NO_FSCRYPT = not os.path.exists("/sys/fs/ext4/features/encryption")


class Cluster:
    def __init__(self, folder, bao, tree):
        self.folder, self.tree = folder, tree
        self.machine = Sealift(folder / "home-1")
        self.bucket = BucketFolder(folder / "bucket")
        self.key, self.access, _ = vault_access(bao, folder)
        add_folder_store(self.machine, self.bucket.folder)
        self.machine.ok("kms", "set", *self.access, "--no-check")
        self.machine.ok("fs", "add", "home", tree, "--obs", "dr")
        self.locator = upload(self.machine, "home", "monday")
        self.id = self.locator.split("/")[0]
        self.url = f"file://{self.bucket.folder}"

    def keys(self, *options, machine=None, what="home"):
        return (machine or self.machine).ok("fs", "key", "list", what, *options, "--json").json

    def downloads_on(self, machine, locator=None):
        again = self.folder / f"again-{uuid.uuid4().hex[:8]}"
        machine.ok("fs", "snapshot", "get", "--obs", self.url, locator or self.locator, "folder-0", "--to", again)
        assert_same(self.tree / "folder-0", again / "folder-0")


@pytest.fixture
def cluster(folder, shared_bao, small_tree):
    return Cluster(folder, shared_bao, small_tree)


def of_table(rows):
    return [row for row in rows if row["where"] == "table"]


def records(rows):
    return [row for row in rows if row["where"] == "record"]


def test_any_one_kms_is_enough(cluster, folder, kmip, needs_tools):
    """A Vault for disasters, a KMIP server and a break-glass key; the cluster's own KMS key is destroyed."""
    dr_server = OpenBao(folder / "dr").start_dev()
    dr_server.add_transit()
    _, dr_access, dr = vault_access(dr_server, folder)
    uid = kmip.add_shared_key()
    kmip_second = ["--kmip", kmip.access(uid)[0], "--kms-key-identifier", uid]
    kmip_second += [word.replace("--client-", "--kms-client-").replace("--ca-cert", "--kms-ca-cert") if isinstance(word, str) else word
                    for word in kmip.access(uid)[2:]]
    glass = folder / "usb" / "break-glass.key"
    glass.parent.mkdir()
    machine = cluster.machine
    machine.ok("fs", "snapshot", "add", "home", "alone")
    alone = machine.ok("fs", "snapshot", "upload", "home", "alone", "--new-data-key").last_line
    for second in (dr, kmip_second, ["--local-key-file", glass]):
        rows = machine.ok("fs", "key", "add", "home", *second, "--json").json
        assert [(row["opens"], row["problem"]) for row in rows] == [("yes", None)] * 2
        assert [row["in_force"] for row in rows] == [False, True], "the key in force comes last"
        assert machine.ok("fs", "key", "add", "home", *second, "--json").json == rows, "what is there is not added again"
    assert glass.stat().st_mode & 0o7777 == 0o600
    assert len(key_records(cluster.bucket)) == 2 * 4
    assert [row["kms_type"] for row in of_table(cluster.keys())] == ["vault"], "the table does not hear of it"

    machines = [Sealift(folder / f"only-{name}") for name in ("dr", "kmip", "glass")]
    machines[0].ok("kms", "set", *dr_access)
    machines[1].ok("kms", "set", "kmip", *kmip.access(uid))
    machines[2].home.mkdir(mode=0o700)
    shutil.copy(glass, machines[2].home / "local-kms.key")
    for only in machines:
        for locator in (cluster.locator, alone):
            cluster.downloads_on(only, locator)
        rows = records(cluster.keys("--obs", cluster.url, "--check", machine=only, what=cluster.id))
        assert sorted(row["opens"] for row in rows) == ["unknown"] * 6 + ["yes"] * 2, "its own, one for each key"
    dr_server.stop()
    rows = cluster.keys("--check")
    assert {row["kms_type"]: row["opens"] for row in rows if row["kms_key_identifier"] != dr[3]} == {"vault": "yes", "kmip": "unknown", "local": "unknown"}
    upload(machine, "home", "tuesday")
    assert "of no use" not in machine.ok("fs", "snapshot", "verify", "home", "tuesday", "--data").err, "a second KMS's wrapping is not asked for in vain"


def test_rewrap_leaves_a_second_kms_alone(cluster, folder, shared_bao):
    machine = cluster.machine
    machine.ok("fs", "key", "add", "home", "--local-key-file", folder / "glass.key")
    second, = [row for row in cluster.keys() if row["kms_type"] == "local"]
    shared_bao.rotate_key(cluster.key)
    machine.ok("kms", "rewrap")
    assert [row for row in cluster.keys() if row["kms_type"] == "local"] == [second]
    assert len(records(cluster.keys())) == 3


def test_the_last_that_opens_is_not_removed(cluster, folder, needs_tools):
    machine, glass = cluster.machine, folder / "glass.key"
    own, = records(cluster.keys())
    refused = ["may be the last"]
    machine.fails("fs", "key", "remove", "home", own["record"], code=CONFLICT, says=refused)
    machine.ok("fs", "key", "add", "home", "--local-key-file", glass)
    second, = [row for row in records(cluster.keys()) if row["kms_type"] == "local"]
    machine.fails("fs", "key", "remove", "home", own["record"], code=CONFLICT, says=[*refused, "local key"])
    assert len(key_records(cluster.bucket)) == 2, "nobody here has shown that the break-glass key opens"

    only_glass = Sealift(folder / "home-2")
    only_glass.home.mkdir(mode=0o700)
    shutil.copy(glass, only_glass.home / "local-kms.key")
    where = ["--obs", cluster.url]
    only_glass.fails("fs", "key", "remove", cluster.id, second["record"], *where, code=CONFLICT, says=refused)
    only_glass.ok("fs", "key", "remove", cluster.id, own["record"], *where)
    cluster.downloads_on(only_glass)
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--keys")
    assert machine.ok("kms", "rewrap", "--json").json[0]["outcome"] == "rewrapped", "what the bucket has lost, it gets again"
    machine.ok("fs", "key", "remove", "home", second["record"])
    only_glass.fails("fs", "snapshot", "ls", *where, cluster.locator, code=(DENIED, NOT_FOUND), says=[])
    machine.fails("fs", "key", "remove", "home", own["record"], code=NOT_FOUND, says=["no key record"])
    machine.fails("fs", "key", "remove", "home", "what", code=INVALID, says=["UUID"])


def test_a_filesystem_that_the_bucket_does_not_know(cluster):
    machine, where = cluster.machine, ["--obs", cluster.url]
    unknown, says = str(uuid.uuid4()), [cluster.url, "holds nothing of a filesystem"]
    for command in (["list", unknown], ["list", unknown, "--check"], ["add", unknown, "--local-key-file", cluster.folder / "glass.key"],
                    ["remove", unknown, str(uuid.uuid4())]):
        machine.fails("fs", "key", *command, *where, code=NOT_FOUND, says=[*says, unknown])
    machine.fails("fs", "key", "list", f"{cluster.id}/{unknown}", *where, code=NOT_FOUND, says=["no snapshot has the locator", unknown])
    machine.fails("kms", "rewrap", *where, "--fs", unknown, code=NOT_FOUND, says=[*says, unknown])
    assert len(cluster.keys(*where, what=cluster.id)) == 1


def test_a_record_that_cannot_be_read_may_go(cluster):
    name, = key_records(cluster.bucket)
    garbage = name.replace(name.split("-")[-1], "000000000000.json")
    (cluster.bucket.folder / garbage).write_text('{"what":')
    broken, = [row for row in records(cluster.keys("--check")) if row["opens"] == "no"]
    assert garbage.endswith(f"{broken['record']}.json") and broken["problem"]
    cluster.machine.ok("fs", "key", "remove", "home", broken["record"])
    assert key_records(cluster.bucket) == [name]


def test_what_is_claimed_and_what_is_shown(cluster, shared_bao):
    """A hint in the bucket is the word of whoever wrote it."""
    name, = key_records(cluster.bucket)
    record = json.loads(cluster.bucket.get(name))
    record["envelope"]["kms"]["key_identifier"] = "a-key-of-somebody-else"
    record["envelope"]["kms"]["key_version"] = 77
    (cluster.bucket.folder / name).write_text(json.dumps(record, separators=(",", ":")) + "\n")
    claimed, = records(cluster.keys())
    assert (claimed["kms_key_identifier"], claimed["kms_key_version"], claimed["opens"]) == ("a-key-of-somebody-else", 77, None)
    shown, = records(cluster.keys("--check"))
    assert (shown["kms_key_identifier"], shown["kms_key_version"], shown["opens"]) == (cluster.key, 1, "yes")
    shared_bao.rotate_key(cluster.key)
    shared_bao.retire_versions_below(2, cluster.key)
    table, = of_table(cluster.keys("--check"))
    assert table["opens"] == "no" and "min_decryption_version" in table["problem"]
    record, = records(cluster.keys("--check"))
    assert record["opens"] == "unknown", "the KMS that it names was not asked: nobody here has that key"


def test_of_a_snapshot_the_records_of_its_key_and_what_it_carries(cluster):
    cluster.machine.ok("fs", "rekey", "home")
    tuesday = upload(cluster.machine, "home", "tuesday")
    rows = cluster.keys("--obs", "dr", what=tuesday)
    assert [row["where"] for row in rows] == ["record", "manifest"] and len({row["key_check"] for row in rows}) == 1
    assert len(records(cluster.keys("--obs", "dr", what=cluster.id))) == 2
    cluster.machine.fails("fs", "key", cluster.locator, code=INVALID, says=["--obs"])
    cluster.machine.fails("fs", "key", "nobody", code=NOT_FOUND, says=["nobody"])


def test_what_makes_no_second_kms_is_refused(cluster, folder, shared_bao):
    machine = cluster.machine
    machine.fails("fs", "key", "add", "home", code=INVALID, says=["--vault", "--kmip", "--local-key-file"])
    machine.fails("fs", "key", "add", "home", "--vault", shared_bao.address, code=INVALID, says=["--kms-key-identifier"])
    machine.fails("fs", "key", "add", "home", "--vault", shared_bao.address, "--local-key-file", "x", code=INVALID, says=["--local-key-file"])
    machine.fails("fs", "key", "add", "home", "--local-key-file", machine.home / "local-kms.key", code=CONFLICT, says=["this home's own local key"])
    machine.fails("fs", "key", "add", "home", "--vault", shared_bao.address, "--kms-key-identifier", "missing", "--kms-token-file",
                  secret_file(folder, "root", "root"), code=NOT_FOUND, says=["missing"])
    machine.fails("fs", "key", "add", "home", "--vault", shared_bao.address, "--kms-key-identifier", cluster.key, "--kms-token-file", folder / "root",
                  code=CONFLICT, says=[cluster.key, "filesystem home already"])
    assert len(key_records(cluster.bucket)) == 1
    local = Sealift(folder / "home-2")
    add_folder_store(local, folder / "bucket-2")
    local.ok("fs", "add", "trial", cluster.tree, "--obs", "dr", "--allow-no-kms")
    os.link(local.home / "local-kms.key", folder / "linked.key")
    shutil.copy(local.home / "local-kms.key", folder / "copied.key")
    for name in ("linked", "copied"):
        local.fails("fs", "key", "add", "trial", "--local-key-file", folder / f"{name}.key", code=CONFLICT, says=[name])


# --- a new FS key ---


def test_rekey(cluster, folder, needs_tools):
    machine = cluster.machine
    before = manifest_envelope(cluster.bucket, f"fs/{cluster.id}/snapshots/{cluster.locator.split('/')[1]}.json")
    done = machine.ok("fs", "rekey", "home")
    assert "next upload is a full one" in done.err and "1 uploaded snapshot stays readable" in done.err and "monday" in done.err
    after = machine.ok("fs", "--json").json[0]
    assert after["key_check"] != before["key_check"] and after["key_check"] in done.out
    (cluster.tree / "folder-0" / "new").write_text("of tuesday")
    tuesday = upload(machine, "home", "tuesday")
    rows = cluster.keys("--check")
    assert [(row["where"], row["key_check"] == after["key_check"], row["in_force"], row["opens"]) for row in rows].count(("record", True, True, "yes")) == 1
    assert {row["key_check"] for row in records(rows) if not row["in_force"]} == {before["key_check"]}
    download_same(machine, "again", folder / "again", tuesday, cluster.tree)
    for snapshot in ("monday", "tuesday"):
        machine.ok("fs", "snapshot", "verify", "home", snapshot, "--data")
    result = machine.ok("fs", "rekey", "home", "--json").json
    assert (result["generation"], result["readable_snapshots"]) == (3, 2)


def test_an_upload_under_way_ends_under_the_key_that_it_began_with(cluster, shared_bao):
    """It is held when it shows, just before it publishes, that its key still opens."""
    machine, rekeyed = cluster.machine, []
    way = CountedHttp(shared_bao.address)
    access = [way.address if word == shared_bao.address else word for word in cluster.access]
    machine.ok("kms", "set", *access)
    old = machine.ok("fs", "--json").json[0]["key_check"]
    machine.ok("fs", "snapshot", "add", "home", "held")
    way.asked.clear()

    def before(number):
        if not rekeyed and len([path for path in way.asked if "/decrypt/" in path]) == 2:
            rekeyed.append("")
            rekeyed.append(machine.ok("fs", "rekey", "home", "--json").json["key_check"])
        return True

    way.before = before
    held = machine.ok("fs", "snapshot", "upload", "home", "held").last_line
    way.before = None
    text = cluster.bucket.get(f"fs/{cluster.id}/snapshots/{held.split('/')[1]}.json").split(b"\n")
    assert json.loads(text[0])["key_check"] == json.loads(text[1])["key_check"] == old != rekeyed[1]
    machine.ok("fs", "snapshot", "verify", "home", "held", "--data")
    after = upload(machine, "home", "after")
    assert manifest_envelope(cluster.bucket, f"fs/{cluster.id}/snapshots/{after.split('/')[1]}.json")["key_check"] == rekeyed[1]
    way.stop()


@pytest.mark.skipif(NO_FSCRYPT, reason="this kernel's ext4 has no fscrypt")
def test_rekey_of_an_encrypted_filesystem_keeps_its_disk(cluster, folder):
    machine = cluster.machine
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=32) as disk:
        live = disk.path / "live"
        machine.ok("fs", "add", "live", live, "--obs", "dr", "--encrypted")
        (live / "file").write_text("of live")
        machine.ok("fs", "rekey", "live")
        machine.ok("fs", "key", "add", "live", "--local-key-file", folder / "glass.key")
        machine.ok("fs", "lock", "live")
        machine.ok("fs", "unlock", "live")
        assert (live / "file").read_text() == "of live"
        machine.ok("fs", "lock", "live")
    assert all("sealed_at_rest_key" in json.loads(cluster.bucket.get(name))["envelope"] for name in key_records(cluster.bucket)
               if cluster.id not in name)
