"""What is written down of each call to the KMS, and that no secret is."""

import json
import re

import pytest

from support.exit_codes import DENIED, INVALID, NOT_FOUND
from support.kmip_job import Recorded, set_kmip
from support.main_job import add_folder_store, upload
from support.secret_scan import Scanner, Secret

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
