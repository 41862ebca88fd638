"""A real KMIP server: PyKMIP, which speaks 1.0 to 2.0 over TLS 1.2."""

import json
import os
import re
from collections import Counter
from pathlib import Path

from support.cache import installed
from support.kmip_server import KmipServer
from support.process import Server, accepts

PYTHON = "pykmip-0.11.0/bin/python3"
LAUNCHER = Path(__file__).with_name("pykmip_server.py")
SHARED = "shared"
ENCRYPT_ONLY = "encrypt-only"

# Whoever owns a key may do everything with it; one under this policy may be used by others, too. PyKMIP asks for the right to Get when a key is to encrypt.
# What it asks when one is to decrypt is the launcher's doing.
RIGHTS = {"GET": "ALLOW_ALL", "GET_ATTRIBUTES": "ALLOW_ALL", "ACTIVATE": "ALLOW_OWNER", "REVOKE": "ALLOW_OWNER", "DESTROY": "ALLOW_OWNER"}
POLICY = {name: {kind: {**RIGHTS, "DECRYPT": who} for kind in ("SYMMETRIC_KEY", "PRIVATE_KEY", "PUBLIC_KEY")}
          for name, who in {SHARED: "ALLOW_ALL", ENCRYPT_ONLY: "ALLOW_OWNER"}.items()}


class PyKmip(KmipServer):
    """`database` is where another server keeps its keys, to serve the same."""

    name = "pykmip"

    def __init__(self, folder, authority=None, database=None):
        super().__init__(folder, authority)
        self.database = database or self.folder / "keys.db"

    def start(self):
        configuration, policies = self.folder / "server.conf", self.folder / "policies"
        policies.mkdir(exist_ok=True)
        (policies / "policy.json").write_text(json.dumps(POLICY))
        settings = {"hostname": "127.0.0.1", "port": self.port, "certificate_path": self.certificate.certificate, "key_path": self.certificate.key,
                    "ca_path": self.authority.ca, "auth_suite": "TLS1.2", "policy_path": policies, "enable_tls_client_auth": True,
                    "logging_level": "DEBUG", "database_path": self.database}
        configuration.write_text("[server]\n" + "".join(f"{name}={value}\n" for name, value in settings.items()))
        python = installed("pykmip", PYTHON)
        # What it makes for its helper processes in a temporary folder stays when it is killed.
        environment = {"TMPDIR": str(self.folder), "PYTHONWARNINGS": "ignore"}
        self.server = Server(self.name, [python, LAUNCHER, "-f", configuration, "-l", os.devnull], self.folder, environment)
        self.server.start(lambda: accepts(self.port))
        return self

    def stop(self):
        """At once: it would wait ten seconds for each connection. Its keys are in the database."""
        if self.server:
            self.server.stop(patience=0)
            self.server = None

    def read_log(self):
        log = self.folder / f"{self.name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def add_shared_key(self, **options):
        """The unique identifier of an active AES key that every user may use."""
        return self.admin().add_key(policy=SHARED, **options)

    def add_key_to_encrypt_with(self, owner):
        """The unique identifier of an active AES key that every user may encrypt with, and only its owner decrypt."""
        return self.admin(owner).add_key(policy=ENCRYPT_ONLY)

    def requests(self):
        """The operations that were asked for, in their order, whatever came of them."""
        return re.findall(r"Processing operation: (\w+)", self.read_log())

    def operations(self):
        """How often each was."""
        return Counter(self.requests())
