"""A real Vault-compatible KMS: OpenBao, in dev mode or with a storage folder, TLS and a seal."""

import base64
import json
from pathlib import Path

from support.cache import installed
from support.certificates import Certificate
from support.http_json import HttpError, request_json
from support.process import Server, free_port, wait_until

BAO = "openbao-2.7.2/bin/bao"
EVERYTHING_NEEDED = {"keys": ["read"], "encrypt": ["update"], "decrypt": ["update"], "rewrap": ["update"]}


class OpenBao:
    """A server and the calls that a test makes as its admin. `namespace` is a path such as "team/a"."""

    type = "vault"  # as envelopes have it

    def __init__(self, folder, certificate=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binary = installed("openbao", BAO)
        self.port = free_port(1)  # the next one is where servers of a cluster talk
        self.certificate = certificate
        self.address = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        self.token = "root"
        self.server = None
        self.serving = ("ready",)  # a server of a cluster serves as a standby, too

    def start_dev(self):
        """In memory, unsealed, root token "root"."""
        self.server = Server("openbao", [self.binary, "server", "-dev", f"-dev-root-token-id={self.token}", "-dev-no-store-token",
                                         f"-dev-listen-address=127.0.0.1:{self.port}"], self.folder)
        self.server.start(lambda: self.health() == "ready")
        return self

    def start_dev_audited(self):
        """The same, with an audit device that writes a file; `audited()` reads it. OpenBao takes one from its configuration alone."""
        configuration = self.folder / "audit.hcl"
        self.audit_log = self.folder / "audit.jsonl"
        configuration.write_text(f'audit "file" "file" {{\n options {{\n  file_path = "{self.audit_log}"\n }}\n}}\n')
        self.server = Server("openbao", [self.binary, "server", "-dev", f"-dev-root-token-id={self.token}", "-dev-no-store-token",
                                         f"-dev-listen-address=127.0.0.1:{self.port}", f"-config={configuration}"], self.folder)
        self.server.start(lambda: self.health() == "ready")
        return self

    def audited(self):
        """What was answered by now: of each request its id, namespace and path, and the error (as it is or hashed) or None."""
        answers = [json.loads(line) for line in self.audit_log.read_text().splitlines() if '"type":"response"' in line]
        return [{"id": answer["request"].get("id"), "namespace": answer["request"]["namespace"].get("path", "").strip("/"),
                 "path": answer["request"]["path"], "error": answer.get("error") or answer.get("response", {}).get("data", {}).get("error")}
                for answer in answers]

    def start_dev_tls(self):
        """The same behind TLS, with a certificate that the server makes itself."""
        self.server = Server("openbao", [self.binary, "server", "-dev-tls", f"-dev-tls-cert-dir={self.folder}", f"-dev-root-token-id={self.token}",
                                         "-dev-no-store-token", f"-dev-listen-address=127.0.0.1:{self.port}"], self.folder)
        self.certificate = Certificate(*(self.folder / f"vault-{part}.pem" for part in ("ca", "cert", "key")))
        self.address = f"https://127.0.0.1:{self.port}"
        self.server.start(lambda: self.health() == "ready")
        return self

    def start_stored(self, join=()):
        """With a storage folder: it can be sealed, unsealed and restarted. Initialised at the first start, or, where there are others to `join`, made
        one of their cluster."""
        first = not (self.folder / "storage").exists()
        if first:
            self.write_configuration(join)
        self.start_sealed()
        if join:
            self.unseal_key, self.token, self.serving = join[0].unseal_key, join[0].token, ("ready", "standby")
            wait_until(lambda: self.health() == "sealed", "OpenBao has found the cluster")
        elif first:
            answer = self.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
            self.unseal_key, self.token = answer["keys"][0], answer["root_token"]
        self.unseal()
        return self

    def start_sealed(self):
        """As a server with storage is after each start."""
        self.server = Server("openbao", [self.binary, "server", f"-config={self.folder / 'bao.hcl'}"], self.folder)
        self.server.start(lambda: self.health() != "not ready")

    def write_configuration(self, join):
        cluster = f"127.0.0.1:{self.port + 1}"
        storage = self.folder / "storage"
        storage.mkdir(exist_ok=True)
        listener = f'address = "127.0.0.1:{self.port}"\ncluster_address = "{cluster}"\n'
        if self.certificate:
            listener += f'tls_cert_file = "{self.certificate.certificate}"\ntls_key_file = "{self.certificate.key}"\n'
        else:
            listener += "tls_disable = true\n"
        others = "".join(f'retry_join {{\n leader_api_addr = "{other.address}"\n leader_ca_cert_file = "{other.certificate.ca}"\n}}\n' for other in join)
        quick = 'performance_multiplier = 1\n autopilot_reconcile_interval = "1s"\n autopilot_update_interval = "1s"'  # elects in two seconds, not in fifteen
        (self.folder / "bao.hcl").write_text(f'storage "raft" {{\n path = "{storage}"\n node_id = "{self.folder.name}"\n {quick}\n{others}}}\n'
                                             f'listener "tcp" {{\n{listener}}}\n'
                                             f'api_addr = "{self.address}"\ncluster_addr = "https://{cluster}"\n')

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def kill(self):
        """SIGKILL."""
        self.server.kill()
        self.server = None

    def health(self):
        try:
            self.call("GET", "sys/health")
            return "ready"
        except HttpError as error:
            return {429: "standby", 501: "uninitialised", 503: "sealed"}.get(error.status, "not ready")
        except OSError:
            return "not ready"

    def call(self, method, path, body=None, namespace="", token=None):
        headers = {"X-Vault-Token": token or self.token, "X-Vault-Request": "true"}
        if namespace:
            headers["X-Vault-Namespace"] = namespace
        ca_cert = self.certificate.ca if self.certificate else None
        address = self.address.replace("127.0.0.1", "localhost") if self.certificate else self.address
        return request_json(method, f"{address}/v1/{path}", body, headers, ca_cert)

    def seal(self):
        self.call("PUT", "sys/seal")

    def unseal(self):
        """Unseals, and waits until it serves: its storage elects a leader first."""
        self.call("PUT", "sys/unseal", {"key": self.unseal_key})
        wait_until(lambda: self.health() in self.serving, "OpenBao serves after the unseal")

    def add_namespace(self, path):
        """Makes each level of "team/a" that is not there yet."""
        parent = ""
        for part in path.split("/"):
            if part not in self.namespaces(parent):
                self.call("POST", f"sys/namespaces/{part}", {}, namespace=parent)
            parent = f"{parent}/{part}".strip("/")

    def remove_namespace(self, path):
        """With all that is in it; OpenBao does it on its own time."""
        parent, name = path.rsplit("/", 1) if "/" in path else ("", path)
        self.call("DELETE", f"sys/namespaces/{name}", namespace=parent)
        wait_until(lambda: name not in self.namespaces(parent), f"namespace {path} is gone")

    def namespaces(self, parent):
        try:
            return [name.strip("/") for name in self.call("LIST", "sys/namespaces", namespace=parent)["data"]["keys"]]
        except HttpError as error:
            if error.status == 404:
                return []
            raise

    def add_transit(self, mount="transit", namespace=""):
        self.call("POST", f"sys/mounts/{mount}", {"type": "transit"}, namespace)

    def add_key(self, name="cluster-key", mount="transit", namespace="", **options):
        self.call("POST", f"{mount}/keys/{name}", options, namespace)

    def add_policy(self, name, key="cluster-key", mount="transit", namespace="", allowed=None):
        """The policy that docs/kms/openbao.md recommends, or the part of it in `allowed`."""
        rules = [f'path "{mount}/{call}/{key}" {{ capabilities = [{", ".join(f"{chr(34)}{word}{chr(34)}" for word in words)}] }}'
                 for call, words in (EVERYTHING_NEEDED if allowed is None else allowed).items()]
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": "\n".join(rules)}, namespace)

    def equip(self, key="cluster-key"):
        """The least that a cluster needs: a transit engine, a key, and the policy `sealift` for it."""
        self.add_transit()
        self.add_key(key)
        self.add_policy("sealift", key)
        return self

    def add_token(self, policy, namespace="", **options):
        return self.call("POST", "auth/token/create", {"policies": [policy], **options}, namespace)["auth"]["client_token"]

    def add_approle(self, policy, role="sealift", mount="approle", namespace="", **options):
        """The role id and a secret id of a new role."""
        if f"{mount}/" not in self.call("GET", "sys/auth", namespace=namespace)["data"]:
            self.call("POST", f"sys/auth/{mount}", {"type": "approle"}, namespace)
        self.call("POST", f"auth/{mount}/role/{role}", {"token_policies": [policy], **options}, namespace)
        role_id = self.call("GET", f"auth/{mount}/role/{role}/role-id", namespace=namespace)["data"]["role_id"]
        return role_id, self.add_secret_id(role, mount, namespace)

    def add_secret_id(self, role="sealift", mount="approle", namespace=""):
        return self.call("POST", f"auth/{mount}/role/{role}/secret-id", {}, namespace)["data"]["secret_id"]

    def add_kubernetes(self, policy, reviewer, role="sealift", mount="kubernetes", namespace=""):
        """A role for the service account that `reviewer`, a support.tokenreview.TokenReview, knows."""
        self.call("POST", f"sys/auth/{mount}", {"type": "kubernetes"}, namespace)
        self.call("POST", f"auth/{mount}/config", {"kubernetes_host": reviewer.address, "token_reviewer_jwt": "reviewer",
                                                  "disable_local_ca_jwt": True, "kubernetes_ca_cert": reviewer.ca.read_text()}, namespace)
        self.call("POST", f"auth/{mount}/role/{role}",
                  {"bound_service_account_names": [reviewer.account], "bound_service_account_namespaces": [reviewer.namespace],
                   "token_policies": [policy], "token_ttl": 600}, namespace)

    def move_mount(self, source, target):
        """Moves a mount; OpenBao queues the move, so this waits until it is done. Paths may begin with a namespace."""
        migration = self.call("POST", "sys/remount", {"from": source, "to": target})["data"]["migration_id"]

        def status():
            return self.call("GET", f"sys/remount/status/{migration}")["data"]["migration_info"]["status"]

        wait_until(lambda: status() != "in-progress", f"the move of {source} ends")
        assert status() == "success", f"the move of {source} ended as {status()}"

    def copy_key(self, source, target, mount="transit", target_mount="transit"):
        """Backs a key up and restores it under another name, as after a migration to another server."""
        self.call("POST", f"{mount}/keys/{source}/config", {"exportable": True, "allow_plaintext_backup": True, "deletion_allowed": True})
        backup = self.call("GET", f"{mount}/backup/{source}")["data"]["backup"]
        self.call("POST", f"{target_mount}/restore/{target}", {"backup": backup})

    def unwrap(self, envelope):
        """The KEK, as only the KMS can give it."""
        hint = envelope["kms"]
        answer = self.call("POST", f"{hint['mount']}/decrypt/{hint['key_identifier']}", {"ciphertext": envelope["wrapped_kek"]},
                           hint.get("namespace", ""))
        return base64.b64decode(answer["data"]["plaintext"])

    def opens(self, envelope):
        """Whether the KMS decrypts it for its admin, who may do everything."""
        hint = envelope["kms"]
        try:
            self.call("POST", f"{hint['mount']}/decrypt/{hint['key_identifier']}", {"ciphertext": envelope["wrapped_kek"]}, hint.get("namespace", ""))
            return True
        except HttpError as error:
            assert error.status == 400, error
            return False

    def rotate_key(self, name="cluster-key", mount="transit", namespace=""):
        self.call("POST", f"{mount}/keys/{name}/rotate", {}, namespace)

    def retire_versions_below(self, version, name="cluster-key", mount="transit", namespace=""):
        self.call("POST", f"{mount}/keys/{name}/config", {"min_decryption_version": version}, namespace)

    def delete_key(self, name, mount="transit"):
        self.call("DELETE", f"{mount}/keys/{name}")
