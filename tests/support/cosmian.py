"""A real KMIP server that speaks 1.0 to 2.1 over TLS 1.3: Cosmian KMS."""

from support.cache import installed
from support.http_json import request_json
from support.kmip_server import KmipServer
from support.process import Server, accepts, free_port

PROGRAM = "cosmian-5.28.0/bin/cosmian_kms"
WHAT_SEALIFT_NEEDS = ["encrypt", "decrypt", "getattributes"]


class Cosmian(KmipServer):
    name = "cosmian"

    def __init__(self, folder, authority=None):
        super().__init__(folder, authority)
        self.http_port = free_port()

    def start(self):
        self.server = Server("cosmian", [installed("cosmian", PROGRAM), "--database-type", "sqlite", "--sqlite-path", self.folder / "keys",
                                         "--socket-server-start", "--socket-server-hostname", "127.0.0.1", "--socket-server-port", self.port,
                                         "--hostname", "127.0.0.1", "--port", self.http_port, "--tls-cert-file", self.certificate.certificate,
                                         "--tls-key-file", self.certificate.key, "--clients-ca-cert-file", self.authority.ca],
                             self.folder)
        self.server.start(lambda: accepts(self.port) and accepts(self.http_port))
        return self

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def add_shared_key(self, **options):
        """The unique identifier of an active AES key that every user may use, which is all they may do with it."""
        uid = self.admin().add_key(**options)
        request_json("POST", f"https://127.0.0.1:{self.http_port}/access/grant",
                     {"unique_identifier": uid, "user_id": "*", "operation_types": WHAT_SEALIFT_NEEDS}, ca_cert=self.authority.ca,
                     client=self.client("admin"))
        return uid
