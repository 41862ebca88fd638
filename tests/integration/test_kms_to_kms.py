"""The KMS is exchanged for another one, of whatever type, while filesystems live: their keys move, and nothing is uploaded again."""

from collections import Counter
from pathlib import Path

import pytest

from support.counted_http import CountedHttp
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.moving_cluster import MovingCluster, outcomes
from support.openbao import OpenBao
from support.pykmip import PyKmip

NO_FSCRYPT = not Path("/sys/fs/ext4/features/encryption").exists()


@pytest.fixture
def cluster(folder, small_tree, needs_tools):
    """With a live encrypted filesystem, where this kernel has them."""
    if NO_FSCRYPT:
        pytest.skip("this kernel's ext4 has no fscrypt")
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        made = MovingCluster(folder, small_tree, disk)
        yield made
        made.close()


class Vault:
    """An OpenBao of the test's own; `place` is a namespace and the name of a key in it."""

    def __init__(self, folder, name="vault", namespace="", key="cluster-key", bao=None):
        self.bao = bao or OpenBao(folder / name).start_dev()
        self.namespace, self.key, self.name = namespace, key, name
        if namespace:
            self.bao.add_namespace(namespace)
        self.bao.add_transit(namespace=namespace)
        self.bao.add_key(key, namespace=namespace)
        self.bao.add_policy("sealift", key, namespace=namespace)
        role_id, secret_id = self.bao.add_approle("sealift", namespace=namespace)
        secret = secret_file(folder, f"secret-id-{name}", secret_id)
        in_namespace = ["--namespace", namespace] if namespace else []
        self.access = ["vault", self.bao.address, key, "--role-id", role_id, "--secret-id-file", secret, *in_namespace]
        self.place = ("vault", namespace or None, "transit", key)

    def leave(self):
        """What it has is gone for good."""
        if not self.namespace:
            self.bao.stop()
            return
        self.bao.call("POST", f"transit/keys/{self.key}/config", {"deletion_allowed": True}, self.namespace)
        self.bao.call("DELETE", f"transit/keys/{self.key}", namespace=self.namespace)

    def stop(self):
        self.bao.stop()


class Kmip:
    def __init__(self, folder):
        self.server = PyKmip(folder / "kmip").start()
        uid = self.server.add_shared_key()
        self.access = ["kmip", *self.server.access(uid)]
        self.place = ("kmip", None, None, uid)

    def leave(self):
        self.server.stop()

    stop = leave


def vaults(folder):
    """Two servers, with a key of the same name each: nothing that is written down tells them apart."""
    return Vault(folder, "first"), Vault(folder, "second")


def namespaces(folder):
    first = Vault(folder, "first", "tenants/a", "key-a")
    return first, Vault(folder, "second", "tenants/b", "key-b", first.bao)


@pytest.mark.parametrize("places", [vaults, namespaces, lambda folder: (Vault(folder), Kmip(folder)), lambda folder: (Kmip(folder), Vault(folder))],
                         ids=["vault-to-vault", "namespace-to-namespace", "vault-to-kmip", "kmip-to-vault"])
def test_every_key_moves_and_the_old_kms_is_not_needed_any_more(places, cluster, folder):
    before, after = places(folder)
    try:
        assert cluster.set_kms(before.access)["moved"] == []
        cluster.fill()
        shown = cluster.set_kms(after.access)
        assert outcomes(shown) == dict.fromkeys(cluster.names, "rewrapped")
        assert (shown["type"], shown["former_type"], shown["moving"]) == (after.place[0], None, 0)
        assert cluster.wrapped_by() == dict.fromkeys(cluster.names, after.place)
        cluster.check_live()
        before.leave()
        cluster.check()
        assert cluster.set_kms(after.access)["moved"] == []
    finally:
        before.stop()
        after.stop()


def test_from_the_local_key_which_is_destroyed(cluster, folder, bao):
    """And how often the KMS is asked: to encrypt and to decrypt once for each FS key, and to decrypt once for each that is in a bucket before the local key
    goes. That is beside what any `kms set` asks."""
    machine, way = cluster.machine, CountedHttp(bao.address)
    new = ["vault", way.address, "cluster-key", "--token-file", secret_file(folder, "token", bao.token)]
    cluster.fill("--allow-no-kms")
    assert cluster.has_local_key()
    done = machine.ok("kms", "set", *new, "--json")
    assert outcomes(done.json) == dict.fromkeys(cluster.names, "rewrapped")
    assert "local-kms.key was overwritten and removed" in done.err and not cluster.has_local_key()
    assert done.json["former_type"] is None
    asked = Counter(path.split("/")[-2] for path in way.asked)
    assert (asked["encrypt"], asked["decrypt"]) == (1 + 4, 2 + 4 + 3)
    assert {place[0] for place in cluster.wrapped_by().values()} == {"vault"}
    cluster.check()
    way.stop()
