"""Data docs in a real browser without a network: they are read, nothing is fetched, nothing sticks out."""

import runpy
from pathlib import Path

import pytest

from keepfit.report.docs import render_docs

SAMPLES = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "docs_samples.py"))
PAGES = render_docs(SAMPLES["docs"]())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    from flows.docs import written

    return written(PAGES, tmp_path_factory.mktemp("docs") / "flight_delay").parent


@pytest.fixture
def page(browser, folder):
    """A page of a browser that is offline, and what it asked for beyond the folder."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.did = []
    mine = folder.as_uri()
    opened.on(
        "request", lambda asked: opened.did.append(asked.url) if not asked.url.startswith((mine, "data:")) else None
    )
    opened.on("console", lambda message: opened.did.append(message.text))
    opened.on("pageerror", lambda error: opened.did.append(str(error)))
    opened.on("dialog", lambda dialog: (opened.did.append(dialog.message), dialog.dismiss()))
    yield opened
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_nothing_is_fetched(name, page, folder):
    page.goto((folder / name).as_uri(), wait_until="load")
    page.wait_for_timeout(30)
    assert page.did == []
    assert page.evaluate("document.scripts.length + document.images.length") == 0


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out_to_the_side(name, width, page, folder):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((folder / name).as_uri(), wait_until="load")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_one_can_go_from_an_expectation_to_its_column_and_back(page, folder):
    page.goto((folder / "index.html").as_uri())
    assert page.get_by_role("heading", level=1).inner_text() == "flight_delay"
    page.locator("#expectations").get_by_role("link", name="delay", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "delay float"
    assert page.get_by_role("img", name="Rows by delay").count() == 1
    page.get_by_role("link", name="flight_delay").click()
    assert page.title() == "flight_delay: expectations"
    assert page.did == []
