"""A cluster whose filesystems are of several tenants, each with a key, a namespace and a role of its own; and what may happen to keys, records and hints."""

import base64
import json
import uuid

from support.command import Sealift
from support.counted_http import CountedHttp
from support.kms_access import secret_file
from support.main_job import add_folder_store, upload
from support.wrappings import forge_hint

TENANTS = {"red": "team/a", "blue": "team/b"}


class Tenants:
    """`home` and `fresh` are under the cluster key, `red` and `blue` under their tenants'. `fresh` has no snapshot, the others two each."""

    def __init__(self, folder, bao, tree):
        self.folder, self.bao, self.tree = folder, bao, tree
        self.way = CountedHttp(bao.address)
        self.bucket = folder / "bucket"
        self.machine = Sealift(folder / "home-1")
        add_folder_store(self.machine, self.bucket)
        role_id, secret_id = bao.add_approle("sealift")
        self.cluster_access = ("vault", self.way.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id))
        self.machine.ok("kms", "set", *self.cluster_access)
        self.locators = {}

    def close(self):
        self.way.stop()

    def fill(self, *tenants):
        self.add("home")
        self.add("fresh", uploads=0)
        for name in tenants:
            self.add(name, *self.add_tenant(TENANTS[name], name))
        return self

    def add_tenant(self, namespace, name):
        """The options that give a filesystem this tenant's key."""
        self.bao.add_namespace(namespace)
        self.bao.add_transit(namespace=namespace)
        self.bao.add_key("tenant-key", namespace=namespace)
        self.bao.add_policy("sealift", "tenant-key", namespace=namespace)
        role_id, secret_id = self.bao.add_approle("sealift", namespace=namespace)
        return ("--kms-namespace", namespace, "--kms-key-identifier", "tenant-key", "--kms-role-id", role_id,
                "--kms-secret-id-file", secret_file(self.folder, f"secret-id-{name}", secret_id))

    def add(self, name, *options, uploads=2):
        path = self.folder / f"tree-{name}"
        path.mkdir()
        (path / "file").write_text(f"of {name}")
        self.machine.ok("fs", "add", name, path, "--obs", "dr", *options)
        self.locators[name] = [upload(self.machine, name, f"day-{number}") for number in range(uploads)]

    def id_of(self, name):
        return next(fs["id"] for fs in self.machine.ok("fs", "--json").json if fs["name"] == name)

    def hangs_on(self, *names):
        """Everything that a filesystem's key opens, as (kind, locator or name): what the table has, what the bucket has, and the snapshots."""
        return sorted([(kind, name) for name in names for kind in ("filesystem", "key")]
                      + [("snapshot", locator) for name in names for locator in self.locators[name]])

    # What becomes of keys

    def destroy_key(self, key, namespace=""):
        self.bao.call("POST", f"transit/keys/{key}/config", {"deletion_allowed": True}, namespace)
        self.bao.call("DELETE", f"transit/keys/{key}", namespace=namespace)

    def rotate(self, key, namespace=""):
        self.bao.call("POST", f"transit/keys/{key}/rotate", namespace=namespace)

    def retire_below(self, version, key, namespace=""):
        self.bao.call("POST", f"transit/keys/{key}/config", {"min_decryption_version": version}, namespace)

    # What becomes of objects

    def records(self, name):
        return sorted((self.bucket / "fs" / self.id_of(name) / "keys").glob("*.json"))

    def manifests(self, name):
        return sorted((self.bucket / "fs" / self.id_of(name) / "snapshots").glob("*.json"))

    def add_wrapping(self, name, key, namespace=""):
        """One more key record of the filesystem's FS key, wrapped by another key of the same server, as its admin could make one. Returns its name."""
        first, *_, newest = self.records(name) * 2
        text = json.loads(first.read_text()) | {"record": json.loads(newest.read_text())["record"]}
        envelope = text["envelope"]
        kek = self.bao.call("POST", f"transit/decrypt/{envelope['kms']['key_identifier']}", {"ciphertext": envelope["wrapped_kek"]},
                            envelope["kms"].get("namespace") or "")["data"]["plaintext"]
        envelope["wrapped_kek"] = self.bao.call("POST", f"transit/encrypt/{key}", {"plaintext": kek}, namespace)["data"]["ciphertext"]
        envelope["kms"].update(key_identifier=key, namespace=namespace, key_version=int(envelope["wrapped_kek"].split(":")[1][1:]))
        assert len(base64.b64decode(kek)) == 32
        return self.put_record(first, text)

    def put_record(self, like, text):
        """A newer one."""
        text["record"] = str(uuid.UUID(int=uuid.UUID(text["record"]).int + (1 << 80)))
        added = like.with_name(f"{text['envelope']['key_check']}-{text['record']}.json")
        added.write_text(json.dumps(text, separators=(",", ":")) + "\n")
        return str(added.relative_to(self.bucket))

    def forge_hints(self, name, **hint):
        """Whatever the filesystem's records and manifests say of their key, which nobody authenticates. Returns what they said, for restore()."""
        before = {path: path.read_text() for path in self.records(name) + self.manifests(name)}
        for path in before:
            forge_hint(path, **hint)
        return before

    @staticmethod
    def restore(before):
        for path, text in before.items():
            path.write_text(text)
