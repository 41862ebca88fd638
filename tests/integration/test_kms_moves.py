"""A KMS moves, and what was wrapped before goes on opening: where the KMS keeps its key is a hint in an envelope, not part of what is sealed."""

import pytest

from support.command import Sealift
from support.kms_access import secret_file
from support.main_job import add_folder_store, download_same, upload, verify_every_way


@pytest.fixture
def cluster(bao, folder, small_tree, needs_tools):
    """A machine with one uploaded snapshot, one filesystem without any, and the root token: what it may do is not the point here."""
    machine = Sealift(folder / "home-1")
    token = secret_file(folder, "token", bao.token)
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", token)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.ok("fs", "add", "fresh", small_tree / "folder-0", "--obs", "dr")
    return machine, upload(machine, "home", "monday"), token


def opens_everywhere(machine, locator, token, small_tree, folder, bao, *place):
    """After `kms set` to the new place: the old snapshot verifies and downloads here and on a new machine, both filesystems upload again."""
    machine.ok("kms", "set", "vault", bao.address, *place, "--token-file", token)
    verify_every_way(machine, "home", "monday")
    download_same(machine, "again", folder / "again", locator, small_tree)
    upload(machine, "home", "tuesday")
    upload(machine, "fresh", "first")
    verify_every_way(machine, "fresh", "first")

    second = Sealift(folder / "home-2")
    add_folder_store(second, folder / "bucket")
    second.ok("kms", "set", "vault", bao.address, *place, "--token-file", token)
    download_same(second, "home2", folder / "home2", locator, small_tree)


def test_a_moved_transit_mount(cluster, bao, small_tree, folder):
    machine, locator, token = cluster
    bao.move_mount("transit", "engines/transit-2")
    opens_everywhere(machine, locator, token, small_tree, folder, bao, "cluster-key", "--transit-path", "engines/transit-2")


def test_a_transit_mount_moved_into_a_namespace(cluster, bao, small_tree, folder):
    machine, locator, token = cluster
    bao.add_namespace("team/a")
    bao.move_mount("transit", "team/a/transit")
    opens_everywhere(machine, locator, token, small_tree, folder, bao, "cluster-key", "--namespace", "team/a")


def test_a_key_restored_under_another_name(cluster, bao, small_tree, folder):
    machine, locator, token = cluster
    bao.copy_key("cluster-key", "restored-key")
    bao.delete_key("cluster-key")
    opens_everywhere(machine, locator, token, small_tree, folder, bao, "restored-key")


def test_a_rotated_key(cluster, bao, small_tree, folder):
    machine, locator, token = cluster
    bao.call("POST", "transit/keys/cluster-key/rotate")
    opens_everywhere(machine, locator, token, small_tree, folder, bao, "cluster-key")
