"""The ways to reach a Vault, each as `kms set vault` is told it."""

import uuid
from dataclasses import dataclass, field

from support.tokenreview import TokenReview


@dataclass
class KmsAccess:
    """The arguments behind `kms set vault`, the environment that they rely on, and the credential, which must be found nowhere."""

    arguments: list
    secret: str
    environment: dict = field(default_factory=dict)


def secret_file(folder, name, secret):
    path = folder / name
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return path


def token_access(folder, bao, address=None, key="cluster-key"):
    """Behind `kms set`, with the root token: where what a token may do is not the point."""
    return ["vault", address or bao.address, key, "--token-file", secret_file(folder, "token", bao.token)]


def vault_access(bao, folder):
    """Of a key of its own: what stands behind `kms set`, and the same as a second KMS."""
    key = f"key-{uuid.uuid4().hex[:12]}"
    bao.add_key(key)
    bao.add_policy(key, key)
    role_id, secret_id = bao.add_approle(key, key)
    secret = secret_file(folder, key, secret_id)
    return (key, ["vault", bao.address, key, "--role-id", role_id, "--secret-id-file", secret],
            ["--vault", bao.address, "--kms-key-identifier", key, "--kms-role-id", role_id, "--kms-secret-id-file", secret])


def by_token_file(bao, folder):
    token = bao.add_token("sealift")
    return KmsAccess([bao.address, "cluster-key", "--token-file", secret_file(folder, "token", token)], token)


def by_token_variable(bao, folder):
    token = bao.add_token("sealift")
    return KmsAccess(["cluster-key"], token, {"VAULT_ADDR": bao.address, "VAULT_TOKEN": token})


def by_openbao_variables(bao, folder):
    token = bao.add_token("sealift")
    return KmsAccess(["cluster-key"], token, {"BAO_ADDR": bao.address, "BAO_TOKEN": token})


def by_approle_file(bao, folder):
    role_id, secret_id = bao.add_approle("sealift")
    return KmsAccess([bao.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id)],
                     secret_id)


def by_approle_variable(bao, folder):
    role_id, secret_id = bao.add_approle("sealift")
    return KmsAccess([bao.address, "cluster-key", "--role-id", role_id], secret_id, {"SEALIFT_VAULT_SECRET_ID": secret_id})


def by_kubernetes(bao, folder):
    reviewer = TokenReview(folder / "kubernetes")
    bao.add_kubernetes("sealift", reviewer)
    jwt = reviewer.issue()
    return KmsAccess([bao.address, "cluster-key", "--kubernetes-role", "sealift", "--kubernetes-jwt-file", secret_file(folder, "jwt", jwt)], jwt)


def by_namespace_and_custom_mounts(bao, folder):
    """Two levels deep, with the transit engine and the AppRole login at paths of their own."""
    namespace, transit, login = "team/a", "kms/transit", "machines/approle"
    bao.add_namespace(namespace)
    bao.add_transit(transit, namespace)
    bao.add_key("disaster-key", transit, namespace)
    bao.add_policy("sealift", "disaster-key", transit, namespace)
    role_id, secret_id = bao.add_approle("sealift", mount=login, namespace=namespace)
    return KmsAccess([bao.address, "disaster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id),
                      "--namespace", namespace, "--transit-path", transit, "--auth-path", login], secret_id)


def by_kubernetes_in_a_namespace(bao, folder):
    namespace = "team/b"
    bao.add_namespace(namespace)
    bao.add_transit(namespace=namespace)
    bao.add_key(namespace=namespace)
    bao.add_policy("sealift", namespace=namespace)
    reviewer = TokenReview(folder / "kubernetes")
    bao.add_kubernetes("sealift", reviewer, mount="clusters/one", namespace=namespace)
    jwt = reviewer.issue()
    return KmsAccess([bao.address, "cluster-key", "--kubernetes-role", "sealift", "--kubernetes-jwt-file", secret_file(folder, "jwt", jwt),
                      "--namespace", namespace, "--auth-path", "clusters/one"], jwt)


ALL = [by_token_file, by_token_variable, by_openbao_variables, by_approle_file, by_approle_variable, by_kubernetes,
       by_namespace_and_custom_mounts, by_kubernetes_in_a_namespace]
