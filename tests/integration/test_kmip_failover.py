"""A cluster of two KMIP servers that have the same keys, of which one or both are away for a while."""

import threading
import time

import pytest

from support.command import Sealift
from support.exit_codes import UNAVAILABLE
from support.kmip_job import kms_shown, set_kmip
from support.main_job import add_folder_store, download_same, upload
from support.network import Proxy
from support.pykmip import PyKmip


@pytest.fixture(scope="module")
def both(servers_folder):
    """One database, two servers."""
    one = PyKmip(servers_folder / "kmip-one")
    two = PyKmip(servers_folder / "kmip-two", one.authority, one.database)
    one.start()
    two.start()
    yield one, two
    one.stop()
    two.stop()


@pytest.fixture
def cluster(both):
    """Both run at the start of a test, whatever the one before did."""
    for server in both:
        if server.server is None:
            server.start()
    return both


@pytest.fixture
def machine(folder):
    made = Sealift(folder / "home-1")
    add_folder_store(made, folder / "bucket")
    return made


def address(cluster):
    return ",".join(server.address for server in cluster)


def set_both(machine, cluster, uid, user="machine-a", *options, **run_options):
    return machine.ok("kms", "set", "kmip", *cluster[0].access(uid, user, *options, address=address(cluster)), **run_options)


def test_the_first_is_down(cluster, machine, folder, small_tree, needs_tools):
    one, two = cluster
    uid = one.add_shared_key()
    one.stop()
    set_both(machine, cluster, uid)
    assert kms_shown(machine)[1] == address(cluster)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")
    download_same(machine, "home2", folder / "home2", locator, small_tree)
    findings = machine.ok("kms", "check", "--json").json
    warnings = [finding["call"] + finding["message"] for finding in findings if finding["result"] == "warning"]
    assert len(warnings) == 1 and one.address in warnings[0]
    assert {finding["result"] for finding in findings} == {"ok", "warning"}


def test_the_second_is_down(cluster, machine, small_tree):
    one, two = cluster
    uid = one.add_shared_key()
    two.stop()
    set_both(machine, cluster, uid)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")


def test_both_are_down(cluster, machine):
    """Each is named with its trouble, soon, and the setting stays."""
    one, two = cluster
    set_both(machine, cluster, one.add_shared_key())
    for server in cluster:
        server.stop()
    shown = kms_shown(machine)
    began = time.monotonic()
    checked = machine.fails("kms", "check", code=UNAVAILABLE, says=["refused"])
    assert all(server.address in checked.out for server in cluster)
    again = one.access("1", "machine-a", address=address(cluster))
    machine.fails("kms", "set", "kmip", *again, code=UNAVAILABLE, says=[one.address, two.address, "refused"])
    assert time.monotonic() - began < 20
    assert kms_shown(machine) == shown


@pytest.mark.waits
def test_both_stay_away(cluster, machine, small_tree):
    """Whoever needs a key waits a minute for one of them, and then makes nothing."""
    one, two = cluster
    set_both(machine, cluster, one.add_shared_key())
    for server in cluster:
        server.stop()
    began = time.monotonic()
    machine.fails("fs", "add", "home", small_tree, "--obs", "dr", code=UNAVAILABLE, says=[one.address, two.address, "refused"])
    assert 50 < time.monotonic() - began < 150
    assert machine.ok("fs", "--json").json == []


class Interference:
    """A store that is reached through a proxy, and something that is done at the first word to it after the KMS was asked."""

    def __init__(self, server, target_port):
        self.server, self.proxy = server, Proxy(target_port)
        self.lock, self.done = threading.Lock(), False

    def do_after_decrypt(self, act):
        before = self.server.operations()["Decrypt"]

        def tap(piece, answers):
            with self.lock:
                if not self.done and self.server.operations()["Decrypt"] > before:
                    self.done = True
                    act()

        self.proxy.tap = tap


@pytest.fixture
def uploading(cluster, s3, place, folder, small_tree, request):
    """A machine with a filesystem whose store is S3 behind an Interference, and a snapshot to be uploaded."""
    one, two = cluster
    interference = Interference(one, s3.port)
    request.addfinalizer(interference.proxy.stop)
    machine = Sealift(folder / "home-1", s3.environment)
    machine.ok("obs", "add", "dr", place.url, "--endpoint", interference.proxy.endpoint, "--region", s3.region, "--no-check")
    set_both(machine, cluster, one.add_shared_key())
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    machine.ok("fs", "snapshot", "add", "home", "monday")
    return machine, interference


def test_the_first_dies_during_an_upload(uploading, cluster):
    """Its key was unwrapped by the first; before the manifest is published the second is asked."""
    machine, interference = uploading
    one, two = cluster
    before = two.operations()
    interference.do_after_decrypt(one.stop)
    machine.ok("fs", "snapshot", "upload", "home", "monday")
    assert interference.done
    assert two.operations() - before == {"Decrypt": 1}
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")


def test_an_upload_waits_until_a_server_is_there_again(uploading, cluster):
    machine, interference = uploading
    one, two = cluster
    starting = threading.Timer(2, one.start)

    def restart():
        for server in cluster:
            server.stop()
        starting.start()

    before = one.operations()
    interference.do_after_decrypt(restart)
    machine.ok("fs", "snapshot", "upload", "home", "monday")
    starting.join()
    assert one.operations() - before == {"Decrypt": 2}
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
