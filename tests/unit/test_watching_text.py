"""What a person reads of a window first: what happened, how sure that is, what to do."""

import runpy
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from keepfit.records import Estimate, Helped, Lost, Monitored, WindowCheck
from keepfit.report import decision_markdown, window_text
from keepfit.report.checked import limit_of, row_of, state
from keepfit.report.watching import render_watched, render_window

MADE = runpy.run_path(str(Path(__file__).with_name("watching_samples.py")))
SAMPLES, HOSTILE, monitored, check = MADE["SAMPLES"], MADE["HOSTILE"], MADE["monitored"], MADE["check"]


def lines(name):
    return window_text(monitored(SAMPLES[name]())).splitlines()


def test_the_first_lines_say_what_happened_and_what_to_do():
    found = " ".join(line.strip() for line in lines("broken")[:9])
    assert "! The data look broken" in found
    assert "3 of 6 checks alarmed: rows, missing values of temp, drift of distance" in found
    assert "To do: find out what fed these rows." in found
    assert "To do: nothing, where the automation runs; else keepfit retrain flight_delay" in " ".join(
        line.strip() for line in lines("asked")
    )
    assert "  To do: nothing now. A version that is made from a longer history will have limits." in lines("first")
    assert not any("To do" in line for line in lines("quiet"))
    assert "| to do | nothing, where the automation runs" in decision_markdown(monitored(SAMPLES["asked"]()))
    for page in (render_window(monitored(SAMPLES["broken"]())), render_watched("x", SAMPLES["broken"]())):
        assert "To do: find out what fed these rows." in page


def test_every_alarm_has_its_reason_and_the_rest_is_counted():
    found = lines("wide")
    alarms = [place for place, line in enumerate(found) if line.startswith("  ✗ drift of")]
    assert len(alarms) == 12
    assert all("34.9% before, 12.0% now" in found[place + 1] for place in alarms)
    assert "  ✓ 83 more as usual" in found
    assert max(map(len, found)) <= 120


def test_hostile_text_stays_in_its_line():
    text = window_text(monitored(SAMPLES["hostile"]()))
    assert "\u202e" not in text
    assert "\\u202e" in text
    assert "two\\nlines\\tand a tab" in text


def test_what_is_usual_of_what_came_is_another_limit_than_that_of_an_estimate():
    seen = monitored(SAMPLES["asked"]())
    checks = [
        check("estimated_performance", "log_loss", "pass", 0.53, 0.56),
        check("realised_performance", "log_loss", "pass", 0.60, 0.65),
    ]
    window = replace(seen.window, checks=tuple(checks))
    assert [limit_of(window, kind, "log_loss") for kind in ("estimated", "realised")] == [
        "at most 0.56",
        "at most 0.65",
    ]
    assert "usual is at most 0.65" in state(window, "log_loss")
    page = render_window(replace(seen, window=window))
    assert "at most 0.56" in page
    assert "at most 0.65" in page
    assert "usual is at most 0.56" in state(replace(window, realised={}, labelled=0), "log_loss")


def test_what_waits_for_labels_is_not_called_undecided():
    seen = monitored(SAMPLES["quiet"]())
    checks = (
        *seen.window.checks,
        check("realised_performance", "log_loss", "not_enough_evidence", reason="no value"),
        check("drift", "label", "not_enough_evidence", reason="fewer than 30 rows"),
    )
    said = state(replace(seen.window, checks=checks), "log_loss")
    assert "2 wait for labels." in said
    assert "could not be judged" not in said
    labelled = state(replace(seen.window, checks=checks, labelled=500), "log_loss")
    assert "2 more could not be judged: no value." in labelled


def test_values_have_the_units_that_the_page_explains():
    rows = [
        row_of(WindowCheck(check=name, feature="x", outcome="fail", value=5.0, threshold=2.5, effect=0.5))
        for name in ("drift", "link", "concept", "label_link", "shortfall")
    ]
    assert [(row.value, row.limit, row.effect) for row in rows] == [
        ("5×", "at most 2.5×", "PSI 0.5"),
        ("5×", "at most 2.5×", "50% of it gone"),
        ("5 σ", "at most 2.5 σ", "50% of the variance"),
        ("5", "at least 2.5", "50% of it gone"),
        ("5", "at most 2.5", ""),
    ]


def test_links_between_columns_have_a_row_of_the_heat_map():
    looks = SAMPLES["forty"]()
    newest = looks[-1]
    link = check("link", None, "fail", 5.0, 4.2, 0.9, "a says little of b any more")
    looks[-1] = newest._replace(window=replace(newest.window, checks=(*newest.window.checks, link)))
    page = render_watched("x", looks)
    assert '<th scope="row"><bdi>links</bdi></th><td class="r" data-label="Newest window">1.19</td>' in page


def test_a_window_that_was_not_looked_at_says_why():
    seen = monitored(SAMPLES["quiet"]())
    nothing = Monitored(use_case="x", as_of=seen.as_of, window=None, decision=seen.decision, reason="no champion")
    assert window_text(nothing).splitlines()[-1] == "  no champion"


def test_what_an_earlier_version_lost_is_said_where_nothing_alarms():
    seen = monitored(SAMPLES["quiet"]())
    lost = Lost(version=1, metric="log_loss", limit=0.3, since=seen.window.span.start)
    came = Estimate(value=0.4, low=0.35, high=0.45, rows=900, clusters=7)
    still = replace(
        seen, lost=lost, window=replace(seen.window, realised={"log_loss": came}, labelled=seen.window.span.rows)
    )
    for told in (window_text(still), decision_markdown(still), render_window(still)):
        assert "Still worse than before version 1 alarmed, no retrain" in told
        assert "find out what changed" in told
        assert "not back for good at most 0.3" in " ".join(told.split())
    few = replace(still, window=replace(still.window, labelled=still.window.span.rows // 2 - 1))
    assert "Nothing unusual" in window_text(few)
    back = replace(still, lost=replace(lost, limit=0.5))
    assert "Nothing unusual" in window_text(back)
    assert "To do" not in window_text(back)


def test_what_passed_is_never_drawn_as_an_alarm_and_what_alarmed_always_is():
    """Beyond its limit, but within what chance does in so few rows, is no alarm, also in the heat map."""
    looks = SAMPLES["quiet"]()
    newest = looks[-1]
    checks = (
        check("drift", "by_chance", "pass", 9.0, 4.2, 0.4),
        check("missing", "sure", "fail", 4.2, 4.2, 0.4, "0.1% before, 9.0% now"),
        check("drift", "sure", "pass", 0.1, 4.2, 0.0),
    )
    page = render_watched("x", [newest._replace(window=replace(newest.window, checks=checks))])
    cells = '<td class="r" data-label="Newest window">{}</td><td class="r" data-label="Highest">{} (to 2013-06-08)</td>'
    assert cells.format("1.00", "1.00") + '<td class="r" data-label="Alarms">none</td>' in page
    assert cells.format("1.01", "1.01") + '<td class="r" data-label="Alarms">1 of 1</td>' in page
    assert page.count("cell wrong d9") == 2  # the legend has one


def test_too_many_rows_have_a_limit_from_above_and_too_few_one_from_below():
    few, many = (
        row_of(WindowCheck(check="volume", outcome="fail", value=rows, threshold=limit, effect=ratio))
        for rows, limit, ratio in ((10.0, 100.0, 0.02), (9000.0, 2500.0, 18.0))
    )
    assert (few.limit, many.limit) == ("at least 100 rows", "at most 2,500 rows")


def test_of_each_new_version_the_newest_answer_is_on_the_page():
    first, *_, last = looks = SAMPLES["forty"]()
    opened = Helped(
        version=7,
        replaced=6,
        end=last.noted.end,
        rows=700,
        metric="log_loss",
        difference=0.1,
        low=None,
        high=None,
        outcome="unclear",
        days=(),
    )
    closed = replace(opened, rows=1400, low=0.05, high=0.2, outcome="helped", days=UNSET)
    kept = [each._replace(noted=replace(each.noted, helped=told)) for each, told in ((first, opened), (last, closed))]
    page = render_watched("x", [kept[0], *looks[1:-1], kept[1]])
    assert "version 7 does better than version 6 would have" in page
    assert "version 7 may do as well" not in page
