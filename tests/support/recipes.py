"""The commands that a page of docs tells people to run, so that tests can run them as they stand there."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def read_recipes(page):
    """By name. In the page's source a recipe is a fenced block behind a comment with its name."""
    text = (DOCS / page).read_text()
    recipes = dict(re.findall(r"<!-- recipe: (\S+) -->\n```(?:sh|python)\n(.*?)```\n", text, re.DOTALL))
    assert text.count("<!-- recipe:") == len(recipes), f"{page}: a recipe without a block, or two of one name"
    return recipes
