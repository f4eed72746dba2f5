"""What a terminal and the page say about rows that are not there."""

import re

import pytest
from msgspec.structs import replace
from quarantine_world import Place, good

from keepfit import quarantine
from keepfit.quarantine.reading import taken
from keepfit.records import Unread
from keepfit.report.quarantine import render_quarantine
from keepfit.report.quarantine_text import explained_text, listed_text, put_back_text
from keepfit.validate import archive

HOSTILE = '<script>alert(1)</script>"><img src=x>\u202e\x1b[2J' + "A" * 900


@pytest.fixture
def place():
    it = Place()
    it.files = {
        "data/a.csv": [good("r1"), good("r2", size="abc"), good("r3", size="300"), good("r1")],
        HOSTILE: [good("r4"), good("r5", colour=HOSTILE)],
    }
    it.run()
    return it


def told(place):
    it = taken(place.store, "small")
    return quarantine.explain(place.store, "small", it), it


def set_aside(explained):
    return replace(
        explained, unread=(Unread(source="items", path="page.csv", digest="d", why=f"no table\n  {HOSTILE}"),)
    )


def test_a_list_says_what_stopped_its_run(place):
    found = [quarantine.listed(each) for each in archive.newest_first(place.store, "small")]
    found = [replace(each, failed="too many rows break the contract", stopped=True) for each in found]
    text = listed_text("small", found, "UTC")
    assert "stopped the run: too many rows break the contract" in text
    assert re.search(r"^ *1 +1 February 2020, 00:00 +6 +2 +3 +1 ", text, re.MULTILINE)


def test_a_terminal_is_not_steered(place):
    explained, _ = told(place)
    text = explained_text(set_aside(explained), "UTC")
    assert all(character.isprintable() or character == "\n" for character in text)
    assert max(map(len, text.splitlines())) < 400


def test_an_explanation_adds_up_and_says_what_to_do(place):
    text = explained_text(told(place)[0], "UTC")
    assert "6 rows in = 2 kept + 3 quarantined + 1 dropped" in text
    assert "data/a.csv: row 4" in text
    assert "keepfit quarantine replay small --number 1 --rows broken.csv" in text


def test_what_was_put_back_is_said_in_numbers_and_reasons(place):
    text = put_back_text(place.put_back())
    assert "3  stay in quarantine" in text
    assert "data/a.csv, row 2\n      size: 'abc' is not a number" in text
    assert "nothing was written" in text


def test_the_page_names_every_row_that_is_not_there(place):
    explained, it = told(place)
    page = render_quarantine(set_aside(explained), it.extracted, "UTC")
    for words in ("is not a number", "at most 100", "duplicate row", "row 4", "page.csv", "1 file set aside"):
        assert words in page


def test_the_page_is_text_whatever_the_rows_hold(place):
    explained, it = told(place)
    page = render_quarantine(set_aside(explained), it.extracted, "UTC")
    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page
    assert "://" not in page


def test_the_page_is_the_same_for_the_same_rows(place):
    explained, it = told(place)
    assert render_quarantine(explained, it.extracted, "UTC") == render_quarantine(explained, it.extracted, "UTC")


def test_a_quarantine_without_rows_says_that_every_row_is_there():
    place = Place(files={"a.csv": [good("r1")]})
    place.run()
    explained, it = told(place)
    assert "Every row is there" in render_quarantine(explained, it.extracted, "UTC")
    assert "no row is in quarantine" in explained_text(explained, "UTC")
