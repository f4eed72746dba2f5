"""The pages of watching in a real browser: nothing runs, nothing is fetched, nothing sticks out, numbers are right."""

import re
import runpy
from pathlib import Path

import pytest

from keepfit.report.watching import render_watched, render_window

MADE = runpy.run_path(str(Path(__file__).parents[1] / "unit" / "watching_samples.py"))
SAMPLES, HOSTILE, monitored = MADE["SAMPLES"], MADE["HOSTILE"], MADE["monitored"]
PAGES = [(name, kind) for name in SAMPLES for kind in ("window", "over time")]
SIZES = (1280, 390, 320)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("watched")
    made = {}
    for name, sample in SAMPLES.items():
        looks = sample()
        texts = {
            "window": render_window(monitored(looks)),
            "over time": render_watched(looks[-1].window.use_case, looks),
        }
        for kind, text in texts.items():
            made[name, kind] = folder / f"{name}-{kind.replace(' ', '-')}.html"
            made[name, kind].write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def visit(browser, files):
    """Open a page, keeping what it did: dialogs, console messages, errors, requests."""
    opened = []

    def go(name, kind, width=1280, **options):
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        opened.append(page)
        page.did = []
        page.on("dialog", lambda dialog: (page.did.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: page.did.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.did.append(f"error: {error}"))
        own = files[name, kind].as_uri()
        page.on("request", lambda sent: page.did.append(f"request: {sent.url[:60]}") if sent.url != own else None)
        page.goto(own, wait_until="load")
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        return page

    yield go
    for page in opened:
        page.close()


def in_tables(page):
    """The text of every row, cells apart by bars."""
    return page.evaluate(
        "[...document.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent.trim()).join(' | '))"
    )


@pytest.mark.parametrize(("name", "kind"), PAGES)
def test_nothing_runs_and_nothing_is_fetched(name, kind, visit):
    page = visit(name, kind)
    page.wait_for_timeout(50)
    assert [did for did in page.did if not did.startswith("request: data:,")] == []
    assert page.evaluate("document.scripts.length + document.images.length + document.links.length") == 0
    assert page.evaluate("window.ran") is None
    (policy,) = page.locator("meta[http-equiv='Content-Security-Policy']").all()
    assert policy.get_attribute("content").startswith("default-src 'none'")


OUTSIDE = """() => [...document.querySelectorAll('main *')]
    .filter(e => !e.closest('svg, thead'))
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.outerHTML.slice(0, 80))"""
IN_CHARTS = """() => [...document.querySelectorAll('svg.chart')].flatMap(svg => {
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;
    const words = [...svg.querySelectorAll('text')].filter(t => t.lastChild)
        .map(t => [t.lastChild.textContent, t.getBoundingClientRect()]);
    const out = words.filter(([a, p]) => p.left < box.left - 1 || p.right > box.right + 1).map(([a]) => 'out: ' + a);
    const small = [...svg.querySelectorAll('text')]
        .filter(t => parseFloat(getComputedStyle(t).fontSize) * scale < (innerWidth < 350 ? 7.9 : 9))
        .map(t => 'small: ' + t.textContent);
    const cells = [...svg.querySelectorAll('rect.cell')].map(r => r.getBoundingClientRect().left);
    const edge = Math.min(...cells);
    const covered = words.filter(([a, p]) => p.left < box.left + 20 * scale && cells.length && p.right > edge + 1)
        .map(([a]) => 'covered: ' + a);
    const over = words.flatMap(([a, p], i) => words.slice(i + 1)
        .filter(([b, q]) => p.left < q.right - 1 && q.left < p.right - 1)
        .filter(([b, q]) => p.top < q.bottom - 5 && q.top < p.bottom - 5)
        .map(([b]) => a + ' over ' + b));
    return [...out, ...small, ...covered, ...over] })"""


@pytest.mark.parametrize(("name", "kind"), PAGES)
def test_nothing_sticks_out_or_lies_on_another_word(name, kind, visit):
    page = visit(name, kind)
    for size in SIZES:
        page.set_viewport_size({"width": size, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") == size
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(IN_CHARTS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["forty", "first", "broken"])
def test_words_stand_out_from_their_ground(name, scheme, visit):
    """A ratio of luminances of 4.5 at least (WCAG 2, AA), also in charts and badges."""
    for kind in ("window", "over time"):
        page = visit(name, kind, 390, color_scheme=scheme)
        faint = page.evaluate("""() => {
            const lum = c => c.slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
            const parse = s => (s.match(/[0-9.]+/g) || [0, 0, 0]).map(Number);
            const ground = e => { for (let n = e; n; n = n.parentElement) {
                const c = parse(getComputedStyle(n).backgroundColor);
                if (c.length < 4 || c[3] > 0.5) return c } return [255, 255, 255] };
            return [...document.querySelectorAll('main *')]
                .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
                .filter(e => !['TITLE', 'DESC', 'title', 'desc'].includes(e.tagName))
                .map(e => { const style = getComputedStyle(e), svg = e.tagName === 'text';
                    const a = lum(parse(svg ? style.fill : style.color)), b = lum(ground(e));
                    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent.slice(0, 40)] })
                .filter(([ratio]) => ratio < 4.5) }""")
        assert faint == []


def test_the_newest_state_is_told_in_plain_words_on_the_first_screen(visit):
    for name, says in {
        "forty": ("Nothing unusual", "None of 15 checks alarmed."),
        "first": ("Too early to tell", "11 more could not be judged: not calibrated: 9 of 19 stretches."),
        "asked": ("A retrain is asked for", "alarmed: realised performance of log loss, drift of"),
        "broken": ("The data look broken", "3 of 6 checks alarmed: rows, missing values of temp, drift of distance."),
    }.items():
        for kind in ("window", "over time"):
            page = visit(name, kind, 390)
            assert page.locator(".banner strong").inner_text() == says[0]
            assert says[1] in page.locator(".summary").inner_text()
            box = page.locator(".banner").bounding_box()
            assert box["y"] + box["height"] < 900


def test_the_numbers_of_every_window_stand_on_the_page_over_time(visit):
    looks = SAMPLES["forty"]()
    page = visit("forty", "over time")
    rows = in_tables(page)
    for each in looks:
        window = each.window
        (row,) = [r for r in rows if r.startswith(f"{window.span.start:%Y-%m-%d} to {window.span.end:%Y-%m-%d} | ")
                  and r.count(" | ") == 5]  # fmt: skip
        _, version, guess, came, alarms, entry = row.split(" | ")
        assert (int(version), int(entry)) == (window.version.number, each.entry)
        assert abs(float(guess.split(" ")[0]) - window.estimated["log_loss"].value) < 1e-3
        known = window.realised.get("log_loss")
        assert came == "not known" if known is None else abs(float(came.split(" ")[0]) - known.value) < 1e-3
        assert alarms == (", ".join(a.replace("_", " ") for a in window.alarms) or "none")
    asked = [row for row in rows if "| retrain: drift in 2 of 3 windows |" in row]
    assert [row.split(" | ")[0] for row in asked] == ["2013-12-07 to 2013-12-14", "2013-08-24 to 2013-08-31"]
    covered = [re.search(r" (\d+) windows", row.split(" | ")[0]) for row in rows if row.count(" | ") == 4]
    assert sum(int(found[1]) if found else 1 for found in covered) == 40
    (origin,) = [row for row in rows if row.startswith("origin | ")]
    assert origin.endswith("6 of 40")


def test_versions_and_requests_are_marked_where_they_began(visit):
    page = visit("forty", "over time")
    for chart in page.locator("svg.chart").all():
        labels = chart.locator("text").all_text_contents()
        assert [each for each in labels if re.fullmatch(r"v\d", each)] == ["v1", "v2", "v3"]
    assert page.locator("#performance svg.chart .asked").count() == 2
    assert page.locator("#performance svg.chart circle.mark.champion").count() == 38
    alarms = page.locator("#drift svg.chart rect.cell.wrong").count()
    assert alarms == 12
    assert page.get_by_role("img", name="log loss over time").count() == 1


def test_a_window_that_stands_alone_is_seen(visit):
    assert visit("first", "over time").locator("#performance svg.chart circle.mark.candidate").count() == 1
    page = visit("one_by_one", "over time")
    assert page.locator("#performance svg.chart circle.mark.candidate").count() == 3
    assert page.locator("#performance svg.chart polyline.line").count() == 0  # no line over what is not known


def test_values_have_their_units(visit):
    rows = in_tables(visit("quiet", "window"))
    assert "rows |  | 6,500 rows | at least 1,310 rows | 0.99 times the usual | " in rows
    assert "age of the newest row |  | 13 hours | at most 840 hours |  | " in rows
    assert "rows that break the contract |  | 0.1% | at most 1% |  | " in rows
    assert "estimated performance | log loss | 0.48 | at most 0.56 |  | " in rows
    assert "estimated performance | ROC AUC | 0.7 | at least 0.64 |  | informs only: log_loss decides" in rows


def test_hostile_names_stay_text(visit):
    window = visit("hostile", "window")
    shown = window.locator(".checks bdi").all_text_contents()
    for name in HOSTILE:
        plain = name.replace("\u202e", "\\u202e").replace("\n", "\\n").replace("\t", "\\t")
        assert plain in shown
    over = visit("hostile", "over time")
    assert over.locator("h1").count() == window.locator("h1").count() == 1
    assert "\u202e" not in window.content() + over.content()
    assert "{{ 7 * 7 }}" in over.locator("#drift").inner_text()


def test_dark_and_light_differ_and_print_is_light(visit):
    ground = "getComputedStyle(document.body).backgroundColor"
    assert visit("quiet", "window", color_scheme="light").evaluate(ground) == "rgb(252, 251, 249)"
    dark = visit("quiet", "window", color_scheme="dark")
    assert dark.evaluate(ground) == "rgb(20, 23, 26)"
    dark.emulate_media(media="print", color_scheme="dark")
    assert dark.evaluate(ground) == "rgb(255, 255, 255)"


def test_a_hundred_columns_are_folded_and_all_in_the_table(browser, files, visit):
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(files["wide", "window"].as_uri())
    assert page.locator("#checks tbody tr:visible").count() == 12  # what alarmed; the rest is a click away
    page.close()
    rows = in_tables(visit("wide", "over time"))
    assert sum(row.count(" | ") == 3 for row in rows) == 100
