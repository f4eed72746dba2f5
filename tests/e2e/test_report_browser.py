"""The page of a run in a real browser: nothing runs, nothing is fetched, nothing sticks out; light, dark and print."""

import runpy
from pathlib import Path

import pytest

from keepfit.report import render_run

SAMPLES = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "report_samples.py"))["SAMPLES"]
SIZES = {"desktop": 1280, "phone": 390, "small phone": 320}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    made = {name: folder / f"{name}.html" for name in SAMPLES}
    for name, path in made.items():
        path.write_text(render_run(SAMPLES[name]()), encoding="utf-8")
    return made


@pytest.fixture
def visit(browser, files):
    """Open a page, keeping what it did: dialogs, console messages, requests."""
    opened = []

    def go(name, width=1280, **options):
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        opened.append(page)
        page.did = []
        page.on("dialog", lambda dialog: (page.did.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: page.did.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.did.append(f"error: {error}"))
        page.on("request", lambda request: page.did.append(f"request: {request.url[:60]}"))
        page.goto(files[name].as_uri(), wait_until="load")
        return page

    yield go
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_runs_and_nothing_is_fetched(name, visit, files):
    page = visit(name)
    page.wait_for_timeout(50)
    fetched = [did for did in page.did if did != f"request: {files[name].as_uri()[:60]}"]
    assert [did for did in fetched if not did.startswith("request: data:,")] == []
    assert page.evaluate("document.scripts.length + document.images.length + document.links.length") == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_sticks_out_to_the_side(name, size, visit):
    page = visit(name, SIZES[size])
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size]
    outside = """() => [...document.querySelectorAll('main *')]
        .filter(e => !e.closest('svg, thead'))
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .map(e => e.outerHTML.slice(0, 80))"""
    assert page.evaluate(outside) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("name", SAMPLES)
def test_words_in_a_chart_stay_inside_it(name, size, visit):
    page = visit(name, SIZES[size])
    outside = """() => [...document.querySelectorAll('svg.chart text')].filter(t => {
        const box = t.closest('svg').getBoundingClientRect(), own = t.getBoundingClientRect();
        return own.left < box.left - 1 || own.right > box.right + 1 }).map(t => t.textContent)"""
    assert page.evaluate(outside) == []


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("name", SAMPLES)
def test_words_in_a_chart_can_be_read(name, size, visit):
    """No label lies on another one, and none is smaller than nine pixels."""
    page = visit(name, SIZES[size])
    found = page.evaluate("""() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
        const words = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
        const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        const size = t => parseFloat(getComputedStyle(t).fontSize) * scale;
        const small = [...svg.querySelectorAll('text')].filter(t => size(t) < 9).map(t => 'small: ' + t.textContent);
        const over = words.flatMap(([a, p], i) => words.slice(i + 1)
            .filter(([b, q]) => p.left < q.right - 1 && q.left < p.right - 1)
            .filter(([b, q]) => p.top < q.bottom - 5 && q.top < p.bottom - 5)
            .map(([b]) => a + ' over ' + b));
        return [...small, ...over] })""")
    assert found == []


def test_a_bad_group_jumps_out_and_a_small_one_is_no_good_one(visit):
    page = visit("grouped")
    colour = "e => getComputedStyle(e).color"
    rows = {
        row.locator("th").inner_text(): row.locator("td.says span").first
        for row in page.locator("#groups tbody tr").all()
    }
    assert rows["LGA"].inner_text() == "worse than the whole"
    assert rows["HA"].inner_text() == "too small to tell"
    tones = {name: span.evaluate(colour) for name, span in rows.items()}
    assert tones["LGA"] == page.locator("#groups .outcome.fail").first.evaluate(colour)
    assert len({tones[name] for name in ("LGA", "HA", "EWR")}) == 3
    bars = page.locator("#groups tr.worse .bar.candidate").first.evaluate("e => getComputedStyle(e).stroke")
    assert bars == tones["LGA"]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_paired_differences_stand_under_each_other(size, visit):
    page = visit("grouped", SIZES[size])
    zeros = page.locator("#changes .forest").first.locator(".zero").all()
    places = {round(zero.bounding_box()["x"]) for zero in zeros}
    assert len(zeros) == 12
    assert len(places) == 1


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_failed_gate_is_as_plain_as_a_passed_one(size, visit):
    page = visit("failing", SIZES[size])
    badges = page.locator("#gates .badge")
    words = [badges.nth(n).inner_text().split() for n in range(badges.count())]
    assert words[2][-1] == "fail"
    assert words[3][-1] == "pass"
    heights = [badges.nth(n).bounding_box()["height"] for n in (2, 3)]
    assert abs(heights[0] - heights[1]) < 1
    assert all(badges.nth(n).is_visible() for n in range(badges.count()))


def test_the_banner_is_on_the_first_screen_of_a_phone(visit):
    page = visit("failing", 390)
    box = page.locator(".banner").bounding_box()
    assert box["y"] + box["height"] < 900


def test_dark_and_light_differ_and_print_is_light(visit):
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = visit("passing", color_scheme="light"), visit("passing", color_scheme="dark")
    assert light.evaluate(ground) == "rgb(252, 251, 249)"
    assert dark.evaluate(ground) == "rgb(20, 23, 26)"
    dark.emulate_media(media="print", color_scheme="dark")
    assert dark.evaluate(ground) == "rgb(255, 255, 255)"


def test_a_sheet_of_paper_holds_the_tables_side_by_side(visit):
    page = visit("failing", 688)  # A4 less the margins
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") == 688
    assert page.evaluate("getComputedStyle(document.querySelector('#gates td')).display") == "table-cell"


def test_a_page_prints(visit):
    assert visit("passing").pdf(format="A4", prefer_css_page_size=True).startswith(b"%PDF")


def test_charts_have_names_for_a_screen_reader(visit):
    page = visit("passing")
    assert page.get_by_role("img", name="ROC curve").count() == 1
    assert page.get_by_role("img", name="ROC AUC at least 0.62: pass").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "Gates", "What changed since the champion", "Metrics", "How it behaves",
        "How it was chosen", "Leakage", "Data", "Provenance",
    ]  # fmt: skip
