"""One tenant of a Vault: a namespace, a key and an AppRole of its own."""

from support.kms_access import secret_file


class Tenant:
    """`options` are what `fs add`, `fs update` and `fs download` are told to use its key; `access` is what `kms set` is told of it alone."""

    def __init__(self, bao, folder, name, namespace, key, policy=None):
        self.bao, self.name, self.namespace, self.key = bao, name, namespace, key
        if namespace:
            bao.add_namespace(namespace)
        if "transit/" not in bao.call("GET", "sys/mounts", namespace=namespace)["data"]:
            bao.add_transit(namespace=namespace)
        bao.add_key(key, namespace=namespace)
        bao.add_policy(name, key, namespace=namespace, allowed=policy)
        self.role_id, self.secret_id = bao.add_approle(name, role=name, namespace=namespace)
        self.secret_file = secret_file(folder, f"secret-id-{name}", self.secret_id)
        self.options = ["--kms-key-identifier", key, "--kms-role-id", self.role_id, "--kms-secret-id-file", self.secret_file]
        self.access = [bao.address, key, "--role-id", self.role_id, "--secret-id-file", self.secret_file]
        if namespace:
            self.options += ["--kms-namespace", namespace]
            self.access += ["--namespace", namespace]
        self.place = ("vault", namespace or None, "transit", key)

    def log_in(self):
        """A token, as sealift has it."""
        body = {"role_id": self.role_id, "secret_id": self.secret_id}
        return self.bao.call("POST", "auth/approle/login", body, self.namespace)["auth"]["client_token"]

    def destroy_key(self):
        self.bao.call("POST", f"transit/keys/{self.key}/config", {"deletion_allowed": True}, self.namespace)
        self.bao.call("DELETE", f"transit/keys/{self.key}", namespace=self.namespace)


def allow(bao, policy, namespaces):
    """The cluster's own policy, in the root namespace, reaches into these others: {namespace: key}."""
    rules = [f'path "{namespace}/transit/{call}/{key}" {{ capabilities = ["{word}"] }}' for namespace, key in namespaces.items()
             for call, word in (("keys", "read"), ("encrypt", "update"), ("decrypt", "update"), ("rewrap", "update"))]
    before = bao.call("GET", f"sys/policies/acl/{policy}")["data"]["policy"]
    bao.call("PUT", f"sys/policies/acl/{policy}", {"policy": "\n".join([before, *rules])})
