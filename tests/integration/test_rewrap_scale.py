"""Many uploaded snapshots in twenty filesystems follow a rotated key on a real S3 server, also where nothing may be deleted: killed half-way, gone on,
counted, and everything is brought back when the old version is retired. With SEALIFT_TEST_LONG: a thousand snapshots."""

import os
import signal
import subprocess
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.command import Sealift
from support.compare import assert_same
from support.counted_http import CountedHttp
from support.kms_access import secret_file
from support.main_job import add_s3
from support.s3_client import S3Error
from support.s3_servers import Place
from support.wrappings import all_envelopes, newest_records

LONG = "SEALIFT_TEST_LONG" in os.environ
FILESYSTEMS = 20
SNAPSHOTS = 50 if LONG else 2  # of each
AT_ONCE = 4

pytestmark = pytest.mark.large


@pytest.fixture
def locked_place(s3):
    """A bucket with Object Lock."""
    name = f"locked-{uuid.uuid4().hex[:12]}"
    try:
        s3.client.make_bucket(name, object_lock=True)
        s3.client.request("GET", f"/{name}", query={"object-lock": ""})
    except S3Error as error:
        pytest.skip(f"{s3.name} has no Object Lock: {error}")
    return Place(s3, name, "sealift")


class Many:
    """Filesystems with a file each, whose snapshots say which they are."""

    def __init__(self, machine, folder, bao, place, *lock):
        self.machine, self.folder, self.bao, self.place = machine, folder, bao, place
        self.way = CountedHttp(bao.address)
        self.key = f"key-{uuid.uuid4().hex[:12]}"
        bao.add_key(self.key)
        bao.add_policy(self.key, self.key)
        role_id, secret_id = bao.add_approle(self.key, self.key)
        machine.ok("kms", "set", "vault", self.way.address, self.key, "--role-id", role_id, "--secret-id-file", secret_file(folder, "secret-id", secret_id),
                   "--no-check")
        if lock:
            machine.ok("obs", "add", "dr", *place.arguments, "--no-check", *lock)
        else:
            add_s3(machine, place)
        self.names = [f"fs-{number:02}" for number in range(FILESYSTEMS)]

    def fill(self):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            self.locators = [locator for locators in pool.map(self.fill_one, self.names) for locator in locators]

    def fill_one(self, name):
        tree = self.folder / "sources" / name
        tree.mkdir(parents=True)
        locators = []
        (tree / "file").write_text(f"{name}\n")
        self.machine.ok("fs", "add", name, tree, "--obs", "dr")
        for number in range(SNAPSHOTS):
            self.machine.ok("fs", "snapshot", "add", name, f"day-{number}", "--live")
            locators.append(self.machine.ok("fs", "snapshot", "upload", name, f"day-{number}").last_line)
        return locators

    def rewrap(self):
        """What became of the filesystems, and what it asked the KMS for."""
        self.way.asked.clear()
        rows = self.machine.ok("kms", "rewrap", "--json").json
        return Counter(row["outcome"] for row in rows), self.asked()

    def asked(self):
        return Counter(path.removeprefix("/v1/").replace(self.key, "KEY") for path in self.way.asked)

    def rewrap_and_kill(self, at):
        """Before the answer to that request."""
        self.way.asked.clear()
        process = self.machine.start("kms", "rewrap", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def before(number):
            if number == at:
                process.kill()
            return number < at

        self.way.before = before
        assert process.wait(timeout=120) == -signal.SIGKILL
        self.way.before = None

    def check_all(self):
        """By a new filesystem each; in the short run the data is read, and one of each filesystem is downloaded."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(self.check_one, enumerate(self.locators)))

    def check_one(self, numbered):
        number, locator = numbered
        name = self.names[number // SNAPSHOTS]
        if not LONG and number % SNAPSHOTS:
            self.machine.ok("fs", "snapshot", "verify", name, f"day-{number % SNAPSHOTS}", "--data")
            return
        again = self.folder / "again" / str(number)
        self.machine.ok("fs", "download", f"again-{number}", again, "dr", locator)
        assert_same(self.folder / "sources" / name, again)


def rewrap_everything(many):
    many.fill()
    old = all_envelopes(many.place)
    assert len(old) == FILESYSTEMS * (SNAPSHOTS + 1)
    before = set(many.place.list())
    many.bao.rotate_key(many.key)

    half = FILESYSTEMS // 2
    begin = 2  # a login, the newest version; then of each filesystem: open, wrap anew (for the first also a look at the key), show that it opens
    many.rewrap_and_kill(begin + 1 + 3 * half)
    outcomes, asked = many.rewrap()
    assert outcomes == Counter({"current": half - 1, "rewrapped": FILESYSTEMS - half + 1})
    assert asked == Counter({"auth/approle/login": 1, "transit/keys/KEY": 2, "transit/decrypt/KEY": 2 * FILESYSTEMS - half + 1,
                             "transit/rewrap/KEY": FILESYSTEMS - half + 1})
    assert len(set(many.place.list()) - before) == FILESYSTEMS, "a PUT for each filesystem, whatever its snapshots and the kill"
    assert before <= set(many.place.list()), "nothing old is removed"

    many.bao.rotate_key(many.key)
    outcomes, asked = many.rewrap()
    assert outcomes == Counter({"rewrapped": FILESYSTEMS})
    assert asked == Counter({"auth/approle/login": 1, "transit/keys/KEY": 2, "transit/decrypt/KEY": 2 * FILESYSTEMS, "transit/rewrap/KEY": FILESYSTEMS})
    assert len(set(many.place.list()) - before) == 2 * FILESYSTEMS

    many.bao.retire_versions_below(3, many.key)
    assert {envelope["kms"]["key_version"] for envelope in newest_records(many.place).values()} == {3}
    assert not any(many.bao.opens(envelope) for envelope in old), "what was copied before is of no use"
    many.check_all()
    many.way.stop()


def test_of_a_bucket(machine, folder, shared_bao, place, needs_tools):
    rewrap_everything(Many(machine, folder, shared_bao, place))


def test_of_a_bucket_that_deletes_and_replaces_nothing(machine, folder, shared_bao, s3, locked_place, needs_tools):
    many = Many(machine, folder, shared_bao, locked_place, "--lock-mode", "compliance", "--lock-for", "1d")
    rewrap_everything(many)
    versions = s3.client.versions(locked_place.bucket, f"sealift/fs/{many.locators[0].split('/')[0]}/keys/")
    assert len(versions) == len({key for key, _ in versions}) == 3, "each record once, and none taken away"
    with pytest.raises(S3Error, match="403"):
        s3.client.delete_version(locked_place.bucket, *versions[0])
