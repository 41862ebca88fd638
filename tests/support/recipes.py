"""The commands that a page of docs tells people to run, so that tests can run them as they stand there."""

import os
import re
import subprocess
from pathlib import Path

from support.command import binary

DOCS = Path(__file__).resolve().parents[2] / "docs"


def read_recipes(page, kind="recipe"):
    """By name. In the page's source a recipe, or a runbook, is a fenced block behind a comment with its name."""
    text = (DOCS / page).read_text()
    recipes = dict(re.findall(rf"<!-- {kind}: (\S+) -->\n```(?:sh|python)\n(.*?)```\n", text, re.DOTALL))
    assert text.count(f"<!-- {kind}:") == len(recipes), f"{page}: a {kind} without a block, or two of one name"
    return recipes


def run_runbook(machine, text, folder, **variables):
    """Runs it on that machine, where `sealift` is the command under test; it stops where something fails. What it printed."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "sealift").unlink(missing_ok=True)
    (tools / "sealift").symlink_to(binary())
    environment = {**machine.environment, "PATH": f"{tools}:{os.environ['PATH']}", **{name: str(value) for name, value in variables.items()}}
    done = subprocess.run(["bash", "-eu", "-c", text], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    return done.stdout
