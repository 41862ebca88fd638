"""A home and a bucket that are brought back to how they once were, and what must open of them however a command ended."""

import hashlib
import hmac
import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from reader.sealift_reader import Damaged, unwrap_local
from support.bucket_keys import keys_of_envelope
from support.command import Sealift
from support.http_json import HttpError
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, upload


class CrashWorld:
    """`machine` and its bucket, which lie in one folder. What is elsewhere stays when it is brought back: so do the servers."""

    def __init__(self, folder):
        self.beside, self.folder, self.kept = folder, folder / "world", folder / "world-kept"
        self.bucket = self.folder / "bucket"
        self.url = f"file://{self.bucket}"
        self.folder.mkdir(parents=True)
        self.machine = Sealift(self.folder / "home")
        add_folder_store(self.machine, self.bucket)

    def keep(self):
        """As it is now it will be again."""
        shutil.rmtree(self.kept, ignore_errors=True)
        subprocess.run(["cp", "-a", self.folder, self.kept], check=True)

    def bring_back(self):
        shutil.rmtree(self.folder)
        subprocess.run(["cp", "-a", self.kept, self.folder], check=True)

    def elsewhere(self, name, access):
        """A machine that knows nothing but this KMS."""
        other = Sealift(self.beside / name)
        shutil.rmtree(other.home, ignore_errors=True)
        other.ok("kms", "set", *access)
        return other

    def ids(self):
        """Filesystems of the table, by name."""
        return {fs["name"]: fs["id"] for fs in self.machine.ok("fs", "--json").json}

    def key_records(self):
        return [json.loads(path.read_text()) for path in sorted(self.bucket.glob("fs/*/keys/*.json"))]

    def at_rest(self):
        """What the kernel calls the at-rest key of each filesystem that has one, as the table says."""
        with closing(sqlite3.connect(f"file:{self.kept / 'home' / 'sealift.db'}?mode=ro", uri=True)) as table:
            return dict(table.execute("SELECT uuid, at_rest FROM fs WHERE at_rest != ''"))


def fill(world, folder, tree, *options):
    """`home` has a snapshot; so has `live`, which is encrypted; `bare` is in no bucket: its key is in the table alone. Returns their ids."""
    machine = world.machine
    machine.ok("fs", "add", "home", tree, "--obs", "dr", *options)
    machine.ok("fs", "add", "bare", tree / "folder-1", "--no-key-backup", *options)
    upload(machine, "home", "monday")
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=64) as disk:
        machine.ok("fs", "add", "live", disk.path / "live", "--obs", "dr", "--encrypted", *options)
        (disk.path / "live" / "file").write_text("of live")
        upload(machine, "live", "monday")
    world.keep()
    return world.ids()


class Restored:
    """A world that many tests begin with."""

    def __init__(self, world):
        self.world, self.first = world, world.beside / "world-first"
        subprocess.run(["cp", "-a", world.kept, self.first], check=True)

    def again(self):
        shutil.rmtree(self.world.kept)
        subprocess.run(["cp", "-a", self.first, self.world.kept], check=True)
        self.world.bring_back()
        return self.world


def drill(machine, *options):
    """What `kms drill` found to open."""
    lines = machine.run("kms", "drill", *options, "--json").json["listing"]
    print(*(line for line in lines if line["result"] != "opens"), sep="\n", end="")  # beside a failure
    return [line for line in lines if line["result"] == "opens"]


def subjects(lines):
    """What it looked at."""
    return {(line["kind"], line["filesystem_id"], line["key_check"], line["locator"]) for line in lines}


def in_buckets(seen):
    return {subject for subject in seen if subject[0] != "filesystem"}


def places(lines):
    """Which keys opened it. Each local key has a name of its own: which one it is, a machine that has no other shows."""
    return {(line["kms_type"], line["kms_namespace"], line["kms_key_identifier"] if line["kms_type"] != "local" else None, line["kms_key_version"])
            for line in lines}


class LocalKey:
    """The KMS that a machine has which has none."""

    type = "local"

    def __init__(self, machine):
        self.file = machine.home / "local-kms.key"

    def unwrap(self, envelope):
        return unwrap_local(envelope, self.file.read_bytes())

    def carry_to(self, home):
        """A machine that knows nothing but this key."""
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(mode=0o700)
        shutil.copy2(self.file, home)
        return Sealift(home)


def at_rest_keys(records, kms):
    """The same names of the at-rest keys, by filesystem, from what of the key records this KMS opens."""
    found = {}
    for record in records:
        envelope = record["envelope"]
        if "sealed_at_rest_key" not in envelope or envelope["kms"]["type"] != kms.type:
            continue
        try:
            secrets = keys_of_envelope(kms, envelope)[1]
        except (HttpError, Damaged):
            continue
        key, = (secret.value for secret in secrets if secret.name == "an at-rest key")
        found.setdefault(record["fs"], set()).add(fscrypt_identifier(key))
    return found


def all_at_rest_keys(world, kms):
    """Of whatever is in the bucket, by all of these KMS."""
    found = {}
    for one in kms:
        for fs, keys in at_rest_keys(world.key_records(), one).items():
            found.setdefault(fs, set()).update(keys)
    return found


def fscrypt_identifier(key):
    """HKDF-SHA512 of the kernel's fs/crypto: no salt, and 16 bytes for its first purpose."""
    extracted = hmac.digest(bytes(64), key, hashlib.sha512)
    return hmac.digest(extracted, b"fscrypt\0\x01\x01", hashlib.sha512)[:16].hex()
