"""Fixtures: folders that are kept when a test fails, and servers that start once a run."""

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest

from support import process
from support.command import Sealift, binary
from support.crash_world import CrashWorld, Restored, fill
from support.kmip_job import Recorded
from support.odd_sources import OddSources
from support.openbao import OpenBao
from support.openbao_cluster import OpenBaoCluster
from support.pykmip import PyKmip
from support.s3_servers import Place, chosen_s3
from support.sample_tree import make_sample_tree, make_small_tree, remove_tree
from support.two_vaults import TwoVaults
from support.vault_tenant import Tenant, allow

failed = pytest.StashKey()

# Whoever is started in a shell's background inherits that SIGINT is ignored, and hands it on to every command that is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Beside a failure: the end of each running server's log. And the mark that keeps the test's folder."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.session.stash[failed] = item.stash[failed] = True
        for server in process.running:
            report.sections.append((f"log of {server.name}, {server.log}", server.last_lines()))


def make_folder():
    """On a real disk, since /tmp may be a memory file system without user xattrs."""
    return Path(tempfile.mkdtemp(prefix="sealift-test-", dir=os.environ.get("TMPDIR", "/var/tmp")))


@pytest.fixture(scope="session")
def servers_folder(request):
    folder = make_folder()
    yield folder
    if request.session.stash.get(failed, False):
        print(f"\nkept: the servers' logs in {folder}")
    else:
        remove_tree(folder)


@pytest.fixture
def folder(request):
    """A folder of the test's own: removed when it passes, kept and named when it fails."""
    made = make_folder()
    yield made
    if request.node.stash.get(failed, False):
        print(f"\nkept: {made}")
    else:
        remove_tree(made)


@pytest.fixture(scope="session")
def s3(servers_folder):
    server = chosen_s3(servers_folder / "s3").start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bucket_once(s3):
    """One bucket for the whole run: SeaweedFS takes seconds to grow volumes for another."""
    name = f"sealift-{os.getpid()}"
    s3.client.make_bucket(name)
    return name


@pytest.fixture
def place(s3, bucket_once):
    """A prefix of the test's own."""
    return Place(s3, bucket_once, uuid.uuid4().hex[:12])


@pytest.fixture(scope="session")
def shared_bao(servers_folder):
    """One dev server for all tests that leave it as it was, apart from names of their own."""
    server = OpenBao(servers_folder / "openbao").start_dev().equip()
    yield server
    server.stop()


@pytest.fixture
def bao(folder):
    """A dev server of the test's own, with the key `cluster-key` and the policy `sealift`."""
    server = OpenBao(folder / "openbao").start_dev().equip()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def tenants(servers_folder):
    """One dev server, with an audit device, for all tests that leave it as it was, apart from names of their own. The operator is in the root namespace,
    the tenants below; `green` has no login of its own: the operator's may use its key."""
    bao = OpenBao(servers_folder / "openbao-tenants").start_dev_audited()
    bao.operator = Tenant(bao, bao.folder, "operator", "", "cluster-key")
    bao.red = Tenant(bao, bao.folder, "red", "tenants/red", "red-key")
    bao.blue = Tenant(bao, bao.folder, "blue", "tenants/blue", "blue-key")
    green = Tenant(bao, bao.folder, "green", "tenants/green", "green-key")
    allow(bao, "operator", {green.namespace: green.key})
    bao.green = ["--kms-namespace", green.namespace, "--kms-key-identifier", green.key]
    yield bao
    bao.stop()


@pytest.fixture(scope="session")
def bao_cluster_once(servers_folder):
    cluster = OpenBaoCluster(servers_folder / "openbao-cluster").start()
    cluster.active.equip()
    yield cluster
    cluster.stop()


@pytest.fixture
def bao_cluster(bao_cluster_once):
    """Three servers, of which a test may kill or seal one: all serve at its start, whatever the test before did."""
    bao_cluster_once.mend()
    return bao_cluster_once


@pytest.fixture
def second_bao(folder):
    """Another one, whose key and policy have the same names."""
    server = OpenBao(folder / "openbao-2").start_dev().equip()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def two_vaults(servers_folder):
    """For tests in which keys change."""
    servers = TwoVaults(servers_folder)
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
def crash_cluster(servers_folder, two_vaults):
    """A cluster under the cluster key of these, which can be had again."""
    made = CrashWorld(servers_folder / "crash")
    made.machine.ok("kms", "set", *two_vaults.cluster)
    fill(made, made.beside, make_small_tree(made.beside / "source"))
    return Restored(made)


@pytest.fixture(scope="session")
def kmip(servers_folder):
    """One KMIP server for all tests that leave it as it was, apart from keys of their own."""
    server = PyKmip(servers_folder / "pykmip").start()
    yield server
    server.stop()


@pytest.fixture
def machine(folder, s3_environment):
    """The machine that uploads."""
    return Sealift(folder / "home-1", s3_environment)


@pytest.fixture
def second_machine(folder, s3_environment):
    """Another machine: another SEALIFT_HOME, nothing else in common but the bucket and the KMS."""
    return Sealift(folder / "home-2", s3_environment)


@pytest.fixture
def machines(folder, s3_environment):
    """Both of them, with a record of all that was said there."""
    return Recorded(folder / "home-1", s3_environment), Recorded(folder / "home-2", s3_environment)


@pytest.fixture
def s3_environment(request):
    """The S3 keys, for tests that use the server."""
    return request.getfixturevalue("s3").environment if "s3" in request.fixturenames else {}


@pytest.fixture(scope="session")
def sample_tree_once(tmp_path_factory):
    made = make_folder()
    yield make_sample_tree(made / "sample")
    remove_tree(made)


@pytest.fixture
def sample_tree(sample_tree_once):
    """Everything that a tree can hold. Read only: it is shared."""
    return sample_tree_once


@pytest.fixture(scope="module")
def odd():
    """Trees of every odd case, on disks of their own. Read only: they are shared."""
    folder = make_folder()
    folder.chmod(0o711)
    sources = OddSources(folder)
    with sources.disks:
        yield sources
    remove_tree(folder)


@pytest.fixture
def small_tree(folder):
    return make_small_tree(folder / "source")


@pytest.fixture
def needs_tools():
    """rsync and the ACL tools, which the comparisons use."""
    for tool in ("rsync", "setfacl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """An installation of the build that the command under test comes from."""
    build = next((folder for folder in binary().parents if (folder / "CMakeCache.txt").exists()), None)
    if build is None:
        pytest.skip("the command under test lies in no build folder")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", build, "--prefix", folder], check=True, capture_output=True)
    return folder
