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
from support.main_job import add_folder_store
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
    def row(self, part):
        """The one that has `part` in its first cell."""
        label, = [label for label in self.rows if part in label]
        before = self.asked()
        yield
        asked = self.asked() - before
        assert Counter({name: asked[name] for name in COLUMNS.values() if asked[name]}) == self.rows[label], f"{label}: {asked}"
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
    run_what_opens_names(table, machine)
    machine.ok("fs", "snapshot", "add", "home", "tuesday")
    with table.row("`fs snapshot upload --new-data-key`"):
        machine.ok("fs", "snapshot", "upload", "home", "tuesday", "--new-data-key")
    recover_one(table, machine, folder, set_kms)
    with table.row("`fs rekey`"):
        machine.ok("fs", "rekey", "home")
    with table.row("`fs key list --check`"):
        machine.ok("fs", "key", "list", id_of(machine, "home2"), "--obs", "dr", "--check")
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


def run_what_opens_names(table, machine):
    """home's snapshot, and home2, which has none yet but a key record."""
    label, = [label for label in table.rows if "--names" in label]
    before = table.asked()
    machine.ok("obs", "snapshots", "dr", "--names")
    asked = table.asked() - before
    once = table.rows[label]
    login = Counter({name: count for name, count in once.items() if name == COLUMNS["Login"]})
    assert asked == login + Counter({name: 2 * count for name, count in (once - login).items()})
    table.seen.add(label)


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
@pytest.mark.parametrize("page", ["vault", "openbao"])
def test_vault_and_openbao(page, prepared, bao, folder, small_tree):
    role_id, secret_id = bao.add_approle("sealift")
    way = CountedHttp(bao.address)
    set_kms = ("kms", "set", "vault", way.address, "cluster-key", "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id))
    table = Table(page, lambda: Counter(path.removeprefix("/v1/") for path in way.asked))
    run_each_command(table, prepared, small_tree, folder, set_kms)
    bao.rotate_key()
    with table.row("`kms rewrap`"):
        prepared.ok("fs", "kms-rewrap", "home2")
    run_encrypted(table, prepared, folder)
    assert table.seen == set(table.rows), "every row was tried"
    way.stop()


@pytest.mark.skipif(not Path("/sys/fs/ext4/features/encryption").exists(), reason="this kernel's ext4 has no fscrypt")
def test_kmip(prepared, kmip, folder, small_tree):
    table = Table("kmip", kmip.operations)
    run_each_command(table, prepared, small_tree, folder, ("kms", "set", "kmip", *kmip.access(kmip.add_shared_key())))
    run_encrypted(table, prepared, folder)
    assert table.seen == set(table.rows), "every row was tried"
