"""While the KMS is away: what needs no key works, the rest waits for it and says so."""

from support import exit_codes as code
from support.command import Sealift
from support.main_job import add_folder_store, upload
from support.openbao import OpenBao
from support.process import wait_until
from support.tenants import Tenants
from support.vault_tenant import Tenant


def operator_and_machine(bao, folder, tree):
    """Who has access to the cluster key, and a machine with that access and one filesystem."""
    operator = Tenant(bao, folder, "operator", "", "cluster-key")
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    machine.ok("kms", "set", "vault", *operator.access)
    machine.ok("fs", "add", "home", tree, "--obs", "dr")
    return operator, machine


def test_what_needs_no_key_works_and_the_rest_waits(folder, small_tree):
    bao = OpenBao(folder / "openbao").start_stored()
    try:
        machine = operator_and_machine(bao, folder, small_tree)[1]
        upload(machine, "home", "monday")
        bao.seal()
        waiting = folder / "waiting"
        with waiting.open("w") as said:
            process = machine.start("fs", "snapshot", "verify", "home", "monday", "--keys", "--kms-wait", "5m", stderr=said)
        for command in (["fs"], ["fs", "snapshot"], ["obs", "snapshots", "dr"], ["fs", "snapshot", "verify", "home", "monday", "--objects"],
                        ["fs", "snapshot", "add", "home", "tuesday"]):
            machine.ok(*command)
        wait_until(lambda: "waits up to" in waiting.read_text(), "it says that it waits", 120)
        fs = machine.ok("fs", "--json").json[0]["id"]
        for words in (fs, "vault key transit/cluster-key", "sealed"):
            assert words in waiting.read_text()
        bao.unseal()
        assert process.wait(120) == 0, waiting.read_text()
    finally:
        bao.stop()


def waits(said):
    """How often a command said that it waits: with a time of its own for that, and as the KMS's client does."""
    return said.count("waits up to"), said.count("trying again")


def test_who_asks_for_many_wrappings_waits_once(folder, small_tree):
    bao = OpenBao(folder / "openbao").start_stored()
    tenants = None
    try:
        bao.equip()
        tenants = Tenants(folder, bao, small_tree).fill("red")
        machine = tenants.machine
        everything = len(machine.ok("kms", "drill", "--json").json["listing"])
        assert everything > 8
        bao.seal()
        drilled = machine.run("kms", "drill", "--json", "--kms-wait", "1s")
        assert drilled.code == code.UNAVAILABLE, drilled
        assert [row["result"] for row in drilled.json["listing"]] == ["waits"] * everything
        assert all("sealed" in row["problem"] for row in drilled.json["listing"]), drilled
        assert waits(drilled.err) == (2, 0), f"the cluster's key, and red's own: {drilled.err}"
        judged = machine.run("kms", "impact", "--key", "cluster-key", "--json", "--kms-wait", "1s")
        assert judged.code == code.UNAVAILABLE, judged
        assert len(judged.json["listing"]) >= everything - 2 and {row["verdict"] for row in judged.json["listing"]} <= {"claimed", "unknown"}, judged
        assert waits(judged.err) in ((1, 0), (2, 0), (3, 0)), f"at most these, and the key that is judged: {judged.err}"
    finally:
        if tenants:
            tenants.close()
        bao.stop()


def test_the_time_to_wait_is_the_calls_from_its_beginning(folder, small_tree):
    bao = OpenBao(folder / "openbao").start_stored()
    try:
        operator, machine = operator_and_machine(bao, folder, small_tree)
        fs = machine.ok("fs", "--json").json[0]["id"]
        bao.seal()
        moved = machine.run("kms", "rewrap", "--kms-wait", "3s")
        assert moved.code == code.UNAVAILABLE, moved
        assert f"filesystem {fs}, with vault key transit/cluster-key, waits up to 3 s for the KMS" in moved.err
        assert waits(moved.err) == (1, 0), f"the client does not wait on its own: {moved.err}"
        fresh = Sealift(folder / "home-2")
        with (folder / "setting").open("w") as said:
            process = fresh.start("kms", "set", "vault", *operator.access, "--kms-wait", "5m", stderr=said)
        wait_until(lambda: "vault key transit/cluster-key waits up to" in (folder / "setting").read_text(), "it says that it waits", 120)
        bao.unseal()
        assert process.wait(120) == 0, (folder / "setting").read_text()
    finally:
        bao.stop()
