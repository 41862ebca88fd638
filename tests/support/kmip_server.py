"""What the real KMIP servers of the tests have in common: their users are the common names of client certificates, of one authority."""

from functools import cache
from pathlib import Path

from support.certificates import Authority
from support.kmip_admin import KmipAdmin
from support.process import free_port


class KmipServer:
    """`certificate` is the server's own, for `localhost` and 127.0.0.1 where nothing else is said."""

    name = None

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
