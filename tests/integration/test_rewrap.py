"""Keys follow the KMS's key to its newest version, with all that was uploaded: what that costs, what fails in its middle, and what the old wrappings are
worth afterwards."""

import os
import shutil
import signal
import subprocess
import uuid
from collections import Counter

import pytest

from support.command import Sealift
from support.counted_http import CountedHttp
from support.exit_codes import CONFLICT, DENIED, INVALID, NOT_FOUND
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, download_same, upload
from support.sample_tree import make_small_tree
from support.wrappings import BucketFolder, all_envelopes, key_records, newest_records

LONG = "SEALIFT_TEST_LONG" in os.environ
NO_FSCRYPT = not os.path.exists("/sys/fs/ext4/features/encryption")


class Cluster:
    """A machine under the cluster key of an OpenBao, which it reaches by a way that counts."""

    def __init__(self, folder, bao):
        self.folder, self.bao = folder, bao
        self.way = CountedHttp(bao.address)
        self.key = f"key-{uuid.uuid4().hex[:12]}"
        bao.add_key(self.key)
        bao.add_policy(self.key, self.key)
        role_id, secret_id = bao.add_approle(self.key, self.key)
        self.access = ["vault", self.way.address, self.key, "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id)]
        self.machine = Sealift(folder / "home-1")
        self.bucket = BucketFolder(folder / "bucket")
        add_folder_store(self.machine, folder / "bucket")
        self.machine.ok("kms", "set", *self.access, "--no-check")

    def add(self, name, snapshots=1, *options):
        """A filesystem of its own, small tree; the locators of its snapshots."""
        self.machine.ok("fs", "add", name, make_small_tree(self.folder / f"source-{name}"), "--obs", "dr", *options)
        return [upload(self.machine, name, f"day-{day}") for day in range(snapshots)]

    def rotate(self):
        self.bao.rotate_key(self.key)

    def retire(self):
        self.bao.retire_versions_below(2, self.key)

    def asked_by(self, *words):
        """What the KMS is asked for by a command, and how many objects are new in the bucket."""
        asked, objects = len(self.way.asked), len(self.bucket.list())
        result = self.machine.ok(*words)
        paths = [path.removeprefix("/v1/").replace(self.key, "KEY") for path in self.way.asked[asked:]]
        return result, Counter(paths), len(self.bucket.list()) - objects

    def check_opens(self, *names):
        for name in names:
            for snapshot in self.machine.ok("fs", "snapshot", "list", name, "--json").json:
                self.machine.ok("fs", "snapshot", "verify", name, snapshot["name"], "--keys")


@pytest.fixture
def cluster(folder, shared_bao):
    made = Cluster(folder, shared_bao)
    yield made
    made.way.stop()


def outcomes(result):
    return {row["filesystem"] or row["id"]: row["outcome"] for row in result.json}


def only(rows):
    row, = rows
    return row


def test_the_old_version_is_retired_and_everything_opens(cluster, folder, needs_tools):
    machine = cluster.machine
    locators = cluster.add("home", 3)
    machine.ok("fs", "snapshot", "add", "home", "alone")
    locators.append(machine.ok("fs", "snapshot", "upload", "home", "alone", "--new-data-key").last_line)
    cluster.add("other")
    old = all_envelopes(cluster.bucket)
    cluster.rotate()
    assert outcomes(machine.ok("kms", "rewrap", "--json")) == {"home": "rewrapped", "other": "rewrapped"}
    assert {envelope["kms"]["key_version"] for envelope in newest_records(cluster.bucket).values()} == {2}
    assert all(cluster.bao.opens(envelope) for envelope in old), "until it is retired"
    cluster.retire()
    assert not any(cluster.bao.opens(envelope) for envelope in old), "who has copied them has nothing"
    cluster.check_opens("home", "other")
    for number, locator in enumerate(locators):
        download_same(machine, f"again-{number}", folder / f"again-{number}", locator, folder / "source-home")
    upload(machine, "home", "next")
    assert {fs["name"]: fs["kms_key_version"] for fs in machine.ok("fs", "--json").json}["home"] == 2


def test_it_costs_the_same_whatever_the_number_of_snapshots(cluster):
    cluster.add("one", 1)
    cluster.add("five", 5)
    cluster.rotate()
    price = Counter({"auth/approle/login": 1, "transit/keys/KEY": 2, "transit/decrypt/KEY": 2, "transit/rewrap/KEY": 1})
    current = Counter({"auth/approle/login": 1, "transit/keys/KEY": 1, "transit/decrypt/KEY": 1})
    for name in ("one", "five"):
        assert cluster.asked_by("fs", "kms-rewrap", name)[1:] == (price, 1)
        assert cluster.asked_by("fs", "kms-rewrap", name)[1:] == (current, 0)


def test_the_newest_version_is_asked_for_once_and_not_for_each_filesystem(cluster):
    names = ["a", "b", "c", "d"]
    for name in names:
        cluster.add(name, 0)
    cluster.rotate()
    result, asked, objects = cluster.asked_by("kms", "rewrap", "--json")
    assert outcomes(result) == dict.fromkeys(names, "rewrapped")
    assert asked == Counter({"auth/approle/login": 1, "transit/keys/KEY": 2, "transit/decrypt/KEY": 8, "transit/rewrap/KEY": 4})
    assert objects == 4


def test_a_dry_run_says_what_would_be_done_and_does_nothing(cluster):
    cluster.add("home", 2)
    before = cluster.bucket.list(), cluster.machine.ok("fs", "--json").json
    assert only(cluster.machine.ok("kms", "rewrap", "--dry-run", "--json").json)["outcome"] == "current"
    cluster.rotate()
    result, asked, objects = cluster.asked_by("kms", "rewrap", "--dry-run", "--json")
    row = only(result.json)
    assert (row["outcome"], row["records"], row["kms_key_version"]) == ("would-rewrap", 1, 1)
    assert objects == 0 and not [path for path in asked if "rewrap" in path or "encrypt" in path]
    assert (cluster.bucket.list(), cluster.machine.ok("fs", "--json").json) == before


def test_it_is_killed_before_any_of_its_requests_is_answered(cluster, folder):
    """From the same beginning, at one request to the KMS after the other: afterwards everything opens, and the same command goes on."""
    cluster.add("first")
    cluster.add("second", 2)
    cluster.rotate()
    saved = folder / "saved"
    for name in ("home-1", "bucket"):
        shutil.copytree(folder / name, saved / name)
    requests = sum(cluster.asked_by("kms", "rewrap")[1].values())
    assert requests == 9
    left = []
    for last in range(1, requests + 1, 1 if LONG else 2):
        for name in ("home-1", "bucket"):
            shutil.rmtree(folder / name)
            shutil.copytree(saved / name, folder / name)
        kill_at(cluster, last)
        cluster.check_opens("first", "second")
        left.append(Counter(outcomes(cluster.machine.ok("kms", "rewrap", "--json")).values())["rewrapped"])
        assert [row["kms_key_version"] for row in cluster.machine.ok("fs", "--json").json] == [2, 2]
        assert len(key_records(cluster.bucket)) == 4, "two before, and no more than one for each"
    assert left == sorted(left, reverse=True) and set(left) == {2, 1}, "it was killed before the first filesystem, and behind it"
    cluster.retire()
    cluster.check_opens("first", "second")


def kill_at(cluster, last):
    cluster.way.asked.clear()
    process = cluster.machine.start("kms", "rewrap", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def before(number):
        if number == last:
            process.kill()
        return number < last

    cluster.way.before = before
    assert process.wait(timeout=60) == -signal.SIGKILL, f"it ended before its request {last}"
    cluster.way.before = None


def test_a_rewrap_during_an_upload_does_no_harm(cluster):
    """It is held when it shows, just before it publishes, that its key still opens."""
    machine, done = cluster.machine, []
    cluster.add("home")
    cluster.rotate()
    machine.ok("fs", "snapshot", "add", "home", "held")
    cluster.way.asked.clear()

    def before(number):
        if not done and len([path for path in cluster.way.asked if "/decrypt/" in path]) == 2:
            done.append(True)
            done.append(outcomes(machine.ok("kms", "rewrap", "--json")))
        return True

    cluster.way.before = before
    machine.ok("fs", "snapshot", "upload", "home", "held")
    cluster.way.before = None
    assert done == [True, {"home": "rewrapped"}]
    cluster.retire()
    cluster.check_opens("home")


@pytest.mark.skipif(NO_FSCRYPT, reason="this kernel's ext4 has no fscrypt")
def test_the_key_of_an_encrypted_disk_goes_along(cluster, folder):
    """It was never uploaded, and is unlocked meanwhile."""
    machine = cluster.machine
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=32) as disk:
        live = disk.path / "live"
        machine.ok("fs", "add", "live", live, "--obs", "dr", "--encrypted")
        (live / "file").write_text("of live")
        cluster.rotate()
        with (live / "file").open() as held:
            assert outcomes(machine.ok("kms", "rewrap", "--json")) == {"live": "rewrapped"}
            cluster.retire()
            assert held.read() == "of live"
        machine.ok("fs", "lock", "live")
        machine.ok("fs", "unlock", "live")
        assert (live / "file").read_text() == "of live"
        machine.ok("fs", "lock", "live")


# --- filesystems with keys of their own ---


class Tenant:
    """A namespace with a key and a role of its own, and what a filesystem is told of it."""

    def __init__(self, bao, folder):
        self.bao, self.namespace = bao, f"tenant-{uuid.uuid4().hex[:12]}"
        bao.add_namespace(self.namespace)
        bao.add_transit(namespace=self.namespace)
        bao.add_key("tenant-key", namespace=self.namespace)
        bao.add_policy("tenant", "tenant-key", namespace=self.namespace)
        role_id, secret_id = bao.add_approle("tenant", namespace=self.namespace)
        self.options = ["--kms-key-identifier", "tenant-key", "--kms-namespace", self.namespace, "--kms-role-id", role_id, "--kms-secret-id-file",
                        secret_file(folder, self.namespace, secret_id)]

    def rotate(self):
        self.bao.rotate_key("tenant-key", namespace=self.namespace)

    def retire(self):
        self.bao.retire_versions_below(2, "tenant-key", namespace=self.namespace)

    def delete_key(self):
        self.bao.call("POST", "transit/keys/tenant-key/config", {"deletion_allowed": True}, self.namespace)
        self.bao.call("DELETE", "transit/keys/tenant-key", namespace=self.namespace)


def test_all_takes_each_key_to_its_own_newest_version(cluster, folder):
    machine, a, b = cluster.machine, Tenant(cluster.bao, folder), Tenant(cluster.bao, folder)
    cluster.add("home")
    cluster.add("a", 1, *a.options)
    cluster.add("b", 0, *b.options)
    cluster.rotate()
    a.rotate()
    assert outcomes(machine.ok("kms", "rewrap", "--json")) == {"home": "rewrapped"}, "those under the cluster key"
    assert outcomes(machine.ok("kms", "rewrap", "--all", "--json")) == {"a": "rewrapped", "b": "current", "home": "current"}
    b.rotate()
    assert outcomes(machine.ok("fs", "kms-rewrap", "b", "--json")) == {"b": "rewrapped"}
    for owner in (cluster, a, b):
        owner.retire()
    cluster.check_opens("home", "a")
    assert {fs["name"]: fs["kms_namespace"] for fs in machine.ok("fs", "--json").json} == {"a": a.namespace, "b": b.namespace, "home": None}

    assert outcomes(machine.ok("kms", "rewrap", "--convert-to-cluster-key-on-fs", "--json")) == {"a": "rewrapped", "b": "rewrapped", "home": "current"}
    assert {fs["kms_key_identifier"] for fs in machine.ok("fs", "--json").json} == {cluster.key}
    a.delete_key()
    b.delete_key()
    cluster.check_opens("home", "a")


def test_one_that_fails_does_not_keep_the_others_from_it(cluster, folder):
    machine, tenant = cluster.machine, Tenant(cluster.bao, folder)
    cluster.add("home")
    cluster.add("a", 0, *tenant.options)
    cluster.add("z", 0)
    cluster.rotate()
    tenant.delete_key()
    failed = machine.run("kms", "rewrap", "--all", "--json")
    assert failed.code != 0 and "1 filesystem failed (a)" in failed.err and "same command" in failed.err
    assert outcomes(failed) == {"a": "failed", "home": "rewrapped", "z": "rewrapped"}
    assert "tenant-key" in [row for row in failed.json if row["filesystem"] == "a"][0]["problem"]


# --- filesystems of a bucket ---


def test_filesystems_are_known_from_a_bucket_alone(cluster, folder, needs_tools):
    """Their cluster is gone; the KMS and the bucket are not."""
    locators = cluster.add("home", 2)
    cluster.machine.ok("fs", "rekey", "home")
    upload(cluster.machine, "home", "rekeyed")
    cluster.add("other")
    shutil.rmtree(cluster.machine.home)
    second = Sealift(folder / "home-2")
    second.ok("kms", "set", *cluster.access)
    cluster.rotate()
    where = ["--obs", f"file://{cluster.bucket.folder}"]
    home = locators[0].split("/")[0]
    row = only(second.ok("kms", "rewrap", *where, "--fs", home, "--json").json)
    assert (row["filesystem"], row["id"], row["outcome"], row["keys"], row["records"], row["kms_key_version"]) == (None, home, "rewrapped", 2, 2, 2)
    assert sorted(outcomes(second.ok("kms", "rewrap", *where, "--json")).values()) == ["current", "rewrapped"]
    cluster.retire()
    for locator in [row["locator"] for row in second.ok("obs", "snapshots", where[1], "--json").json]:
        second.ok("fs", "snapshot", "ls", "--obs", where[1], locator)
    download_same(second, "home", folder / "again", locators[0], folder / "source-home", store=where[1])
    second.fails("kms", "rewrap", *where, "--fs", "6f1d0a6e-3b1c-4c55-9d0a-0123456789ab", code=NOT_FOUND, says=["holds nothing"])


def test_the_table_follows_when_it_knows_a_filesystem_of_the_bucket(cluster):
    cluster.add("home")
    cluster.rotate()
    assert outcomes(cluster.machine.ok("kms", "rewrap", "--obs", "dr", "--json")) == {"home": "rewrapped"}
    assert only(cluster.machine.ok("fs", "--json").json)["kms_key_version"] == 2
    assert outcomes(cluster.machine.ok("kms", "rewrap", "--json")) == {"home": "current"}


def test_what_this_cluster_cannot_open_is_said_of_each(cluster, folder, small_tree):
    """A bucket that two clusters share, each with a KMS of its own."""
    stranger = Sealift(folder / "home-2")
    add_folder_store(stranger, cluster.bucket.folder)
    theirs = stranger.ok("fs", "add", "theirs", small_tree, "--obs", "dr", "--allow-no-kms", "--json").json["id"]
    cluster.add("home")
    cluster.rotate()
    failed = cluster.machine.fails("kms", "rewrap", "--obs", "dr", "--json", code=(DENIED, NOT_FOUND), says=["1 filesystem failed", theirs])
    assert outcomes(failed) == {"home": "rewrapped", theirs: "failed"}


# --- refusals ---


def test_requests_that_make_no_sense_are_refused(cluster, folder):
    machine = cluster.machine
    cluster.add("home")
    machine.fails("kms", "rewrap", "--new-key-uid", "5", code=INVALID, says=["for KMIP", "rotate"])
    machine.fails("kms", "rewrap", "--all", "--obs", "dr", code=INVALID, says=["--obs"])
    machine.fails("kms", "rewrap", "--fs", "x", code=INVALID, says=["--obs"])
    machine.fails("kms", "rewrap", "--obs", "dr", "--fs", "home", code=INVALID, says=["UUID"])
    machine.fails("fs", "kms-rewrap", "nobody", code=NOT_FOUND, says=["nobody"])
    bare = Sealift(folder / "home-3")
    bare.fails("kms", "rewrap", code=INVALID, says=["no KMS is set", "kms set vault"])


def test_one_process_at_a_time(cluster):
    said = []
    cluster.add("home")
    cluster.rotate()

    def before(number):
        if cluster.way.asked[-1].endswith("/rewrap/" + cluster.key) and not said:
            said.append(cluster.machine.fails("kms", "rewrap", code=CONFLICT, says=["another process"]))
        return True

    cluster.way.before = before
    cluster.machine.ok("kms", "rewrap")
    assert len(said) == 1


# --- KMIP, whose keys have no versions ---


def test_kmip_moves_to_another_key(kmip, folder, small_tree, needs_tools):
    machine, old, new = Sealift(folder / "home-1"), kmip.add_shared_key(), kmip.add_shared_key()
    bucket = BucketFolder(folder / "bucket")
    add_folder_store(machine, bucket.folder)
    machine.ok("kms", "set", "kmip", *kmip.access(old))
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.ok("fs", "add", "own", small_tree / "folder-0", "--obs", "dr", "--kms-key-identifier", kmip.add_shared_key())
    locator = upload(machine, "home", "monday")
    upload(machine, "own", "monday")
    machine.fails("kms", "rewrap", code=INVALID, says=["no versions", "--new-key-uid"])
    machine.fails("fs", "kms-rewrap", "home", code=INVALID, says=["no versions"])
    machine.fails("fs", "kms-rewrap", "home", "--new-key-uid", new, code=INVALID, says=["under the cluster key"])
    before = bucket.list()
    assert {row["filesystem"]: row["outcome"] for row in machine.ok("kms", "rewrap", "--new-key-uid", new, "--dry-run", "--json").json} == {"home": "would-rewrap"}
    assert bucket.list() == before and machine.ok("kms", "--json").json["key"] == old
    calls = kmip.operations()
    assert {row["filesystem"]: row["outcome"] for row in machine.ok("kms", "rewrap", "--new-key-uid", new, "--json").json} == {"home": "rewrapped", "own": "current"}
    assert kmip.operations()["ENCRYPT"] - calls["ENCRYPT"] <= 3
    shown = machine.ok("kms", "--json").json
    assert (shown["key"], shown["former_type"], shown["moving"]) == (new, None, 0)

    its_new = kmip.add_shared_key()
    row = only(machine.ok("fs", "kms-rewrap", "own", "--new-key-uid", its_new, "--json").json)
    assert (row["outcome"], row["kms_key_identifier"]) == ("rewrapped", its_new)
    admin = kmip.admin()
    admin.revoke(old)
    admin.destroy(old)
    for name in ("home", "own"):
        machine.ok("fs", "snapshot", "verify", name, "monday", "--keys")
    download_same(machine, "again", folder / "again", locator, small_tree)
