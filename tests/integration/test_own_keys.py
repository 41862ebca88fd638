"""Filesystems with keys of their own at the KMS: tenants in namespaces with their own credentials, or sharing the cluster's; moved from one key to another."""

import json
import uuid
from pathlib import Path

import pytest

from support.exit_codes import DENIED, INVALID, KEY, NOT_FOUND
from support.http_json import HttpError
from support.kmip_job import Recorded, set_kmip
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, download_same, upload, verify_every_way
from support.vault_tenant import Tenant
from support.wrappings import forge_hint

NO_FSCRYPT = not Path("/sys/fs/ext4/features/encryption").exists()
REFUSED = (DENIED, NOT_FOUND, KEY)


@pytest.fixture
def machine(tenants, folder, needs_tools):
    made = Recorded(folder / "home-1")
    add_folder_store(made, folder / "bucket")
    made.ok("kms", "set", "vault", *tenants.operator.access)
    return made


def fs_of(machine, name):
    return next(fs for fs in machine.ok("fs", "--json").json if fs["name"] == name)


def place_of(machine, name):
    fs = fs_of(machine, name)
    return fs["kms_type"], fs["kms_namespace"], fs["kms_mount"], fs["kms_key_identifier"]


def key_records(folder):
    return sorted((folder / "bucket").rglob("keys/*.json"))


# --- a mixed cluster ---


def test_a_mixed_cluster_carries_each_tenants_filesystem(tenants, machine, folder, small_tree):
    """The cluster key, two tenants with logins of their own, and one that shares the cluster's."""
    options_of = {"home": [], "red": tenants.red.options, "blue": tenants.blue.options, "green": tenants.green}
    for name, options in options_of.items():
        (folder / name).mkdir()
        (folder / name / "file").write_text(name)
        machine.ok("fs", "add", name, folder / name, "--obs", "dr", *options)
    shown = {fs["name"]: (fs["kms_key"], fs["kms_namespace"], fs["kms_key_identifier"], fs["kms_role"]) for fs in machine.ok("fs", "--json").json}
    assert shown == {"home": ("cluster", None, "cluster-key", None), "red": ("own", "tenants/red", "red-key", tenants.red.role_id[:8] + "..."),
                     "blue": ("own", "tenants/blue", "blue-key", tenants.blue.role_id[:8] + "..."), "green": ("own", "tenants/green", "green-key", None)}
    for name, options in options_of.items():
        locator = upload(machine, name, "monday")
        verify_every_way(machine, name, "monday")
        download_same(machine, f"{name}-2", folder / f"{name}-2", locator, folder / name, *options)
        assert place_of(machine, f"{name}-2") == place_of(machine, name)
    assert tenants.red.role_id not in machine.ok("fs").out


def test_a_cluster_in_a_namespace_has_filesystems_under_keys_of_the_root_namespace(tenants, folder, small_tree):
    """To leave the namespace out says the cluster's, so the root namespace is said as /."""
    operator = tenants.operator
    machine = Recorded(folder / "home-red")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", *tenants.red.access)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr", *operator.options, "--kms-namespace", "/")
    assert place_of(machine, "home") == operator.place
    locator = upload(machine, "home", "monday")
    shown = machine.ok("kms", "impact", "--key", operator.key, "--namespace", "/", "--json").json
    assert [(row["kind"], row["verdict"]) for row in shown["listing"]] == [("filesystem", "dies"), ("key", "dies"), ("snapshot", "dies")]
    machine.fails("kms", "impact", "--namespace", "/", code=INVALID, says=["--key"])
    machine.fails("kms", "impact", "--transit-path", "other", code=INVALID, says=["--key"])
    assert machine.ok("kms", "impact", "--namespace", "tenants/red", "--json").json["totals"]["survives"] == 3, "that is where the cluster key is"

    machine.ok("fs", "update", "home", "--use-cluster-kms-key-identifier")
    assert place_of(machine, "home") == tenants.red.place
    download_same(machine, "again", folder / "again", locator, small_tree, *operator.options, "--kms-namespace", "/")
    assert place_of(machine, "again") == operator.place


def test_from_one_tenant_to_another_in_one_command(tenants, machine, folder, small_tree):
    """Unwrapped by red, wrapped by blue: the new filesystem needs nothing of red's."""
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    locator = upload(machine, "red", "monday")
    download_same(machine, "blue", folder / "blue", locator, small_tree, *tenants.blue.options, "--snapshot-name", "base")
    assert place_of(machine, "blue") == tenants.blue.place
    listed = machine.ok("fs", "snapshot", "list", "blue", "--json").json
    assert [(snapshot["name"], snapshot["status"], snapshot["locator"]) for snapshot in listed] == [("base", "downloaded", locator)]
    assert machine.ok("fs", "snapshot", "ls", "blue", "base").out == machine.ok("fs", "snapshot", "ls", "red", "monday").out
    machine.ok("fs", "snapshot", "verify", "blue", "base", "--keys")

    of_blue = upload(machine, "blue", "tuesday")
    alone = Recorded(folder / "home-2")
    add_folder_store(alone, folder / "bucket")
    alone.ok("kms", "set", "vault", *tenants.blue.access)
    download_same(alone, "again", folder / "again", of_blue, small_tree)
    alone.fails("fs", "download", "origin", folder / "origin", "dr", locator, code=REFUSED, says=["tenants/red"])


# --- one tenant's credentials ---


def test_no_tenants_credentials_open_anothers_snapshot(tenants, machine, folder, small_tree):
    """Tried with all that red has, in every place, and refused by the KMS: its own log says so."""
    machine.ok("fs", "add", "blue", small_tree, "--obs", "dr", *tenants.blue.options)
    locator = upload(machine, "blue", "monday")
    envelope = json.loads(key_records(folder)[0].read_text())["envelope"]
    before = len(tenants.audited())

    red = Recorded(folder / "home-red")
    add_folder_store(red, folder / "bucket")
    red.ok("kms", "set", "vault", *tenants.red.access)
    red.fails("fs", "snapshot", "verify", locator, "--obs", "dr", "--keys", code=REFUSED, says=["tenants/blue"])
    red.fails("fs", "download", "stolen", folder / "stolen", "dr", locator, code=REFUSED, says=["tenants/blue"])
    # With its login in its own namespace, and the other tenant's key named as one that it shares.
    red.fails("fs", "add", "probe", small_tree, "--obs", "dr", "--kms-namespace", "tenants/blue", "--kms-key-identifier", "blue-key", code=DENIED,
              says=["tenants/blue"])
    # With its login tried in the other's namespace.
    red.ok("kms", "set", "vault", tenants.address, "blue-key", "--namespace", "tenants/blue", *tenants.red.access[2:6], "--no-check")
    red.fails("fs", "snapshot", "verify", locator, "--obs", "dr", "--keys", code=REFUSED, says=["tenants/blue"])
    assert not (folder / "stolen").exists() or not any((folder / "stolen").iterdir())

    refused = {(answer["namespace"], answer["path"]) for answer in tenants.audited()[before:] if answer["error"]}
    assert {("tenants/red", "transit/decrypt/red-key"), ("tenants/blue", "transit/keys/blue-key"), ("tenants/blue", "auth/approle/login")} <= refused
    assert not [answer for answer in tenants.audited()[before:] if answer["path"].startswith("transit/decrypt/blue") and not answer["error"]]
    with pytest.raises(HttpError) as error:
        tenants.call("POST", "transit/decrypt/blue-key", {"ciphertext": envelope["wrapped_kek"]}, "tenants/blue", tenants.red.log_in())
    assert error.value.status == 403


# --- what a bucket says of a key ---


def decrypts_of(tenants, before):
    return [(answer["namespace"], answer["path"]) for answer in tenants.audited()[before:] if "/decrypt/" in answer["path"]]


FORGED = [{"namespace": "nowhere"}, {"namespace": "tenants/blue", "key_identifier": "blue-key"}, {"namespace": "", "key_identifier": "forged", "mount": "no/transit"}]


@pytest.mark.parametrize("hint", FORGED, ids=["namespace", "another-tenant", "all-of-it"])
def test_a_forged_hint_keeps_nobody_from_an_own_key(tenants, machine, folder, small_tree, hint):
    """Nobody authenticates it, so that it says who is asked first, and the filesystem's own key is asked in the end: with its own login, and nowhere else."""
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    locator = upload(machine, "red", "monday")
    for path in [*key_records(folder), *(folder / "bucket").rglob("snapshots/*.json")]:
        forge_hint(path, **hint)
    before = len(tenants.audited())
    machine.ok("fs", "snapshot", "verify", locator, "--obs", "dr", "--data")
    assert decrypts_of(tenants, before) == [("", "transit/decrypt/cluster-key"), ("tenants/red", "transit/decrypt/red-key")]
    download_same(machine, "again", folder / "again", locator, small_tree)
    machine.ok("fs", "key", "list", "red", "--check")
    machine.ok("kms", "drill")
    machine.ok("fs", "update", "red", "--use-cluster-kms-key-identifier")
    machine.ok("fs", "update", "red", *tenants.red.options)
    upload(machine, "red", "tuesday")


def test_an_own_key_is_found_behind_whatever_others_wrapped(tenants, machine, folder, small_tree):
    """Forty newer records that no KMS of ours opens: they cost no call."""
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    locator = upload(machine, "red", "monday")
    first, = key_records(folder)
    record = json.loads(first.read_text())
    for number in range(1, 41):
        name = str(uuid.UUID(int=uuid.UUID(record["record"]).int + (number << 80)))
        foreign = first.with_name(f"{record['envelope']['key_check']}-{name}.json")
        foreign.write_text(json.dumps(record | {"record": name}, separators=(",", ":")) + "\n")
        forge_hint(foreign, namespace="elsewhere", key_identifier="dr-key")
    before = len(tenants.audited())
    machine.ok("fs", "snapshot", "verify", locator, "--obs", "dr", "--data")
    assert decrypts_of(tenants, before) == [("tenants/red", "transit/decrypt/red-key")]
    machine.ok("fs", "update", "red", "--use-cluster-kms-key-identifier")
    assert place_of(machine, "red") == tenants.operator.place


# --- moved ---


def test_a_filesystem_moves_from_key_to_key_with_all_that_is_uploaded(tenants, folder, machine, small_tree):
    """From the cluster key to a tenant's, to another tenant's, and back; the keys that are left are destroyed."""
    first, second = (Tenant(tenants, folder, name, f"tenants/{name}", f"{name}-key") for name in ("first", "second"))
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")
    for number, (options, place, left) in enumerate([(first.options, first.place, None), (second.options, second.place, first),
                                                     (["--use-cluster-kms-key-identifier"], tenants.operator.place, second)]):
        records = len(key_records(folder))
        shown = machine.ok("fs", "update", "home", *options, "--json").json
        assert (shown["kms_namespace"], shown["kms_key_identifier"]) == place[1::2] and place_of(machine, "home") == place
        assert len(key_records(folder)) == records + 1, "one small write, whatever there is of snapshots"
        if left:
            left.destroy_key()
        machine.ok("fs", "snapshot", "verify", "home", "monday", "--keys")
        upload(machine, "home", f"day-{number}")
        download_same(machine, f"back-{number}", folder / f"back-{number}", locator, small_tree)
    assert fs_of(machine, "home")["kms_key"] == "cluster"
    machine.ok("fs", "update", "home", "--use-cluster-kms-key-identifier")
    assert fs_of(machine, "home")["kms_key"] == "cluster"


def test_a_filesystem_without_a_bucket_moves_too(tenants, machine, small_tree):
    machine.ok("fs", "add", "bare", small_tree, "--no-key-backup")
    machine.ok("fs", "update", "bare", *tenants.red.options)
    assert place_of(machine, "bare") == tenants.red.place


def broken(tenants, folder):
    """Ways in which Key2 will not do: options, the exit codes, and what is said."""
    blue = tenants.blue
    login = ["--kms-namespace", "tenants/blue", "--kms-role-id", blue.role_id]
    wrong = secret_file(folder, "wrong", "00000000-0000-0000-0000-000000000000")
    decrypt_only = Tenant(tenants, folder, "decrypt-only", "tenants/blue", "half-key", {"keys": ["read"], "decrypt": ["update"]})
    encrypt_only = Tenant(tenants, folder, "encrypt-only", "tenants/blue", "other-half-key", {"keys": ["read"], "encrypt": ["update"]})
    return {
        "key missing": (["--kms-key-identifier", "no-such-key", *login, "--kms-secret-id-file", blue.secret_file], REFUSED, ["no-such-key"]),
        "no right to encrypt": (decrypt_only.options, DENIED, ["encrypt"]),
        "no right to decrypt": (encrypt_only.options, DENIED, ["decrypt"]),
        "wrong secret": (["--kms-key-identifier", blue.key, *login, "--kms-secret-id-file", wrong], DENIED, ["secret id", str(wrong)]),
        "no secret": (["--kms-key-identifier", blue.key, *login, "--kms-secret-id-env", "NOT_SET_AT_ALL"], NOT_FOUND, ["NOT_SET_AT_ALL"]),
        "no namespace": (["--kms-key-identifier", blue.key, "--kms-namespace", "tenants/nobody", *login[2:], "--kms-secret-id-file", blue.secret_file],
                         REFUSED, ["tenants/nobody"]),
        "not shared": (["--kms-key-identifier", blue.key, "--kms-namespace", "tenants/blue"], DENIED, ["tenants/blue"]),
    }


def test_any_failure_on_the_way_leaves_the_old_key_in_force(tenants, machine, folder, small_tree):
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    upload(machine, "red", "monday")
    before, records = fs_of(machine, "red"), key_records(folder)
    for way, (options, code, says) in broken(tenants, folder).items():
        machine.fails("fs", "update", "red", *options, code=code, says=["keeps the key that it has", *says])
        assert (fs_of(machine, "red"), key_records(folder)) == (before, records), way
        machine.fails("fs", "add", "new", folder / "bucket", "--obs", "dr", *options, code=(*REFUSED, INVALID), says=[])
    machine.ok("fs", "snapshot", "verify", "red", "monday", "--keys")
    upload(machine, "red", "tuesday")


def test_the_bucket_fails_in_the_middle(tenants, machine, folder, small_tree):
    """The new wrapping was made, and finds no place."""
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    before = fs_of(machine, "red")
    keys = key_records(folder)[0].parent
    keys.rename(folder / "aside")
    keys.write_text("in the way")
    assert machine.run("fs", "update", "red", *tenants.blue.options).code != 0
    assert fs_of(machine, "red") == before
    keys.unlink()
    (folder / "aside").rename(keys)
    machine.ok("fs", "update", "red", *tenants.blue.options)
    assert place_of(machine, "red") == tenants.blue.place


def test_an_older_key_that_would_stay_behind_keeps_the_filesystem(tenants, machine, folder, small_tree):
    """Once the table names another own key, nothing here would say any more who opens what the old one wrapped."""
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    upload(machine, "red", "monday")
    record, = key_records(folder)
    machine.ok("fs", "rekey", "red")
    before, text = fs_of(machine, "red"), record.read_text()
    record.write_text(text.replace('"tenants/red"', '"tenants/nobody"').replace('"vault:v1:', '"vault:v1:AAAA'))  # as of a tenant who is not known here
    assert "tenants/nobody" in record.read_text() and "AAAA" in record.read_text()
    machine.fails("fs", "update", "red", *tenants.blue.options, code=DENIED, says=["keeps the key that it has", "would stay behind", "tenants/nobody"])
    assert fs_of(machine, "red") == before
    record.write_text(text)
    machine.ok("fs", "update", "red", *tenants.blue.options)
    assert place_of(machine, "red") == tenants.blue.place
    machine.ok("fs", "snapshot", "verify", "red", "monday", "--keys")


def test_a_cluster_with_a_token_is_refused_with_the_way_out(tenants, folder, small_tree):
    machine = Recorded(folder / "home-token")
    add_folder_store(machine, folder / "bucket")
    token = secret_file(folder, "token", tenants.add_token("operator"))
    machine.ok("kms", "set", "vault", tenants.address, "cluster-key", "--token-file", token)
    for options in (tenants.red.options, tenants.green):
        machine.fails("fs", "add", "red", small_tree, "--obs", "dr", *options, code=INVALID, says=["token", "--role-id"])
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.fails("fs", "update", "home", *tenants.red.options, code=INVALID, says=["token", "--role-id", "keeps the key"])
    assert fs_of(machine, "home")["kms_key"] == "cluster"


def test_options_of_kmip_are_refused_for_vault(tenants, machine, small_tree):
    machine.fails("fs", "add", "red", small_tree, "--obs", "dr", "--kms-key-identifier", "k", "--kms-client-cert", "/c", "--kms-client-key", "/k",
                  code=INVALID, says=["--kms-client-cert", "KMIP"])


def test_a_renamed_filesystem_keeps_its_snapshots(tenants, machine, small_tree):
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    locator = upload(machine, "red", "monday")
    machine.ok("fs", "update", "red", "--new-name", "crimson")
    assert upload(machine, "crimson", "tuesday").split("/")[0] == locator.split("/")[0]
    names = {snapshot["locator"]: snapshot["filesystem"] for snapshot in machine.ok("obs", "snapshots", "dr", "--names", "--json").json}
    assert names[locator] == "red" and sorted(names.values()) == ["crimson", "red"], "each as it was called in its time"


def test_a_tenants_encrypted_filesystem_is_locked_and_unlocked(tenants, machine, folder):
    if NO_FSCRYPT:
        pytest.skip("this kernel's ext4 has no fscrypt")
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        live = disk.path / "live"
        machine.ok("fs", "add", "live", live, "--obs", "dr", "--encrypted", *tenants.red.options)
        (live / "file").write_text("of live")
        for options in ([], tenants.blue.options, ["--use-cluster-kms-key-identifier"]):
            if options:
                machine.ok("fs", "update", "live", *options)
            assert (live / "file").read_text() == "of live"
            machine.ok("fs", "lock", "live")
            assert not (live / "file").exists()
            machine.ok("fs", "unlock", "live")
            assert (live / "file").read_text() == "of live"


def test_a_secret_id_is_found_wherever_a_credential_may_be(tenants, machine, folder, small_tree):
    """In a variable, or as systemd hands it over: each time anew."""
    red = tenants.red
    given = folder / "given"
    given.mkdir()
    secret_file(given, "red", red.secret_id)
    login = ["--kms-key-identifier", red.key, "--kms-namespace", red.namespace, "--kms-role-id", red.role_id]
    for name, options, environment in (("folder-0", ["--kms-secret-id-env", "RED"], {"RED": red.secret_id}),
                                       ("folder-1", ["--kms-secret-id-file", "credential:red"], {"CREDENTIALS_DIRECTORY": str(given)})):
        machine.ok("fs", "add", name, small_tree / name, "--obs", "dr", *login, *options, environment=environment)
        upload(machine, name, "monday", environment=environment)
        machine.fails("fs", "snapshot", "verify", name, "monday", "--keys", code=NOT_FOUND, says=["secret id"])


# --- KMIP ---


def test_with_kmip_another_key_or_another_certificate(kmip, folder, small_tree, needs_tools):
    machine = Recorded(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    set_kmip(machine, kmip, kmip.add_shared_key())
    shared, of_b = kmip.add_shared_key(), kmip.admin("machine-b").add_key()
    who = kmip.client("machine-b")
    as_b = ["--kms-key-identifier", of_b, "--kms-client-cert", who.certificate, "--kms-client-key", who.key]

    machine.ok("fs", "add", "shared", small_tree, "--obs", "dr", "--kms-key-identifier", shared)
    machine.fails("fs", "add", "own", small_tree / "folder-0", "--obs", "dr", "--kms-key-identifier", of_b, code=REFUSED, says=[of_b])
    machine.ok("fs", "add", "own", small_tree / "folder-0", "--obs", "dr", *as_b)
    machine.fails("fs", "add", "x", small_tree / "folder-1", "--obs", "dr", "--kms-key-identifier", shared, "--kms-namespace", "a", code=INVALID, says=["for Vault"])
    assert place_of(machine, "shared") == ("kmip", None, None, shared) and place_of(machine, "own") == ("kmip", None, None, of_b)
    locators = {name: upload(machine, name, "monday") for name in ("shared", "own")}
    for name in locators:
        verify_every_way(machine, name, "monday")

    alone = Recorded(folder / "home-2")
    add_folder_store(alone, folder / "bucket")
    set_kmip(alone, kmip, shared)
    download_same(alone, "shared", folder / "shared", locators["shared"], small_tree)
    alone.fails("fs", "download", "own", folder / "own", "dr", locators["own"], code=REFUSED, says=[of_b])

    machine.ok("fs", "update", "shared", *as_b)
    assert place_of(machine, "shared") == ("kmip", None, None, of_b)
    machine.ok("fs", "update", "own", "--use-cluster-kms-key-identifier")
    for name in locators:
        machine.ok("fs", "snapshot", "verify", name, "monday", "--keys")
