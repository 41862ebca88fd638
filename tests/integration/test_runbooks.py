"""The runbooks of docs/OPERATIONS.md about the life of a key: run as they stand there, each from its beginning to its end, and what they promise."""

import json
import os
import re
from pathlib import Path

import pytest

from support import exit_codes as code
from support.cache import installed
from support.command import Sealift
from support.http_json import HttpError
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, download_same, upload
from support.moving_cluster import MovingCluster
from support.openbao import BAO, OpenBao
from support.recipes import read_recipes, run_runbook

pytestmark = pytest.mark.many_runs

RUNBOOKS = read_recipes("OPERATIONS.md", "runbook")
READER = Path(__file__).parents[1] / "reader"
ELSEWHERE = {"cluster-lost"}  # test_recover.py


def test_each_runbook_is_run_here():
    assert set(RUNBOOKS) - ELSEWHERE == {name for name in RUNBOOKS if f'"{name}"' in Path(__file__).read_text()} - ELSEWHERE
    assert ELSEWHERE <= set(RUNBOOKS)


class Desk(MovingCluster):
    """A cluster, and beside it the KMS's admin, whose `vault` is on the PATH."""

    def __init__(self, folder, tree, disk=None):
        super().__init__(folder, tree, disk)
        self.bucket = folder / "bucket"

    def employ(self, bao):
        """Whose admin `vault` is."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "vault").write_text(f"#!/bin/sh\nBAO_ADDR={bao.address} BAO_TOKEN={bao.token} exec {installed('openbao', BAO)} \"$@\"\n")
        (tools / "vault").chmod(0o755)

    def run(self, *names, machine=None, **variables):
        said = ""
        for name in names:
            said += run_runbook(machine or self.machine, RUNBOOKS[name], self.folder, **variables)
        return said

    def log_in(self, bao, policy="sealift", role="sealift", key="cluster-key", namespace=""):
        """By AppRole, as the runbooks have it: the variables that tell of it."""
        role_id, secret_id = bao.add_approle(policy, role=role, namespace=namespace)
        return {"KMS": bao.address, "KEY": key, "ROLE": role, "ROLE_ID": role_id,
                "SECRET_ID_FILE": secret_file(self.folder, f"secret-id-{role}-{bao.port}", secret_id)}

    def connect(self, access):
        self.set_kms(["vault", access["KMS"], access["KEY"], "--role-id", access["ROLE_ID"], "--secret-id-file", access["SECRET_ID_FILE"]])
        self.machine.environment["SEALIFT_HOME"] = str(self.machine.home)

    def envelopes(self, fs):
        """What key records and manifests carry, by their files' names: all wrappings in the bucket."""
        found = {}
        for path in sorted((self.bucket / "fs" / fs).glob("keys/*.json")):
            found[path.name] = json.loads(path.read_text())["envelope"]
        for path in sorted((self.bucket / "fs" / fs).glob("snapshots/*.json")):
            found[path.name] = json.loads(path.read_text().splitlines()[1])
        return found

    def id(self, name):
        return self.listed()[name]["id"]

    def downloads_still(self, name, locator, machine=None):
        download_same(machine or self.machine, name, self.folder / name, locator, self.tree)


def opens(bao, envelope):
    try:
        return len(bao.unwrap(envelope)) == 32
    except HttpError as error:
        assert error.status == 400, error
        return False


def as_new(access):
    return {f"NEW_{name}": value for name, value in access.items()}


def totals(said):
    """The numbers of a drill, or of an impact, as people are shown them; of several the last."""
    return {name: value for name, value in re.findall(r"^([a-z ]+): +(\S.*)$", said, re.MULTILINE)}


def all_opens(said):
    numbers = totals(said)
    assert numbers["failed"] == numbers["waiting"] == "0" and int(numbers["opened"]) > 0, said


def verdicts(said):
    return {(what, name): verdict for verdict, what, name in re.findall(r"^(\w+) +(filesystem|key|snapshot) +(\S+)", said, re.MULTILINE)}


@pytest.fixture
def desk(folder, small_tree, needs_tools):
    return Desk(folder, small_tree)


@pytest.fixture
def cluster(desk, bao):
    """`home` with a snapshot, `fresh` without, and `bare`, which is in no bucket; under the cluster key of OpenBao."""
    desk.employ(bao)
    desk.access = desk.log_in(bao)
    desk.connect(desk.access)
    desk.fill()
    return desk


@pytest.fixture
def second(folder):
    server = OpenBao(folder / "second").start_dev()
    server.equip("new-key")
    yield server
    server.stop()


# --- rotating ---


def test_rotating(cluster, bao):
    fs = cluster.id("home")
    before = cluster.envelopes(fs)
    assert all(opens(bao, envelope) for envelope in before.values()) and len(before) == 2
    said = cluster.run("rotate", "rewrap", KEY="cluster-key")
    assert re.findall(r"^(\w+) .* rewrapped +vault +cluster-key +2 ", said, re.MULTILINE) == ["bare", "fresh", "home"]
    all_opens(said)
    assert totals(cluster.run("retire-look", KEY="cluster-key", VERSION=2))["safe"] == "yes"
    all_opens(cluster.run("retire", KEY="cluster-key", VERSION=2))

    assert not any(opens(bao, envelope) for envelope in before.values()), "what was copied before is useless"
    after = {name: envelope for name, envelope in cluster.envelopes(fs).items() if name not in before}
    assert [opens(bao, envelope) for envelope in after.values()] == [True]
    cluster.check()
    assert cluster.machine.ok("fs", "snapshot", "verify", "home", "monday", "--keys").err.count("this wrapping of the key is of no use") == 2


def test_a_machine_that_was_forgotten_is_seen_before_the_old_version_is_retired(cluster, folder, bao):
    other = Sealift(folder / "home-2")
    add_folder_store(other, cluster.bucket)
    other.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", secret_file(folder, "token", bao.token))
    other.ok("fs", "add", "theirs", cluster.tree, "--obs", "dr")
    upload(other, "theirs", "monday")
    cluster.run("rotate", "rewrap", KEY="cluster-key")
    said = cluster.run("retire-look", KEY="cluster-key", VERSION=2)
    assert totals(said)["safe"] == "no"
    assert {name for (_, name), verdict in verdicts(said).items() if verdict == "dies"} == {other.ok("fs", "--json").json[0]["id"], "theirs"}

    cluster.run("rewrap", machine=other)
    assert totals(cluster.run("retire-look", KEY="cluster-key", VERSION=2))["safe"] == "yes"
    cluster.run("retire", KEY="cluster-key", VERSION=2)
    other.ok("fs", "snapshot", "verify", "theirs", "monday", "--data")


def test_rotating_a_kmip_key(desk, folder, kmip):
    old, new = kmip.add_shared_key(), kmip.add_shared_key()
    desk.set_kms(["kmip", *kmip.access(old)])
    desk.fill()
    said = desk.run("rotate-kmip", OLD_KEY_UID=old, NEW_KEY_UID=new)
    assert totals(said)["safe"] == "yes"
    all_opens(said)
    kmip.admin().revoke(old)
    kmip.admin().destroy(old)
    desk.check()


# --- leaks ---


def test_a_leaked_credential(cluster, bao):
    stolen = {"role_id": cluster.access["ROLE_ID"], "secret_id": cluster.access["SECRET_ID_FILE"].read_text().strip()}
    token = bao.call("POST", "auth/approle/login", stolen)["auth"]["client_token"]
    envelope = next(iter(cluster.envelopes(cluster.id("home")).values()))
    asked = {"ciphertext": envelope["wrapped_kek"]}
    bao.call("POST", "transit/decrypt/cluster-key", asked, token=token)
    said = cluster.run("revoke", ROLE="sealift", SECRET_ID_FILE=cluster.access["SECRET_ID_FILE"])
    assert "unwrap" in said and "FAILED" not in said
    assert cluster.access["SECRET_ID_FILE"].stat().st_mode & 0o777 == 0o600
    for path, body, who in (("auth/approle/login", stolen, None), ("transit/decrypt/cluster-key", asked, token)):
        with pytest.raises(HttpError) as refused:
            bao.call("POST", path, body, token=who)
        assert refused.value.status in (400, 403)
    cluster.check()


def test_whether_a_leaked_credential_was_used(desk, folder, monkeypatch):
    """By what the KMS wrote down of somebody else, among all that sealift did."""
    bao = OpenBao(folder / "openbao").start_dev_audited()
    try:
        bao.equip()
        desk.connect(desk.log_in(bao))
        desk.fill()
        for words in (["kms", "check"], ["kms", "drill"], ["kms", "rewrap"], ["fs", "rekey", "home"], ["fs", "key", "home", "--check"]):
            desk.machine.ok(*words)
        logs = folder / "logs"
        logs.mkdir()
        (logs / "machine").write_bytes((desk.machine.home / "audit.log").read_bytes())
        monkeypatch.chdir(folder)
        variables = {"KMS_AUDIT_LOG": bao.audit_log, "AUDIT_LOGS": logs}
        assert desk.run("foreign-decrypts", **variables) == ""
        assert len((folder / "theirs").read_text().splitlines()) > 10, "there is something to tell apart"
        bao.unwrap(next(iter(desk.envelopes(desk.id("home")).values())))
        foreign, = desk.run("foreign-decrypts", **variables).splitlines()
        assert [answer["path"] for answer in bao.audited() if answer["id"] == foreign] == ["transit/decrypt/cluster-key"]
    finally:
        bao.stop()


def test_a_leaked_key(cluster, bao, monkeypatch):
    """Whoever has the filesystem's first key reads what was uploaded under it, and nothing of what comes afterwards. They read with another program."""
    monkeypatch.syspath_prepend(READER)
    reader = pytest.importorskip("sealift_reader", reason="python3-cryptography is not installed")
    bucket, envelope = reader.Bucket(cluster.bucket), next(iter(cluster.envelopes(cluster.id("home")).values()))
    leaked = reader.open_envelope(envelope, bao.unwrap(envelope))
    reader.Snapshot(bucket, cluster.locators["home"]).unlock(leaked)
    said = cluster.run("rekey", NAME="tuesday", OLD="monday")
    assert totals(said)["generation"] == "2"
    all_opens(said)
    row, = cluster.machine.ok("fs", "snapshot", "list", "home", "--json").json
    with pytest.raises(reader.Damaged, match="another FS key"):
        reader.Snapshot(bucket, row["locator"]).unlock(leaked)
    cluster.downloads_still("back", row["locator"])


def test_a_leaked_file_of_a_local_key(desk, bao):
    desk.employ(bao)
    desk.fill("--allow-no-kms")
    assert desk.has_local_key()
    desk.run("leave-to-vault", **as_new(desk.log_in(bao)))
    assert not desk.has_local_key()
    all_opens(desk.run("rekey", NAME="tuesday", OLD="monday"))
    row, = desk.machine.ok("fs", "snapshot", "list", "home", "--json").json
    desk.downloads_still("back", row["locator"])


# --- leaving a KMS ---


def test_leaving_for_another_vault(cluster, bao, second):
    cluster.employ(second)
    said = cluster.run("leave-before", "leave-to-vault", "leave-after", **as_new(cluster.log_in(second, key="new-key")))
    assert said.count("rewrapped") == 3 and "moving" not in said
    all_opens(said)
    bao.stop()
    cluster.check()


def test_leaving_for_another_namespace(cluster, bao):
    bao.add_namespace("team/a")
    bao.add_transit(namespace="team/a")
    bao.add_key("key-a", namespace="team/a")
    bao.add_policy("sealift", "key-a", namespace="team/a")
    access = cluster.log_in(bao, role="a", key="key-a", namespace="team/a")
    said = cluster.run("leave-before", "leave-to-namespace", "leave-after", KMS=bao.address, NEW_NAMESPACE="team/a", **as_new(access))
    assert said.count("rewrapped") == 3 and "moving" not in said
    all_opens(said)
    destroy_key(bao, "cluster-key")
    cluster.check()


def test_leaving_for_kmip_with_a_live_encrypted_filesystem(folder, small_tree, needs_tools, bao, kmip):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        cluster = Desk(folder, small_tree, disk)
        cluster.connect(cluster.log_in(bao))
        cluster.fill()
        client = kmip.client("admin")
        said = cluster.run("leave-before", "leave-to-kmip", "leave-after", NEW_SERVER=kmip.address, NEW_KEY_UID=kmip.add_shared_key(),
                           CLIENT_CERT=client.certificate, CLIENT_KEY=client.key, CA_CERT=kmip.authority.ca)
        assert said.count("rewrapped") == 4 and "moving" not in said
        all_opens(said)
        bao.stop()
        cluster.check()
        cluster.close()


# --- losing a KMS ---


def in_no_bucket(cluster):
    """What a second KMS cannot help with, since there is nowhere to put its record."""
    cluster.machine.ok("fs", "remove", "bare", "--allow-key-loss")


def test_losing_a_kms_of_which_there_is_a_second_one(cluster, bao, second):
    in_no_bucket(cluster)
    access = cluster.log_in(second, key="new-key")
    cluster.run("second-kms", **{f"DR_{name}": value for name, value in access.items()})
    cluster.run("second-kms", **{f"DR_{name}": value for name, value in access.items()})
    assert len(cluster.envelopes(cluster.id("home"))) == 3, "nothing is added twice"
    bao.stop()
    all_opens(cluster.run("lost-kms", **{"NEW_KMS": access["KMS"], **as_new(access)}))
    cluster.check()


def test_losing_a_kms_and_breaking_the_glass(cluster, folder, bao, second):
    in_no_bucket(cluster)
    medium = folder / "medium"
    medium.mkdir()
    cluster.run("break-glass", MEDIUM=medium)
    assert (medium / "sealift.key").stat().st_mode & 0o777 == 0o600
    bao.stop()
    all_opens(cluster.run("lost-kms-break-glass", MEDIUM=medium, **as_new(cluster.log_in(second, key="new-key"))))
    assert not cluster.has_local_key()
    cluster.check()


def test_losing_a_kms_of_which_there_is_a_backup(cluster, bao, second):
    bao.call("POST", "transit/keys/cluster-key/config", {"exportable": True, "allow_plaintext_backup": True})
    second.call("POST", "transit/restore/cluster-key", {"backup": bao.call("GET", "transit/backup/cluster-key")["data"]["backup"]})
    second.add_policy("sealift", "cluster-key")
    bao.stop()
    all_opens(cluster.run("lost-kms", **as_new(cluster.log_in(second))))
    cluster.check()


# --- tenants ---


def destroy_key(bao, key, namespace=""):
    bao.call("POST", f"transit/keys/{key}/config", {"deletion_allowed": True}, namespace)
    bao.call("DELETE", f"transit/keys/{key}", namespace=namespace)


def add_tenant(cluster, bao, namespace, key):
    """A namespace with a key and a login of its own: the variables that tell of it."""
    bao.add_namespace(namespace)
    bao.add_transit(namespace=namespace)
    bao.add_key(key, namespace=namespace)
    bao.add_policy("sealift", key, namespace=namespace)
    return {"NAMESPACE": namespace, **cluster.log_in(bao, role=namespace.replace("/", "-"), key=key, namespace=namespace)}


def test_moving_a_tenant(cluster, bao):
    cluster.machine.ok("fs", "remove", "bare", "--allow-key-loss")
    cluster.machine.ok("fs", "remove", "fresh")
    said = cluster.run("move-tenant", **add_tenant(cluster, bao, "team/a", "key-a"))
    all_opens(said)
    assert re.findall(r"^table .* yes +vault +team/a +key-a ", said, re.MULTILINE)
    destroy_key(bao, "cluster-key")
    cluster.machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
    upload(cluster.machine, "home", "tuesday")


def test_a_copy_for_another_tenant(cluster, folder, bao):
    target = folder / "copy"
    cluster.run("promote", TARGET=target, LOCATOR=cluster.locators["home"], **add_tenant(cluster, bao, "team/b", "key-b"))
    destroy_key(bao, "cluster-key")
    upload(cluster.machine, "copy", "tuesday")
    assert cluster.wrapped_by()["copy"] == ("vault", "team/b", "transit", "key-b")


def test_a_tenant_is_forgotten_by_the_key(cluster, folder, bao):
    tenant = add_tenant(cluster, bao, "team/a", "key-a")
    machine, evidence = cluster.machine, folder / "evidence"
    machine.ok("fs", "add", "theirs", cluster.tree / "folder-2", "--obs", "dr", "--kms-namespace", "team/a", "--kms-key-identifier", "key-a",
               "--kms-role-id", tenant["ROLE_ID"], "--kms-secret-id-file", tenant["SECRET_ID_FILE"])
    locator = upload(machine, "theirs", "monday")
    assert "or names it" in machine.ok("kms", "impact", "--key", "kye-a", "--namespace", "team/a").err, "a slip does not read as if all were well"
    variables = {"KEY": "key-a", "NAMESPACE": "team/a", "EVIDENCE": evidence}
    said = cluster.run("shred-look", **variables)
    assert {name for (_, name), verdict in verdicts(said).items() if verdict == "dies"} == {"theirs"}
    assert {name for (_, name), verdict in verdicts(said).items() if verdict == "survives"} == {"bare", "fresh", "home"}
    cluster.run("shred", **variables)
    said = cluster.run("shred-proof", **variables)
    assert {verdict for (_, name), verdict in verdicts(said).items() if name in ("theirs", cluster.id("theirs"))} == {"claimed"}
    assert locator.split("/")[1] in evidence.read_text()
    machine.fails("fs", "snapshot", "verify", "theirs", "monday", "--keys", code=code.NOT_FOUND, says=["key-a"])
    assert machine.run("kms", "drill").code != 0
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")


# --- the rest ---


def test_the_drill(cluster, bao):
    all_opens(cluster.run("drill"))
    destroy_key(bao, "cluster-key")
    with pytest.raises(AssertionError, match="there is no such key"):
        cluster.run("drill")


def test_a_machine_that_may_not_read(cluster, bao):
    cluster.run("least-rights", KEY="cluster-key", ROLE="sealift")
    locator = cluster.run("least-rights-upload", NAME="tuesday").splitlines()[-1]
    cluster.machine.fails("fs", "snapshot", "verify", "home", "tuesday", "--keys", code=code.DENIED, says=["decrypt"])
    reader = Sealift(cluster.folder / "home-2")
    add_folder_store(reader, cluster.bucket)
    reader.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", secret_file(cluster.folder, "token", bao.token))
    cluster.downloads_still("back", locator, reader)
