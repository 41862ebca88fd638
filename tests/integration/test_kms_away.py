"""While the KMS is away: what needs no key works, the rest waits for it and says so."""

from support.command import Sealift
from support.main_job import add_folder_store, upload
from support.openbao import OpenBao
from support.process import wait_until
from support.vault_tenant import Tenant


def test_what_needs_no_key_works_and_the_rest_waits(folder, small_tree):
    bao = OpenBao(folder / "openbao").start_stored()
    try:
        operator = Tenant(bao, folder, "operator", "", "cluster-key")
        machine = Sealift(folder / "home-1")
        add_folder_store(machine, folder / "bucket")
        machine.ok("kms", "set", "vault", *operator.access)
        machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
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
