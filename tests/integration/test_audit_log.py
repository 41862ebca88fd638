"""What is written down of each call to the KMS, that no secret is, and that what cannot be written down fails."""

import json
import re
import uuid

import pytest

from support.exit_codes import DENIED, INVALID, IO, NOT_FOUND
from support.kmip_job import Recorded, set_kmip
from support.loop_disk import small_disk
from support.main_job import add_folder_store, files_below, upload
from support.secret_scan import Scanner, Secret
from support.vault_tenant import Tenant

CALLS = {"wrap": "encrypt", "unwrap": "decrypt", "rewrap": "rewrap", "read-key": "keys"}


@pytest.fixture
def machine(tenants, folder):
    made = Recorded(folder / "home-1")
    add_folder_store(made, folder / "bucket")
    made.ok("kms", "set", "vault", *tenants.operator.access)
    return made


def audit_lines(machine):
    return [json.loads(line) for line in (machine.home / "audit.log").read_text().splitlines()]


def test_the_audit_log_joins_the_kms_own(tenants, machine, folder, small_tree):
    """Each call is in both, under the same name; and nothing was asked that is not in ours."""
    before = len(tenants.audited())
    machine.ok("fs", "add", "home", small_tree / "folder-0", "--obs", "dr")
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    locator = upload(machine, "red", "monday")
    machine.ok("fs", "update", "red", *tenants.blue.options)
    machine.ok("fs", "snapshot", "verify", "red", "monday", "--keys")
    machine.fails("fs", "update", "red", "--kms-key-identifier", "no-such-key", "--kms-namespace", "tenants/green", code=(DENIED, NOT_FOUND), says=["no-such-key"])
    lines, answers = audit_lines(machine), {answer["id"]: answer for answer in tenants.audited()[before:]}
    told = {request: line for line in lines if line["operation"] in CALLS for request in line["request_ids"]}
    for request, line in told.items():
        if request in answers:  # kms set, in the fixture, asked before
            assert answers[request]["namespace"] == (line["kms_namespace"] or ""), line
    for line in lines:
        if line["operation"] in CALLS and line["outcome"] == "ok":
            path = f"{line['kms_mount']}/{CALLS[line['operation']]}/{line['kms_key_identifier']}"
            assert path in [answers[request]["path"] for request in line["request_ids"]], line
    asked = {answer["id"] for answer in answers.values() if re.match("transit/(encrypt|decrypt|rewrap|keys)/", answer["path"]) and not answer["error"]}
    assert asked and asked <= set(told), "what was answered is told"

    of_upload = [line for line in lines if line["command"] == "fs snapshot upload"]
    assert {line["filesystem"] for line in of_upload} == {"red"} and {line["filesystem_id"] for line in of_upload} == {locator.split("/")[0]}
    assert [(line["command"], line["outcome"]) for line in lines if line["outcome"] != "ok"][-1][0] == "fs update"
    assert all(line["message"] for line in lines if line["outcome"] != "ok")
    assert (machine.home / "audit.log").stat().st_mode & 0o7777 == 0o600


def test_a_kms_that_could_not_be_told_of_is_not_asked(tenants, machine, small_tree):
    before = len(tenants.audited())
    machine.fails("fs", "add", "home", small_tree, "--obs", "dr", "--audit-log", "/nonexistent/audit.log", code=NOT_FOUND, says=["--audit-log"])
    assert len(tenants.audited()) == before and machine.ok("fs", "--json").json == []
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr", "--audit-log", "none")
    lines = [line for line in audit_lines(machine) if line["command"] == "fs add"]
    assert lines == []
    machine.fails("fs", "snapshot", "verify", "x", "--obs", "dr", code=INVALID, says=[])


FULL = ["--audit-log", "/dev/full"]
SAYS = ["/dev/full", "No space left on device", "--audit-log none"]


def published(folder):
    """The names of all manifests and key records."""
    return {name for name in files_below(folder / "bucket") if "/snapshots/" in name or "/keys/" in name}


def test_what_cannot_be_recorded_fails_and_changes_nothing(tenants, machine, folder, small_tree):
    machine.ok("fs", "add", "red", small_tree / "folder-0", "--obs", "dr", *tenants.red.options)
    upload(machine, "red", "monday")
    machine.ok("fs", "snapshot", "add", "red", "tuesday")
    rows, bucket = machine.ok("fs", "--json").json, published(folder)
    result = machine.fails(*FULL, "kms", "check", code=IO, says=SAYS)
    assert "(check)" in result.err and "log in" in result.out, "what was found is still shown"
    for words in (["fs", "add", "home", small_tree, "--obs", "dr"], ["fs", "update", "red", *tenants.blue.options], ["fs", "rekey", "red"],
                  ["fs", "kms-rewrap", "red"], ["fs", "snapshot", "upload", "red", "tuesday"], ["fs", "snapshot", "verify", "red", "monday", "--keys"],
                  ["fs", "key", "red", "--check"], ["kms", "drill"], ["kms", "impact", "dr", "--key", "red-key", "--namespace", "tenants/red"],
                  ["obs", "snapshots", "dr", "--names"], ["cluster", "recover", "dr", "--dry-run"]):
        before = len(tenants.audited())
        result = machine.fails(*FULL, *words, code=IO, says=SAYS)
        assert "of no use" not in result.err, result
        asked = [answer["path"] for answer in tenants.audited()[before:] if answer["path"].startswith("transit/")]
        assert len(asked) <= 2, "one call: a key is read before it wraps for the first time"
    assert machine.ok("fs", "--json").json == rows
    assert published(folder) == bucket
    machine.ok("--audit-log", "none", "fs", "snapshot", "verify", "red", "monday", "--keys")
    machine.ok("fs", "snapshot", "upload", "red", "tuesday")


def test_a_log_that_fills_up_in_the_middle_of_a_move(tenants, folder):
    """Those that moved stay moved, the others stay where they are; when there is room again the same command moves them."""
    name = f"audit-{uuid.uuid4().hex[:8]}"
    owner, machine = Tenant(tenants, folder, name, "", name), Recorded(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", *owner.access)
    for number in range(6):
        tree = folder / f"tree-{number}"
        tree.mkdir()
        (tree / "file").write_text("kept")
        machine.ok("fs", "add", f"fs-{number}", tree, "--obs", "dr")
        upload(machine, f"fs-{number}", "monday")
    with small_disk(folder) as disk:
        log = disk.path / "audit.log"
        tenants.rotate_key(name)
        machine.ok("--audit-log", log, "kms", "rewrap", "--dry-run")
        measured = len(log.read_bytes())
        tenants.rotate_key(name)
        log.write_text(json.dumps({"filler": "x" * (disk.size - measured)}) + "\n")  # that opens each key, and more is done to move it
        result = machine.fails("--audit-log", log, "kms", "rewrap", "--json", code=IO, says=[str(log), "No space left on device"])
        outcomes = [row["outcome"] for row in result.json]
        moved = outcomes.count("rewrapped")
        assert 0 < moved < 6 and outcomes.count("failed") == 6 - moved, result
        assert len(log.read_bytes()) == disk.size and not log.read_bytes().endswith(b"\n"), "half a line is what went in last"

        disk.grow()
        result = machine.ok("--audit-log", log, "kms", "rewrap", "--json")
        outcomes = [row["outcome"] for row in result.json]
        assert (outcomes.count("current"), outcomes.count("rewrapped")) == (moved, 6 - moved), result
        half, whole = [], []
        for line in log.read_text().splitlines():
            try:
                whole.append(json.loads(line))
            except ValueError:
                half.append(line)
        assert len(half) == 1 and len(whole) > 6 and all(line["outcome"] == "ok" for line in whole[1:])
    tenants.call("POST", f"transit/keys/{name}/config", {"min_decryption_version": 3})
    for number in range(6):
        machine.ok("fs", "snapshot", "verify", f"fs-{number}", "monday", "--keys")


def test_no_secret_is_kept_or_said(tenants, machine, folder, small_tree):
    machine.ok("fs", "add", "red", small_tree, "--obs", "dr", *tenants.red.options)
    upload(machine, "red", "monday")
    machine.ok("fs", "update", "red", *tenants.blue.options)
    machine.ok("fs")
    machine.fails("fs", "update", "red", "--kms-secret-id", tenants.blue.secret_id, code=INVALID, says=["--kms-secret-id-file"])
    machine.fails("fs", "update", "red", *tenants.blue.options[:4], "--kms-secret-id-env", tenants.blue.secret_id, code=INVALID, says=["variable"])
    secrets = [Secret(f"the secret id of {tenant.name}", tenant.secret_id.encode()) for tenant in (tenants.operator, tenants.red, tenants.blue)]
    scanner = Scanner(secrets)
    assert [trace for said in machine.said for trace in scanner.traces(said)] == []
    assert scanner.traces_below(machine.home) == []
    assert scanner.traces_below(folder / "bucket") == []
    roles = [tenant.role_id for tenant in (tenants.operator, tenants.red, tenants.blue)]
    assert not [role for role in roles for said in machine.said if role.encode() in said and role != tenants.operator.role_id]
    assert not [role for role in roles if role in (machine.home / "audit.log").read_text()]


def test_calls_to_kmip_are_told_too(kmip, folder, small_tree):
    machine = Recorded(folder / "home-1")
    set_kmip(machine, kmip, kmip.add_shared_key())
    machine.ok("fs", "add", "home", small_tree, "--no-key-backup")
    wrap, unwrap = audit_lines(machine)[-2:]
    assert [(line["operation"], line["kms_type"], line["filesystem"], line["outcome"]) for line in (wrap, unwrap)] == \
        [("wrap", "kmip", "home", "ok"), ("unwrap", "kmip", "home", "ok")]
    log = kmip.read_log()
    assert all(request in log for line in (wrap, unwrap) for request in line["request_ids"]) and wrap["request_ids"] != unwrap["request_ids"]
