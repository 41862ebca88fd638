"""What the command says on standard error with --json, about one path after the other."""

import json


def notices(result, kind):
    """(path, reason) of each notice of this kind, in the order in which they were said."""
    lines = [json.loads(line) for line in result.err.splitlines()]
    return [(line["notice"]["path"], line["notice"]["reason"]) for line in lines if line.get("notice", {}).get("kind") == kind]
