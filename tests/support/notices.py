"""What the command says on standard error with --json, about one path after the other."""

import json
import re

from support.exit_codes import DENIED


def notices(result, kind):
    """(path, reason) of each notice of this kind, in the order in which they were said."""
    lines = [json.loads(line) for line in result.err.splitlines()]
    return [(line["notice"]["path"], line["notice"]["reason"]) for line in lines if line.get("notice", {}).get("kind") == kind]


def refuses_degraded(result, count):
    """Whether it failed because of so many things that could not be restored, and named the way out."""
    return result.code == DENIED and re.search(rf"\b{count} things? ", result.err) is not None and "--allow-degraded" in result.err
