"""The configuration table is lost: everything comes back from the bucket and the KMS, and goes on."""

import hashlib
import json
import shutil
import signal
import time
import uuid
from pathlib import Path

import pytest

from support import exit_codes as code
from support.command import Sealift
from support.compare import assert_same
from support.counted_http import CountedHttp
from support.kms_access import secret_file, vault_access
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs, download_same, upload, verify_every_way
from support.moving_cluster import outcomes
from support.process import wait_until
from support.recipes import read_recipes, run_runbook
from support.sample_tree import make_small_tree

KNOWN_ONLY_TO_THE_TABLE = ("added", "origin", "at_rest")


def rows(machine):
    """All that the table says of filesystems and snapshots, but what no bucket can know."""
    filesystems = machine.ok("fs", "--json").json
    snapshots = machine.ok("fs", "snapshot", "--json").json
    return ([{key: value for key, value in row.items() if key not in KNOWN_ONLY_TO_THE_TABLE} for row in filesystems],
            sorted(snapshots, key=lambda row: (row["filesystem"], row["locator"])))


def recover(machine, *options, store="dr", **expected):
    """What became of each filesystem, by its name, or its UUID where that is not known."""
    result = machine.fails("cluster", "recover", store, "--json", *options, **expected) if expected else machine.ok("cluster", "recover", store, "--json", *options)
    return {row["filesystem"] or row["filesystem_id"]: row for row in result.json}


def manifests(machine, bucket, fs):
    """The first line of each manifest that the table knows of, by its sequence."""
    found = {}
    for row in machine.ok("fs", "snapshot", "--json").json:
        if row["filesystem"] == fs:
            fs_id, upload_id = row["locator"].split("/")
            body = (bucket / "fs" / fs_id / "snapshots" / f"{upload_id}.json").read_bytes().split(b"\n")[0]
            found[json.loads(body)["sequence"]] = body
    return found


def goes_on_in_the_chain(machine, bucket, fs, sequence):
    """The snapshot of this sequence names the body of the one before."""
    chain = manifests(machine, bucket, fs)
    assert sorted(chain) == list(range(1, sequence + 1))
    assert json.loads(chain[sequence])["predecessor_sha256"] == hashlib.sha256(chain[sequence - 1]).hexdigest()


def id_of(machine, name):
    return next(row["id"] for row in machine.ok("fs", "--json").json if row["name"] == name)


def new_machine(folder, bao, name="home-2", key="cluster-key"):
    machine = Sealift(folder / name)
    machine.ok("kms", "set", "vault", bao.address, key, "--token-file", secret_file(folder, f"token-{name}", bao.token))
    return machine


@pytest.fixture
def local(folder, small_tree, needs_tools):
    """A machine with the local KMS, two filesystems and three snapshots; and another one that has nothing but the local KMS's key."""
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", small_tree)
    add_local_fs(machine, "mail", make_small_tree(folder / "mail"))
    for snapshot in ("monday", "tuesday"):
        upload(machine, "home", snapshot)
    upload(machine, "mail", "monday")
    return machine, bare_machine(folder, machine)


def bare_machine(folder, other, name="home-2"):
    machine = Sealift(folder / name)
    machine.home.mkdir(mode=0o700)
    shutil.copy2(other.home / "local-kms.key", machine.home)
    return machine


# --- the bad day ---

@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_a_machine_is_lost_and_its_disk_survives(bao, folder, small_tree, needs_tools):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        first = new_machine(folder, bao, "home-1")
        add_folder_store(first, folder / "bucket")
        first.ok("fs", "add", "home", small_tree, "--obs", "dr", "--exclude", "*.tmp")
        for name in ("secret", "letters"):
            first.ok("fs", "add", name, disk.path / name, "--obs", "dr", "--encrypted")
            (disk.path / name / "file").write_text(f"what {name} holds")
        for fs, snapshot in (("home", "monday"), ("home", "tuesday"), ("letters", "monday")):
            locator = upload(first, fs, snapshot)
        before = rows(first)
        shutil.rmtree(first.home)
        disk.unmount()
        disk.mount()
        assert "file" not in [path.name for path in (disk.path / "secret").iterdir()], "locked: the key was in the kernel alone"

        second = Sealift(folder / "home-2")
        role_id, secret_id = bao.add_approle("sealift")
        run_runbook(second, read_recipes("OPERATIONS.md", "runbook")["cluster-lost"], folder, KMS=bao.address, KEY="cluster-key", ROLE_ID=role_id,
                    SECRET_ID_FILE=secret_file(folder, "secret-id", secret_id), BUCKET=f"file://{folder / 'bucket'}")
        assert rows(second) == before
        for name in ("secret", "letters"):
            assert (disk.path / name / "file").read_text() == f"what {name} holds"
        second.ok("fs", "download", "again", disk.path / "again", "dr", locator)
        assert_same(disk.path / "letters", disk.path / "again")
        verify_every_way(second, "home", "tuesday")
        for fs, sequence in (("home", 3), ("letters", 2), ("secret", 2)):
            if fs == "secret":
                upload(second, fs, "before")
            upload(second, fs, "after")
            goes_on_in_the_chain(second, folder / "bucket", fs, sequence)


def test_a_snapshot_under_a_key_of_its_own(bao, folder, small_tree, needs_tools):
    first = new_machine(folder, bao, "home-1")
    add_folder_store(first, folder / "bucket")
    first.ok("fs", "add", "home", small_tree, "--obs", "dr")
    upload(first, "home", "monday")
    locator = upload(first, "home", "tuesday", "--new-data-key")
    before = rows(first)

    second = new_machine(folder, bao)
    assert recover(second, "--obs-name", "dr", store=f"file://{folder / 'bucket'}")["home"]["snapshots"] == 2
    assert rows(second) == before
    download_same(second, "again", folder / "again", locator, small_tree)
    upload(second, "home", "wednesday")
    goes_on_in_the_chain(second, folder / "bucket", "home", 3)
    assert json.loads(manifests(second, folder / "bucket", "home")[3])["key_check"] == before[0][0]["key_check"], "the filesystem's key, not the snapshot's"


def test_after_a_rekey(bao, folder, small_tree, needs_tools):
    """The key in force is the one after the leak, also where nothing was uploaded under it yet; and it is so after a rewrap of both."""
    first = new_machine(folder, bao, "home-1")
    add_folder_store(first, folder / "bucket")
    for name in ("home", "mail"):
        first.ok("fs", "add", name, make_small_tree(folder / name), "--obs", "dr")
        upload(first, name, "monday")
        first.ok("fs", "rekey", name)
    upload(first, "home", "tuesday")
    bao.call("POST", "transit/keys/cluster-key/rotate")
    first.ok("kms", "rewrap")
    before = rows(first)

    second = new_machine(folder, bao)
    add_folder_store(second, folder / "bucket")
    recover(second)
    assert rows(second) == before
    in_force = {row["name"]: row["key_check"] for row in before[0]}
    for name, sequence in (("home", 3), ("mail", 2)):
        upload(second, name, "later")
        goes_on_in_the_chain(second, folder / "bucket", name, sequence)
        chain = manifests(second, folder / "bucket", name)
        assert json.loads(chain[sequence])["key_check"] == in_force[name] != json.loads(chain[1])["key_check"]
        verify_every_way(second, name, "monday")


# --- tenants ---

def test_own_keys_in_namespaces(bao, folder, small_tree, needs_tools):
    """One on the cluster key, one in a namespace that the cluster's login reaches, one with a role of its own."""
    bao.add_policy("shared", "key-b", "team/b/transit")
    for team, key in (("team/a", "key-a"), ("team/b", "key-b")):
        bao.add_namespace(team)
        bao.add_transit(namespace=team)
        bao.add_key(key, namespace=team)
    bao.add_policy("tenant", "key-a", namespace="team/a")
    role_id, secret_id = bao.add_approle("sealift")
    bao.call("POST", "auth/approle/role/sealift", {"token_policies": ["sealift", "shared"]})
    tenant_role, tenant_secret = bao.add_approle("tenant", namespace="team/a")
    cluster = ["kms", "set", "vault", bao.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id)]
    tenant = ["--kms-key-identifier", "key-a", "--kms-namespace", "team/a", "--kms-role-id", tenant_role,
              "--kms-secret-id-file", secret_file(folder, "tenant-secret-id", tenant_secret)]

    first = Sealift(folder / "home-1")
    first.ok(*cluster)
    add_folder_store(first, folder / "bucket")
    for name, options in (("common", []), ("a", tenant), ("b", ["--kms-key-identifier", "key-b", "--kms-namespace", "team/b"])):
        first.ok("fs", "add", name, make_small_tree(folder / f"tree-{name}"), "--obs", "dr", *options)
        upload(first, name, "monday")
    before = rows(first)
    a = id_of(first, "a")

    second = Sealift(folder / "home-2")
    second.ok(*cluster)
    add_folder_store(second, folder / "bucket")
    came = recover(second, code=code.DENIED, says=["1 of 3", a])
    assert {name: (row["outcome"], row["own_key"]) for name, row in came.items()} == {
        "common": ("recovered", False), "b": ("recovered", True), a: ("waiting", False)}
    assert (came[a]["kms_namespace"], came[a]["kms_key_identifier"]) == ("team/a", "key-a")
    assert f"--fs {a} --kms-key-identifier key-a --kms-namespace team/a" in came[a]["advice"]
    assert [row["name"] for row in second.ok("fs", "--json").json] == ["b", "common"], "no half row"

    came = recover(second, "--fs", a, *tenant)
    assert (came["a"]["outcome"], came["a"]["own_key"]) == ("recovered", True)
    assert rows(second) == before
    for name in ("common", "a", "b"):
        upload(second, name, "tuesday")
        verify_every_way(second, name, "monday")
        goes_on_in_the_chain(second, folder / "bucket", name, 2)
    locator = upload(second, "a", "wednesday", "--new-data-key")
    envelope = json.loads((folder / "bucket" / "fs" / locator.replace("/", "/snapshots/")).with_suffix(".json").read_bytes().split(b"\n")[1])
    assert (envelope["kms"]["namespace"], envelope["kms"]["key_identifier"]) == ("team/a", "key-a"), "wrapped by the tenant's key, too"


def test_a_key_in_the_root_namespace_of_a_cluster_that_is_in_another(bao, folder, small_tree, needs_tools):
    """To say no namespace says the cluster's: the command that is advised names the root one."""
    bao.add_namespace("red")
    bao.add_transit(namespace="red")
    bao.add_key("red-key", namespace="red")
    bao.add_policy("red", "red-key", namespace="red")
    red_role, red_secret = bao.add_approle("red", namespace="red")
    bao.add_policy("tenant", "cluster-key")
    role_id, secret_id = bao.add_approle("tenant")
    cluster = ["kms", "set", "vault", bao.address, "red-key", "--namespace", "red", "--role-id", red_role,
               "--secret-id-file", secret_file(folder, "red-secret-id", red_secret)]
    tenant_secret = secret_file(folder, "secret-id", secret_id)

    first = Sealift(folder / "home-1")
    first.ok(*cluster)
    add_folder_store(first, folder / "bucket")
    first.ok("fs", "add", "rooted", make_small_tree(folder / "tree"), "--obs", "dr", "--kms-key-identifier", "cluster-key",
             "--kms-namespace", "/", "--kms-role-id", role_id, "--kms-secret-id-file", tenant_secret)
    upload(first, "rooted", "monday")
    before, id = rows(first), id_of(first, "rooted")

    second = Sealift(folder / "home-2")
    second.ok(*cluster)
    add_folder_store(second, folder / "bucket")
    came = recover(second, code=code.DENIED, says=[id])
    assert came[id]["advice"] == (f"sealift cluster recover dr --fs {id} --kms-key-identifier cluster-key --kms-namespace / "
                                  "--kms-role-id ROLE --kms-secret-id-file FILE")
    advised = came[id]["advice"].replace("ROLE", role_id).replace("FILE", str(tenant_secret)).split()
    second.ok(*advised[1:])
    assert rows(second) == before
    upload(second, "rooted", "tuesday")
    verify_every_way(second, "rooted", "monday")


def test_moved_to_a_tenants_key_out_of_reach(bao, folder, small_tree, needs_tools):
    """An older wrapping opens with the cluster's login, and the filesystem comes back under that key: it is told, with the command that moves it again."""
    bao.add_namespace("team")
    bao.add_transit(namespace="team")
    bao.add_key("tk", namespace="team")
    bao.add_policy("tenant", "tk", namespace="team")
    role_id, secret_id = bao.add_approle("sealift")
    tenant_role, tenant_secret = bao.add_approle("tenant", namespace="team")
    secret = secret_file(folder, "tenant-secret-id", tenant_secret)
    tenant = ["--kms-key-identifier", "tk", "--kms-namespace", "team", "--kms-role-id", tenant_role, "--kms-secret-id-file", secret]
    machines = [Sealift(folder / name) for name in ("home-1", "home-2")]
    for machine in machines:
        machine.ok("kms", "set", "vault", bao.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id))
        add_folder_store(machine, folder / "bucket")
    first, second = machines
    for name in ("stays", "moves"):
        first.ok("fs", "add", name, make_small_tree(folder / f"tree-{name}"), "--obs", "dr")
    upload(first, "moves", "monday")
    first.ok("fs", "update", "moves", *tenant)
    before = rows(first)

    for option, outcome in ((["--dry-run"], "would-recover"), ([], "recovered")):
        came = recover(second, *option)
        assert {name: (row["outcome"], row["own_key"]) for name, row in came.items()} == {"stays": (outcome, False), "moves": (outcome, False)}
        assert (came["stays"]["problem"], came["stays"]["advice"]) == (None, None)
        assert all(word in came["moves"]["problem"] for word in ("says", "transit/tk in namespace team", "transit/cluster-key"))
        assert came["moves"]["advice"] == "sealift fs update moves --kms-namespace team --kms-key-identifier tk --kms-role-id ROLE --kms-secret-id-file FILE"
    came = recover(second)
    assert [(row["outcome"], row["problem"]) for row in came.values()] == [("current", None)] * 2, "the table says where it is"
    came = recover(second, *tenant)
    assert {name: (row["outcome"], row["problem"] is None) for name, row in came.items()} == {"stays": ("current", True), "moves": ("current", False)}
    command = came["moves"]["advice"].replace("ROLE", tenant_role).replace("FILE", str(secret)).split()
    second.ok(*command[1:])
    assert rows(second) == before
    assert {row["problem"] for row in recover(second, *tenant).values()} == {None}


def test_moved_to_another_type_of_kms(shared_bao, kmip, folder, needs_tools):
    """The whole cluster went from Vault to KMIP, and who recovers sets the old one, which still opens what it wrapped: each line says where it went. The KMS
    that is set then adopts what the bucket has."""
    key, access, _ = vault_access(shared_bao, folder)
    kmip_key = kmip.add_shared_key()
    first, second = Sealift(folder / "home-1"), Sealift(folder / "home-2")
    for machine in (first, second):
        machine.ok("kms", "set", *access)
        add_folder_store(machine, folder / "bucket")
    for name in ("home", "mail"):
        first.ok("fs", "add", name, make_small_tree(folder / name), "--obs", "dr")
    upload(first, "home", "monday")
    first.ok("kms", "set", "kmip", *kmip.access(kmip_key))
    first.ok("fs", "add", "new", make_small_tree(folder / "new"), "--obs", "dr")
    before = rows(first)

    new, setting = id_of(first, "new"), "sealift kms set kmip ..."
    came = recover(second, code=code.DENIED, says=["1 of 3", new, f"kmip key {kmip_key}", "sealift kms set"])
    assert {name: (row["outcome"], row["advice"]) for name, row in came.items()} == {
        "home": ("recovered", setting), "mail": ("recovered", setting), new: ("waiting", setting)}
    assert "fs update" not in came[new]["problem"], "there is no filesystem to update"
    for name in ("home", "mail"):
        assert all(word in came[name]["problem"] for word in (f"kmip key {kmip_key}", f"vault key transit/{key}", "sealift kms set", "nobody vouches"))
    records = sorted((folder / "bucket").glob("fs/*/keys/*"))
    assert outcomes(second.ok("kms", "set", "kmip", *kmip.access(kmip_key), "--json").json) == {"home": "rewrapped", "mail": "rewrapped"}
    assert sorted((folder / "bucket").glob("fs/*/keys/*")) == records, "the newest are where they should be"
    assert recover(second)["new"]["outcome"] == "recovered"
    assert rows(second) == before
    upload(second, "home", "tuesday")
    goes_on_in_the_chain(second, folder / "bucket", "home", 2)


def test_a_kmip_key_of_its_own(kmip, folder, needs_tools):
    """Another key on the same servers, with the cluster's certificate: nothing has to be said of it."""
    cluster_key, own_key = kmip.add_shared_key(), kmip.add_shared_key()
    machines = [Sealift(folder / name) for name in ("home-1", "home-2")]
    for machine in machines:
        machine.ok("kms", "set", "kmip", *kmip.access(cluster_key))
        add_folder_store(machine, folder / "bucket")
    first, second = machines
    first.ok("fs", "add", "common", make_small_tree(folder / "tree-1"), "--obs", "dr")
    first.ok("fs", "add", "own", make_small_tree(folder / "tree-2"), "--obs", "dr", "--kms-key-identifier", own_key)
    upload(first, "own", "monday")
    came = recover(second)
    assert {name: (row["outcome"], row["own_key"]) for name, row in came.items()} == {"common": ("recovered", False), "own": ("recovered", True)}
    assert came["own"]["kms_key_identifier"] == own_key
    assert rows(second) == rows(first)
    upload(second, "own", "tuesday")
    goes_on_in_the_chain(second, folder / "bucket", "own", 2)


# --- again, and in part ---

def test_what_is_there_stays(local, folder):
    first, second = local
    add_folder_store(second, folder / "bucket")
    assert {row["outcome"] for row in recover(second, "--dry-run").values()} == {"would-recover"}
    assert rows(second) == ([], [])
    recover(second)
    assert rows(second) == rows(first)
    second.ok("fs", "update", "home", "--exclude", "*.tmp")
    changed = rows(second)
    assert {row["outcome"] for row in recover(second).values()} == {"current"}
    assert rows(second) == changed


def test_a_table_that_is_behind_catches_up(local, folder, small_tree):
    """A backup of the table, from before the last snapshots."""
    first, _ = local
    shutil.copytree(first.home, folder / "backup")
    for snapshot in ("wednesday", "thursday"):
        upload(first, "home", snapshot)
    behind = Sealift(folder / "backup")
    assert {name: (row["outcome"], row["snapshots"]) for name, row in recover(behind).items()} == {"home": ("merged", 2), "mail": ("current", 0)}
    assert rows(behind) == rows(first)
    upload(behind, "home", "friday")
    goes_on_in_the_chain(behind, folder / "bucket", "home", 5)


def test_killed_in_the_middle(bao, folder, needs_tools):
    """Wherever it was: each filesystem is there with all of its snapshots, or not at all."""
    first = new_machine(folder, bao, "home-1")
    add_folder_store(first, folder / "bucket")
    for i in range(4):
        first.ok("fs", "add", f"fs-{i}", make_small_tree(folder / f"tree-{i}"), "--obs", "dr")
        upload(first, f"fs-{i}", "monday")
        upload(first, f"fs-{i}", "tuesday", "--new-data-key")
    before = rows(first)

    way = CountedHttp(bao.address)
    second = Sealift(folder / "home-2")
    second.ok("kms", "set", "vault", way.address, "cluster-key", "--token-file", folder / "token-home-1", "--no-check")
    add_folder_store(second, folder / "bucket")
    for calls in (1, 3, 6, 9):
        way.asked.clear()
        running = second.start("cluster", "recover", "dr")
        wait_until(lambda: len(way.asked) >= calls or running.poll() is not None, "the KMS is asked")
        running.send_signal(signal.SIGKILL)
        running.wait()
        whole = [row for row in before[0] if row["name"] in {there["name"] for there in rows(second)[0]}]
        assert rows(second) == (whole, [row for row in before[1] if row["filesystem"] in {fs["name"] for fs in whole}])
    recover(second)
    assert rows(second) == before
    way.stop()


# --- names that are taken ---

def test_two_filesystems_of_one_name(local, folder, small_tree):
    """The older one was removed once, and its snapshots stayed: the one that was used last comes back."""
    first, second = local
    old = id_of(first, "home")
    first.ok("fs", "remove", "home")
    add_local_fs(first, "home", small_tree)
    upload(first, "home", "sunday")
    add_folder_store(second, folder / "bucket")
    for option in (["--dry-run"], []):
        came = recover(second, *option, code=code.CONFLICT, says=["1 of 3", "home"])
        assert came["mail"]["outcome"].endswith("recover" if option else "recovered")
    assert rows(second) == rows(first)
    result = second.fails("cluster", "recover", "dr", "--json", code=code.CONFLICT, says=["home"])
    taken = next(row for row in result.json if row["outcome"] == "taken")
    assert taken["filesystem_id"] == old and f"--fs {old} --new-name NAME --path PATH" in taken["advice"]
    second.fails("cluster", "recover", "dr", "--new-name", "x", code=code.INVALID, says=["--fs"])
    came = recover(second, "--fs", old, "--new-name", "old-home", "--path", folder / "elsewhere")
    assert (came["old-home"]["outcome"], came["old-home"]["snapshots"]) == ("recovered", 2)
    verify_every_way(second, "old-home", "tuesday")

    recover(second, "--fs", old, "--path", folder / "third", code=code.CONFLICT, says=["sealift fs remove old-home"])
    second.ok("fs", "remove", "old-home")
    came = recover(second, "--fs", old, "--new-name", "home-3", "--path", folder / "third")
    assert (came["home-3"]["path"], came["home-3"]["snapshots"]) == (str(folder / "third"), 2)


# --- what others wrote ---

@pytest.fixture
def forger(local, folder):
    """Someone who may write to the bucket and add to it; and the filesystem that it is about."""
    first, second = local
    add_folder_store(second, folder / "bucket")
    return first, second, folder / "bucket" / "fs" / id_of(first, "home")


def newest_uuid():
    """Of version 7, and of next year."""
    late = int((time.time() + 365 * 86400) * 1000).to_bytes(6, "big")
    made = bytearray(late + uuid.uuid4().bytes[6:])
    made[6] = made[6] & 0x0F | 0x70
    return str(uuid.UUID(bytes=bytes(made)))


def record(fs):
    path, = fs.glob("keys/*.json")
    return json.loads(path.read_text())


def put_record(fs, forged):
    forged["record"] = newest_uuid()
    (fs / "keys" / f"{forged['envelope']['key_check']}-{forged['record']}.json").write_text(json.dumps(forged) + "\n")


def comes_back_whole(first, second, fs, passed_over=0):
    came = recover(second)
    assert (came["home"]["outcome"], came["home"]["passed_over"]) == ("recovered", passed_over)
    assert rows(second) == rows(first)
    upload(second, "home", "next")
    goes_on_in_the_chain(second, fs.parents[1], "home", 3)


def test_a_newer_record_that_opens_to_another_key(forger):
    first, second, fs = forger
    forged = record(fs)
    other = record(fs.parent / id_of(first, "mail"))
    forged["envelope"]["wrapped_kek"] = other["envelope"]["wrapped_kek"]
    put_record(fs, forged)
    comes_back_whole(first, second, fs)


def test_a_newer_record_of_a_copied_wrapping(forger):
    """It opens; but its names are sealed for the record that it was copied from."""
    first, second, fs = forger
    put_record(fs, record(fs) | {"snapshot": str(uuid.uuid4())})
    put_record(fs, record(fs.parent / id_of(first, "mail")) | {"envelope": record_of_time(fs)["envelope"]})
    comes_back_whole(first, second, fs)


def record_of_time(fs):
    """The oldest: ours."""
    return json.loads(min(fs.glob("keys/*.json"), key=lambda path: path.name.split("-", 1)[1]).read_text())


def test_garbage(forger):
    first, second, fs = forger
    key_check = record(fs)["envelope"]["key_check"]
    for name in (f"{key_check}-{newest_uuid()}.json", f"{'0' * 64}-{newest_uuid()}.json", "garbage", "garbage.json"):
        (fs / "keys" / name).write_text("garbage")
    for name in (f"{newest_uuid()}.json", "garbage.json"):
        (fs / "snapshots" / name).write_text("garbage")
    (fs.parent / str(uuid.uuid4()) / "keys").mkdir(parents=True)
    comes_back_whole(first, second, fs, passed_over=1)


def test_key_records_that_are_gone(forger, folder, small_tree):
    """It cannot go on in its chain; but the snapshots carry wrappings of their own."""
    first, second, fs = forger
    path, = fs.glob("keys/*.json")
    locator = f"{fs.name}/{min((fs / 'snapshots').glob('*.json')).stem}"
    for damage in (lambda: path.write_text(path.read_text()[:100]), path.unlink):
        damage()
        came = recover(second, "--fs", fs.name, code=(code.CORRUPT, code.NOT_FOUND), says=["1 of 1", fs.name])
        assert came[fs.name]["outcome"] == "failed"
    assert all(word in came[fs.name]["problem"] for word in ("no key record", "sealift fs download"))
    download_same(second, "again", folder / "again", locator, small_tree, "--allow-no-kms")


def test_a_manifest_of_another_filesystem(forger):
    first, second, fs = forger
    theirs, = (fs.parent / id_of(first, "mail") / "snapshots").glob("*.json")
    shutil.copy(theirs, fs / "snapshots")
    ours = min((fs / "snapshots").glob("*.json"))
    renamed = json.loads(theirs.read_bytes().split(b"\n")[0]) | {"fs": fs.name, "sequence": 99}
    (fs / "snapshots" / f"{newest_uuid()}.json").write_bytes(ours.read_bytes())
    lines = theirs.read_bytes().split(b"\n")
    (fs / "snapshots" / theirs.name).write_bytes(b"\n".join([json.dumps(renamed).encode(), *lines[1:]]))
    comes_back_whole(first, second, fs, passed_over=2)


def test_a_newer_key_that_does_not_open(forger):
    """It may be the one in force, of a rekey: nobody goes on with an older one unasked."""
    first, second, fs = forger
    forged = record(fs)
    forged["envelope"]["key_check"] = "ab" * 32
    forged["envelope"]["kms"] = {"type": "vault", "namespace": "team/a", "mount": "transit", "key_identifier": "key-a", "key_version": 1}
    forged["envelope"]["wrapped_kek"] = "vault:v1:AAAA"
    put_record(fs, forged)
    came = recover(second, code=code.DENIED, says=["1 of 2", "key-a"])
    assert (came[fs.name]["outcome"], came[fs.name]["kms_namespace"]) == ("waiting", "team/a")
    came = recover(second, "--skip-unopened")
    assert (came["home"]["outcome"], came["mail"]["outcome"]) == ("recovered", "current")
    assert rows(second) == rows(first)


# --- what is said ---

def test_what_is_missing_is_told(local, folder):
    _, second = local
    second.fails("cluster", "recover", "dr", code=code.NOT_FOUND, says=["sealift obs add dr"])
    (folder / "empty").mkdir()
    second.fails("cluster", "recover", f"file://{folder / 'empty'}", code=code.NOT_FOUND, says=["holds nothing"])
    url = f"file://{folder / 'bucket'}"
    second.fails("cluster", "recover", url, "--fs", "nonsense", code=code.INVALID, says=["no UUID"])
    second.fails("cluster", "recover", url, "--fs", str(uuid.uuid4()), code=code.NOT_FOUND, says=["nothing of a filesystem"])
    recover(second, store=url)
    second.fails("cluster", "recover", url, "--obs-name", "foo", code=code.CONFLICT, says=["as object store bucket", "sealift cluster recover bucket"])
    recover(second, "--obs-name", "bucket", store=url)
    assert [row["name"] for row in second.ok("obs", "--json").json] == ["bucket"]
    shown = second.ok("cluster", "--json").json
    assert (shown["stores"], shown["filesystems"], shown["snapshots"], shown["uploaded"], shown["kms_type"]) == (1, 2, 3, 3, None)


def test_the_kms_is_set_first(local, folder):
    """One word at the start, and not one for each filesystem of the bucket."""
    _, second = local
    (second.home / "local-kms.key").unlink()
    url = f"file://{folder / 'bucket'}"
    for options in ([], ["--dry-run"], ["--kms-key-identifier", "key-a"]):
        result = second.fails("cluster", "recover", url, *options, code=code.INVALID, says=["sealift kms set vault", "local-kms.key", str(second.home)])
        assert "fs update" not in result.err and "warning" not in result.err.lower()
    assert second.ok("obs", "--json").json == [], "nothing is begun"
    assert rows(second) == ([], [])


def test_with_another_kms_everything_waits(local, folder):
    _, second = local
    (second.home / "local-kms.key").write_bytes(bytes(32))
    (second.home / "local-kms.key").chmod(0o600)
    add_folder_store(second, folder / "bucket")
    came = recover(second, code=(code.DENIED, code.NOT_FOUND, code.KEY, code.INVALID), says=["2 of 2"])
    assert {row["outcome"] for row in came.values()} == {"waiting"}
    assert rows(second) == ([], [])
