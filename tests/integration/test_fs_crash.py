"""Commands by which filesystems and snapshots come and go, killed between any two of their steps: no key is lost that something is encrypted under, and
what is deleted is gone or restorable, never a half."""

import errno
import fcntl
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from support.compare import assert_same
from support.crash_world import all_at_rest_keys, drill, in_buckets, subjects
from support.exit_codes import CONFLICT, NOT_FOUND
from support.key_change import kills
from support.loop_disk import loop_disk
from support.main_job import upload

pytestmark = pytest.mark.many_runs

GET_ENCRYPTION_POLICY_EX = 0xC0096616  # of <linux/fscrypt.h>


@pytest.fixture
def servers(two_vaults):
    return two_vaults


@pytest.fixture
def cluster(crash_cluster):
    return crash_cluster.again()


def policy(path):
    """The key that the kernel says a directory is encrypted under; None: none."""
    if not path.exists():
        return None
    folder, answer = os.open(path, os.O_RDONLY), bytearray((24).to_bytes(8, "little") + bytes(24))
    try:
        fcntl.ioctl(folder, GET_ENCRYPTION_POLICY_EX, answer)
    except OSError as error:
        assert error.errno == errno.ENODATA
        return None
    finally:
        os.close(folder)
    assert answer[8] == 2, "a policy of version 2"
    return answer[16:32].hex()


def table_at_rest(machine):
    """As the table says it at this moment."""
    with closing(sqlite3.connect(machine.home / "sealift.db")) as table:
        return dict(table.execute("SELECT uuid, at_rest FROM fs WHERE at_rest != ''"))


def whole(machine, *options):
    """Everything that is listed opens."""
    return subjects(machine.ok("kms", "drill", *options, "--json").json["listing"])


def known(machine):
    return {fs["name"]: fs for fs in machine.ok("fs", "--json").json}


def snapshots(machine, fs):
    return {entry["name"]: entry for entry in machine.ok("fs", "snapshot", "--json").json if entry["filesystem"] == fs}


def filesystems_in_bucket(world):
    return {path.name for path in world.bucket.glob("fs/*") if any(path.rglob("*.json"))}


# --- filesystems that come ---


def test_fs_add_of_an_encrypted_one_with_its_own_key(cluster, servers, folder):
    machine, before, there = cluster.machine, whole(cluster.machine), filesystems_in_bucket(cluster)
    tenant, seen = cluster.elsewhere("tenant", servers.tenant), set()
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        path = disk.path / "new"
        command = ["fs", "add", "new", path, "--obs", "dr", "--encrypted", *servers.own_key]
        for _ in kills(cluster, command, every=3, tidy=lambda: shutil.rmtree(path, ignore_errors=True)):
            was, identifier = known(machine).get("new"), policy(path)
            seen.add((was is not None, identifier is not None))
            assert subjects(drill(machine)) >= before
            assert len(filesystems_in_bucket(cluster) - there) <= 1
            if identifier is not None:
                assert was is not None and table_at_rest(machine)[was["id"]] == identifier, "the table has the key of what is encrypted"
                assert ("filesystem", was["id"], was["key_check"], None) in subjects(drill(machine))
                assert ("key", was["id"], was["key_check"], None) in subjects(drill(tenant, "--obs", cluster.url))
                assert all_at_rest_keys(cluster, servers.all)[was["id"]] == {identifier}
            if was is None or was["incomplete"]:
                again = machine.run(*command)
                if again.code != 0:
                    assert again.code == CONFLICT and str(path) in again.err, again
                    shutil.rmtree(path)
                    machine.ok(*command)
            assert table_at_rest(machine)[known(machine)["new"]["id"]] == policy(path)
            assert not known(machine)["new"]["incomplete"]
            assert whole(machine) > before
            assert len(filesystems_in_bucket(cluster) - there) <= 2
    assert {(False, False), (True, False), (True, True)} >= seen > {(False, False)}


def test_fs_download_with_its_own_key(cluster, servers, folder, needs_tools):
    """Promoted under another tenant."""
    machine, before, there, path = cluster.machine, whole(cluster.machine), filesystems_in_bucket(cluster), folder / "copy"
    locator = snapshots(machine, "home")["monday"]["locator"]
    command = ["fs", "download", "copy", path, "dr", locator, "--snapshot-name", "promoted", *servers.own_key]
    for _ in kills(cluster, command, every=4, tidy=lambda: shutil.rmtree(path, ignore_errors=True), threads=True):
        assert subjects(drill(machine)) >= before
        if "copy" not in known(machine):
            again = machine.run(*command)
            if again.code != 0:
                assert again.code == CONFLICT and str(path) in again.err, again
                shutil.rmtree(path)
                machine.ok(*command)
        assert whole(machine) > before
        assert len(filesystems_in_bucket(cluster) - there) <= 2
        assert_same(cluster.beside / "source", path)


def test_cluster_recover(cluster, servers):
    machine, seen = cluster.machine, set()
    before, at_rest = known(machine), table_at_rest(machine)
    shutil.rmtree(machine.home)
    machine.ok("kms", "set", *servers.cluster)
    cluster.keep()
    expected = {("filesystem", fs["id"], fs["key_check"], None) for name, fs in before.items() if name != "bare"}
    for _ in kills(cluster, ["cluster", "recover", cluster.url], every=3):
        came = known(machine)
        seen.add(len(came))
        assert all(came[name]["key_check"] == before[name]["key_check"] and came[name]["snapshots"] == 1 for name in came)
        assert {subject for subject in whole(machine) if subject[0] == "filesystem"} == {one for one in expected if one[1] in {fs["id"] for fs in came.values()}}
        machine.ok("cluster", "recover", cluster.url)
        assert whole(machine) >= expected and set(known(machine)) == {"home", "live"}
        assert table_at_rest(machine) == at_rest
    assert seen == {0, 1, 2}


# --- snapshots that come ---


def test_fs_snapshot_upload_with_a_key_for_it_alone(cluster, servers):
    """What is published was shown to open; a key of which nothing came lies in the bucket, opens, and is nobody's."""
    machine, elsewhere, upload_it = cluster.machine, cluster.elsewhere("elsewhere", servers.cluster), ["fs", "snapshot", "upload", "home", "tuesday"]
    machine.ok("fs", "snapshot", "add", "home", "tuesday")
    cluster.keep()
    before, seen = whole(machine), set()
    for _ in kills(cluster, [*upload_it, "--new-data-key"], every=5, threads=True):
        found = whole(machine)
        seen.add(len(found - before))
        assert found >= before and whole(elsewhere, "--obs", cluster.url) == in_buckets(found)
        is_restorable(cluster, elsewhere)
        again = machine.run(*upload_it, "--new-data-key")
        assert again.code == 0 or again.code == CONFLICT and snapshots(machine, "home")["tuesday"]["status"] == "uploaded", again
        machine.ok("fs", "snapshot", "verify", "home", "tuesday", "--data")
        assert len(whole(machine) - before) <= 4, "a key and a snapshot; and, of the attempt that was killed, at most the same"
    assert seen >= {0, 1}


# --- snapshots and filesystems that go ---


def is_restorable(cluster, elsewhere, of=""):
    """Each snapshot that is listed: from the bucket alone, all of its data is read."""
    for path in cluster.bucket.glob(f"fs/{of}*/snapshots/*.json"):
        elsewhere.ok("fs", "snapshot", "verify", f"{path.parts[-3]}/{path.stem}", "--obs", cluster.url, "--data")


def objects(cluster, fs):
    return {path.relative_to(cluster.bucket).parts[2] for path in (cluster.bucket / "fs" / fs).rglob("*") if path.is_file()}


@pytest.fixture
def two_snapshots(cluster, servers):
    """The second one of `home` has a key of its own."""
    upload(cluster.machine, "home", "tuesday", "--new-data-key")
    cluster.keep()
    return cluster, cluster.elsewhere("elsewhere", servers.cluster)


def own_keys(cluster):
    """The uploads for which alone there are key records."""
    return [record["snapshot"] for record in cluster.key_records() if "snapshot" in record]


@pytest.mark.parametrize("snapshot", ["monday", "tuesday"])
def test_fs_snapshot_remove(snapshot, two_snapshots):
    """And with a snapshot the key that it has for itself, at the latest when the command is given again."""
    cluster, elsewhere = two_snapshots
    machine, seen, left_behind = cluster.machine, set(), 0
    upload_of_tuesday, = own_keys(cluster)
    for _ in kills(cluster, ["fs", "snapshot", "remove", "home", snapshot], every=3 if snapshot == "monday" else 1):
        seen.add(len(whole(machine)))
        assert whole(elsewhere, "--obs", cluster.url) == in_buckets(whole(machine))
        is_restorable(cluster, elsewhere)
        left_behind += bool(own_keys(cluster)) and not any(cluster.bucket.glob(f"fs/*/snapshots/{upload_of_tuesday}.json"))
        again = machine.run("fs", "snapshot", "remove", "home", snapshot)
        assert again.code in (0, NOT_FOUND), again
        assert own_keys(cluster) == ([upload_of_tuesday] if snapshot == "monday" else [])
        assert snapshot not in snapshots(machine, "home")
        whole(machine)
        is_restorable(cluster, elsewhere)
        assert len(list(cluster.bucket.glob("fs/*/snapshots/*.json"))) == 2
    assert len(seen) >= 2 and (left_behind > 0) == (snapshot == "tuesday")


def test_fs_remove_with_all_objects(two_snapshots):
    cluster, elsewhere = two_snapshots
    machine, fs, seen = cluster.machine, cluster.ids()["home"], set()
    others = {subject for subject in whole(machine) if subject[1] != fs}
    command = ["fs", "remove", "home", "--purge-from-obs", "--connections", "1"]
    for _ in kills(cluster, command, every=2, threads=True):
        left = objects(cluster, fs)
        seen.add(frozenset(left))
        assert whole(machine) >= others
        assert "home" in known(machine) or not left, "the row goes last"
        assert "keys" in left or not left, "key records go behind all else"
        is_restorable(cluster, elsewhere, fs)
        again = machine.run(*command)
        assert again.code in (0, NOT_FOUND), again
        assert "home" not in known(machine) and not objects(cluster, fs)
        assert whole(machine) == others
    assert {"keys", "logs", "data", "tree", "snapshots"} in seen and len(seen) >= 3


def test_fs_remove(two_snapshots, servers):
    """It is only forgotten: it comes back."""
    cluster, elsewhere = two_snapshots
    machine, before = cluster.machine, whole(cluster.machine)
    for _ in kills(cluster, ["fs", "remove", "home"], every=2):
        assert in_buckets(whole(machine)) == in_buckets(before)
        again = machine.run("fs", "remove", "home")
        assert again.code in (0, NOT_FOUND), again
        assert "home" not in known(machine)
        machine.ok("cluster", "recover", "dr")
        assert whole(machine) == before


def test_fs_key_remove(cluster, servers):
    """Of the older of two: what is left opens."""
    cluster.machine.ok("fs", "update", "live", *servers.own_key)
    cluster.keep()
    machine, before, live = cluster.machine, whole(cluster.machine), cluster.ids()["live"]
    record = min((cluster.bucket / "fs" / live / "keys").iterdir(), key=lambda path: path.stem.split("-", 1)[1]).stem.split("-", 1)[1]
    for _ in kills(cluster, ["fs", "key", "remove", "live", record]):
        assert whole(machine) == before
        again = machine.run("fs", "key", "remove", "live", record)
        assert again.code in (0, NOT_FOUND), again
        assert whole(machine) == before
        assert len(list((cluster.bucket / "fs" / live / "keys").iterdir())) == 1
