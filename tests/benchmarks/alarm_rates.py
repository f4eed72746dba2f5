"""How often the monitor alarms of nothing, and from which size on it sees a change, and how soon.

    python -m tests.benchmarks.alarm_rates [--jobs N] [--write docs/watching.md] [REPEATS]

The flights of 2013, each answered by a model that learnt from other weeks. **Nothing happens**: each week of the year
beside the other 51, weeks being cut at two days of the week, and each four weeks beside the other 48; years put
together from blocks of two weeks drawn by chance, the first half being the reference; days in random order, half of
them the reference. The same on the weather of 2013 (`tests.benchmarks.weather_year`), which nothing was chosen by.
**Something does**: a change planted into four weeks in a row beside the other 48, in growing sizes, seen in windows of
a week and of four; and the real year after a reference of January to June. Nothing is asserted.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from keepfit.config.monitor import Monitor, Retrain
from keepfit.features import Levels
from keepfit.monitor import Found, Reference, decide, look
from keepfit.records import Noted
from tests.benchmarks.flights_year import Flights, flights, reference, seen
from tests.benchmarks.holdouts import put_below_mark, rate, table
from tests.benchmarks.weather_year import weather

DAYS = np.arange(364)
HALF = 26 * 7
BLOCK = 28
TRIGGERS = ("drift", "estimated_performance", "realised_performance")
WEEK, MONTH = Monitor(), Monitor(window="28d", false_alarms=0.1)  # a year has too few four weeks for 5 %
SIZES = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
CAUGHT = 0.8  # of windows
BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
HEAD = ("windows", "number", "drift", "estimated performance", "realised performance", "look broken")

Windows = Iterator[Found]
Plant = Callable[[Flights, float, Any], Flights]


def found(made: Reference, window: Flights) -> Found:
    """What the monitor finds in rows."""
    return look(made, seen(made, window), "rmse" if window.answers.ndim == 1 else "log_loss")


def left_out(year: Flights, asked: Monitor, first: int = 0) -> Windows:
    """Each window beside all others; windows are cut from day ``first`` on, the year begins again at its end."""
    cut = np.roll(DAYS, -first).reshape(-1, asked.window.days)
    for each in range(len(cut)):
        made = reference(year.of_days(np.delete(cut, each, 0).ravel()), asked)
        yield found(made, year.of_days(cut[each]))


def resampled(year: Flights, draw: np.random.Generator, repeats: int) -> Windows:
    """Weeks of years that are made of blocks of two weeks, in the order of chance."""
    for _ in range(repeats):
        yield from _second_half(year, DAYS.reshape(26, 14)[draw.permutation(26)].ravel())


def shuffled(year: Flights, draw: np.random.Generator, repeats: int) -> Windows:
    """Windows of days in random order."""
    for _ in range(repeats):
        yield from _second_half(year, draw.permutation(DAYS))


def _second_half(year: Flights, days: Any) -> Windows:
    made = reference(year.of_days(days[:HALF]), WEEK)
    for start in range(HALF, 364, 21):
        yield found(made, year.of_days(days[start : start + 7]))


def rates(name: str, windows: Windows) -> list[str]:
    """Alarms of each kind, with 95 % intervals (Clopper & Pearson 1934) as if windows were independent."""
    told = list(windows)
    counts = [sum(trigger in each.alarms for each in told) for trigger in TRIGGERS]
    broken = sum(bool(each.broken) for each in told)
    cells = [name, f"{len(told)}", *(rate(count, len(told)) for count in counts), f"{broken}"]
    print(*cells, sep=" | ", flush=True)
    return cells


def number(name: str, change: Callable[[Any, float], Any]) -> Plant:
    """A change of a column of numbers."""
    return lambda rows, size, _: rows._replace(columns={**rows.columns, name: change(rows.columns[name], size)})


def emptied(rows: Flights, size: float, draw: Any) -> Flights:
    """``visib`` is missing in a share of rows."""
    gone = draw.random(len(rows.days)) < size
    return rows._replace(columns={**rows.columns, "visib": np.where(gone, np.nan, rows.columns["visib"])})


def new_carrier(rows: Flights, size: float, draw: Any) -> Flights:
    """A carrier that nobody has seen, in a share of rows."""
    column = rows.columns["carrier"]
    codes = np.where(draw.random(len(rows.days)) < size, len(column.levels), column.codes).astype(np.int32)
    return rows._replace(columns={**rows.columns, "carrier": Levels(codes, (*column.levels, "ZZ"))})


def swapped(rows: Flights, size: float, draw: Any) -> Flights:
    """``distance`` and ``departure_minute`` change places in a share of rows."""
    turned = draw.random(len(rows.days)) < size
    one, other = rows.columns["distance"], rows.columns["departure_minute"]
    columns = {"distance": np.where(turned, other, one), "departure_minute": np.where(turned, one, other)}
    return rows._replace(columns={**rows.columns, **columns})


def torn(rows: Flights, size: float, draw: Any) -> Flights:
    """``distance`` of a share of rows is that of another: each column looks as ever, what hangs together does not."""
    places = np.flatnonzero(draw.random(len(rows.days)) < size)
    column = rows.columns["distance"].copy()
    column[places] = column[draw.permutation(places)]
    return rows._replace(columns={**rows.columns, "distance": column})


def later(rows: Flights, size: float, draw: Any) -> Flights:
    """A share of flights that were in time is late."""
    return rows._replace(labels=np.where(draw.random(len(rows.days)) < size, 1, rows.labels))


def of_other_rows(rows: Flights, size: float, draw: Any) -> Flights:
    """A share of labels is joined to other rows of the day: as many flights of each day are late, but others."""
    labels = rows.labels.copy()
    for places in _by_day(rows, size, draw):
        labels[places] = labels[draw.permutation(places)]
    return rows._replace(labels=labels)


def turned(rows: Flights, size: float, draw: Any) -> Flights:
    """In a share of rows labels follow ``departure_minute`` the other way round, within each day."""
    labels = rows.labels.copy()
    for places in _by_day(rows, size, draw):
        order = places[np.argsort(rows.columns["departure_minute"][places], kind="stable")]
        labels[order] = labels[order][::-1]
    return rows._replace(labels=labels)


def _by_day(rows: Flights, size: float, draw: Any) -> Iterator[Any]:
    """The places of a share of rows, a day at a time."""
    chosen = draw.random(len(rows.days)) < size
    for day in np.unique(rows.days):
        yield np.flatnonzero(chosen & (rows.days == day))


def _spread(column: Any, size: float) -> Any:
    middle = np.nanmean(column)
    return middle + (column - middle) * (1 + size)


PLANTS: Mapping[str, tuple[Plant, Sequence[float]]] = {
    "mean: `departure_minute` + s × its spread": (number("departure_minute", lambda c, s: c + s * c.std()), SIZES),
    "variance: `departure_minute` × (1 + s) about its mean": (number("departure_minute", _spread), SIZES),
    "missing: `visib` in a share s of rows": (emptied, SHARES),
    "a new `carrier` in a share s of rows": (new_carrier, SHARES),
    "`distance` and `departure_minute` swapped in a share s": (swapped, SHARES),
    "broken link: `distance` of another row in a share s": (torn, SHARES),
    "unit: `distance` in units of 1 / (1 + s)": (number("distance", lambda c, s: c * (1 + s)), SIZES),
    "label shift: a share s of flights made late": (later, SHARES),
    "concept: labels follow `departure_minute` the other way in a share s": (turned, SHARES),
    "labels joined to other rows of the day in a share s": (of_other_rows, SHARES),
}


class Place(NamedTuple):
    """Four weeks of a year, and references of all other days, by week and by four weeks."""

    rows: Flights
    weekly: Reference
    monthly: Reference

    def weeks(self, rows: Flights) -> list[Flights]:
        """The rows by week."""
        return [rows.of_days(np.arange(start, start + 7)) for start in range(0, BLOCK, 7)]


class Told(NamedTuple):
    """What was found of four weeks, one by one and together."""

    weeks: list[Found]
    month: Found


@cache
def places() -> list[Place]:
    """Every second four weeks of the flights."""
    year, cut = flights(), DAYS.reshape(-1, BLOCK)
    others = [year.of_days(np.delete(cut, each, 0).ravel()) for each in range(0, len(cut), 2)]
    return [
        Place(year.of_days(days), reference(rows, WEEK), reference(rows, MONTH))
        for days, rows in zip(cut[::2], others, strict=True)
    ]


@cache
def quiet() -> list[Told]:
    """What is found of them without any change."""
    return [told(place, place.rows) for place in places()]


def told(place: Place, rows: Flights) -> Told:
    """Look at four weeks, each and together."""
    return Told([found(place.weekly, week) for week in place.weeks(rows)], found(place.monthly, rows))


def power(name: str) -> list[str]:
    """The sizes of a change from which windows that are quiet without it alarm, by what, and how soon."""
    (plant, sizes), draw = PLANTS[name], np.random.default_rng(1)
    by_size: dict[float, list[Told]] = {}
    for size in sizes:
        by_size[size] = [told(place, plant(place.rows, size, draw)) for place in places()]
        if min(_share(quiet(), by_size[size], each) for each in (_weeks, _month)) >= CAUGHT:
            break
    cells = _row(name, quiet(), by_size)
    print(*cells, sep=" | ", flush=True)
    return cells


def _weeks(each: Told) -> list[Found]:
    return each.weeks


def _month(each: Told) -> list[Found]:
    return [each.month]


def _pairs(before: Sequence[Told], planted: Sequence[Told], which: Callable[[Told], list[Found]]) -> list[Found]:
    """The windows with the change that do not alarm without it."""
    both = [
        pair for one, other in zip(before, planted, strict=True) for pair in zip(which(one), which(other), strict=True)
    ]
    return [after for before, after in both if not before.alarms]


def _share(before: Sequence[Told], planted: Sequence[Told], which: Callable[[Told], list[Found]]) -> float:
    return float(np.mean([bool(each.alarms) for each in _pairs(before, planted, which)]))


def _row(name: str, before: Sequence[Told], by_size: Mapping[float, Sequence[Told]]) -> list[str]:
    cells = [name]
    for which in (_weeks, _month):
        shares = {size: _share(before, planted, which) for size, planted in by_size.items()}
        size = next((each for each, share in shares.items() if share >= CAUGHT), None)
        shown = max(by_size) if size is None else size
        windows = _pairs(before, by_size[shown], which)
        cells.append(f"none ({shares[shown]:.0%} at {shown:g})" if size is None else f"{size:g} ({shares[size]:.0%})")
        if which is _weeks:
            cells += [_by(windows), _delay(by_size[shown])]
    largest = _pairs(before, by_size[max(by_size)], _weeks)
    estimate = np.mean(["estimated_performance" in each.alarms for each in largest])
    broken = np.mean([bool(each.broken) for each in largest])
    return [*cells, f"{estimate:.0%}", f"{broken:.0%}"]


def _delay(planted: Sequence[Told]) -> str:
    """Weeks until the policy (2 of 3) has its reasons, median and most over the places."""
    weeks = [_weeks_until(each.weeks) for each in planted]
    known = sorted(each for each in weeks if each is not None)
    middle = median(each if each is not None else BLOCK for each in weeks)
    return (
        f"{middle:.0f} ({len(known)} of {len(weeks)})"
        if middle < BLOCK
        else f"more than 4 ({len(known)} of {len(weeks)})"
    )


def _weeks_until(windows: Sequence[Found]) -> int | None:
    noted: list[Noted] = []
    for place, each in enumerate(windows, 1):
        start, end = (BEGIN + timedelta(days=7 * more) for more in (place - 1, place))
        noted.insert(0, Noted(start=start, end=end, version=1, window="", alarms=each.alarms, broken=bool(each.broken)))
        if decide(noted, [], None, Retrain(), end).because:
            return place
    return None


def _by(windows: Sequence[Found]) -> str:
    """The checks that alarmed in at least half of the windows."""
    said = [{f"{c.check} {c.feature or ''}".strip() for c in each.checks if c.outcome == "fail"} for each in windows]
    names = sorted({name for each in said for name in each})
    return ", ".join(name for name in names if sum(name in each for each in said) * 2 >= len(said)) or "none"


def delay(year: Flights) -> Iterator[list[str]]:
    """The real weeks after a reference of January to June, as they come."""
    made = reference(year.of_days(np.arange(HALF)), WEEK)
    for start in range(HALF, 364, 7):
        rows = year.of_days(np.arange(start, start + 7))
        one = found(made, rows)
        first = np.datetime64("2013-01-01") + start
        yield [str(first), f"{rows.labels.mean():.2f}", _by([one]), ", ".join(one.alarms) or "none"]


def _quiet_windows(name: str, repeats: int) -> Windows:
    data, kind = name.split(": ")
    year = flights() if data == "flights" else weather({"visibility": "visib", "wind": "wind_speed"}[data])
    draw = np.random.default_rng(0)
    return {
        "each week beside the other 51": lambda: left_out(year, WEEK),
        "the same as the first, weeks cut three days later": lambda: left_out(year, WEEK, 3),
        "years of blocks of two weeks": lambda: resampled(year, draw, repeats),
        "days shuffled": lambda: shuffled(year, draw, repeats),
        "each four weeks beside the other 48, at 10%": lambda: left_out(year, MONTH),
    }[kind]()


QUIET = (
    *("flights: each week beside the other 51", "flights: years of blocks of two weeks", "flights: days shuffled"),
    "flights: each four weeks beside the other 48, at 10%",
    *("visibility: each week beside the other 51", "visibility: years of blocks of two weeks"),
    *("visibility: days shuffled", "wind: each week beside the other 51"),
    *("wind: years of blocks of two weeks", "wind: days shuffled"),
    "flights: the same as the first, weeks cut three days later",
)


def quiet_row(name: str, repeats: int) -> list[str]:
    """How often it alarms of nothing, on the flights and on what nothing was chosen by."""
    return rates(name, _quiet_windows(name, repeats))


def report(repeats: int, jobs: int) -> Iterator[str]:
    """All tables."""
    flights(), weather("visib"), weather("wind_speed"), quiet()  # before processes part, so that each is made once
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool:
        changes, calm = pool.map(power, PLANTS), pool.map(partial(quiet_row, repeats=repeats), QUIET)
        yield f"## Nothing happens: alarms at a stated rate of {WEEK.false_alarms:.0%}\n"
        yield from table(HEAD, list(calm))
        yield f"\n## Something happens: the size s from which {CAUGHT:.0%} of windows alarm\n"
        head = ["change", "from s on, a week", "by", "weeks until 2 of 3 (of 7 times)", "from s on, four weeks"]
        head += ["estimate alarms (largest s)", "looks broken (largest s)"]
        yield from table(head, list(changes))
    yield "\n## The real weeks after a reference of January to June\n"
    yield from table(["week from", "late", "checks", "alarms"], list(delay(flights())))


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the monitor alarms, of nothing and of something.")
    parser.add_argument("repeats", nargs="?", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    lines = []
    for line in report(given.repeats, given.jobs):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        put_below_mark(given.write, lines)


if __name__ == "__main__":
    main()
