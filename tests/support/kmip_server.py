"""What the real KMIP servers of the tests have in common: their users are the common names of client certificates, of one authority."""

import base64
import json
from functools import cache
from pathlib import Path

from support.certificates import Authority
from support.kmip_admin import AES, CBC, GCM, PKCS5, KmipAdmin, enumeration
from support.process import free_port


class KmipServer:
    """`certificate` is the server's own, for `localhost` and 127.0.0.1 where nothing else is said."""

    name = None
    type = "kmip"  # as envelopes have it

    def __init__(self, folder, authority=None, names="DNS:localhost,IP:127.0.0.1"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.authority = authority or Authority(self.folder / "ca")
        self.certificate = self.authority.server(names, f"server-{self.folder.name}")
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.server = None

    @cache
    def client(self, user):
        """A user's certificate."""
        return self.authority.client(user)

    def admin(self, user="admin"):
        """A user who makes keys."""
        return KmipAdmin(("127.0.0.1", self.port), self.client(user))

    def access(self, uid, user="machine-a", *options, address=None):
        """What `kms set kmip` is told to use a key as that user."""
        who = self.client(user)
        return [address or self.address, uid, "--client-cert", who.certificate, "--client-key", who.key, "--ca-cert", who.ca, *options]

    def unwrap(self, envelope):
        """The KEK, as only the KMS can give it."""
        hint = envelope["kms"]
        details = json.loads(hint["details"])
        admin = self.admin()
        admin.version = tuple(int(part) for part in details["version"].split("."))
        mode = [enumeration(0x420011, GCM)] if details["cipher"] == "AES-GCM" else [enumeration(0x420011, CBC), enumeration(0x42005F, PKCS5)]
        return admin.decrypt(hint["key_identifier"], [*mode, enumeration(0x420028, AES)], base64.b64decode(envelope["wrapped_kek"].split(":")[2]),
                             bytes.fromhex(details["iv"]), bytes.fromhex(details.get("tag", "")))
