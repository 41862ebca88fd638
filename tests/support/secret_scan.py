"""Looks for secrets where they must not be: as they are, in hex, in base64 however the bytes before them are aligned."""

import base64
from dataclasses import dataclass, field
from pathlib import Path

SHORTEST = 16  # a shorter one may stand somewhere by chance


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
    """Finds any of some secrets in any of their forms."""

    def __init__(self, secrets):
        self.secrets = list(secrets)

    def traces(self, data):
        """One line for each secret and form that stands in `data`, with the place of the first."""
        lower = data.lower()
        standard = data.translate(bytes.maketrans(b"-_", b"+/"))
        return [f"{secret.name} in {form} at {place}" for secret in self.secrets for form, place in self.places(secret.value, data, lower, standard)]

    @staticmethod
    def places(value, data, lower, standard):
        wanted = [("the clear", data, value), ("hex", lower, value.hex().encode())]
        wanted += [("base64", standard, form) for form in base64_alignments(value)]
        return [(form, where.find(needle)) for form, where, needle in wanted if needle in where]

    def traces_below(self, folder):
        """The same for the contents and names of all files below a folder."""
        found = []
        for path in sorted(Path(folder).rglob("*")):
            data = bytes(path.relative_to(folder)) + b"\0" + (path.read_bytes() if path.is_file() else b"")
            found += [f"{path}: {trace}" for trace in self.traces(data)]
        return found
