"""Data docs: every outcome in words, every column on a page, and nothing from outside runs or is fetched."""

import re

import pyarrow as pa
import pytest
from docs_samples import HOSTILE, docs

from flows.docs import written
from keepfit.errors import ConfigError
from keepfit.profile import profiled
from keepfit.report.docs import render_docs

PAGES = render_docs(docs())


def test_there_is_a_page_for_every_column_and_every_link_leads_to_one():
    assert len(PAGES) == 1 + 8
    for path, html in PAGES.items():
        links = {link.removeprefix("../") for link in re.findall(r'<a href="([^"]+)"', html)}
        assert links <= set(PAGES), path
    assert set(re.findall(r'<a href="([^"]+)"', PAGES["index.html"])) == set(PAGES) - {"index.html"}


def test_every_outcome_is_said_in_words():
    index = PAGES["index.html"]
    assert "1 failed, 1 crashed, 1 held, 1 warning, 2 passed, 1 skipped" in index
    assert "This validation stopped its run: expect_column_mean_to_be_between failed." in index
    assert "keepfit quarantine explain flight_delay --number 3" in index
    assert "81.5" in index
    assert "column=delay; min_value=-5; max_value=40" in index


def test_a_column_has_its_figures_its_shape_and_what_was_expected_of_it():
    delay = next(html for html in PAGES.values() if "<bdi>delay</bdi> <span" in html)
    assert delay.count('class="bin"') == 40
    assert "expect_column_mean_to_be_between" in delay
    assert "expect_table_row_count_to_be_between" not in delay
    assert "at most 0.4%" in delay
    hour = next(html for html in PAGES.values() if "<bdi>time_hour</bdi> <span" in html)
    assert "expect_compound_columns_to_be_unique" in hour
    assert "2013-01-01" in hour


def test_what_values_and_names_hold_is_text():
    whole = "".join(PAGES.values())
    assert HOSTILE not in whole
    assert "\u202e" not in whole
    assert "<script" not in whole
    assert not re.findall(r'(?:src|href)="(?!columns/|\.\./index\.html|data:,)', whole)


def test_the_same_records_make_the_same_bytes():
    assert render_docs(docs()) == PAGES


def test_without_a_profile_there_is_one_page():
    assert list(render_docs(docs(profile=None))) == ["index.html"]


@pytest.mark.parametrize(
    "values",
    [
        [],
        [None],
        [1],
        [1.5, 1.5],
        [float("inf"), 1.0],
        [float("inf")],
        [1e308, -1e308],
        [5e-324, 0.0],
        [2**63 - 1, -(2**63)],
        list(range(5000)),
        [""],
        ["x" * 500],
        [b"x"],
        [[1]],
        [True],
    ],
)
def test_any_column_can_be_shown(values):
    pages = render_docs(docs(profile=profiled(pa.table({"x": values}))))
    assert len(pages) == 2
    assert "nan" not in pages["columns/1.html"].lower().replace("nan_", "")


def test_pages_replace_pages_and_nothing_else(tmp_path):
    out = tmp_path / "docs" / "flight_delay"
    assert written(PAGES, out) == out / "index.html"
    (out / "columns" / "old.html").write_text("old")
    written(PAGES, out)
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.html")) == sorted(PAGES)
    assert [path.name for path in out.parent.iterdir()] == ["flight_delay"]
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.tex").write_text("ten years of work")
    with pytest.raises(ConfigError, match="holds something else"):
        written(PAGES, mine)
    assert (mine / "thesis.tex").read_text() == "ten years of work"
