"""The main job through another real KMIP server, Cosmian KMS: versions up to 2.1, TLS 1.3, AES-GCM in each of them."""

import pytest

from support.certificates import Authority
from support.cosmian import Cosmian
from support.exit_codes import DENIED, KEY, NOT_FOUND
from support.kmip_job import carry_tree, keep_secrets, kms_shown, pinned, set_kmip, upload_pinned
from support.main_job import add_folder_store, download_same

VERSIONS = ["1.2", "1.3", "1.4", "2.0", "2.1"]
AGREED = "1.4"


@pytest.fixture(scope="module")
def cosmian(servers_folder):
    server = Cosmian(servers_folder / "cosmian").start()
    yield server
    server.stop()


@pytest.mark.parametrize("version", [*VERSIONS, None])
def test_every_version_carries_a_tree_to_another_machine(version, cosmian, machines, place, sample_tree, folder, needs_tools):
    uid = cosmian.add_shared_key()
    carry_tree(cosmian, uid, version, machines, place, sample_tree, folder)
    for machine in machines:
        assert kms_shown(machine) == ("kmip", cosmian.address, uid, version or AGREED, "pinned" if version else "agreed", "AES-GCM")
    keep_secrets(cosmian, machines, place)


@pytest.mark.parametrize("written", VERSIONS)
def test_what_one_version_wrapped_every_other_opens(written, cosmian, machines, folder, small_tree, needs_tools):
    """At 1.2 the tag of AES-GCM stands at the end of what it made, from 1.3 on in a field."""
    first, second = machines
    uid = cosmian.add_shared_key()
    locator = upload_pinned(cosmian, uid, written, first, folder, small_tree)
    add_folder_store(second, folder / "bucket")
    for read in VERSIONS:
        set_kmip(second, cosmian, uid, "machine-b", *pinned(read))
        download_same(second, f"home-{read}", folder / f"home-{read}", locator, small_tree)


def test_keys_that_will_not_do(cosmian, machines):
    machine, _ = machines
    admin = cosmian.admin()
    inactive, ended, destroyed = cosmian.add_shared_key(active=False), cosmian.add_shared_key(), cosmian.add_shared_key()
    admin.revoke(ended)
    admin.revoke(destroyed)
    admin.destroy(destroyed)
    for uid, code, says in ((inactive, KEY, ["Pre-Active"]), (ended, KEY, ["Deactivated"]), (destroyed, (KEY, NOT_FOUND), ["destroyed"]),
                            (admin.add_key(), (NOT_FOUND, DENIED), []), ("no-such-key", NOT_FOUND, [])):
        machine.fails("kms", "set", "kmip", *cosmian.access(uid), code=code, says=[uid, *says])
    assert machine.run("kms").code == NOT_FOUND


def test_a_client_certificate_of_another_authority(cosmian, machines, folder):
    """TLS 1.3: the client's handshake is done before the server has looked at its certificate."""
    machine, _ = machines
    arguments = cosmian.access(cosmian.add_shared_key())
    stranger = Authority(folder / "other-ca").client("machine-a")
    arguments[3], arguments[5] = stranger.certificate, stranger.key
    machine.fails("kms", "set", "kmip", *arguments, code=DENIED, says=[cosmian.address, "client certificate", "CA that it trusts"])


def test_check_says_what_there_is(cosmian, machines):
    machine, _ = machines
    set_kmip(machine, cosmian, cosmian.add_shared_key(), "machine-a", *pinned("2.1"))
    lines = machine.ok("kms", "check").out
    for words in (cosmian.address, "TLSv1.3", "KMIP 2.1", '"cosmian"', "256 bits", "AES-GCM", "the same key came back"):
        assert words in lines
