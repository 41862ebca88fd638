"""What an administrator does on a KMIP server: makes keys, activates, revokes and destroys them. Just enough TTLV for that, and none of it sealift's."""

import socket
import ssl
import struct
from dataclasses import dataclass

AES, RSA = 3, 4
ENCRYPT, DECRYPT = 4, 8
GCM, CBC = 9, 1
PKCS5 = 3
OPERATIONS = {"Create": 0x01, "Create Key Pair": 0x02, "Register": 0x03, "Get Attributes": 0x0B, "Get": 0x0A, "Activate": 0x12, "Revoke": 0x13, "Destroy": 0x14,
              "Encrypt": 0x1F, "Decrypt": 0x20}
KEY_COMPROMISE, CESSATION = 2, 6


class KmipRefusal(Exception):
    """The server's answer to a call that failed."""


def item(tag, kind, value, length=None):
    return struct.pack(">I", tag << 8 | kind) + struct.pack(">I", len(value) if length is None else length) + value + bytes(-len(value) % 8)


def structure(tag, *items):
    return item(tag, 1, b"".join(items))


def integer(tag, value):
    return item(tag, 2, struct.pack(">i", value))


def enumeration(tag, value):
    return item(tag, 5, struct.pack(">I", value))


def text(tag, value):
    return item(tag, 7, value.encode())


def octets(tag, value):
    return item(tag, 8, value)


def attribute(name, write, value):
    """As 1.x names them: in words."""
    return structure(0x420008, text(0x42000A, name), write(0x42000B, value))


def parsed(data):
    """The items in `data`, as pairs of tag and value; a structure's value is such a list."""
    items, place = [], 0
    while place < len(data):
        word, length = struct.unpack_from(">II", data, place)
        value = data[place + 8:place + 8 + length]
        read = {1: parsed, 2: lambda raw: struct.unpack(">i", raw)[0], 5: lambda raw: struct.unpack(">I", raw)[0], 7: bytes.decode}.get(word & 0xFF, bytes)
        items.append((word >> 8, read(value)))
        place += 8 + length + -length % 8
    return items


def first(items, *path):
    """What stands below these tags, or None."""
    for tag in path:
        items = next((value for found, value in items if found == tag), None)
        if items is None:
            return None
    return items


@dataclass
class KmipAdmin:
    """A user who is allowed to make keys. Speaks one version, over a connection of its own for each call."""

    address: tuple
    certificate: object  # support.certificates.Certificate
    version: tuple = (1, 2)

    def call(self, operation, *payload):
        """The items of the answer's payload."""
        version = structure(0x420069, integer(0x42006A, self.version[0]), integer(0x42006B, self.version[1]))
        request = structure(0x420078, structure(0x420077, version, integer(0x42000D, 1)),
                            structure(0x42000F, enumeration(0x42005C, OPERATIONS[operation]), structure(0x420079, *payload)))
        answer = parsed(self.exchange(request))
        done = first(answer, 0x42007B, 0x42000F)
        if first(done, 0x42007F) != 0:
            raise KmipRefusal(f"{operation}: {first(done, 0x42007E):#x} {first(done, 0x42007D)}")
        return first(done, 0x42007C)

    def exchange(self, request):
        with self.connect() as connection:
            connection.sendall(request)
            with connection.makefile("rb") as answer:
                head = answer.read(8)
                return head + answer.read(struct.unpack(">I", head[4:])[0])

    def connect(self):
        context = ssl.create_default_context(cafile=self.certificate.ca)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        return context.wrap_socket(socket.create_connection(self.address, timeout=30), server_hostname="127.0.0.1")

    def add_key(self, active=True, length=256, usage=ENCRYPT | DECRYPT, policy=None):
        """The unique identifier of a new AES key; `policy` is one of PyKMIP's operation policies."""
        made = self.call("Create", enumeration(0x420057, 2),
                         structure(0x420091, attribute("Cryptographic Algorithm", enumeration, AES), attribute("Cryptographic Length", integer, length),
                                   attribute("Cryptographic Usage Mask", integer, usage), *self.under(policy)))
        uid = first(made, 0x420094)
        if active:
            self.activate(uid)
        return uid

    def copy_key(self, uid, policy=None):
        """The unique identifier of an active key of the same material, as one has after it was moved to another server."""
        key = first(self.call("Get", text(0x420094, uid)), 0x42008F, 0x420040)
        material = first(key, 0x420045, 0x420043)
        block = structure(0x420040, enumeration(0x420042, 1), structure(0x420045, octets(0x420043, material)), enumeration(0x420028, AES),
                          integer(0x42002A, 8 * len(material)))
        made = self.call("Register", enumeration(0x420057, 2),
                         structure(0x420091, attribute("Cryptographic Usage Mask", integer, ENCRYPT | DECRYPT), *self.under(policy)),
                         structure(0x42008F, block))
        self.activate(first(made, 0x420094))
        return first(made, 0x420094)

    def add_rsa_pair(self, policy=None):
        """The unique identifiers of a new private and public key, both active."""
        common = structure(0x42001F, attribute("Cryptographic Algorithm", enumeration, RSA), attribute("Cryptographic Length", integer, 2048),
                           *self.under(policy))
        private = structure(0x420065, attribute("Cryptographic Usage Mask", integer, DECRYPT))
        public = structure(0x42006E, attribute("Cryptographic Usage Mask", integer, ENCRYPT))
        made = self.call("Create Key Pair", common, private, public)
        pair = first(made, 0x420066), first(made, 0x42006F)
        for uid in pair:
            self.activate(uid)
        return pair

    @staticmethod
    def under(policy):
        return [attribute("Operation Policy Name", text, policy)] if policy else []

    def activate(self, uid):
        self.call("Activate", text(0x420094, uid))

    def revoke(self, uid, compromised=False):
        """Deactivates it; one that is compromised is known to be so since 1970."""
        since = [item(0x420021, 9, struct.pack(">q", 1))] if compromised else []
        self.call("Revoke", text(0x420094, uid), structure(0x420081, enumeration(0x420082, KEY_COMPROMISE if compromised else CESSATION)), *since)

    def destroy(self, uid):
        """One that was active must be revoked first."""
        self.call("Destroy", text(0x420094, uid))

    def decrypt(self, uid, parameters, data, iv, tag=b""):
        """`parameters` are items of Cryptographic Parameters."""
        answer = self.call("Decrypt", text(0x420094, uid), structure(0x42002B, *parameters), octets(0x4200C2, data), octets(0x42003D, iv),
                           *([octets(0x4200FF, tag)] if tag else []))
        return first(answer, 0x4200C2)
