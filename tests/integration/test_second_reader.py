"""What sealift uploads is what docs/FORMAT.md says: a reader that was written from it alone, in another language, restores a snapshot with nothing but
the bucket and the key of the local KMS."""

import subprocess
import sys
from pathlib import Path

from support.main_job import add_folder_store, add_local_fs, files_below, upload

READER = Path(__file__).parents[1] / "reader" / "sealift_reader.py"


def run_reader(store, machine, locator, *options):
    return subprocess.run([sys.executable, "-B", READER, store, locator, "--local-key", machine.home / "local-kms.key", *options],
                          check=True, capture_output=True, text=True).stdout


def look(folder):
    """What the reader restores: contents, modes, times of files and directories."""
    paths = [Path(folder), *(path for path in Path(folder).rglob("*") if path.is_dir() and not path.is_symlink())]
    files = files_below(folder)
    stats = {str(path.relative_to(folder)): path.stat() for path in [*paths, *files.values()]}
    return {name: path.read_bytes() for name, path in files.items()}, {name: (stat.st_mode, stat.st_mtime_ns) for name, stat in stats.items()}


def test_a_second_reader_restores_a_snapshot(machine, small_tree, folder):
    store, target = folder / "store", folder / "target"
    target.mkdir()
    add_folder_store(machine, store)
    add_local_fs(machine, "home", small_tree)
    locator = upload(machine, "home", "monday")

    listed = run_reader(store, machine, locator).splitlines()
    assert len(listed) == 1 + sum(1 for _ in Path(small_tree).rglob("*"))
    run_reader(store, machine, locator, "--restore", target)
    assert look(target) == look(small_tree)
