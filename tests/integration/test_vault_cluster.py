"""A cluster of three OpenBao servers, of which the active one dies while uploads run."""

import subprocess
import threading

from support.command import Sealift
from support.kms_access import by_approle_file
from support.network import Proxy
from support.vault_job import name_of, set_cluster


class Upload:
    """One of many: a filesystem of its own, whose store is S3 behind a proxy that can hold what is said to it."""

    def __init__(self, machine, s3, place, number, folder):
        self.machine, self.name = machine, f"fs-{number}"
        self.proxy = Proxy(s3.port)
        self.reached, self.released = threading.Event(), threading.Event()
        self.holds = None
        self.process = None
        self.proxy.tap = self.hold
        tree = folder / self.name
        tree.mkdir()
        (tree / "file").write_bytes(bytes([number]) * 10_000)
        machine.ok("obs", "add", f"dr-{number}", f"{place.url}/{number}", "--endpoint", self.proxy.endpoint, "--region", s3.region, "--no-check")
        machine.ok("fs", "add", self.name, tree, "--obs", f"dr-{number}")
        machine.ok("fs", "snapshot", "add", self.name, "monday")

    def hold(self, piece, answers):
        """Whatever begins with `holds` stays on its way until it is released."""
        if not answers and self.holds and piece.startswith(self.holds):
            self.reached.set()
            assert self.released.wait(300)

    def start(self, holds=None, verbose=False):
        self.holds = holds
        self.process = self.machine.start(*["--verbose"] * verbose, "fs", "snapshot", "upload", self.name, "monday", stdout=subprocess.PIPE,
                                          stderr=subprocess.PIPE, text=True)

    def end(self):
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, f"{self.name}: {out}\n{err}"
        return err


def test_the_active_one_dies_while_twenty_uploads_run(bao_cluster, s3, place, folder, request):
    machine = Sealift(folder / "home-1", s3.environment)
    set_cluster(machine, bao_cluster, by_approle_file, folder)
    uploads = [Upload(machine, s3, place, number, folder) for number in range(20)]
    request.addfinalizer(lambda: [(upload.released.set(), upload.proxy.stop()) for upload in uploads])
    before_the_first_unwrap, between, before_the_second, free, not_begun = (uploads[number:number + 4] for number in range(0, 20, 4))
    held = [*before_the_first_unwrap, *between, *before_the_second]

    for upload in before_the_first_unwrap:
        upload.start(holds=b"GET /")  # what the store is
    for upload in between:
        upload.start(holds=b"PUT /")  # the first that is sealed
    for upload in before_the_second:
        upload.start(holds=f"GET /{place.bucket}?".encode())  # whether each segment is there
    for upload in held:
        assert upload.reached.wait(300), upload.name
        assert upload.process.poll() is None
    for upload in free:
        upload.start()
    dead = bao_cluster.kill_active()
    for upload in not_begun:  # and no other is active yet
        upload.start()
    for upload in held:
        upload.released.set()

    said = {upload.name: upload.end() for upload in uploads}
    for upload in [*held, *not_begun]:
        assert f"{name_of(dead)}: cannot connect" in said[upload.name], f"{upload.name} did not meet the dead one: {said[upload.name]}"
    assert bao_cluster.active is not dead
    for upload in uploads:
        machine.ok("fs", "snapshot", "verify", upload.name, "monday", "--keys")
        machine.ok("fs", "snapshot", "verify", upload.name, "monday", "--data")


def test_a_login_outlives_the_active_one(bao_cluster, s3, place, folder, request):
    """In one process: logged in and unwrapped through the one, unwrapped again through another, without another login."""
    machine = Sealift(folder / "home-1", s3.environment)
    set_cluster(machine, bao_cluster, by_approle_file, folder)
    one = Upload(machine, s3, place, 1, folder)
    request.addfinalizer(lambda: (one.released.set(), one.proxy.stop()))
    one.start(holds=b"PUT /", verbose=True)
    assert one.reached.wait(300)
    dead = bao_cluster.kill_active()
    one.released.set()
    said = one.end()
    assert said.count("logged in") == 1, said
    assert f"{name_of(dead)}: cannot connect" in said, said
    machine.ok("fs", "snapshot", "verify", one.name, "monday", "--data")
