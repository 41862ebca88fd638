"""A KMIP server, a key or a certificate that is not what it should be: each time a clear error with the way out, and the setting that was there before stays."""

import signal
import socket
import ssl
import subprocess
import threading
import time
from contextlib import contextmanager, suppress

import pytest

from support.certificates import Authority, openssl
from support.command import Sealift
from support.exit_codes import CANCELLED, DENIED, INVALID, KEY, NOT_FOUND, UNAVAILABLE
from support.kmip_admin import DECRYPT, ENCRYPT
from support.kmip_job import set_kmip
from support.kms_access import secret_file
from support.main_job import add_folder_store, files_below, upload
from support.network import Proxy
from support.process import free_port
from support.pykmip import SHARED, PyKmip


@pytest.fixture
def machine(folder):
    return Sealift(folder / "home-1")


@pytest.fixture(scope="session")
def good_key(kmip):
    """Of an active AES key with nothing wrong; it stays as it is."""
    return kmip.add_shared_key()


def refuses(machine, arguments, code, says, within=20):
    """`kms set kmip` fails in that way, soon, and sets nothing."""
    began = time.monotonic()
    result = machine.fails("kms", "set", "kmip", *arguments, code=code, says=says)
    assert time.monotonic() - began < within
    assert machine.run("kms").code == NOT_FOUND
    return result


def with_option(arguments, option, value):
    """The same arguments, with another value of one option."""
    place = arguments.index(option)
    return [*arguments[:place + 1], value, *arguments[place + 2:]]


# --- The key ---


def test_a_key_that_is_not_there(machine, kmip):
    before = kmip.operations()
    refuses(machine, kmip.access("no-such-key"), NOT_FOUND, [kmip.address, "no-such-key"])
    made = kmip.operations() - before
    assert not {"Create", "Register", "Encrypt"} & set(made), "a key is never made silently"


def test_a_key_that_was_never_activated(machine, kmip):
    uid = kmip.add_shared_key(active=False)
    refuses(machine, kmip.access(uid), KEY, [uid, "Pre-Active", "activate"])


def test_a_deactivated_key(machine, kmip):
    uid = kmip.add_shared_key()
    kmip.admin().revoke(uid)
    refuses(machine, kmip.access(uid), KEY, [uid, "Deactivated"])


def test_a_compromised_key(machine, kmip):
    uid = kmip.add_shared_key()
    kmip.admin().revoke(uid, compromised=True)
    refuses(machine, kmip.access(uid), KEY, [uid, "Compromised"])


def test_a_destroyed_key(machine, kmip):
    uid = kmip.add_shared_key()
    kmip.admin().revoke(uid)
    kmip.admin().destroy(uid)
    refuses(machine, kmip.access(uid), NOT_FOUND, [uid, "destroyed"])


@pytest.mark.parametrize("half", [0, 1], ids=["private", "public"])
def test_an_rsa_key(half, machine, kmip):
    uid = kmip.admin().add_rsa_pair(SHARED)[half]
    refuses(machine, kmip.access(uid), KEY, [uid, ["private key", "public key"][half], "AES"])


@pytest.mark.parametrize("usage, lacks", [(ENCRYPT, "Decrypt"), (DECRYPT, "Encrypt")])
def test_a_key_that_may_do_one_half(usage, lacks, machine, kmip):
    uid = kmip.add_shared_key(usage=usage)
    refuses(machine, kmip.access(uid), KEY, [uid, lacks, "usage mask"])


def test_a_key_of_somebody_else(machine, kmip):
    uid = kmip.admin("somebody-else").add_key()
    refuses(machine, kmip.access(uid), DENIED, [uid, kmip.address])


def test_a_short_key_is_told(machine, kmip):
    set_kmip(machine, kmip, kmip.add_shared_key(length=128))
    findings = machine.ok("kms", "check", "--json").json
    assert [finding for finding in findings if finding["result"] == "warning" and "128" in finding["message"]]


@pytest.fixture
def in_use(kmip, folder, machine, small_tree):
    """A key of the test's own, and a filesystem whose key it wraps, with one snapshot that is uploaded and one that is not."""
    uid = kmip.add_shared_key()
    add_folder_store(machine, folder / "bucket")
    set_kmip(machine, kmip, uid)
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")
    locator = upload(machine, "home", "monday")
    machine.ok("fs", "snapshot", "add", "home", "tuesday")
    return uid, locator


def end_by_deactivation(kmip, uid):
    kmip.admin().revoke(uid)
    return KEY, "Deactivated"


def end_by_destruction(kmip, uid):
    kmip.admin().revoke(uid)
    kmip.admin().destroy(uid)
    return NOT_FOUND, "destroyed"


@pytest.mark.parametrize("end", [end_by_deactivation, end_by_destruction])
def test_a_key_that_ends_while_it_is_used(end, kmip, machine, in_use, folder):
    """Nothing is made, published or written, and what the bucket holds stays."""
    uid, locator = in_use
    stored, listed = files_below(folder / "bucket"), machine.ok("fs", "--json").json
    code, word = end(kmip, uid)
    other = folder / "other"
    other.mkdir()
    machine.fails("fs", "add", "other", other, "--obs", "dr", code=(code, KEY, DENIED), says=[uid, kmip.address])
    machine.fails("fs", "snapshot", "upload", "home", "tuesday", code=(code, KEY, DENIED), says=[uid, kmip.address])
    machine.fails("fs", "snapshot", "verify", "home", "monday", "--keys", code=(code, KEY, DENIED), says=[uid, kmip.address])
    machine.fails("fs", "download", "home2", folder / "home2", "dr", locator, code=(code, KEY, DENIED), says=[uid, kmip.address])
    assert files_below(folder / "home2") == {}
    assert files_below(folder / "bucket") == stored
    assert machine.ok("fs", "--json").json == listed
    result = machine.fails("kms", "check", code=code, says=[uid])
    assert word.lower() in (result.out + result.err).lower()
    machine.ok("fs", "snapshot", "verify", "home", "monday", "--objects", "--read")


# --- Who asks ---


def certified(kmip, uid, certificate):
    arguments = kmip.access(uid)
    return with_option(with_option(arguments, "--client-cert", certificate.certificate), "--client-key", certificate.key)


def test_an_expired_client_certificate(machine, kmip, good_key):
    old = kmip.authority.client("machine-a", "machine-a-old", days=-1)
    refuses(machine, certified(kmip, good_key, old), DENIED, [str(old.certificate), "expired"])


def test_a_client_certificate_that_ends_soon_is_told(machine, kmip, good_key):
    soon = kmip.authority.client("machine-a", "machine-a-soon", days=10)
    machine.ok("kms", "set", "kmip", *certified(kmip, good_key, soon))
    findings = machine.ok("kms", "check", "--json").json
    assert [finding for finding in findings if finding["result"] == "warning" and "renew" in finding["message"]]


def test_a_client_certificate_of_another_authority(machine, kmip, good_key, folder):
    stranger = Authority(folder / "other-ca").client("machine-a")
    refuses(machine, certified(kmip, good_key, stranger), DENIED, [kmip.address, "client certificate", "CA that it trusts"])


def test_a_client_certificate_without_a_usage(machine, kmip, good_key):
    plain = kmip.authority.client("machine-a", "machine-a-plain", usage="")
    refuses(machine, certified(kmip, good_key, plain), DENIED, [kmip.address, "client certificate"])


def test_a_client_certificate_that_is_for_servers(machine, kmip, good_key):
    server = kmip.authority.client("machine-a", "machine-a-server", usage="serverAuth")
    refuses(machine, certified(kmip, good_key, server), DENIED, [kmip.address, "certificate"])


def test_a_certificate_and_a_key_that_do_not_belong_together(machine, kmip, good_key):
    other = kmip.client("machine-b")
    refuses(machine, with_option(kmip.access(good_key), "--client-key", other.key), INVALID, [str(other.key), str(kmip.client("machine-a").certificate)])


def test_a_key_file_that_is_not_there(machine, kmip, good_key, folder):
    refuses(machine, with_option(kmip.access(good_key), "--client-key", folder / "nothing"), NOT_FOUND, [str(folder / "nothing")])


def test_a_certificate_file_that_is_not_there(machine, kmip, good_key, folder):
    refuses(machine, with_option(kmip.access(good_key), "--client-cert", folder / "nothing"), (NOT_FOUND, INVALID), [str(folder / "nothing")])


def test_a_key_file_of_garbage(machine, kmip, good_key, folder):
    garbage = secret_file(folder, "garbage", "-----BEGIN PRIVATE KEY-----\nno such key\n-----END PRIVATE KEY-----")
    result = refuses(machine, with_option(kmip.access(good_key), "--client-key", garbage), INVALID, [str(garbage)])
    assert "no such key" not in result.err


def test_a_key_file_with_a_passphrase(machine, kmip, good_key, folder):
    """Nobody is asked: a backup runs at night."""
    locked = folder / "locked.key"
    openssl("pkey", "-in", kmip.client("machine-a").key, "-aes256", "-passout", "pass:no-such-passphrase", "-out", locked)
    refuses(machine, with_option(kmip.access(good_key), "--client-key", locked), INVALID, [str(locked), "passphrase"])


def test_a_password_file_that_is_not_there(machine, kmip, good_key, folder):
    refuses(machine, kmip.access(good_key, "machine-a", "--username", "u", "--password-file", folder / "nothing"), NOT_FOUND, [str(folder / "nothing")])


@pytest.mark.parametrize("option", ["--password", "--client-key-password"])
def test_a_secret_on_the_command_line(option, machine, kmip, good_key):
    result = refuses(machine, kmip.access(good_key, "machine-a", option, "hunter2hunter2"), INVALID, [option])
    assert "hunter2" not in result.err


@pytest.mark.parametrize("option", ["--token-file", "--role-id", "--secret-id-file", "--kubernetes-role", "--kubernetes-jwt-file", "--auth-path",
                                    "--namespace", "--transit-path"])
def test_an_option_of_vault(option, machine, kmip, good_key):
    refuses(machine, kmip.access(good_key, "machine-a", option, "x"), INVALID, [option, "kms set vault"])


@pytest.mark.parametrize("option", ["--client-cert", "--client-key", "--username", "--password-file", "--kmip-version", "--server-name"])
def test_an_option_of_kmip_for_vault(option, machine):
    machine.fails("kms", "set", "vault", "http://127.0.0.1:1", "cluster-key", option, "x", code=INVALID, says=[option, "kms set kmip"])


# --- Who answers ---


def test_a_server_of_another_authority(machine, kmip, good_key, folder):
    other = Authority(folder / "other-ca")
    refuses(machine, with_option(kmip.access(good_key), "--ca-cert", other.ca), DENIED, [kmip.address, "certificate", "--ca-cert"])


def test_a_ca_file_that_is_none(machine, kmip, good_key, folder):
    garbage = folder / "ca.pem"
    garbage.write_text("no certificate\n")
    refuses(machine, with_option(kmip.access(good_key), "--ca-cert", garbage), (INVALID, DENIED), [str(garbage)])


def test_a_server_of_another_name(machine, kmip, good_key):
    refuses(machine, kmip.access(good_key, "machine-a", "--server-name", "kmip.example.com"), DENIED, [kmip.address, "kmip.example.com", "--server-name"])
    machine.ok("kms", "set", "kmip", *kmip.access(good_key, "machine-a", "--server-name", "localhost"))


def test_a_port_where_nobody_listens(machine, kmip, good_key):
    closed = f"127.0.0.1:{free_port()}"
    refuses(machine, kmip.access(good_key, address=closed), UNAVAILABLE, [closed, "refused"])


def test_a_host_that_does_not_exist(machine, kmip, good_key):
    refuses(machine, kmip.access(good_key, address="no-such-host.invalid:5696"), UNAVAILABLE, ["no-such-host.invalid"])


@pytest.mark.parametrize("address, says", [("127.0.0.1", ["127.0.0.1", "port", "5696"]), ("https://127.0.0.1:5696", ["https://", "HOST:PORT"]),
                                           ("127.0.0.1:none", ["127.0.0.1:none", "port"]), ("::1:5696", ["::1:5696", "brackets"]),
                                           ("127.0.0.1:1,,127.0.0.1:2", ["HOST:PORT"])])
def test_an_address_that_is_none(address, says, machine, kmip, good_key):
    refuses(machine, kmip.access(good_key, address=address), INVALID, says)


def test_a_port_of_plain_http(machine, kmip, good_key, shared_bao):
    address = f"127.0.0.1:{shared_bao.port}"
    refuses(machine, kmip.access(good_key, address=address), INVALID, [address, "TLS"])


@contextmanager
def https_server(certificate):
    """What a web server makes of KMIP: it refuses the first line that is none. Its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    listener = context.wrap_socket(socket.create_server(("127.0.0.1", free_port())), server_side=True)

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def test_a_web_server_behind_tls(machine, kmip, good_key):
    with https_server(kmip.certificate) as port:
        address = f"127.0.0.1:{port}"
        refuses(machine, kmip.access(good_key, address=address), (INVALID, UNAVAILABLE, 7), [address, "KMIP"])


def test_a_version_that_the_server_does_not_speak(machine, kmip, good_key):
    result = refuses(machine, kmip.access(good_key, "machine-a", "--kmip-version", "2.1"), INVALID, [kmip.address, "2.1"])
    assert "--kmip-version" in result.err


def test_a_version_that_does_not_exist(machine, kmip, good_key):
    refuses(machine, kmip.access(good_key, "machine-a", "--kmip-version", "1.1"), INVALID, ["1.1", "1.2"])


# --- A server that goes or stalls in the middle ---


@pytest.fixture(scope="module")
def frail(servers_folder):
    """A server that may be killed and stalled."""
    server = PyKmip(servers_folder / "kmip-frail").start()
    yield server
    server.stop()


@pytest.mark.parametrize("piece", [1, 3, 5, 7])
def test_a_server_that_is_killed_in_the_middle(piece, machine, frail):
    """While its answer is on its way, in the handshake or behind it."""
    if frail.server is None:
        frail.start()
    uid = frail.add_shared_key()
    way = Proxy(frail.port)
    heard = []

    def tap(data, answers):
        if answers:
            heard.append(data)
            if len(heard) == piece:
                frail.stop()
                way.go_away()

    way.tap = tap
    address = f"127.0.0.1:{way.port}"
    refuses(machine, frail.access(uid, address=address), UNAVAILABLE, [address], within=60)
    way.stop()
    assert len(heard) >= piece


@contextmanager
def stalled(server):
    """It takes connections, and says nothing."""
    server.server.signal_group(signal.SIGSTOP)
    try:
        yield
    finally:
        server.server.signal_group(signal.SIGCONT)


def test_a_server_that_stalls_is_given_up(machine, frail):
    if frail.server is None:
        frail.start()
    uid = frail.add_shared_key()
    with stalled(frail):
        refuses(machine, frail.access(uid), UNAVAILABLE, [frail.address], within=60)
    machine.ok("kms", "set", "kmip", *frail.access(uid))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_waits_for_a_server_ends_when_it_is_told(number, machine, frail):
    if frail.server is None:
        frail.start()
    uid = frail.add_shared_key()
    way, asked = Proxy(frail.port), threading.Event()
    way.tap = lambda piece, answers: asked.set()
    with stalled(frail):
        process = machine.start("kms", "set", "kmip", *frail.access(uid, address=f"127.0.0.1:{way.port}"), stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
        assert asked.wait(60), "it has begun"
        began = time.monotonic()
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - began < 8, "sooner than it would have given up"
    way.stop()
    assert process.returncode == CANCELLED, err
    assert machine.run("kms").code == NOT_FOUND


# --- What was set before ---


def test_a_setting_that_is_refused_leaves_the_one_before(machine, kmip, good_key, folder, small_tree):
    set_kmip(machine, kmip, good_key)
    before = machine.ok("kms", "--json").out
    machine.fails("kms", "set", "kmip", *kmip.access("no-such-key"), code=NOT_FOUND, says=["no-such-key"])
    assert machine.ok("kms", "--json").out == before
    add_folder_store(machine, folder / "bucket")
    machine.ok("fs", "add", "home", small_tree, "--obs", "dr")


def test_without_a_check_it_is_stored_as_it_is(machine, kmip):
    """And the first use says what is wrong."""
    machine.ok("kms", "set", "kmip", *kmip.access("no-such-key", "machine-a", "--no-check"))
    shown = machine.ok("kms", "--json").json
    assert (shown["key"], shown["kmip_version"], shown["mode"], shown["version_choice"]) == ("no-such-key", None, None, "open")
    machine.fails("kms", "check", code=NOT_FOUND, says=["no-such-key"])
