"""The wrapped keys that lie in a bucket."""

import json
from pathlib import Path


class BucketFolder:
    """A file:// store, looked into by its folder."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def list(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def get(self, name):
        return (self.folder / name).read_bytes()


def key_records(bucket):
    """Names, the newest of each FS key last."""
    return [name for name in bucket.list() if "/keys/" in name]


def newest_records(bucket):
    """Of each FS key of each filesystem: the envelope in its newest record, by (filesystem, key check value)."""
    envelopes = [json.loads(bucket.get(name))["envelope"] for name in key_records(bucket)]
    return {(envelope["fs"], envelope["key_check"]): envelope for envelope in envelopes}


def manifest_envelope(bucket, name):
    return json.loads(bucket.get(name).split(b"\n")[1])


def all_envelopes(bucket):
    """Also those that manifests carry."""
    records = [json.loads(bucket.get(name))["envelope"] for name in key_records(bucket)]
    return records + [manifest_envelope(bucket, name) for name in bucket.list() if "/snapshots/" in name]


def forge_hint(path, **hint):
    """What a key record or a manifest in a folder says of its key, which nobody authenticates."""
    lines = path.read_text().splitlines()
    at = 1 if len(lines) > 1 else 0  # a manifest has it in its second line
    text = json.loads(lines[at])
    (text if at else text["envelope"])["kms"].update(hint)
    lines[at] = json.dumps(text, separators=(",", ":"))
    path.write_text("".join(f"{line}\n" for line in lines))
