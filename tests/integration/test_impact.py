"""What would be lost with a key, against truth: the key then goes, and the drill fails for exactly what was named. Nothing that is forged changes that."""

import hashlib
import json

import pytest

from support import exit_codes as code
from support.command import Sealift
from support.kms_access import secret_file
from support.main_job import add_folder_store, upload
from support.tenants import Tenants

TENANT_KEY = ("--key", "tenant-key", "--namespace", "team/a")


@pytest.fixture
def cluster(folder, bao, small_tree):
    made = Tenants(folder, bao, small_tree).fill("red", "blue")
    yield made
    made.close()


def impact(machine, *options, expect=code.OK):
    result = machine.run("kms", "impact", "--json", *options)
    assert result.code == expect, result
    return result.json


def with_verdict(shown, verdict):
    return sorted((row["kind"], row["locator"] or row["filesystem"]) for row in shown["listing"] if row["verdict"] == verdict)


def expect(cluster, shown, safe=False, **verdicts):
    """Filesystems by verdict, with all that hangs on them; all others survive."""
    named = sum(verdicts.values(), ())
    for verdict, names in {"survives": tuple(name for name in cluster.locators if name not in named), **verdicts}.items():
        assert with_verdict(shown, verdict) == cluster.hangs_on(*names), verdict
        assert shown["totals"][verdict] == len(cluster.hangs_on(*names))
    assert shown["totals"]["safe"] is safe


def failing_in_a_drill(cluster):
    shown = cluster.machine.run("kms", "drill", "--json").json
    return sorted((row["kind"], row["locator"] or row["filesystem"]) for row in shown["listing"] if row["result"] != "opens")


def test_each_key_and_what_really_dies_with_it(cluster):
    expect(cluster, impact(cluster.machine, "dr"), dies=("home", "fresh"))
    shown = impact(cluster.machine, "dr", *TENANT_KEY)
    expect(cluster, shown, dies=("red",))
    proof = next(row for row in shown["listing"] if row["kind"] == "snapshot" and row["verdict"] == "dies")
    assert (proof["kms_namespace"], proof["kms_mount"], proof["kms_key_identifier"], proof["kms_key_version"]) == ("team/a", "transit", "tenant-key", 1)
    cluster.destroy_key("tenant-key", "team/a")
    assert failing_in_a_drill(cluster) == with_verdict(shown, "dies")
    cluster.destroy_key("cluster-key")
    assert failing_in_a_drill(cluster) == cluster.hangs_on("home", "fresh", "red")


def test_a_key_that_nothing_needs(cluster):
    cluster.bao.add_key("spare-key")
    cluster.bao.add_policy("spare", "spare-key")
    expect(cluster, impact(cluster.machine, "--key", "spare-key"), safe=True)
    cluster.destroy_key("spare-key")
    assert failing_in_a_drill(cluster) == []


def test_old_versions(cluster):
    cluster.rotate("cluster-key")
    cluster.add("late", uploads=1)
    shown = impact(cluster.machine, "dr", "--below-version", "2")
    expect(cluster, shown, dies=("home", "fresh"))
    cluster.retire_below(2, "cluster-key")
    assert failing_in_a_drill(cluster) == with_verdict(shown, "dies")
    expect(cluster, impact(cluster.machine, "--below-version", "2"), claimed=("home", "fresh"))
    cluster.retire_below(1, "cluster-key")
    expect(cluster, impact(cluster.machine, "--below-version", "3"), dies=("home", "fresh", "late"))


def test_old_versions_after_a_rewrap(cluster):
    cluster.rotate("cluster-key")
    cluster.machine.ok("kms", "rewrap")
    shown = impact(cluster.machine, "--below-version", "2")
    expect(cluster, shown, safe=True)
    snapshot = next(row for row in shown["listing"] if row["kind"] == "snapshot" and row["filesystem"] == "home")
    assert (snapshot["kms_key_version"], snapshot["condemned"], snapshot["others"]) == (2, 2, 1), "the old record and the manifest's own are as they were"
    cluster.retire_below(2, "cluster-key")
    assert failing_in_a_drill(cluster) == []
    expect(cluster, impact(cluster.machine), dies=("home", "fresh"))


FORGED = [dict(key_version=99), dict(namespace="", key_identifier="cluster-key"), dict(namespace="team/b"), dict(mount="kv", key_identifier="none"),
          dict(namespace="", mount="team/a/transit"), dict(type="kmip", namespace="", mount="", key_identifier="7")]


def test_forged_hints_change_nothing(cluster):
    for hint in FORGED:
        before = cluster.forge_hints("red", **hint)
        expect(cluster, impact(cluster.machine, *TENANT_KEY), dies=("red",))
        expect(cluster, impact(cluster.machine, *TENANT_KEY, "--below-version", "2"), dies=("red",))
        cluster.restore(before)
    cluster.destroy_key("tenant-key", "team/a")
    for hint in FORGED:
        before = cluster.forge_hints("red", **hint)
        assert failing_in_a_drill(cluster) == cluster.hangs_on("red")
        after = impact(cluster.machine, *TENANT_KEY)
        assert with_verdict(after, "survives") == cluster.hangs_on("home", "fresh", "blue") and not after["totals"]["safe"]
        cluster.restore(before)


def test_a_login_that_may_go_everywhere_is_not_led_astray(folder, bao, small_tree):
    """A root token opens the tenant's key under two names: by its namespace, and by a path that begins with it."""
    cluster = Tenants(folder, bao, small_tree)
    cluster.add("red", *cluster.add_tenant("team/a", "red"))
    cluster.forge_hints("red", namespace="", mount="team/a/transit")
    second = Sealift(folder / "home-2")
    second.ok("kms", "set", "vault", bao.address, "cluster-key", "--token-file", secret_file(folder, "root", bao.token))
    shown = impact(second, f"file://{cluster.bucket}", *TENANT_KEY)
    assert {row["kms_mount"] for row in shown["listing"]} == {"team/a/transit"}, "it opened by the forged name"
    assert {row["verdict"] for row in shown["listing"]} == {"dies"} and not shown["totals"]["safe"]
    cluster.close()


def test_damaged_records_and_manifests(cluster):
    for path in cluster.records("red"):
        path.write_text("{")
    altered = cluster.manifests("blue")[0]
    altered.write_text(altered.read_text().replace('"sequence":1', '"sequence":8'))
    shown = impact(cluster.machine, *TENANT_KEY)
    snapshots = [("snapshot", locator) for locator in cluster.locators["red"]]
    assert with_verdict(shown, "dies") == sorted([("filesystem", "red"), *snapshots]), "the manifests carry a wrapping of their own"
    assert with_verdict(shown, "unknown") == sorted([("key", "red"), ("snapshot", cluster.locators["blue"][0])])
    assert not impact(cluster.machine, "--key", "tenant-key", "--namespace", "team/none")["totals"]["safe"], "what is unknown may need it"


def test_a_record_of_another_key_and_a_crowd_of_newer_ones(cluster):
    """A record that claims to be of red's key and holds blue's saves nothing; one that does open is found behind any number of damaged ones."""
    record = cluster.records("red")[-1]
    forged = json.loads(record.read_text())
    forged["envelope"] |= {key: json.loads(cluster.records("blue")[-1].read_text())["envelope"][key] for key in ("wrapped_kek", "sealed_fs_key", "kms")}
    cluster.put_record(record, forged)
    expect(cluster, impact(cluster.machine, *TENANT_KEY), dies=("red",))

    cluster.bao.add_key("spare-key")
    cluster.bao.add_policy("sealift", "*")
    saved = cluster.add_wrapping("red", "spare-key")
    newest = json.loads((cluster.bucket / saved).read_text())
    for _ in range(40):
        (cluster.bucket / cluster.put_record(cluster.records("red")[-1], newest)).write_text("{")  # put_record() makes `newest` newer each time
    shown = impact(cluster.machine, *TENANT_KEY)
    assert with_verdict(shown, "dies") == [("filesystem", "red")], "what the table has"
    key = next(row for row in shown["listing"] if (row["kind"], row["filesystem"]) == ("key", "red"))
    assert (key["verdict"], key["kms_key_identifier"], key["others"], key["wrappings"]) == ("survives", "spare-key", 1, 43)


def test_kmip(folder, kmip, small_tree):
    """Keys without versions and namespaces. This server calls its keys by numbers, so that the condemned one has many names."""
    cluster_key, tenant_key = kmip.add_shared_key(), kmip.add_shared_key()
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "kmip", *kmip.access(cluster_key))
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.ok("fs", "add", "red", small_tree / "folder-0", "--obs", "dr", "--kms-key-identifier", tenant_key)
    for name in ("home", "red"):
        upload(machine, name, "monday")
    for key, dies in {cluster_key: "home", tenant_key: "red"}.items():
        shown = impact(machine, "--key", key)
        assert {row["filesystem"]: row["verdict"] for row in shown["listing"]} == {"home": "survives", "red": "survives"} | {dies: "dies"}
    for path in folder.glob("bucket/fs/*/keys/*.json"):
        path.write_text(path.read_text().replace(f'"{tenant_key}"', f'"0{tenant_key}"'))
    shown = impact(machine, "--key", tenant_key)
    assert {row["filesystem"]: row["verdict"] for row in shown["listing"]} == {"home": "survives", "red": "dies"}
    for option in (["--below-version", "2"], ["--namespace", "team/a"]):
        machine.fails("kms", "impact", *option, code=code.INVALID, says=["KMIP"])


def test_a_kms_that_is_away_makes_no_key_unneeded(cluster, folder):
    cluster.way.refusal = 472
    shown = impact(cluster.machine, "dr", "--evidence", folder / "evidence", expect=code.UNAVAILABLE)
    expect(cluster, shown, claimed=("home", "fresh"), unknown=("red", "blue"))
    assert json.loads((folder / "evidence").read_text().splitlines()[-1])["status"] == "unavailable"


def test_other_stores_of_the_table(cluster, folder):
    cluster.bao.add_key("spare-key")
    cluster.machine.ok("obs", "add", "second", f"file://{folder / 'bucket-2'}")
    shown = impact(cluster.machine, "dr", "--key", "spare-key")
    assert shown["totals"]["stores_left_out"] == 1 and not shown["totals"]["safe"]
    assert impact(cluster.machine, "--key", "spare-key")["totals"]["safe"]
    (folder / "bucket-2").rename(folder / "gone")
    shown = impact(cluster.machine, "--key", "spare-key", expect=code.NOT_FOUND)
    assert not shown["totals"]["safe"], "a store that cannot be looked at may hold anything"
    cluster.machine.fails("kms", "impact", "mistyped", "--key", "spare-key", code=code.NOT_FOUND, says=["mistyped"])


# Crypto-shred

def read_evidence(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    *text, _ = path.read_bytes().splitlines(keepends=True)
    assert lines[-1]["evidence"] == "end" and lines[-1]["sha256"] == hashlib.sha256(b"".join(text)).hexdigest()
    return lines


def test_crypto_shred(cluster, folder):
    cluster.bao.add_key("escrow-key")
    cluster.bao.add_policy("sealift", "*")
    forgotten = cluster.add_wrapping("red", "escrow-key")
    shown = impact(cluster.machine, "dr", *TENANT_KEY, "--evidence", folder / "first")
    assert with_verdict(shown, "dies") == [("filesystem", "red")]
    assert (folder / "first").stat().st_mode & 0o7777 == 0o600
    lines = read_evidence(folder / "first")
    assert lines[0]["command"] == "kms impact --key tenant-key --namespace team/a --transit-path transit"
    assert lines[0]["store"] == f"file://{cluster.bucket}"
    red = cluster.id_of("red")
    other = [line for line in lines if line["evidence"] == "wrapping" and line["filesystem_id"] == red and line["opens"] == "other"]
    assert [(line["object"], line["by"]["key_identifier"]) for line in other] == [(forgotten, "escrow-key")], "the other record that still opens them"

    # The tenant's key alone does not shred them: the evidence said so, and it is true.
    cluster.destroy_key("tenant-key", "team/a")
    cluster.machine.ok("fs", "snapshot", "verify", cluster.locators["red"][0], "--obs", "dr", "--keys")
    (cluster.bucket / forgotten).unlink()
    cluster.machine.fails("kms", "impact", "dr", "--evidence", folder / "first", code=code.CONFLICT, says=["first", "never written over"])


def test_a_break_glass_key_that_lies_elsewhere(cluster, folder):
    """It cannot be asked here, so it saves nothing; but the evidence names what it wrapped. Where it lies at hand, it does."""
    offline = folder / "offline.key"
    cluster.machine.ok("fs", "key", "add", "red", "--local-key-file", offline)
    record = str(cluster.records("red")[-1].relative_to(cluster.bucket))
    shown = impact(cluster.machine, "dr", *TENANT_KEY, "--evidence", folder / "evidence")
    expect(cluster, shown, dies=("red",))
    assert {row["unopened"] for row in shown["listing"] if row["filesystem"] == "red" and row["kind"] != "filesystem"} == {1}
    line, = [line for line in read_evidence(folder / "evidence") if line["evidence"] == "wrapping" and line["object"] == record]
    assert (line["opens"], line["by"], line["claims"]["type"]) == ("nothing", None, "local")

    offline.rename(cluster.machine.home / "local-kms.key")
    shown = impact(cluster.machine, "dr", *TENANT_KEY)
    assert with_verdict(shown, "dies") == [("filesystem", "red")]
    cluster.destroy_key("tenant-key", "team/a")
    assert failing_in_a_drill(cluster) == [("filesystem", "red")]


def test_crypto_shred_to_its_end(cluster, folder):
    evidence = folder / "evidence"
    shown = impact(cluster.machine, "dr", *TENANT_KEY, "--evidence", evidence)
    expect(cluster, shown, dies=("red",))
    lines = read_evidence(evidence)
    manifests = {line["locator"]: line for line in lines if line["evidence"] == "object" and line["kind"] == "manifest"}
    for name, path in [(name, path) for name in ("home", "red", "blue") for path in cluster.manifests(name)]:
        line = manifests.pop(f"{cluster.id_of(name)}/{path.stem}")
        assert line["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest() and line["size"] == path.stat().st_size
        assert line["finding"].split(":")[0] == ("dies" if name == "red" else "survives")
    assert not manifests
    red = [line for line in lines if line["evidence"] == "wrapping" and line["filesystem_id"] == cluster.id_of("red")]
    assert {line["opens"] for line in red} == {"condemned"} and len(red) == 4, "of the table, the record, two manifests: nothing else opens them"

    cluster.destroy_key("tenant-key", "team/a")
    for locator in cluster.locators["red"]:
        cluster.machine.fails("fs", "snapshot", "verify", locator, "--obs", "dr", "--keys", code=code.NOT_FOUND, says=["no such key"])
        cluster.machine.fails("fs", "download", "again", folder / "again", "dr", locator, code=code.NOT_FOUND, says=["no such key"])
    expect(cluster, impact(cluster.machine, "dr", *TENANT_KEY), claimed=("red",))
    assert failing_in_a_drill(cluster) == cluster.hangs_on("red")
