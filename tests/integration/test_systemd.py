"""The units of scripts/systemd: as systemd itself reads them, and what they run, with the rights that they leave it."""

import configparser
import os
import shlex
import shutil
import subprocess

import pytest

from support.command import Sealift
from support.kms_access import secret_file
from support.loop_disk import loop_disk
from support.main_job import add_folder_store, add_local_fs

UNITS = ["sealift-unlock.service", "sealift-upload@.service", "sealift-upload@.timer"]


@pytest.fixture
def units(prefix):
    return prefix / "lib" / "systemd" / "system"


class Unit(configparser.ConfigParser):
    """A unit's settings; of one that is given several times only that which this test asks for matters."""

    def __init__(self, path):
        super().__init__(interpolation=None, strict=False, delimiters=["="], comment_prefixes=["#"])
        self.optionxform = str
        self.read_string(path.read_text())

    def command(self, instance="", **variables):
        """ExecStart as systemd.service(5) has it: doubled signs are single ones, %I is what the instance says, and a variable that is a word by itself
        becomes as many as it has."""
        words = []
        for word in shlex.split(self["Service"]["ExecStart"]):
            if word.startswith("$") and not word.startswith("$$"):
                words += variables.get(word[1:], "").split()
            else:
                words.append(word.replace("%I", instance).replace("%%", "%").replace("$$", "$"))
        return words

    def bounding_set(self):
        names = self["Service"]["CapabilityBoundingSet"].lower().split()
        return ["setpriv", "--bounding-set", ",".join(["-all", *(f"+{name.removeprefix('cap_')}" for name in names)])]


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_has_nothing_to_say_about_it(unit, units, prefix):
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed (Debian's systemd)")
    instance = unit.replace("@.", "@home.")
    done = subprocess.run(["systemd-analyze", "verify", units / instance], capture_output=True, text=True,
                          env={**os.environ, "SYSTEMD_UNIT_PATH": f"{units}:", "MANPATH": f"{prefix}/share/man"})
    said = [line for line in (done.stdout + done.stderr).splitlines() if "sealift" in line]
    assert done.returncode == 0 and not said, done.stdout + done.stderr


def test_units_run_the_command_that_was_installed(units, prefix):
    for unit in UNITS:
        assert "@SEALIFT@" not in (units / unit).read_text()
        if unit.endswith(".service"):
            assert str(prefix / "bin" / "sealift") in Unit(units / unit).command()


def test_upload_adds_a_snapshot_and_carries_it(units, folder, small_tree):
    """Under a name that systemd had to be told escaped: home\\x20of\\x20all."""
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home of $all", small_tree)
    unit = Unit(units / "sealift-upload@.service")
    subprocess.run([*limited(unit), *unit.command("home of $all")], check=True, env=machine.environment, capture_output=True)
    snapshots = machine.ok("fs", "snapshot", "--json").json
    assert [(snapshot["filesystem"], snapshot["status"]) for snapshot in snapshots] == [("home of $all", "uploaded")]


def test_upload_takes_options(units, folder, small_tree):
    machine = Sealift(folder / "home-1")
    add_folder_store(machine, folder / "bucket")
    add_local_fs(machine, "home", small_tree)
    unit = Unit(units / "sealift-upload@.service")
    assert "\nEnvironment=SEALIFT_UPLOAD_OPTIONS=\n" in (units / "sealift-upload@.service").read_text(), "systemd warns of a variable that is nowhere"
    command = unit.command("home", SEALIFT_UPLOAD_OPTIONS="--new-data-key --exclude-caches")
    subprocess.run([*limited(unit), *command], check=True, env=machine.environment, capture_output=True)
    snapshot, = machine.ok("fs", "snapshot", "--json").json
    assert snapshot["status"] == "uploaded"
    keys = machine.ok("fs", "key", "home", "--json").json
    assert [key["snapshot"] for key in keys if key["snapshot"]] == [snapshot["locator"].split("/")[1]], "a key for this snapshot alone"


def limited(unit):
    return unit.bounding_set() if os.geteuid() == 0 else []


def test_unlock_works_with_what_its_unit_leaves_it(units, folder, shared_bao):
    """Few capabilities, a read-only view of a directory that is another user's, and the token where systemd puts it."""
    machine = Sealift(folder / "home-1", {"CREDENTIALS_DIRECTORY": str(folder)})
    unit = Unit(units / "sealift-unlock.service")
    with loop_disk(folder, options=("-O", "encrypt"), megabytes=32) as disk:
        home = disk.path / "home"
        home.mkdir()
        secret_file(folder, "sealift-token", shared_bao.add_token("sealift"))
        machine.ok("kms", "set", "vault", shared_bao.address, "cluster-key", "--token-file", "credential:sealift-token")
        machine.ok("fs", "add", "home", home, "--no-key-backup", "--encrypted")
        (home / "letter").write_text("dear reader")
        os.chown(home, 12345, 12345)
        home.chmod(0o700)
        machine.ok("fs", "lock", "home")
        read_only = ["unshare", "--mount", "sh", "-c", 'mount -o remount,bind,ro "$0" && exec "$@"', disk.path]
        subprocess.run([*read_only, *limited(unit), *unit.command()], check=True, env=machine.environment, capture_output=True, timeout=60)
        assert (home / "letter").read_text() == "dear reader"
