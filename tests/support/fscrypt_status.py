"""What Debian's fscrypt says of an encrypted directory: a program that we did not write, which asks the kernel on its own."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

# Field number and wire type, value: EncryptionOptions of fscrypt's metadata (padding 32, AES-256-XTS, AES-256-CTS, policy version 2), compared by
# it with what the kernel answers.
OPTIONS = bytes([1 << 3, 32, 2 << 3, 1, 3 << 3, 4, 4 << 3, 2])
CONFIGURATION = {"source": "custom_passphrase", "hash_costs": {"time": "1", "memory": "131072", "parallelism": "1"},
                 "options": {"padding": "32", "contents": "AES_256_XTS", "filenames": "AES_256_CTS", "policy_version": "2"}}


def introduce(mountpoint, identifier):
    """fscrypt tells only of keys that it has a file about: this is one without passphrases."""
    policies = Path(mountpoint) / ".fscrypt" / "policies"
    policies.mkdir(parents=True, exist_ok=True)
    (policies.parent / "protectors").mkdir(exist_ok=True)
    name = identifier.encode()
    (policies / identifier).write_bytes(bytes([1 << 3 | 2, len(name)]) + name + bytes([2 << 3 | 2, len(OPTIONS)]) + OPTIONS)


def fscrypt_status(mountpoint, directory, identifier):
    """`fscrypt status DIRECTORY`: its "Policy", "Options" and "Unlocked". It wants an /etc/fscrypt.conf, which it finds in a mount namespace of its own."""
    if not shutil.which("fscrypt"):
        pytest.skip("fscrypt is not installed (Debian's fscrypt)")
    introduce(mountpoint, identifier)
    with tempfile.TemporaryDirectory() as etc:
        (Path(etc) / "fscrypt.conf").write_text(json.dumps(CONFIGURATION))
        for name in ("passwd", "group", "nsswitch.conf"):
            shutil.copy(f"/etc/{name}", etc)
        done = subprocess.run(["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc && exec fscrypt status "$2"', "sh", etc, directory],
                              capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = (line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in lines}
