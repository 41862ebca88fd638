"""Every command that changes a key, killed between any two of its steps: a request to the KMS, an object of the bucket, a write of the table. Afterwards
every key opens, from the table alone and from the bucket alone; the same command goes on; and then the new key alone opens everything."""

import shutil
from collections import Counter

import pytest

from support.command import Sealift
from support.crash_world import CrashWorld, LocalKey, all_at_rest_keys, drill, fill, in_buckets, places, subjects
from support.exit_codes import NOT_FOUND
from support.key_change import KeyChange, check_kills, kills, records_of_keys
from support.killed_steps import STEPS, KilledSteps
from support.two_vaults import CLUSTER, OTHER, TENANT, own_key

pytestmark = pytest.mark.many_runs


@pytest.fixture
def servers(two_vaults):
    return two_vaults


@pytest.fixture
def cluster(crash_cluster):
    return crash_cluster.again()


@pytest.fixture
def world(folder):
    return CrashWorld(folder)


# --- from one KMS to another ---


def test_kms_set(cluster, servers):
    before, after = cluster.elsewhere("before", servers.cluster), cluster.elsewhere("after", servers.other)
    check_kills(cluster, KeyChange(["kms", "set", *servers.other], [before], lambda: [after], {OTHER}, lambda: servers.all), every=6)


def test_kms_set_that_is_killed_again_and_again(cluster, servers):
    """Each time a little later, and what was done before is used: it ends, and nothing piles up."""
    everything, records, command = subjects(drill(cluster.machine)), records_of_keys(cluster), ["kms", "set", *servers.other]
    killed = KilledSteps(cluster.beside / "trace", cluster.machine, command)
    steps, times = killed.rehearse(), 0
    cluster.bring_back()
    for step in steps[len(steps) // 3:]:
        if not killed.kill(step):
            break
        times += 1
        assert subjects(drill(cluster.machine)) == everything
        assert records_of_keys(cluster) - records <= Counter(dict.fromkeys(records, 1))
    assert times >= 5
    cluster.machine.ok(*command)
    assert places(drill(cluster.machine)) == {OTHER}
    assert records_of_keys(cluster) - records == Counter(dict.fromkeys(records, 1))


def test_kms_set_after_the_local_key(world, servers, folder, small_tree):
    """Which is destroyed at the end: not before everything has moved."""
    fill(world, folder, small_tree, "--allow-no-kms")
    local = LocalKey(world.machine)
    before, after = local.carry_to(folder / "before"), world.elsewhere("after", servers.other)
    check_kills(world, KeyChange(["kms", "set", *servers.other], [before], lambda: [after], {OTHER}, lambda: [servers.second, LocalKey(before)]), every=8)
    assert not local.file.exists()


def test_kms_reset(cluster, servers, folder):
    local, before = LocalKey(cluster.machine), cluster.elsewhere("before", servers.cluster)

    def kms():
        return [servers.bao, local] if local.file.exists() else [servers.bao]

    check_kills(cluster, KeyChange(["kms", "reset", "--allow-downgrade"], [before], lambda: [local.carry_to(folder / "after")],
                                   {("local", None, None, 1)}, kms, over=(NOT_FOUND,)), every=8)


# --- from one key to another ---


def moves(world, servers, fs, command, before, after, place, every):
    before, after = world.elsewhere("before", before), world.elsewhere("after", after)
    check_kills(world, KeyChange(["fs", "update", fs, *command], [before], lambda: [after], {place}, lambda: servers.all, of={world.ids()[fs]}), every)


def test_fs_update_to_an_own_key(cluster, servers):
    moves(cluster, servers, "live", servers.own_key, servers.cluster, servers.tenant, TENANT, every=3)


def test_fs_update_of_what_is_in_no_bucket(cluster, servers):
    moves(cluster, servers, "bare", servers.own_key, servers.cluster, servers.tenant, TENANT, every=10)


def test_fs_update_back_to_the_cluster_key(cluster, servers):
    cluster.machine.ok("fs", "update", "live", *servers.own_key)
    cluster.keep()
    moves(cluster, servers, "live", ["--use-cluster-kms-key-identifier"], servers.tenant, servers.cluster, CLUSTER, every=8)


# --- to the newest version of a key ---


@pytest.fixture
def rotated(world, servers, folder, small_tree):
    """`live` has a key of its own. Both keys are rotated, and no other test has them."""
    world.machine.ok("kms", "set", *servers.rotating)
    fill(world, folder, small_tree)
    world.machine.ok("fs", "update", "live", *own_key(servers.rotating_tenant))
    world.keep()
    for key, namespace in (("rotating", ""), ("rotating-own", "tenants/a")):
        servers.bao.call("POST", f"transit/keys/{key}/rotate", namespace=namespace)
    yield world
    for key, namespace in (("rotating", ""), ("rotating-own", "tenants/a")):
        servers.bao.call("POST", f"transit/keys/{key}/config", {"min_decryption_version": newest(servers.bao, key, namespace)}, namespace)
    assert subjects(drill(world.machine)) == world.everything, "the older version of the key is not needed any more"


def newest(bao, key, namespace=""):
    return bao.call("GET", f"transit/keys/{key}", namespace=namespace)["data"]["latest_version"]


def rewraps(world, servers, command, keys, of, every):
    """`keys`: each as what `kms set` is told of it, its namespace and its name."""
    machines = [world.elsewhere(key, access) for access, _, key in keys]
    world.everything = subjects(drill(world.machine))
    versions = {("vault", namespace, key, newest(servers.bao, key, namespace or "")) for _, namespace, key in keys}
    check_kills(world, KeyChange(command, machines, lambda: machines, versions, lambda: servers.all, of=of), every)


def test_kms_rewrap_of_all(rotated, servers):
    rewraps(rotated, servers, ["kms", "rewrap", "--all"], [(servers.rotating, None, "rotating"), (servers.rotating_tenant, "tenants/a", "rotating-own")],
            None, every=6)


def test_kms_rewrap_to_a_new_key_of_kmip(world, kmip, folder, small_tree):
    """Which has no versions. What is sent there goes through TLS, and is a write."""
    old, new = kmip.add_shared_key(), kmip.add_shared_key()
    world.machine.ok("kms", "set", "kmip", *kmip.access(old))
    fill(world, folder, small_tree)
    before, after = (world.elsewhere(name, ["kmip", *kmip.access(uid)]) for name, uid in (("before", old), ("after", new)))
    check_kills(world, KeyChange(["kms", "rewrap", "--new-key-uid", new], [before], lambda: [after], {("kmip", None, new, 0)}, lambda: [kmip]), every=20,
                calls=(*STEPS, "write"))


def test_fs_kms_rewrap(rotated, servers):
    rewraps(rotated, servers, ["fs", "kms-rewrap", "live"], [(servers.rotating_tenant, "tenants/a", "rotating-own")], {rotated.ids()["live"]}, every=8)
    rotated.machine.ok("kms", "rewrap")


# --- a second KMS ---


def test_fs_key_add(cluster, servers):
    options = dict(zip(servers.other[3::2], servers.other[4::2]))
    command = ["fs", "key", "add", "live", "--vault", servers.second.address, "--kms-key-identifier", "new-key", "--kms-role-id", options["--role-id"],
               "--kms-secret-id-file", options["--secret-id-file"]]
    before, after = cluster.elsewhere("before", servers.cluster), cluster.elsewhere("after", servers.other)
    check_kills(cluster, KeyChange(command, [before], lambda: [after], {OTHER}, lambda: servers.all, {cluster.ids()["live"]}, here={CLUSTER}), every=8)


# --- a new FS key ---


def in_force(world):
    """By filesystem: the FS key that the next upload is sealed under."""
    return {fs["id"]: fs["key_check"] for fs in world.machine.ok("fs", "--json").json}


def test_fs_rekey(cluster, servers, folder):
    """Killed, it leaves the old key in force or the new one; what a key that nothing was sealed with yet leaves in the bucket does no harm."""
    live, before = cluster.ids()["live"], in_force(cluster)
    everything, at_rest = subjects(drill(cluster.machine)), {fs: {key} for fs, key in cluster.at_rest().items()}
    elsewhere, keys, seen = cluster.elsewhere("before", servers.cluster), records_of_keys(cluster), set()
    for _ in kills(cluster, ["fs", "rekey", "live"], every=4):
        for again in (False, True):
            if again:
                cluster.machine.ok("fs", "rekey", "live")
            after = in_force(cluster)
            seen.add((again, after[live] == before[live]))
            assert {**after, live: before[live]} == before
            wanted = {(kind, fs, after[fs] if kind == "filesystem" else key, locator) for kind, fs, key, locator in everything}
            assert subjects(drill(cluster.machine)) >= wanted
            assert subjects(drill(elsewhere, "--obs", cluster.url)) >= in_buckets(wanted) | {("key", live, after[live], None)}
            assert all_at_rest_keys(cluster, servers.all) == at_rest
            assert sum((records_of_keys(cluster) - keys).values()) <= 1 + again
            came = recovered(cluster, servers, folder)
            assert came.keys() == {live, cluster.ids()["home"]}
            assert not again or came.items() <= after.items(), "of several, the one that the table has"
    assert seen == {(False, True), (False, False), (True, False)}


def recovered(world, servers, folder):
    """As the table was lost: what comes back, all of which opens; by filesystem, the FS key that is in force then."""
    other = Sealift(folder / "recovered")
    shutil.rmtree(other.home, ignore_errors=True)
    other.ok("kms", "set", *servers.cluster)
    other.ok("cluster", "recover", world.url)
    other.ok("kms", "drill")
    return {fs["id"]: fs["key_check"] for fs in other.ok("fs", "--json").json}
