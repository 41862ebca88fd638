"""The keys of what lies in a bucket, as only someone with rights at the KMS can know them: what a test must not find anywhere else."""

import collections
import json
import struct
import uuid

from reader.sealift_reader import hkdf, open_envelope, unseal
from support.secret_scan import Secret

FS_KEY_USES = ("chunk id", "chunker")  # without a salt
UPLOAD_USES = ("manifest", "private", "log")  # salted with the upload


def keys_of_envelope(kms, envelope):
    """(the FS key, all secrets of the envelope). `kms` is whose key wrapped it: its `unwrap(envelope)` gives the KEK."""
    kek = kms.unwrap(envelope)
    fs_key = open_envelope(envelope, kek)
    secrets = [Secret("a KEK", kek), Secret("an FS key", fs_key), Secret("the key that seals an FS key", hkdf(kek, b"", b"sealift/1 seal fs key"))]
    if "sealed_at_rest_key" in envelope:
        sealing = hkdf(kek, b"", b"sealift/1 seal at-rest key")
        aad = envelope_aad(envelope)
        secrets += [Secret("an at-rest key", unseal(sealing, bytes(12), aad, bytes.fromhex(envelope["sealed_at_rest_key"])))]
    return fs_key, secrets


def envelope_aad(envelope):
    """FORMAT.md, section 5."""
    return (b"sealift/1 envelope\0" + struct.pack("<II", envelope["version"], envelope["suite"]) + uuid.UUID(envelope["fs"]).bytes
            + bytes.fromhex(envelope["key_check"]))


def keys_in_bucket(kms, names, get):
    """All keys by which the objects can be read: KEKs, FS keys, and what is derived from them. `get(name)` reads one object."""
    secrets, fs_keys = set(), collections.defaultdict(set)
    for name in names:
        if "/keys/" in name:
            fs_key, found = keys_of_envelope(kms, json.loads(get(name))["envelope"])
            fs_keys[name.split("/")[1]].add(fs_key)
            secrets.update(found)
    for name in names:
        if "/snapshots/" in name:
            secrets.update(keys_of_envelope(kms, json.loads(get(name).split(b"\n")[1]))[1])
        elif "/logs/" in name:
            _, fs, _, upload, _ = name.split("/")
            for fs_key in fs_keys[fs]:  # a log does not say which of them it is
                secrets.update(keys_of_upload(fs_key, uuid.UUID(upload).bytes, json.loads(get(name))))
    return secrets


def keys_of_upload(fs_key, upload, record):
    for use in FS_KEY_USES:
        yield Secret(f"the {use} key", hkdf(fs_key, b"", f"sealift/1 {use}".encode()))
    for use in UPLOAD_USES:
        yield Secret(f"the {use} key", hkdf(fs_key, upload, f"sealift/1 {use}".encode()))
    for segment in record.get("segments", []):
        yield Secret(f"the key of {segment['kind']} segment {segment['number']}", hkdf(fs_key, bytes.fromhex(segment["salt"]), b"sealift/1 segment"))
