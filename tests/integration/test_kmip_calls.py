"""How often a KMIP server is asked: for each filesystem and snapshot a few times, whatever their size, and for nothing that is known already."""

from contextlib import contextmanager

import pytest

from support.command import Sealift
from support.kmip_job import set_kmip
from support.main_job import add_folder_store, upload
from support.sample_tree import make_small_tree

MIB = 1 << 20


@contextmanager
def asked(kmip, *expected):
    """The server is asked for these operations, in this order, and for no other."""
    before = len(kmip.requests())
    yield
    assert kmip.requests()[before:] == list(expected)


def make_large_tree(root):
    """Several segments, so that whatever is done for each would be seen."""
    make_small_tree(root)
    for number in range(6):
        (root / f"large-{number}").write_bytes(bytes([number]) + b"".join(i.to_bytes(8, "big") for i in range(MIB // 2)))
    return root


@pytest.mark.parametrize("make_tree", [make_small_tree, make_large_tree])
@pytest.mark.parametrize("version", ["1.2", "1.4", "2.0"])
def test_calls_are_few_whatever_the_size(version, make_tree, kmip, folder):
    first, second = Sealift(folder / "home-1"), Sealift(folder / "home-2")
    uid = kmip.add_shared_key()
    for machine, user in ((first, "machine-a"), (second, "machine-b")):
        add_folder_store(machine, folder / "bucket")
        set_kmip(machine, kmip, uid, user, "--kmip-version", version)
    tree = make_tree(folder / "source")
    with asked(kmip, "Encrypt", "Decrypt"):  # and is shown to open
        first.ok("fs", "add", "home", tree, "--obs", "dr")
    with asked(kmip, "Decrypt", "Decrypt"):  # once more before the manifest is published
        locator = upload(first, "home", "monday", "--memory", "64M")
    with asked(kmip, "Decrypt", "Encrypt", "Decrypt"):  # the snapshot's; then the new filesystem's
        second.ok("fs", "download", "home2", folder / "home2", "dr", locator)
    with asked(kmip, "Decrypt"):
        first.ok("fs", "snapshot", "verify", "home", "monday", "--data")


def test_an_agreed_version_and_mode_are_not_asked_for_again(kmip, folder, small_tree):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    set_kmip(machine, kmip, kmip.add_shared_key())
    with asked(kmip, "Encrypt", "Decrypt"):
        machine.ok("fs", "add", "home", small_tree, "--obs", "dr")


def test_what_needs_no_key_asks_nothing(kmip, folder, small_tree):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    set_kmip(machine, kmip, kmip.add_shared_key())
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    upload(machine, "home", "monday")
    with asked(kmip):
        for words in (["kms"], ["fs"], ["fs", "snapshot"], ["obs", "snapshots", "dr"], ["fs", "snapshot", "verify", "home", "monday", "--objects", "--read"]):
            machine.ok(*words)
