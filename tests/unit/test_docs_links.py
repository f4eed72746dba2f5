"""What the README and the docs link to is there, also in a fresh clone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
NAMED = re.compile(r"`((?:docs|tests|configs|deployments|requirements)/[\w./-]+\.\w+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page):
    text = page.read_text()
    missing = [each for each in LINK.findall(text) if not (page.parent / each).exists()]
    missing += [each for each in NAMED.findall(text) if not (ROOT / each).exists()]
    assert missing == []


def test_something_is_pointed_to():
    assert "docs/examples/window.html" in LINK.findall(PAGES[0].read_text())
    assert "docs/watching.md" in NAMED.findall(PAGES[0].read_text())
