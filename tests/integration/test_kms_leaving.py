"""The KMS is left, or exchanged where that needs a word: the local key and its end, filesystems with keys of their own, `kms reset`."""

import pytest

from support.command import Sealift
from support.exit_codes import CONFLICT, INVALID, NOT_FOUND, UNAVAILABLE
from support.kms_access import secret_file
from support.main_job import add_folder_store, add_local_fs, download_same, upload
from support.moving_cluster import MovingCluster, outcomes
from support.pykmip import PyKmip


@pytest.fixture
def cluster(folder, small_tree, needs_tools):
    return MovingCluster(folder, small_tree)


def approle(folder, bao):
    """A login that may use every key."""
    bao.call("PUT", "sys/policies/acl/all", {"policy": 'path "transit/*" { capabilities = ["read", "update"] }'})
    role_id, secret_id = bao.add_approle("all")
    return ["vault", bao.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, f"secret-{bao.port}", secret_id)]


def restore(source, target, name):
    source.call("POST", f"transit/keys/{name}/config", {"exportable": True, "allow_plaintext_backup": True})
    target.call("POST", f"transit/restore/{name}", {"backup": source.call("GET", f"transit/backup/{name}")["data"]["backup"]})


# --- filesystems with keys of their own ---


def add_tenants(cluster, bao):
    """Two more filesystems, with a key of their own each."""
    for name in ("anna", "bert"):
        bao.add_key(name)
        path = cluster.folder / name
        path.mkdir()
        cluster.machine.ok("fs", "add", name, path, "--obs", "dr", "--kms-key-identifier", name)
        upload(cluster.machine, name, "monday")
    cluster.locators.update(anna=None, bert=None)


def test_own_keys_move_to_where_they_are_on_the_new_kms(cluster, folder, bao, second_bao):
    machine, new = cluster.machine, approle(folder, second_bao)
    cluster.set_kms(approle(folder, bao))
    cluster.fill()
    add_tenants(cluster, bao)
    before = cluster.wrapped_by()

    failed = machine.fails("kms", "set", *new, code=NOT_FOUND, says=["2 filesystems with keys of their own", "anna, bert", "nothing is changed",
                                                                    "--convert-to-cluster-key-on-fs"])
    assert failed.out == "" and machine.ok("kms", "--json").json["address"] == bao.address
    restore(bao, second_bao, "anna")
    second_bao.add_key("bert")  # of the same name, and another key
    shown = cluster.set_kms(new)
    assert outcomes(shown) == {"anna": "current", **dict.fromkeys(["bare", "bert", "fresh", "home"], "rewrapped")}
    assert cluster.wrapped_by() == before
    bao.stop()
    cluster.check_opens()


def test_own_keys_move_to_the_cluster_key_of_another_type_when_that_is_wanted(cluster, folder, bao):
    machine, kmip = cluster.machine, PyKmip(folder / "kmip").start()
    try:
        new = ["kmip", *kmip.access(kmip.add_shared_key())]
        cluster.set_kms(approle(folder, bao))
        cluster.fill()
        add_tenants(cluster, bao)
        machine.fails("kms", "set", *new, code=CONFLICT, says=["anna, bert", "is one of vault", "of type kmip", "nothing is changed. Let --convert-to-cluster-key-on-fs"])
        machine.fails("kms", "set", *new, "--no-check", code=CONFLICT, says=["anna, bert"])
        shown = machine.ok("kms", "set", *new, "--convert-to-cluster-key-on-fs", "--json").json
        assert outcomes(shown) == dict.fromkeys(["anna", "bare", "bert", "fresh", "home"], "rewrapped")
        assert {place[0] for place in cluster.wrapped_by().values()} == {"kmip"}
        bao.stop()
        cluster.check_opens()
        upload(machine, "anna", "tuesday")
    finally:
        kmip.stop()


# --- the local key ---


@pytest.fixture
def forgotten(cluster, folder, bao, small_tree):
    """What `kms set` is told, after it has moved all from the local key but a filesystem that the table has forgotten; and that one's locator."""
    machine = cluster.machine
    cluster.fill("--allow-no-kms")
    add_local_fs(machine, "gone", small_tree / "folder-2")
    locator = upload(machine, "gone", "monday")
    machine.ok("fs", "remove", "gone")
    new = ["vault", bao.address, "cluster-key", "--token-file", secret_file(folder, "token", bao.token)]
    kept = machine.ok("kms", "set", *new, "--json")
    assert f"only the local key opens fs/{locator.split('/')[0]}/keys/" in kept.err and "--destroy-local-key" in kept.err
    assert outcomes(kept.json) == dict.fromkeys(cluster.names, "rewrapped")
    assert cluster.has_local_key() and kept.json["former_type"] == "local"
    download_same(machine, "back", folder / "back", locator, small_tree / "folder-2")
    machine.ok("fs", "remove", "back")
    return new, locator


def test_the_local_key_stays_while_something_in_a_bucket_hangs_on_it(forgotten, cluster):
    """Its snapshots would be lost with the key, so that is said, and only done when it is asked for."""
    new, _ = forgotten
    assert cluster.set_kms(new)["former_type"] == "local" and cluster.has_local_key()
    gone = cluster.machine.ok("kms", "set", *new, "--destroy-local-key", "--json")
    assert "only the local key opens" in gone.err and "overwritten and removed" in gone.err
    assert not cluster.has_local_key() and gone.json["former_type"] is None
    cluster.check_opens()


def test_the_local_key_goes_when_what_hung_on_it_has_moved(forgotten, cluster, folder, small_tree):
    """It was for the bucket alone that it was kept, so that its rewrap is the end of it."""
    _, locator = forgotten
    machine = cluster.machine
    assert "only the local key opens" in machine.ok("kms", "rewrap").err and cluster.has_local_key()
    machine.ok("kms", "rewrap", "--obs", "dr", "--dry-run")
    assert cluster.has_local_key()
    assert "overwritten and removed" in machine.ok("kms", "rewrap", "--obs", "dr").err
    assert not cluster.has_local_key() and machine.ok("kms", "--json").json["former_type"] is None
    download_same(machine, "saved", folder / "saved", locator, small_tree / "folder-2")


def test_whoever_ends_the_move_destroys_the_local_key(cluster, folder, bao):
    """Set untried, as after a kill: all that is left is for `kms rewrap`."""
    machine = cluster.machine
    cluster.fill("--allow-no-kms")
    machine.ok("kms", "set", *approle(folder, bao), "--no-check")
    machine.ok("kms", "rewrap", "--dry-run")
    assert cluster.has_local_key()
    ended = machine.ok("kms", "rewrap", "--json")
    assert {one["outcome"] for one in ended.json} == {"rewrapped"} and "overwritten and removed" in ended.err
    assert not cluster.has_local_key() and machine.ok("kms", "--json").json["former_type"] is None
    cluster.check()


def test_a_key_that_was_brought_from_another_machine_is_not_touched(folder, bao, small_tree):
    first, other = Sealift(folder / "home-1"), Sealift(folder / "home-2")
    for machine in (first, other):
        add_folder_store(machine, folder / "bucket")
    add_local_fs(first, "home", small_tree)
    upload(first, "home", "monday")
    (other.home / "local-kms.key").write_bytes((first.home / "local-kms.key").read_bytes())
    other.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", secret_file(folder, "token", bao.token))
    assert (other.home / "local-kms.key").read_bytes() == (first.home / "local-kms.key").read_bytes()


# --- kms reset ---


def test_reset_is_refused_while_filesystems_rely_on_the_kms(cluster, folder, bao):
    machine, new = cluster.machine, approle(folder, bao)
    machine.fails("kms", "reset", code=NOT_FOUND, says=["no KMS"])
    cluster.set_kms(new)
    assert "No KMS is set any more" in machine.ok("kms", "reset").err
    cluster.set_kms(new)
    cluster.fill()
    add_tenants(cluster, bao)
    machine.fails("kms", "reset", code=CONFLICT, says=["5 filesystems rely on the KMS", "anna, bare, bert, fresh, home", "--allow-downgrade"])
    done = machine.ok("kms", "reset", "--allow-downgrade", "--json")
    assert outcomes(done.json) == dict.fromkeys(["anna", "bare", "bert", "fresh", "home"], "rewrapped")
    assert "whoever reads that folder reads everything" in done.err
    assert {place[0] for place in cluster.wrapped_by().values()} == {"local"}
    machine.fails("kms", code=NOT_FOUND, says=["no KMS"])
    bao.stop()
    cluster.check("--allow-no-kms")


def test_reset_changes_nothing_while_the_kms_opens_nothing(cluster, folder, bao):
    """Else no KMS would be set any more, and yet nothing have moved."""
    machine = cluster.machine
    cluster.set_kms(approle(folder, bao))
    cluster.fill()
    before = cluster.wrapped_by()
    bao.seal()
    failed = machine.fails("--kms-wait", "1s", "kms", "reset", "--allow-downgrade", code=UNAVAILABLE, says=["nothing is changed", "sealed"])
    shown = machine.ok("kms", "--json").json
    assert failed.out == "" and (shown["address"], shown["former_type"]) == (bao.address, None)
    assert cluster.wrapped_by() == before and not cluster.has_local_key()


@pytest.mark.parametrize("way", ["on", "back"])
def test_a_reset_that_was_cut_off_goes_on_or_back(cluster, folder, bao, way):
    """One filesystem cannot be moved: both KMSs are needed, as whoever asks hears, and either way makes it whole."""
    machine, access = cluster.machine, approle(folder, bao)
    cluster.set_kms(access)
    cluster.fill()
    machine.ok("obs", "add", "far", f"file://{folder}/far")
    machine.ok("fs", "add", "stays", cluster.tree / "folder-2", "--obs", "far")
    (folder / "far").rename(folder / "unmounted")
    failed = machine.fails("kms", "reset", "--allow-downgrade", "--json", code=NOT_FOUND, says=["(stays)", "to go on", "to go back"])
    assert outcomes(failed.json) == {**dict.fromkeys(cluster.names, "rewrapped"), "stays": "failed"}
    for asked, code in (("show", NOT_FOUND), ("check", INVALID)):
        machine.fails("kms", asked, code=code, says=[f"1 filesystem (stays) still needs the vault KMS before ({bao.address})", "reset --allow-downgrade", "goes back"])
    cluster.check_opens()
    (folder / "unmounted").rename(folder / "far")
    if way == "on":
        done = machine.ok("kms", "reset", "--allow-downgrade", "--json").json
        assert outcomes(done) == {"stays": "rewrapped"}
        bao.stop()
        cluster.check("--allow-no-kms")
    else:
        done = cluster.set_kms(access)
        assert outcomes(done) == {**dict.fromkeys(cluster.names, "rewrapped"), "stays": "current"} and done["former_type"] is None
        assert not cluster.has_local_key(), "nothing hangs on it any more"
        cluster.check()


# --- later ---


def test_what_is_set_untried_moves_later(cluster, folder, bao, second_bao):
    """Nothing is asked, and nothing moves; all opens through the one before, until `kms rewrap`."""
    machine = cluster.machine
    cluster.set_kms(approle(folder, bao))
    cluster.fill()
    done = machine.ok("kms", "set", *approle(folder, second_bao), "--no-check", "--json")
    assert done.json["moved"] == [] and (done.json["former_address"], done.json["moving"]) == (bao.address, 3)
    assert "untried" in done.err and "sealift kms rewrap" in done.err
    cluster.check_opens()
    machine.ok("kms", "rewrap")
    assert machine.ok("kms", "--json").json["former_type"] is None
    bao.stop()
    cluster.check()
