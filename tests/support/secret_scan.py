"""Looks for secrets where they must not be: as they are, in hex, in base64 however the bytes before them are aligned."""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path

SHORTEST = 16  # a shorter one may stand somewhere by chance
STANDARD = bytes.maketrans(b"-_", b"+/")  # of the two alphabets of base64
NOT_TEXT = bytes(byte for byte in range(256) if not re.match(rb"[A-Za-z0-9+/_-]", bytes([byte])))


@dataclass(frozen=True)
class Secret:
    name: str
    value: bytes = field(repr=False)

    def __post_init__(self):
        assert len(self.value) >= SHORTEST, f"{self.name} has {len(self.value)} bytes: too few to be told from chance"


def base64_alignments(value):
    """What stands in a base64 text for these bytes, whatever stands before and behind: one form for each alignment."""
    forms = []
    for before in range(3):
        whole = base64.b64encode(bytes(before) + value)
        forms.append(whole[(0, 2, 3)[before]:(before + len(value)) * 8 // 6])
    return forms


class Scanner:
    """Finds any of some secrets in any of their forms. What is no part of a form is taken out of the data first: what stood together still does, and
    there is less to look through."""

    def __init__(self, secrets):
        self.secrets = list(secrets)

    def traces(self, data):
        """A line for each secret and form that stands in `data`."""
        clear = without_zeros(data)
        text = data.translate(STANDARD, NOT_TEXT)
        lower = text.lower()
        return [f"{secret.name} in {form}" for secret in self.secrets for form in self.forms(secret.value, clear, lower, text)]

    @staticmethod
    def forms(value, clear, lower, text):
        if without_zeros(value) in clear:
            yield "the clear"
        if value.hex().encode() in lower:
            yield "hex"
        if any(form in text for form in base64_alignments(value)):
            yield "base64"

    def traces_below(self, folder):
        """The same for the contents and names of all files below a folder."""
        found = []
        for path in sorted(Path(folder).rglob("*")):
            data = bytes(path.relative_to(folder)) + b"\0" + (path.read_bytes() if path.is_file() else b"")
            found += [f"{path}: {trace}" for trace in self.traces(data)]
        return found


def without_zeros(data):
    return data.translate(None, b"\0")
