"""Whoever writes the bucket can delete, but alter nothing unnoticed. Each object of a small snapshot is damaged in every way there is; each time a
verification names the object, and a download either refuses or restores exactly what was uploaded.

Reading all of them is what finds damage that no restore would meet. Here objects are damaged at the ends, in the middle and at random places; tests/unit/transfer flips every byte inside one process."""

import os
import random
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.command import Sealift
from support.compare import differences
from support.exit_codes import CORRUPT, INVALID, KEY, NOT_FOUND
from support.main_job import add_folder_store, add_local_fs, files_below, upload
from support.sample_tree import remove_tree

PLACES = 60 if "SEALIFT_TEST_LONG" in os.environ else 3
SMALL_SEGMENTS = ["--memory", "64M"]  # at most 4 MiB each, so that a few megabytes make several


@dataclass
class Snapshot:
    machine: Sealift
    bucket: Path
    tree: Path
    locator: str

    @property
    def prefix(self):
        return f"fs/{self.locator.split('/')[0]}/"

    @property
    def upload_id(self):
        return self.locator.split("/")[1]

    def objects(self, kind=""):
        """This snapshot's own objects, of one kind (keys, snapshots, logs, tree, data) or of all."""
        return [name for name in files_below(self.bucket) if name.startswith(self.prefix + kind)
                and (self.upload_id in name or name.startswith(self.prefix + "keys/"))]


@pytest.fixture(scope="module")
def cluster(request, tmp_path_factory):
    """Two filesystems, two uploads of the first, all in one folder store under the local KMS."""
    folder = Path(os.environ.get("TMPDIR", "/var/tmp")) / f"sealift-test-tampering-{os.getpid()}"
    folder.mkdir()
    request.addfinalizer(lambda: remove_tree(folder))
    chance = random.Random(4)
    tree = folder / "source"
    tree.mkdir()
    for number in range(8):
        (tree / f"large-{number}").write_bytes(chance.randbytes(1_500_000))
        (tree / f"small-{number}").write_bytes(chance.randbytes(900))
    os.symlink("large-0", tree / "link")

    machine = Sealift(folder / "home")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "first", tree)
    shutil.copytree(tree, folder / "source-2", symlinks=True)
    add_local_fs(machine, "second", folder / "source-2")
    locators = [upload(machine, fs, name, *SMALL_SEGMENTS) for fs, name in (("first", "one"), ("first", "two"), ("second", "one"))]
    return [Snapshot(machine, folder / "bucket", tree, locator) for locator in locators]


@pytest.fixture
def snapshot(cluster):
    """The snapshot that is damaged. Whatever a test did to the bucket is undone."""
    bucket = cluster[0].bucket
    before = {name: path.read_bytes() for name, path in files_below(bucket).items()}
    yield cluster[0]
    for name, content in before.items():
        if not (bucket / name).exists() or (bucket / name).read_bytes() != content:
            overwrite(bucket / name, content)


def overwrite(path, content):
    """As whoever writes the bucket would, though the store made the file read-only."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def is_noticed(snapshot, name, folder):
    """Reading all objects is an error that names the damaged one. So is opening and downloading them, or it did not need what was damaged."""
    assert_named(snapshot.machine.run("fs", "snapshot", "verify", snapshot.locator, "--obs", "dr", "--objects", "--read"), name)
    opened = snapshot.machine.run("fs", "snapshot", "verify", snapshot.locator, "--obs", "dr", "--data")
    if opened.code != 0:
        assert_named(opened, name)
    download_writes_nothing_wrong(snapshot, name, folder)


def assert_named(result, name):
    """An error of the right kind that names the object: whole, or by the upload and the number in it."""
    assert result.code in (CORRUPT, KEY, NOT_FOUND, INVALID), f"{name} was damaged: {result}"
    upload_id, number = name.removesuffix(".json").split("/")[-2:]
    known = name in result.err or (upload_id in result.err and number.lstrip("0") in result.err) or number in result.err
    assert known, f"the error does not name {name}: {result}"


def download_writes_nothing_wrong(snapshot, name, folder):
    target = folder / f"target-{uuid.uuid4()}"
    result = snapshot.machine.run("fs", "download", target.name, target, "dr", snapshot.locator, "--allow-no-kms")
    if result.code == 0:
        assert differences(snapshot.tree, target) == "", f"{name} was damaged and the download is wrong: {result}"
    else:
        assert_named(result, name)
        for inside, path in files_below(target).items():
            written, original = path.read_bytes(), (snapshot.tree / Path(inside).name).read_bytes()
            assert len(written) <= len(original), f"{inside} is longer than it was"
            assert written == original[:len(written)] or all(byte in (0, expected) for byte, expected in zip(written, original)), \
                f"{inside} holds bytes that were never there"
    remove_tree(target)


def places(size, chance):
    return sorted({0, size // 2, size - 1, *(chance.randrange(size) for _ in range(PLACES))})


@pytest.mark.parametrize("kind", ["snapshots", "logs", "tree", "data"])
def test_flipped_bytes(kind, snapshot, folder):
    chance = random.Random(5)
    for name in snapshot.objects(kind):
        path = snapshot.bucket / name
        content = path.read_bytes()
        for place in places(len(content), chance):
            flipped = bytearray(content)
            flipped[place] ^= 1 << chance.randrange(8)
            overwrite(path, flipped)
            if kind == "snapshots":  # authenticated by the key only
                download_writes_nothing_wrong(snapshot, name, folder)
            else:
                is_noticed(snapshot, name, folder)
        overwrite(path, content)


def test_a_flipped_key_record_falls_back_or_is_reported(snapshot, folder):
    chance = random.Random(6)
    for name in snapshot.objects("keys"):
        path = snapshot.bucket / name
        content = path.read_bytes()
        for place in places(len(content), chance):
            flipped = bytearray(content)
            flipped[place] ^= 1
            overwrite(path, flipped)
            download_writes_nothing_wrong(snapshot, name, folder)
        overwrite(path, content)


@pytest.mark.parametrize("kind", ["snapshots", "logs", "tree", "data"])
@pytest.mark.parametrize("damage", ["empty", "half", "one byte short", "one byte long", "gone"])
def test_truncated_objects(kind, damage, snapshot, folder):
    name = random.Random(7).choice(snapshot.objects(kind))
    path = snapshot.bucket / name
    content = path.read_bytes()
    left = {"empty": b"", "half": content[: len(content) // 2], "one byte short": content[:-1], "one byte long": content + b"\0"}
    if damage == "gone":
        path.unlink()
    else:
        overwrite(path, left[damage])
    is_noticed(snapshot, name, folder)


def swap(first, second):
    contents = first.read_bytes(), second.read_bytes()
    overwrite(first, contents[1])
    overwrite(second, contents[0])


@pytest.mark.parametrize("kind", ["data", "logs"])
def test_objects_swapped_with_their_neighbours(kind, snapshot, folder):
    objects = snapshot.objects(kind)
    assert len(objects) > 1, "one object has no neighbour"
    for one, other in zip(objects, objects[1:]):
        swap(snapshot.bucket / one, snapshot.bucket / other)
        is_noticed(snapshot, one, folder)
        swap(snapshot.bucket / one, snapshot.bucket / other)


@pytest.mark.parametrize("kind", ["snapshots", "logs", "tree", "data"])
@pytest.mark.parametrize("foreign", [1, 2], ids=["another upload", "another filesystem"])
def test_objects_replaced_by_those_of_others(kind, foreign, snapshot, cluster, folder):
    for one, other in zip(snapshot.objects(kind), cluster[foreign].objects(kind)):
        overwrite(snapshot.bucket / one, (snapshot.bucket / other).read_bytes())
    is_noticed(snapshot, snapshot.objects(kind)[0], folder)


def test_key_records_of_another_filesystem(snapshot, cluster, folder):
    """The manifest brings an envelope of its own, so a foreign key record may be passed over, but never used."""
    for one, other in zip(snapshot.objects("keys"), cluster[2].objects("keys")):
        overwrite(snapshot.bucket / one, (snapshot.bucket / other).read_bytes())
        download_writes_nothing_wrong(snapshot, one, folder)


def test_an_undamaged_bucket_is_fine(snapshot, folder):
    """The control: the same steps find nothing when nothing was done."""
    for way in (["--keys"], ["--objects", "--read"], ["--data"]):
        snapshot.machine.ok("fs", "snapshot", "verify", snapshot.locator, "--obs", "dr", *way)
    snapshot.machine.ok("fs", "download", "control", folder / "target", "dr", snapshot.locator, "--allow-no-kms")
    assert differences(snapshot.tree, folder / "target") == ""
