"""A KMS that is not what it should be: each time a clear error with the way out, and the setting that was there before stays."""

import time

import pytest

from support.certificates import make_certificate
from support.command import Sealift
from support.exit_codes import DENIED, INVALID, KEY, NOT_FOUND, UNAVAILABLE
from support.kms_access import by_token_file, secret_file
from support.main_job import add_folder_store, upload
from support.openbao import OpenBao
from support.process import free_port


@pytest.fixture
def machine(folder):
    return Sealift(folder / "home-1")


@pytest.fixture
def token(shared_bao, folder):
    return secret_file(folder, "token", shared_bao.add_token("sealift"))


def refuses(machine, *arguments, code, says, **options):
    """`kms set vault` fails in that way, and sets nothing."""
    result = machine.fails("kms", "set", "vault", *arguments, code=code, says=says, **options)
    assert machine.run("kms").code == NOT_FOUND
    return result


def test_wrong_address(machine, token):
    address = f"http://127.0.0.1:{free_port()}"
    refuses(machine, address, "cluster-key", "--token-file", token, code=UNAVAILABLE, says=[address.removeprefix("http://"), "connect"])


def test_an_address_that_is_none(machine, token):
    refuses(machine, "ftp://127.0.0.1", "cluster-key", "--token-file", token, code=INVALID, says=["http"])


def test_wrong_token(machine, shared_bao, folder):
    wrong = secret_file(folder, "wrong", "s.wrongwrongwrongwrongwrong")
    result = refuses(machine, shared_bao.address, "cluster-key", "--token-file", wrong, code=DENIED, says=["token"])
    assert "wrongwrong" not in result.err


def test_no_token_at_all(machine, shared_bao):
    refuses(machine, shared_bao.address, "cluster-key", code=NOT_FOUND, says=["VAULT_TOKEN"])


def test_a_token_file_that_is_not_there(machine, shared_bao, folder):
    refuses(machine, shared_bao.address, "cluster-key", "--token-file", folder / "nothing", code=NOT_FOUND, says=[str(folder / "nothing")])


def test_a_secret_on_the_command_line(machine, shared_bao):
    result = refuses(machine, shared_bao.address, "cluster-key", "--token", "hvs.secret", code=INVALID, says=["--token-file"])
    assert "hvs.secret" not in result.err


def test_an_expired_secret_id(machine, shared_bao, folder):
    role_id, secret_id = shared_bao.add_approle("sealift", role="short", secret_id_ttl="1s")
    path = secret_file(folder, "secret-id", secret_id)
    time.sleep(1.5)
    refuses(machine, shared_bao.address, "cluster-key", "--role-id", role_id, "--secret-id-file", path, code=DENIED, says=["secret id"])


def test_a_missing_key_is_not_created(machine, shared_bao, folder):
    root = secret_file(folder, "root", shared_bao.token)
    refuses(machine, shared_bao.address, "no-such-key", "--token-file", root, code=NOT_FOUND, says=["no-such-key"])
    assert "no-such-key" not in shared_bao.call("LIST", "transit/keys")["data"]["keys"]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-p256", "hmac"])
def test_a_key_that_cannot_encrypt(kind, machine, shared_bao, folder):
    shared_bao.add_key(f"key-{kind}", type=kind, **({"key_size": 32} if kind == "hmac" else {}))
    root = secret_file(folder, "root", shared_bao.token)
    refuses(machine, shared_bao.address, f"key-{kind}", "--token-file", root, code=KEY, says=[f"key-{kind}", kind, "aes256-gcm96"])


def test_a_derived_key(machine, shared_bao, folder):
    shared_bao.add_key("key-derived", derived=True)
    root = secret_file(folder, "root", shared_bao.token)
    refuses(machine, shared_bao.address, "key-derived", "--token-file", root, code=KEY, says=["key-derived", "derived"])


def test_wrong_namespace(machine, shared_bao, token):
    result = machine.run("kms", "set", "vault", shared_bao.address, "cluster-key", "--token-file", token, "--namespace", "nobody/here")
    assert result.code in (DENIED, NOT_FOUND) and "nobody/here" in result.err, result


@pytest.mark.parametrize("name", ["team/", "with space", "root", "sys"])
def test_a_namespace_that_cannot_be(name, machine, shared_bao, token):
    refuses(machine, shared_bao.address, "cluster-key", "--token-file", token, "--namespace", name, code=INVALID, says=["namespace"])


def test_wrong_transit_mount(machine, shared_bao, folder):
    root = secret_file(folder, "root", shared_bao.token)
    refuses(machine, shared_bao.address, "cluster-key", "--token-file", root, "--transit-path", "elsewhere", code=NOT_FOUND, says=["elsewhere"])


@pytest.mark.parametrize("call", ["keys", "encrypt", "decrypt"])
def test_a_policy_that_lacks_a_capability(call, machine, shared_bao, folder):
    allowed = {name: words for name, words in {"keys": ["read"], "encrypt": ["update"], "decrypt": ["update"]}.items() if name != call}
    shared_bao.add_policy(f"no-{call}", allowed=allowed)
    path = secret_file(folder, "token", shared_bao.add_token(f"no-{call}"))
    refuses(machine, shared_bao.address, "cluster-key", "--token-file", path, code=DENIED, says=[f"transit/{call}/cluster-key"])


def test_check_names_each_refusal(machine, shared_bao, folder):
    shared_bao.add_policy("read-only", allowed={"keys": ["read"]})
    path = secret_file(folder, "token", shared_bao.add_token("read-only"))
    machine.ok("kms", "set", "vault", shared_bao.address, "cluster-key", "--token-file", path, "--no-check")
    result = machine.run("kms", "check")
    assert result.code == DENIED, result
    assert "transit/encrypt/cluster-key" in result.out + result.err and "update" in result.out + result.err


def test_without_a_kms_a_filesystem_needs_a_word(machine, small_tree, folder):
    add_folder_store(machine, folder / "bucket")
    machine.fails("fs", "add", "home", small_tree, "--obs", "dr", code=INVALID, says=["kms set", "--allow-no-kms"])


@pytest.fixture
def tls_bao(folder):
    """A server with storage and a certificate for `localhost`, which 127.0.0.1 is not."""
    server = OpenBao(folder / "openbao", make_certificate(folder, "DNS:localhost")).start_stored()
    server.equip()
    yield server
    server.stop()


def test_tls_and_the_seal(tls_bao, machine, small_tree, folder):
    """One server for all of it: it takes seconds to start. One command has the patience that is usual, the others little."""
    kms = by_token_file(tls_bao, folder)
    ca = ["--ca-cert", tls_bao.certificate.ca]
    named = [tls_bao.address.replace("127.0.0.1", "localhost"), *kms.arguments[1:]]
    refuses(machine, *kms.arguments, *ca, code=DENIED, says=["127.0.0.1", "certificate"])
    refuses(machine, *named, code=DENIED, says=["certificate", "--ca-cert"])
    machine.ok("kms", "set", "vault", *named, environment={"VAULT_CACERT": str(tls_bao.certificate.ca)})

    add_folder_store(machine, folder / "bucket")
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")
    tls_bao.seal()
    soon = ("--kms-wait", "1s")
    machine.fails("kms", "check", *soon, code=UNAVAILABLE, says=["sealed"])
    other = folder / "other"
    other.mkdir()
    machine.fails("fs", "add", "other", other, "--obs", "dr", code=UNAVAILABLE, says=["sealed"])
    machine.fails("fs", "snapshot", "verify", "home", "monday", "--keys", *soon, code=UNAVAILABLE, says=["sealed"])
    machine.fails("fs", "download", "home2", folder / "home2", "dr", locator, *soon, code=UNAVAILABLE, says=["sealed"])
    assert not (folder / "home2").exists() or not any((folder / "home2").iterdir())
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--objects")
    tls_bao.unseal()
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--data")
    assert [entry["name"] for entry in machine.ok("fs", "--json").json] == ["home"]
