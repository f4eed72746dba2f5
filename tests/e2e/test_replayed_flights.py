"""`keepfit up` lives through the flights of 2013: June is worse, a retrain is asked for, done, released, and serves."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from journeys import World
from replayed_flights import CASE, WEEK, Replay, Year, use_case
from replayed_tables import rows_of, write_table

from keepfit.ledger import fold_of, head, watch_of
from keepfit.monitor import looks_of
from keepfit.registry import show_all, verify

EVERY = 5  # of the flights, one is asked about
FIRST = datetime(2013, 4, 1, tzinfo=UTC)
LIGHTER = {
    "min_value: 20000": "min_value: 4000",
    "    - hist_gradient_boosting: {learning_rate: [0.02, 0.3, log], max_leaf_nodes: [15, 127]}\n": "",
}
LESS = {"min_value: 20000": "min_value: 4000"}
APRIL, DECEMBER = datetime(2013, 4, 11, tzinfo=UTC), datetime(2013, 12, 26, tzinfo=UTC)
JUNE, JULY = datetime(2013, 6, 20, tzinfo=UTC), datetime(2013, 7, 18, tzinfo=UTC)


def lived(folder, changed, first, last):
    """A replay from one week to another, and what became of each."""
    text = use_case(changed)
    world = World(folder / "world")
    world.write(f"configs/{CASE}.yaml", text)
    replay = Replay(world, Year(folder, EVERY, text, last))
    try:
        replay.train(FIRST)
        weeks = []
        for count in range((last - first) // WEEK + 1):
            weeks.append(replay.live(first + count * WEEK))
            print(
                f"{weeks[-1].end:%Y-%m-%d}", weeks[-1].version, *(each.reason for each in weeks[-1].entries), flush=True
            )
        requested, alarms = replay.told("keepfit.retrain.requested"), replay.told("keepfit.alarm.raised")
        assert replay.up.stop() == 0
    finally:
        if replay.up.process.poll() is None:
            replay.up.stop()
        left, _ = world.left()
        world.stop()
    assert left == []
    see_that_all_is_in_order(world, weeks, requested, alarms)
    return world, replay.year, weeks


def see_that_all_is_in_order(world, weeks, requested, alarms):
    """What was asked for was done once, by a run that an event started; what was not, was not."""
    looks, watch = looks_of(world.store, CASE), watch_of(fold_of(head(world.store, CASE)))
    assert all(look.window.source == "log" for look in looks)
    alarmed = {entry.noted.end for week in weeks for entry in week.entries if entry.noted and
               entry.noted.version == entry.fold.champion.number and
               (entry.noted.alarms or entry.noted.broken)}  # fmt: skip
    asking = [week for week in weeks if any(entry.retrain and entry.retrain.retrain for entry in week.entries)]
    assert [week.end for week in asking] == sorted(watch.requests)
    assert [week.retrains for week in weeks] == [int(week in asking) for week in weeks]
    assert requested == [week.end for week in asking]
    assert set(alarms) == alarmed
    for week in asking:
        (made,) = [entry for entry in week.entries if entry.action == "registered"]
        released = [entry.version.number for entry in week.entries if entry.action == "promoted"]
        assert made.as_of == week.end
        assert released == ([week.version] if week.version == made.version.number else [])
    for week in weeks:
        if week not in asking:
            assert {entry.action for entry in week.entries} == {"monitored"}
    assert verify(world.store).problems == ()


@pytest.mark.soak  # `test_up.py` has the way from an event to an answer always
def test_june_is_worse_and_what_learns_from_it_is_released(tmp_path):
    world, year, weeks = lived(tmp_path, LIGHTER, JUNE, JULY)
    looks = looks_of(world.store, CASE)
    for row in rows_of(looks, weeks, show_all(world.store, CASE).versions, year):
        print(*row, sep=" | ")
    worse, raised, opening, closing, last = looks
    assert (
        [look.noted.version for look in looks] == [week.version for week in (weeks[0], *weeks[:-1])] == [1, 1, 2, 2, 2]
    )
    assert set(worse.noted.alarms) == {"drift", "realised_performance"}
    assert not worse.decision.retrain, "a week may be bad by chance"
    assert raised.decision.because == ("drift in 2 of 2 windows",)
    assert raised.decided == weeks[1].end
    assert raised.window.labelled > 0, "what came of it is filled in, though another version answers"
    assert last.window.labelled == 0, "labels come a week later"
    assert all(look.window.labelled > 0.9 * look.window.span.rows for look in (worse, opening, closing))
    assert (opening.window.helped.outcome, opening.window.helped.rows) == ("unclear", opening.window.labelled)
    helped = closing.window.helped
    assert (helped.version, helped.replaced, helped.outcome) == (2, 1, "helped"), "two weeks have days enough"
    assert helped.rows == opening.window.labelled + closing.window.labelled
    page = next(text for text in pages_of(world, raised) if "A retrain is asked for" in text)
    assert "drift in 2 of 2 windows" in page


@pytest.mark.soak
def test_the_year_whose_pages_are_kept_in_the_docs(tmp_path):
    """With KEEPFIT_DOCS=docs the table and the pages there are written anew."""
    world, year, weeks = lived(tmp_path, LESS, APRIL, DECEMBER)
    looks = looks_of(world.store, CASE)
    rows = rows_of(looks, weeks, show_all(world.store, CASE).versions, year)
    for row in rows:
        print(*row, sep=" | ")
    raising = [look for look in looks if look.decision.retrain]
    assert len(raising) >= 1
    assert any(week.version > 1 for week in weeks)
    alarmed = {look.noted.end.month for look in looks if look.noted.alarms}
    assert alarmed & {6, 7}
    if docs := os.environ.get("KEEPFIT_DOCS"):
        keep(Path(docs), world, looks, raising[0])
        write_table(Path(docs) / "watching.md", rows)


def keep(docs, world, looks, raised):
    """The pages that the docs show: of the week that raised, and of the year."""
    folder = docs / "examples"
    folder.mkdir(exist_ok=True)
    shutil.copy(page_of(world, raised), folder / "window.html")
    shutil.copy(newest(world, "watched", looks[-1]), folder / "over-time.html")


def pages_of(world, look):
    """All pages of a window: as it was seen first, and when labels had come."""
    folder = world.work / ".keepfit" / CASE / "reports"
    return [path.read_text() for path in folder.glob(f"window-{look.noted.end:%Y-%m-%d}-*.html")]


def page_of(world, look):
    """The page of a window as it was seen when it asked for a retrain."""
    return newest(world, "window", look, "A retrain is asked for")


def newest(world, kind, look, saying=""):
    folder = world.work / ".keepfit" / CASE / "reports"
    pages = [page for page in folder.glob(f"{kind}-{look.noted.end:%Y-%m-%d}-*.html") if saying in page.read_text()]
    return max(pages, key=lambda path: path.stat().st_mtime_ns)
