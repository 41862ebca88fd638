"""A certificate authority of the test's own, by the openssl command."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Certificate:
    ca: Path
    certificate: Path
    key: Path


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_certificate(folder, names):
    """A fresh CA and one server certificate for `names`, such as "DNS:localhost,IP:127.0.0.1"."""
    folder = Path(folder)
    ca, ca_key = folder / "ca.pem", folder / "ca.key"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=sealift test CA",
            "-keyout", ca_key, "-out", ca, "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    key, request, certificate = folder / "server.key", folder / "server.csr", folder / "server.pem"
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=sealift test server",
            "-keyout", key, "-out", request)
    extensions = folder / "server.ext"
    extensions.write_text(f"extendedKeyUsage=serverAuth\nsubjectAltName={names}\n")
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "30", "-extfile", extensions,
            "-out", certificate)
    return Certificate(ca, certificate, key)
