"""The main job through a real KMIP server, PyKMIP, over mutual TLS."""

import json
import re
import uuid
from collections import Counter
from pathlib import Path

import pytest

from support.compare import assert_same
from support.exit_codes import CORRUPT, INVALID, KEY
from support.kmip_admin import ENCRYPT
from support.kmip_job import carry_tree, keep_secrets, kms_shown, pinned, set_kmip, upload_pinned
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_s3, download_same, files_below, upload
from support.pykmip import SHARED
from support.sample_tree import make_small_tree
from support.secret_scan import Secret

# What PyKMIP can be asked for: before 1.4 it has AES-GCM, but no field to give the tag back in.
CIPHERS = {"1.2": "AES-CBC", "1.3": "AES-CBC", "1.4": "AES-GCM", "2.0": "AES-GCM"}
AGREED = "1.4"


def test_what_the_server_was_asked_is_counted(kmip):
    """Each request once, also the ones that fail: other tests rely on it."""
    before = kmip.operations()
    admin = kmip.admin()
    for number in range(3):
        admin.destroy(admin.add_key(active=False, usage=ENCRYPT))
    admin.activate(admin.add_key(active=False))
    assert kmip.operations() - before == Counter(Create=4, Destroy=3, Activate=1)


@pytest.mark.parametrize("version, tree", [("1.2", "sample_tree"), ("1.3", "small_tree"), ("1.4", "small_tree"), ("2.0", "small_tree"),
                                           (None, "sample_tree")])
def test_every_version_carries_a_tree_to_another_machine(version, tree, request, kmip, machines, place, folder, needs_tools):
    """Everything that a tree can hold once for each cipher."""
    uid = kmip.add_shared_key()
    carry_tree(kmip, uid, version, machines, place, request.getfixturevalue(tree), folder)
    used = version or AGREED
    for machine in machines:
        assert kms_shown(machine) == ("kmip", kmip.address, uid, used, "pinned" if version else "agreed", CIPHERS[used])
    envelopes = [envelope_in(name, place.get(name)) for name in place.list() if "/keys/" in name or "/snapshots/" in name]
    details = [json.loads(envelope["kms"]["details"]) for envelope in envelopes]
    assert {(detail["version"], detail["cipher"]) for detail in details} == {(used, CIPHERS[used])}
    keep_secrets(kmip, machines, place)


def test_a_server_that_wants_a_password_gets_it_and_nobody_else(kmip, machines, place, small_tree, folder):
    password = uuid.uuid4().hex
    path = secret_file(folder, "password", password)
    first, _ = machines
    add_s3(first, place)
    set_kmip(first, kmip, kmip.add_shared_key(), "machine-a", "--username", "machine-a", "--password-file", path)
    first.ok("fs", "add", "home", small_tree, "--obs", "dr")
    upload(first, "home", "monday")
    shown = first.ok("kms", "--json").json
    assert (shown["username"], shown["credential"]) == ("machine-a", f"file:{path}")
    assert password.encode().hex() in kmip.read_log(), "it was sent"
    keep_secrets(kmip, machines[:1], place, Secret("the password", password.encode()))


def test_show_and_check_say_what_there_is(kmip, machines):
    machine, _ = machines
    uid = kmip.add_shared_key()
    set_kmip(machine, kmip, uid)
    access = kmip.client("machine-a")
    lines = dict(re.split(": +", line, maxsplit=1) for line in machine.ok("kms").out.splitlines())
    assert lines == {"type": "kmip", "address": kmip.address, "key": uid, "ca cert": str(access.ca), "client cert": str(access.certificate),
                     "client key": f"file:{access.key}", "kmip version": AGREED, "version choice": "agreed", "mode": "AES-GCM"}
    findings = machine.ok("kms", "check", "--json").json
    assert {finding["result"] for finding in findings} == {"ok"}, findings
    said = " ".join(f"{finding['call']} {finding['message']}" for finding in findings)
    for words in (kmip.address, "TLSv1.2", f"KMIP {AGREED}", "PyKMIP", "256 bits", "AES-GCM", "the same key came back", "altered is refused"):
        assert words in said
    assert len(machine.ok("kms", "check").out.splitlines()) >= len(findings)


@pytest.mark.parametrize("written, read", [("1.2", "2.0"), ("1.3", "1.2"), ("2.0", "1.4")])
def test_what_one_version_wrapped_another_opens(written, read, kmip, machines, folder, small_tree, needs_tools):
    first, second = machines
    uid = kmip.add_shared_key()
    locator = upload_pinned(kmip, uid, written, first, folder, small_tree)
    add_folder_store(second, folder / "bucket")
    set_kmip(second, kmip, uid, "machine-b", *pinned(read))
    download_same(second, "home2", folder / "home2", locator, small_tree)
    assert kms_shown(second)[3:] == (read, "pinned", CIPHERS[read])


@pytest.mark.parametrize("written, read", [("2.0", "1.2"), ("1.4", "1.3")])
def test_a_pin_that_stands_in_the_way_is_told(written, read, kmip, machines, folder, small_tree, needs_tools):
    """Before 1.4 there is no field for the tag of AES-GCM, and a pin is kept."""
    first, second = machines
    uid = kmip.add_shared_key()
    locator = upload_pinned(kmip, uid, written, first, folder, small_tree)
    add_folder_store(second, folder / "bucket")
    set_kmip(second, kmip, uid, "machine-b", *pinned(read))
    second.fails("fs", "download", "home2", folder / "home2", "dr", locator, code=(INVALID, KEY), says=[uid, read, "--kmip-version"])
    assert files_below(folder / "home2") == {}
    set_kmip(second, kmip, uid, "machine-b")
    download_same(second, "home2", folder / "home2", locator, small_tree)


@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_a_key_under_another_identifier_opens_what_it_wrapped(version, kmip, machines, folder, small_tree, needs_tools):
    """As after a move to another server, where the old one is not to be had."""
    machine, second = machines
    uid = kmip.add_shared_key()
    moved = kmip.admin().copy_key(uid, SHARED)
    locator = upload_pinned(kmip, uid, version, machine, folder, small_tree)
    kmip.admin().revoke(uid)
    kmip.admin().destroy(uid)
    set_kmip(machine, kmip, moved, "machine-a", *pinned(version))
    upload(machine, "home", "tuesday")
    add_folder_store(second, folder / "bucket")
    set_kmip(second, kmip, moved, "machine-b", *pinned(version))
    download_same(second, "home2", folder / "home2", locator, small_tree)


@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_another_key_is_set_and_the_old_one_still_opens(version, kmip, machines, folder, small_tree, needs_tools):
    machine, _ = machines
    upload_pinned(kmip, kmip.add_shared_key(), version, machine, folder, small_tree)
    set_kmip(machine, kmip, kmip.add_shared_key(), "machine-a", *pinned(version))
    locator = upload(machine, "home", "tuesday")
    download_same(machine, "home2", folder / "home2", locator, small_tree)


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_an_encrypted_filesystem_is_locked_and_unlocked_through_it(kmip, machines, place, folder, needs_tools):
    first, second = machines
    uid = kmip.add_shared_key()
    for machine, user in ((first, "machine-a"), (second, "machine-b")):
        add_s3(machine, place)
        set_kmip(machine, kmip, uid, user)
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        home, restored = disk.path / "home", disk.path / "restored"
        first.ok("fs", "add", "home", home, "--obs", "dr", "--encrypted")
        make_small_tree(home / "tree")
        locator = upload(first, "home", "monday")
        second.ok("fs", "download", "home2", restored, "dr", locator)
        assert_same(home, restored)
        second.ok("fs", "lock", "home2")
        assert not (restored / "tree").exists()
        before = kmip.operations()
        second.ok("fs", "unlock", "home2")
        assert kmip.operations() - before == Counter(Decrypt=1)
        assert_same(home, restored)
        keep_secrets(kmip, machines, place)


def test_aes_cbc_is_malleable_and_the_envelope_notices(kmip, machines, folder, small_tree, needs_tools):
    """A bit of the IV is a bit of the KEK, and the KMS sees nothing wrong. Whoever writes the bucket can flip it; all they get is an error."""
    first, second = machines
    uid = kmip.add_shared_key()
    bucket = folder / "bucket"
    locator = upload_pinned(kmip, uid, "1.2", first, folder, small_tree)
    add_folder_store(second, bucket)
    set_kmip(second, kmip, uid, "machine-b")

    before = {name: path.read_bytes() for name, path in files_below(bucket).items() if "/keys/" in name or "/snapshots/" in name}
    for name, content in before.items():
        iv = re.search(rb'\\"iv\\":\\"([0-9a-f]{32})\\"', content)[1]
        flipped = b"%032x" % (int(iv, 16) ^ 1 << 5)
        assert differing_bits(*(kmip.unwrap(envelope_in(name, text)) for text in (content, content.replace(iv, flipped)))) == 1
        overwrite(bucket / name, content.replace(iv, flipped))
    target = folder / "home2"
    second.fails("fs", "download", "home2", target, "dr", locator, code=CORRUPT, says=[uid, "does not authenticate"])
    assert files_below(target) == {}
    assert second.ok("fs", "--json").json == []

    for name, content in before.items():
        overwrite(bucket / name, content)
    download_same(second, "home2", target, locator, small_tree)


def envelope_in(name, content):
    """Of a key record or a manifest."""
    return json.loads(content)["envelope"] if "/keys/" in name else json.loads(content.split(b"\n")[1])


def differing_bits(one, other):
    return sum((a ^ b).bit_count() for a, b in zip(one, other, strict=True))


def overwrite(path, content):
    """As whoever writes the bucket would, though the store made the file read-only."""
    path.unlink()
    path.write_bytes(content)
