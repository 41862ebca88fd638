"""The main job, step by step, as an admin does it."""

from pathlib import Path

from support.compare import assert_same


def add_s3(machine, place):
    """Unproven: SeaweedFS takes many seconds over the race that finds out how it does conditional PUTs. Two tests prove it."""
    return machine.ok("obs", "add", "dr", *place.arguments, "--no-check")


def add_folder_store(machine, folder, name="dr"):
    return machine.ok("obs", "add", name, f"file://{folder}")


def upload(machine, fs, snapshot, *options, **run_options):
    """Adds a snapshot and uploads it. Returns its locator, the last line of standard output."""
    machine.ok("fs", "snapshot", "add", fs, snapshot, **run_options)
    return machine.ok("fs", "snapshot", "upload", fs, snapshot, *options, **run_options).last_line


def verify_every_way(machine, fs, snapshot, **options):
    for way in (["--keys"], ["--objects"], ["--objects", "--read"], ["--data"]):
        machine.ok("fs", "snapshot", "verify", fs, snapshot, *way, **options)


def add_local_fs(machine, name, tree, store="dr"):
    """A filesystem whose key the local KMS wraps: for tests that are not about the KMS."""
    return machine.ok("fs", "add", name, tree, "--obs", store, "--allow-no-kms")


def download_same(machine, name, path, locator, source, *options, store="dr", **run_options):
    """Downloads and shows that `path` is now what `source` is."""
    machine.ok("fs", "download", name, path, store, locator, *options, **run_options)
    assert_same(source, path)


def files_below(folder):
    """All files of a folder by their path inside, as bytes."""
    folder = Path(folder)
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()}


def hold_nowhere(folder, secret):
    """That no file below `folder` holds the secret."""
    for name, path in files_below(folder).items():
        assert secret.encode() not in path.read_bytes(), f"{name} holds the credential"
