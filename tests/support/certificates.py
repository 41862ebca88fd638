"""Certificate authorities of the test's own, by the openssl command: EC P-256, which every server here takes."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key

P256 = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass
class Certificate:
    """`ca` is who signed it; all three are PEM files."""

    ca: Path
    certificate: Path
    key: Path

    @property
    def secret(self):
        """What of the private key nobody else may know."""
        number = load_pem_private_key(self.key.read_bytes(), None).private_numbers().private_value
        return number.to_bytes(32, "big")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """Signs certificates for servers and clients; `ca` is what those who trust it are given."""

    def __init__(self, folder, name="sealift test CA"):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca, self.ca_key = self.folder / "ca.pem", self.folder / "ca.key"
        openssl("req", "-x509", *P256, "-days", "30", "-subj", f"/CN={name}", "-keyout", self.ca_key, "-out", self.ca,
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def server(self, names, file="server"):
        """For a server of these `names`, such as "DNS:localhost,IP:127.0.0.1"."""
        return self.sign(file, "sealift test server", f"extendedKeyUsage=serverAuth\nsubjectAltName={names}\n")

    def client(self, name, file=None, usage="clientAuth", days=200):
        """For the user `name`. `usage` "" leaves the extended key usage out; with `days` -1 it ended yesterday."""
        return self.sign(file or name, name, f"extendedKeyUsage={usage}\n" if usage else "basicConstraints=CA:FALSE\n", days)

    def sign(self, file, name, extensions, days=200):
        key, request, certificate, wanted = (self.folder / f"{file}.{suffix}" for suffix in ("key", "csr", "pem", "ext"))
        wanted.write_text(extensions)
        openssl("req", "-new", *P256, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", days, "-extfile", wanted,
                "-out", certificate)
        return Certificate(self.ca, certificate, key)


def make_certificate(folder, names):
    """A server certificate of a fresh authority."""
    return Authority(folder).server(names)
