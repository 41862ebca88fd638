"""No key and no credential where it must not be: in files, in what is printed, in what /proc shows of a process, in a core dump (I3). Credentials come by
files here: one that is given in a variable is of course in the environment."""

import base64
import hmac
import itertools
import random
import re
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.bucket_keys import keys_in_bucket
from support.command import Sealift, binary
from support.core_image import core_image, stopped
from support.kms_access import by_token_file, secret_file
from support.loop_disk import loop_disk
from support.network import Proxy
from support.openbao import OpenBao
from support.process import wait_until
from support.secret_scan import Scanner, Secret
from support.watched_command import WatchedCommand

MIB = 1 << 20
MARKER = b"<what stands in this file may stand in memory>"
SMALL = ["--memory", "64M", "--workers", "1", "--connections", "1"]


def make_marked_tree(root, megabytes):
    """Of files that do not compress, with the marker in every frame."""
    chance = random.Random(6)
    root.mkdir(parents=True)
    for number in range(megabytes):
        (root / f"file-{number}").write_bytes(b"".join(MARKER + chance.randbytes(4096 - len(MARKER)) for _ in range(MIB // 4096)))
    return root


def signing_keys(secret_key, region):
    """What Signature Version 4 makes of a secret key: today's, and the next day's, should the test run at midnight."""
    for moment in (time.time(), time.time() + 3600):
        key = b"AWS4" + secret_key.encode()
        yield Secret("the S3 secret key", key[4:])
        for part in (time.strftime("%Y%m%d", time.gmtime(moment)), region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
            yield Secret(f"an S3 signing key for {part}", key)


@pytest.fixture
def stage(folder, shared_bao, s3, place):
    if b"__asan_init" in binary().read_bytes():
        pytest.skip("AddressSanitizer's shadow memory is too much to look through")
    made = Stage(folder, shared_bao, s3, place)
    yield made
    made.stop()


class Stage:
    """A machine whose way to the KMS (OpenBao, until it is replaced) and S3 leads through proxies, and what must not be found."""

    def __init__(self, folder, bao, s3, place):
        self.folder, self.kms, self.place = folder, bao, place
        self.kms_way, self.store_way = Proxy(bao.port), Proxy(s3.port)
        self.secrets = set(signing_keys(s3.secret_key, s3.region))
        self.watched = []
        self.machine = Sealift(folder / "home")
        (folder / ".aws").mkdir()
        (folder / ".aws" / "credentials").write_text(f"[default]\naws_access_key_id = {s3.access_key}\naws_secret_access_key = {s3.secret_key}\n")
        self.machine.ok("obs", "add", "dr", place.url, "--endpoint", self.store_way.endpoint, "--region", s3.region, "--no-check")

    def stop(self):
        for way in (self.kms_way, self.store_way):
            way.stop()

    def replace_kms(self, kms):
        self.kms_way.stop()
        self.kms, self.kms_way = kms, Proxy(kms.port)

    def log_in_by_approle(self):
        role_id, secret_id = self.kms.add_approle("sealift", role=self.folder.name)
        self.secrets.add(Secret("the secret id", secret_id.encode()))
        self.machine.ok("kms", "set", "vault", self.kms_way.endpoint, "cluster-key", "--role-id", role_id, "--secret-id-file",
                        secret_file(self.folder, "secret-id", secret_id))

    def start(self, *arguments, every=0, most=1):
        """Looks at each request to the KMS, and `most` times at what passes between it and the store, `every` so many bytes."""
        watched = WatchedCommand()
        self.watched.append(watched)
        self.kms_way.tap, self.store_way.tap = watched.tap_requests(), watched.tap_bytes(every, most)
        return watched.start(self.machine, *arguments)

    def run(self, *arguments, **looks):
        watched = self.start(*arguments, **looks)
        out = watched.end()
        assert watched.code == 0, watched.shown[-1].decode()
        return out, watched

    def everything_secret(self):
        """Also what only came into being meanwhile: keys in the bucket, tokens that were given out on the way."""
        self.kms_way.tap = self.store_way.tap = None
        self.secrets |= keys_in_bucket(self.kms, self.place.list(), self.place.get)
        for watched in self.watched:
            found = re.findall(rb'"client_token":"([^"]+)"', b"".join(watched.heard))
            self.secrets.update(Secret("a token", token) for token in found)
        return self.secrets

    def find_nothing(self):
        scanner = Scanner(self.everything_secret())
        for watched in self.watched:
            assert watched.images, "it was looked at"
            for image in watched.images:
                assert scanner.traces(image.dumped) == []
            for shown in watched.shown:
                assert scanner.traces(shown) == []
        assert scanner.traces_below(self.machine.home) == []
        for name in self.place.list():
            assert scanner.traces(name.encode() + b"\0" + self.place.get(name)) == [], name


def holds_the_keys(image, secrets):
    """That the search finds what is there: the process has an FS key now, in memory that stays out of a core, which else holds what it is to hold."""
    traces = Scanner(secrets).traces(image.excluded)
    return "an FS key in the clear" in traces and MARKER in image.dumped


@pytest.mark.whole_memory
def test_a_transfer_leaves_no_secret(stage):
    stage.log_in_by_approle()
    tree = make_marked_tree(stage.folder / "tree", 20)  # more than all buffers: it is in the middle when it is looked at
    stage.run("fs", "add", "home", tree, "--obs", "dr")
    stage.machine.ok("fs", "snapshot", "add", "home", "monday")
    out, upload = stage.run("fs", "snapshot", "upload", "home", "monday", *SMALL, every=5 * MIB, most=3)
    _, download = stage.run("fs", "download", "back", stage.folder / "back", "dr", out.split()[-1], *SMALL, every=5 * MIB, most=3)
    stage.find_nothing()
    for transfer in (upload, download):
        assert any(holds_the_keys(image, stage.secrets) for image in transfer.images)


@pytest.mark.whole_memory
def test_an_encrypted_filesystem_leaves_no_secret(stage):
    """Also a key that goes to the kernel."""
    stage.log_in_by_approle()
    with loop_disk(stage.folder, options=("-O", "encrypt"), megabytes=64) as disk:
        (disk.path / "home").mkdir()
        stage.run("fs", "add", "home", disk.path / "home", "--obs", "dr", "--encrypted")
        make_marked_tree(disk.path / "home" / "tree", 1)
        stage.machine.ok("fs", "snapshot", "add", "home", "monday")
        out, _ = stage.run("fs", "snapshot", "upload", "home", "monday", *SMALL)
        stage.run("fs", "download", "back", disk.path / "back", "dr", out.split()[-1], *SMALL, every=100_000)
        stage.machine.ok("fs", "lock", "back")
        stage.run("fs", "unlock", "back")
    stage.find_nothing()
    assert "an at-rest key" in {secret.name for secret in stage.secrets}


@pytest.mark.whole_memory
def test_a_kms_behind_tls_leaves_no_token(stage):
    """Here it is OpenSSL that has the requests in the clear."""
    bao = OpenBao(stage.folder / "openbao").start_dev_tls()
    with bao.server:
        bao.equip()
        access = by_token_file(bao, stage.folder)
        stage.replace_kms(bao)
        stage.secrets.add(Secret("the token", access.secret.encode()))
        stage.machine.ok("kms", "set", "vault", f"https://localhost:{stage.kms_way.port}", *access.arguments[1:], "--ca-cert", bao.certificate.ca)
        stage.run("fs", "add", "home", make_marked_tree(stage.folder / "tree", 1), "--obs", "dr")
        stage.run("kms", "check")
        stage.find_nothing()


@pytest.mark.whole_memory
def test_a_kmip_server_leaves_no_secret(stage, kmip):
    """The key of the client certificate, in the hands of OpenSSL for good, and a password in each request."""
    stage.replace_kms(kmip)
    password, key = uuid.uuid4().hex, kmip.client("machine-a").secret
    stage.secrets |= {Secret("the password", password.encode()), Secret("the client's key", key), Secret("the client's key, backwards", key[::-1])}
    stage.machine.ok("kms", "set", "kmip", *kmip.access(kmip.add_shared_key(), "machine-a", address=f"127.0.0.1:{stage.kms_way.port}"),
                     "--username", "machine-a", "--password-file", secret_file(stage.folder, "password", password))
    tree = make_marked_tree(stage.folder / "tree", 20)  # more than all buffers: it is in the middle when it is looked at
    stage.run("fs", "add", "home", tree, "--obs", "dr")
    stage.machine.ok("fs", "snapshot", "add", "home", "monday")
    out, upload = stage.run("fs", "snapshot", "upload", "home", "monday", *SMALL, every=5 * MIB, most=3)
    stage.run("fs", "download", "back", stage.folder / "back", "dr", out.split()[-1], *SMALL, every=5 * MIB, most=3)
    stage.run("kms", "check")
    stage.find_nothing()
    assert any(holds_the_keys(image, stage.secrets) for image in upload.images)
    assert any("the client's key" in trace for image in upload.images for trace in Scanner(stage.secrets).traces(image.excluded))


@pytest.mark.whole_memory
def test_failures_leave_no_secret(stage):
    """What is refused is not repeated, neither in the message nor in memory while the command waits to try again."""
    stage.log_in_by_approle()
    stage.run("fs", "add", "home", make_marked_tree(stage.folder / "tree", 8), "--obs", "dr")
    stage.machine.ok("fs", "snapshot", "add", "home", "monday")
    stage.store_way.delay = 0.02
    upload = stage.start("fs", "snapshot", "upload", "home", "monday", *SMALL, every=MIB)
    wait_until(lambda: len(upload.images) > 2, "the upload has begun")
    stage.store_way.go_away()
    time.sleep(1)
    upload.look()
    upload.process.terminate()
    upload.end()
    stage.store_way.come_back()
    stage.store_way.delay = 0
    wrong = {"the secret id": (stage.folder / "secret-id", "no-such-secret-id-0123456789"),
             "the S3 secret key": (stage.folder / ".aws" / "credentials",
                                   "[default]\naws_access_key_id = sealifttestaccess\naws_secret_access_key = no-such-s3-secret-0123456789\n")}
    for name, (path, text) in wrong.items():
        right = path.read_text()
        path.write_text(text)
        stage.secrets.add(Secret(f"{name}, a wrong one", text.split()[-1].encode()))
        refused = stage.start("fs", "snapshot", "upload", "home", "monday")
        refused.end()
        assert refused.code != 0
        path.write_text(right)
    stage.find_nothing()


PLANTED = bytes(range(100, 132))
KEEPER = """
import mmap, sys
hidden = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
if sys.argv[1] == "excluded":
    hidden.madvise(mmap.MADV_DONTDUMP)
for place in range(32):
    hidden[place] = 100 + place
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def keeper(*arguments):
    """A process that keeps what it was given until the block ends."""
    with subprocess.Popen([sys.executable, "-c", KEEPER, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.stdin.close()


@pytest.mark.parametrize("where", ["dumped", "excluded"])
def test_the_search_finds_a_secret_in_memory(where):
    with keeper(where) as process, stopped(process):
        image = core_image(process.pid)
    scanner = Scanner([Secret("planted", PLANTED)])
    found = {name: scanner.traces(getattr(image, name)) for name in ("dumped", "excluded")}
    assert found == {"dumped": [], "excluded": [], where: ["planted in the clear"]}


def test_the_search_finds_a_secret_in_arguments():
    with keeper(PLANTED) as process:
        shown = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert len(Scanner([Secret("planted", PLANTED)]).traces(shown)) == 1


@pytest.mark.parametrize("form", ["the clear", "hex", "base64"])
def test_the_search_finds_a_secret_in_files(form, folder):
    """However it is aligned, in both alphabets and cases, in contents and in names."""
    encode = {"the clear": [bytes], "hex": [lambda data: data.hex().encode(), lambda data: data.hex().upper().encode()],
              "base64": [base64.b64encode, base64.urlsafe_b64encode]}[form]
    scanner = Scanner([Secret("planted", PLANTED)])
    for number, (before, way) in enumerate(itertools.product(range(6), encode)):
        (folder / f"file-{number}").write_bytes(b"text " + way(bytes(before) + PLANTED + b"more") + b" text")
        (folder / f"none-{number}").write_bytes(b"text " + way(bytes(before) + PLANTED[:-2] + b"other") + b" text")
    if form != "the clear":
        (folder / "file-named").mkdir()
        (folder / "file-named" / way(PLANTED).decode()).touch()
    found = scanner.traces_below(folder)
    assert all(trace.endswith(f"planted in {form}") for trace in found)
    assert {trace.split(": ")[0].removeprefix(f"{folder}/").split("/")[0] for trace in found} == {path.name for path in folder.glob("file-*")}
