"""The main job through a KMIP server, and what must be found nowhere afterwards."""

from support.bucket_keys import keys_in_bucket
from support.command import Sealift
from support.main_job import add_folder_store, add_s3, download_same, upload, verify_every_way
from support.secret_scan import Scanner, Secret

KEYS_OF_KMS = ("type", "address", "key", "kmip_version", "version_choice", "mode")


class Recorded(Sealift):
    """A machine on which everything is said that can be, and kept."""

    def __init__(self, home, environment=None):
        super().__init__(home, environment)
        self.said = []

    def run(self, *arguments, **options):
        result = super().run("--verbose", *arguments, **options)
        self.said += [result.out.encode(), result.err.encode("utf-8", "surrogateescape")]
        return result


def set_kmip(machine, server, uid, user="machine-a", *options, **run_options):
    return machine.ok("kms", "set", "kmip", *server.access(uid, user, *options), **run_options)


def kms_shown(machine):
    """What `kms --json` says, as far as it is always there."""
    shown = machine.ok("kms", "--json").json
    return tuple(shown[key] for key in KEYS_OF_KMS)


def pinned(version):
    """The options that pin a version; none for None."""
    return ["--kmip-version", version] if version else []


def upload_pinned(server, uid, version, machine, folder, tree):
    """To a store that is a folder; returns the locator."""
    add_folder_store(machine, folder / "bucket")
    set_kmip(machine, server, uid, "machine-a", *pinned(version))
    machine.ok("fs", "add", "home", tree, "--obs", "dr")
    return upload(machine, "home", "monday")


def carry_tree(server, uid, version, machines, place, tree, folder):
    """Uploaded on one machine, verified every way, brought back on the other; each with a client certificate of its own."""
    first, second = machines
    for machine, user in ((first, "machine-a"), (second, "machine-b")):
        add_s3(machine, place)
        set_kmip(machine, server, uid, user, *pinned(version))
    first.ok("kms", "check")
    first.ok("fs", "add", "home", tree, "--obs", "dr")
    locator = upload(first, "home", "monday")
    verify_every_way(first, "home", "monday")
    download_same(second, "home2", folder / "home2", locator, tree)


def keep_secrets(server, machines, place, *more):
    """That no key of the filesystem, of a client, and nothing in `more` stands in a machine's files, in what it said, or in the bucket."""
    keys = keys_in_bucket(server, place.list(), place.get)
    assert {"a KEK", "an FS key"} <= {secret.name for secret in keys}
    scanner = Scanner([*keys, *more, *(Secret(f"the private key of {user}", server.client(user).secret) for user in ("machine-a", "machine-b"))])
    for machine in machines:
        assert machine.said
        assert [scanner.traces(said) for said in machine.said if scanner.traces(said)] == []
        assert scanner.traces_below(machine.home) == []
    for name in place.list():
        assert scanner.traces(place.get(name)) == [], name
