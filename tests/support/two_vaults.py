"""Two Vaults between which the keys of a cluster change."""

from support.kms_access import secret_file
from support.openbao import OpenBao

CLUSTER, TENANT, OTHER = ("vault", None, "old-key", 1), ("vault", "tenants/a", "own-key", 1), ("vault", None, "new-key", 1)


class TwoVaults:
    """A Vault with the cluster key and a tenant's, and another Vault. `cluster`, `tenant` and `other` are what stands behind `kms set` for each of these
    keys, whose login opens nothing else."""

    def __init__(self, folder):
        self.folder = folder
        self.bao, self.second = (OpenBao(folder / name).start_dev() for name in ("openbao-crash-1", "openbao-crash-2"))
        self.all = [self.bao, self.second]
        self.bao.add_namespace("tenants/a")
        for server, namespace in ((self.bao, ""), (self.bao, "tenants/a"), (self.second, "")):
            server.add_transit(namespace=namespace)
        self.cluster = self.access(self.bao, "old-key")
        self.tenant = self.access(self.bao, "own-key", "tenants/a")
        self.other = self.access(self.second, "new-key")
        self.own_key = own_key(self.tenant)
        self.rotating = self.access(self.bao, "rotating")
        self.rotating_tenant = self.access(self.bao, "rotating-own", "tenants/a")

    def access(self, server, key, namespace=""):
        server.add_key(key, namespace=namespace)
        server.add_policy(key, key, namespace=namespace)
        role_id, secret_id = server.add_approle(key, role=key, namespace=namespace)
        return ["vault", server.address, key, "--role-id", role_id, "--secret-id-file", secret_file(self.folder, f"secret-{key}", secret_id),
                *(["--namespace", namespace] if namespace else [])]

    def stop(self):
        for server in self.all:
            server.stop()


def own_key(access):
    """For a filesystem, what `kms set` is told of a key."""
    role_id, secret, namespace = (access[access.index(option) + 1] for option in ("--role-id", "--secret-id-file", "--namespace"))
    return ["--kms-key-identifier", access[2], "--kms-namespace", namespace, "--kms-role-id", role_id, "--kms-secret-id-file", secret]
