"""The commands of docs/kms, run as they stand there: what the KMS's admin creates, and how a machine is connected to it."""

import shutil
import subprocess

import pytest

from support.cache import installed
from support.command import Sealift, binary
from support.main_job import add_folder_store, upload
from support.openbao import BAO, OpenBao
from support.pykmip import PYTHON
from support.recipes import read_recipes

RECIPES = {page: read_recipes(f"kms/{page}.md") for page in ("vault", "openbao", "kmip")}


def test_each_recipe_is_run_here():
    assert {page: set(recipes) for page, recipes in RECIPES.items()} == {
        "vault": {"vault", "vault-connect", "vault-tenant", "vault-tenant-connect", "vault-shared", "vault-shared-connect"}, "openbao": {"openbao", "openbao-connect"},
        "kmip": {"kmip-request", "kmip-sign", "kmip-key", "kmip-connect"}}


class Desk:
    """A folder where somebody works, with a PATH of their own."""

    def __init__(self, folder):
        self.folder = folder / "desk"
        self.folder.mkdir()
        self.tools = folder / "tools"
        self.tools.mkdir()
        (self.tools / "sealift").symlink_to(binary())
        self.machine = Sealift(folder / "home")

    def run(self, recipe, interpreter=("bash", "-e", "-c"), **variables):
        environment = {**self.machine.environment, "PATH": f"{self.tools}:/usr/bin:/bin", **variables}
        done = subprocess.run([*map(str, interpreter), recipe], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, f"{recipe}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture
def desk(folder):
    return Desk(folder)


@pytest.fixture
def empty_bao(folder):
    server = OpenBao(folder / "openbao").start_dev()
    yield server
    server.stop()


@pytest.mark.parametrize("page, tool, prefix", [("vault", "vault", "VAULT"), ("openbao", "bao", "BAO")])
def test_key_policy_and_login(page, tool, prefix, desk, empty_bao):
    """OpenBao's command does as Vault's."""
    (desk.tools / tool).symlink_to(installed("openbao", BAO))
    address = {f"{prefix}_ADDR": empty_bao.address}
    desk.run(RECIPES[page][page], **address, **{f"{prefix}_TOKEN": empty_bao.token})
    assert (desk.folder / "secret-id").stat().st_mode & 0o777 == 0o600
    said = desk.run(RECIPES[page][f"{page}-connect"], **address)
    assert "wrap" in said and "warning" not in said and "FAILED" not in said
    assert desk.machine.ok("kms", "--json").json["auth_method"] == "approle"


def test_filesystems_with_keys_of_their_own(desk, empty_bao, small_tree):
    """A tenant with a login of its own, and one whose key the cluster's login may use."""
    recipes, admin = RECIPES["vault"], {"VAULT_ADDR": empty_bao.address, "VAULT_TOKEN": empty_bao.token}
    (desk.tools / "vault").symlink_to(installed("openbao", BAO))
    empty_bao.add_namespace("blue")
    empty_bao.add_namespace("green")
    empty_bao.add_transit(namespace="green")
    empty_bao.add_key("green-key", namespace="green")
    for recipe in ("vault", "vault-tenant", "vault-shared"):
        desk.run(recipes[recipe], **admin)
    assert (desk.folder / "blue-secret-id").stat().st_mode & 0o777 == 0o600
    desk.run(recipes["vault-connect"], VAULT_ADDR=empty_bao.address)
    add_folder_store(desk.machine, desk.folder / "bucket")
    for name in ("blue", "green"):
        desk.run(recipes["vault-tenant-connect" if name == "blue" else "vault-shared-connect"], SOURCE=small_tree / f"folder-{len(name) - 4}")
        upload(desk.machine, name, "monday")
        desk.machine.ok("fs", "snapshot", "verify", name, "monday", "--keys")
        desk.machine.ok("fs", "kms-rewrap", name)
    found = {fs["name"]: (fs["kms_namespace"], fs["kms_key_identifier"], fs["kms_role"] is None) for fs in desk.machine.ok("fs", "--json").json}
    assert found == {"blue": ("blue", "blue-key", False), "green": ("green", "green-key", True)}


def test_certificate_and_key_of_kmip(desk, kmip):
    """The key's maker is the one who uses it: PyKMIP lets only the owner."""
    recipes = RECIPES["kmip"]
    server = {"HOST": "127.0.0.1", "PORT": str(kmip.port)}
    desk.run(recipes["kmip-request"], NAME="recipe")
    assert (desk.folder / "kmip.key").stat().st_mode & 0o777 == 0o600
    shutil.copy(kmip.authority.ca, desk.folder / "ca.pem")
    shutil.copy(kmip.authority.ca_key, desk.folder / "ca.key")
    desk.run(recipes["kmip-sign"])
    for suffix in ("pem", "key"):
        shutil.copy(desk.folder / f"kmip.{suffix}", desk.folder / f"admin.{suffix}")
    uid = desk.run(recipes["kmip-key"], (installed("pykmip", PYTHON), "-c"), **server).strip()
    said = desk.run(recipes["kmip-connect"], KEY_UID=uid, **server)
    assert "wrap" in said and "warning" not in said and "FAILED" not in said
    assert desk.machine.ok("kms", "--json").json["key"] == uid
