"""The page about rows that are not there in a real browser: nothing runs, nothing is fetched, nothing sticks out."""

import pytest

from keepfit import quarantine
from keepfit.quarantine.reading import taken
from keepfit.records import Unread
from keepfit.report.quarantine import render_quarantine

SIZES = {"desktop": 1280, "phone": 390, "small phone": 320}
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e{{ 7*7 }}' + "A" * 900


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A quarantine with everything that can be wrong, under names that want to be more than text."""
    from quarantine_world import Place, good

    place = Place()
    place.files = {
        "data/2020/01/flights-2020-01.csv": [good(f"r{n}", size="abc" if n % 3 else "300") for n in range(60)],
        HOSTILE: [good("x1"), good("x1"), good("x2", colour=HOSTILE), good("x3", size="-1", colour="green")],
    }
    place.run()
    it = taken(place.store, "small")
    told = quarantine.explain(place.store, "small", it)
    set_aside = Unread(source="items", path=HOSTILE, digest="d", why=f"no table\n  found     {HOSTILE}")
    told = told.__class__(**{name: getattr(told, name) for name in told.__struct_fields__} | {"unread": (set_aside,)})
    path = tmp_path_factory.mktemp("page") / "quarantine.html"
    path.write_text(render_quarantine(told, it.extracted, "America/New_York"), encoding="utf-8")
    return path


@pytest.fixture
def visit(browser, page):
    """Open the page, keeping what it did: dialogs, console messages, requests."""
    opened = []

    def go(width=1280):
        it = browser.new_page(viewport={"width": width, "height": 900})
        opened.append(it)
        it.did = []
        it.on("dialog", lambda dialog: (it.did.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        it.on("console", lambda message: it.did.append(f"console: {message.text}"))
        it.on("pageerror", lambda error: it.did.append(f"error: {error}"))
        it.on("request", lambda request: it.did.append(f"request: {request.url}"))
        it.goto(page.as_uri(), wait_until="load")
        return it

    yield go
    for it in opened:
        it.close()


def test_nothing_runs_and_nothing_is_fetched(visit, page):
    it = visit()
    it.wait_for_timeout(50)
    assert [did for did in it.did if did not in {f"request: {page.as_uri()}", "request: data:,"}] == []
    assert it.evaluate("document.scripts.length + document.images.length + document.links.length") == 0


@pytest.mark.parametrize("size", SIZES)
def test_nothing_sticks_out_to_the_side(size, visit):
    it = visit(SIZES[size])
    it.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert it.evaluate("document.documentElement.scrollWidth") == SIZES[size]
    outside = """() => [...document.querySelectorAll('main *')]
        .filter(e => !e.closest('svg, thead'))
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(e => e.outerHTML.slice(0, 80))"""
    assert it.evaluate(outside) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_answer_is_on_the_first_screen(size, visit):
    box = visit(SIZES[size]).locator(".banner").bounding_box()
    assert box["y"] + box["height"] < 900


def test_the_sum_adds_up_to_the_rows_in(visit):
    numbers = visit().locator("#sum tbody td:nth-child(2)").all_inner_texts()
    *parts, total = (int(text.replace(",", "")) for text in numbers)
    assert sum(parts) == total == 64


def test_every_row_stands_under_its_rule_and_file(visit):
    text = visit().locator("#quarantined").inner_text()
    assert "is not a number" in text
    assert "rows 2–3, 5–6" in text


def test_headings_tell_the_story(visit):
    assert visit().get_by_role("heading", level=2).all_inner_texts() == [
        "The sum",
        "Files set aside whole",
        "Quarantined",
        "Dropped by a named rule",
        "File by file",
        "What to do with them",
    ]
