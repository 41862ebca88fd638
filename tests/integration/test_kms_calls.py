"""The tables "What each command asks of it" of docs/kms, held against real servers."""

import re
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.command import Sealift
from support.counted_http import CountedHttp
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, upload
from support.recipes import DOCS

COLUMNS = {"Login": "auth/approle/login", "`keys/KEY`": "transit/keys/cluster-key", "`encrypt/KEY`": "transit/encrypt/cluster-key",
           "`decrypt/KEY`": "transit/decrypt/cluster-key", "Encrypt": "Encrypt", "Decrypt": "Decrypt"}


def read_table(page):
    """What each row promises, by its first cell: how often each call is made."""
    text = (DOCS / "kms" / f"{page}.md").read_text()
    table = re.search(r"## What each command asks of it\n\n((?:\|.*\n)+)", text)[1]
    header, _, *rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines()]
    return {row[0]: Counter({COLUMNS[title]: int(cell) for title, cell in zip(header, row) if title in COLUMNS and cell}) for row in rows}


class Table:
    """The promises of a page, each to be seen kept. `asked` tells what the server was asked so far."""

    def __init__(self, page, asked):
        self.rows, self.asked, self.seen = read_table(page), asked, set()

    @contextmanager
    def row(self, part, times=1):
        """The one that has `part` in its first cell, for so many of what it is for; one login is enough for all."""
        label, = [label for label in self.rows if part in label]
        before = self.asked()
        yield
        asked = self.asked() - before
        promised = Counter({name: count * (1 if name == COLUMNS["Login"] else times) for name, count in self.rows[label].items()})
        assert Counter({name: asked[name] for name in COLUMNS.values() if asked[name]}) == promised, f"{label}: {asked}"
        self.seen.add(label)


def run_each_command(table, machine, tree, folder, set_kms):
    with table.row("all others"):
        machine.ok(*set_kms, "--no-check")
    for words in (set_kms, ("kms", "check")):
        with table.row("`kms check`"):
            machine.ok(*words)
    with table.row("`fs add`"):
        machine.ok("fs", "add", "home", tree, "--obs", "dr")
    machine.ok("fs", "snapshot", "add", "home", "monday")
    with table.row("`fs snapshot upload`"):
        locator = machine.ok("fs", "snapshot", "upload", "home", "monday").last_line
    with table.row("`fs download`"):
        machine.ok("fs", "download", "home2", folder / "home2", "dr", locator)
    for words in (["ls", "home", "monday"], ["get", "home", "monday", "folder-0", "--to", folder / "got"], ["verify", "home", "monday", "--data"]):
        with table.row("`fs snapshot ls`"):
            machine.ok("fs", "snapshot", *words)
    with table.row("`fs snapshot verify --keys`"):
        machine.ok("fs", "snapshot", "verify", "home", "monday", "--keys")
    upload(machine, "home", "monday again")
    with table.row("`obs snapshots --names`", times=2):  # home's snapshots, which are under one key, and home2, which has none yet but a key record
        named = machine.ok("obs", "snapshots", "dr", "--names", "--json").json
    assert [line["snapshot"] for line in named if line["filesystem"] == "home"] == ["monday", "monday again"]
    machine.ok("fs", "snapshot", "add", "home", "tuesday")
    with table.row("`fs snapshot upload --new-data-key`"):
        machine.ok("fs", "snapshot", "upload", "home", "tuesday", "--new-data-key")
    recover_one(table, machine, folder, set_kms)
    with table.row("all others"):
        machine.ok("fs", "key", "home")
        for words in (["kms"], ["fs"], ["fs", "snapshot"], ["obs", "snapshots", "dr"], ["fs", "snapshot", "verify", "home", "monday", "--objects", "--read"]):
            machine.ok(*words)


def id_of(machine, name):
    return next(fs["id"] for fs in machine.ok("fs", "--json").json if fs["name"] == name)


def recover_one(table, machine, folder, set_kms):
    """home2, whose one key is all that there is of it."""
    bare = Sealift(folder / "home-2")
    bare.ok(*set_kms, "--no-check")
    add_folder_store(bare, folder / "bucket")
    with table.row("`cluster recover`"):
        bare.ok("cluster", "recover", "dr", "--fs", id_of(machine, "home2"))


def make_lone(folder, tree, set_kms):
    """A filesystem with one snapshot, in a bucket of its own."""
    folder.mkdir()
    machine = Sealift(folder / "home")
    add_folder_store(machine, folder / "bucket")
    machine.ok(*set_kms)
    machine.ok("fs", "add", "home", tree, "--obs", "dr")
    upload(machine, "home", "monday")
    return machine


def run_the_life_of_a_key(table, folder, machine):
    with table.row("`kms drill`", times=2):  # the table's wrapping, and the bucket's
        machine.ok("kms", "drill")
    with table.row("`kms impact`"):
        machine.ok("kms", "impact")
    with table.row("`fs key list --check`", times=2):
        machine.ok("fs", "key", "home", "--check")
    with table.row("`fs key add`"):
        machine.ok("fs", "key", "add", "home", "--local-key-file", folder / "break-glass")
    record, = [key["record"] for key in machine.ok("fs", "key", "home", "--json").json if key["kms_type"] == "local"]
    with table.row("`fs key remove`"):
        machine.ok("fs", "key", "remove", "home", record)
    with table.row("all others"):
        machine.ok("fs", "key", "home")
        machine.ok("fs", "snapshot", "remove", "home", "monday")
    with table.row("`fs rekey`"):
        machine.ok("fs", "rekey", "home")


def run_encrypted(table, machine, folder):
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=32) as disk:
        home = disk.path / "home"
        with table.row("`fs add`"):
            machine.ok("fs", "add", "secret", home, "--obs", "dr", "--encrypted")
        with table.row("all others"):
            machine.ok("fs", "lock", "secret")
        with table.row("`fs unlock`"):
            machine.ok("fs", "unlock", "secret")
        with table.row("all others"):
            machine.ok("fs", "unlock", "secret")


@pytest.fixture
def prepared(folder):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    return machine


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_vault(prepared, bao, folder, small_tree):
    bao.add_key("other")
    bao.call("PUT", "sys/policies/acl/all", {"policy": 'path "transit/+/*" { capabilities = ["read", "update"] }'})
    role_id, secret_id = bao.add_approle("all")
    way = CountedHttp(bao.address)
    set_kms = ("kms", "set", "vault", way.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id))
    table = Table("vault", lambda: Counter(path.removeprefix("/v1/") for path in way.asked))
    run_each_command(table, prepared, small_tree, folder, set_kms)
    run_encrypted(table, prepared, folder)
    machine = make_lone(folder / "lone", small_tree, set_kms)
    for words in (["kms", "rewrap"], ["fs", "kms-rewrap", "home"]):
        bao.rotate_key()
        with table.row("`kms rewrap`"):
            machine.ok(*words)
    with table.row("`fs update` to another key"):
        machine.ok("fs", "update", "home", "--kms-key-identifier", "other")
    run_the_life_of_a_key(table, folder, make_lone(folder / "lone-2", small_tree, set_kms))
    assert table.seen == set(table.rows), "every row was tried"
    way.stop()


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_kmip(prepared, kmip, folder, small_tree):
    table = Table("kmip", kmip.operations)
    set_kms = ("kms", "set", "kmip", *kmip.access(kmip.add_shared_key()))
    run_each_command(table, prepared, small_tree, folder, set_kms)
    run_encrypted(table, prepared, folder)
    machine = make_lone(folder / "lone", small_tree, set_kms)
    run_the_life_of_a_key(table, folder, machine)
    for words in (["fs", "update", "home", "--kms-key-identifier"], ["fs", "kms-rewrap", "home", "--new-key-uid"]):
        uid = kmip.add_shared_key()
        with table.row("`fs update` to another key", times=2):  # the first FS key has a record still
            machine.ok(*words, uid)
    assert table.seen == set(table.rows), "every row was tried"
