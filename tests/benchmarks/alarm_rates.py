"""How often the monitor alarms of nothing, how soon of something, and from which size on it sees a change.

    python -m tests.benchmarks.alarm_rates [--write docs/watching.md] [REPEATS]

The flights of 2013 in weeks, each answered by a model that learnt from other weeks. **Nothing happens**: each week of
the year beside the other 51; years put together from blocks of two weeks drawn by chance, the first half being the
reference; days in random order, half of them the reference. **Something does**: a change planted into a week that the
reference of the other 51 does not alarm of, in growing sizes, and the real year after a reference of January to June.
Nothing is asserted.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Found, look
from tests.benchmarks.flights_year import Flights, flights, reference, seen
from tests.benchmarks.holdouts import put_below_mark, table

WEEKS = np.arange(364).reshape(52, 7)
HALF = 26 * 7
TRIGGERS = ("drift", "estimated_performance", "realised_performance")
ASKED = Monitor()
SIZES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)

Windows = Iterator[Found]
Plant = Callable[[Flights, float, Any], Flights]


def left_out(year: Flights) -> Windows:
    """Each week beside the other 51."""
    for week in range(len(WEEKS)):
        made = reference(year.of_days(np.delete(WEEKS, week, 0).ravel()), ASKED)
        yield look(made, seen(made, year.of_days(WEEKS[week])), "log_loss")


def resampled(year: Flights, draw: np.random.Generator, repeats: int) -> Windows:
    """Weeks of years that are made of blocks of two weeks, in the order of chance."""
    for _ in range(repeats):
        days = WEEKS.reshape(26, 14)[draw.permutation(26)].ravel()
        yield from _second_half(year, days)


def shuffled(year: Flights, draw: np.random.Generator, repeats: int) -> Windows:
    """Windows of days in random order."""
    for _ in range(repeats):
        yield from _second_half(year, draw.permutation(WEEKS.ravel()))


def _second_half(year: Flights, days: Any) -> Windows:
    made = reference(year.of_days(days[:HALF]), ASKED)
    for start in range(HALF, 364, 35):
        yield look(made, seen(made, year.of_days(days[start : start + 7])), "log_loss")


def rates(name: str, windows: Windows) -> list[str]:
    """Alarms of each kind, with 95 % intervals (Clopper & Pearson 1934) as if windows were independent."""
    found = list(windows)
    counts = [sum(trigger in each.alarms for each in found) for trigger in TRIGGERS]
    cells = [name, f"{len(found)}", *(_rate(count, len(found)) for count in counts)]
    print(*cells, sep=" | ", flush=True)
    return cells


def _rate(count: int, rows: int) -> str:
    low = beta.ppf(0.025, count, rows - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, rows - count) if count < rows else 1.0
    return f"{count / rows:.1%} ({low:.1%} to {high:.1%})"


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


def other_concept(rows: Flights, size: float, draw: Any) -> Flights:
    """As many flights are late, but in a share of rows others than the inputs say."""
    places = np.flatnonzero(draw.random(len(rows.days)) < size)
    labels = rows.labels.copy()
    labels[places] = labels[draw.permutation(places)]
    return rows._replace(labels=labels)


def _spread(column: Any, size: float) -> Any:
    middle = np.nanmean(column)
    return middle + (column - middle) * (1 + size)


PLANTS: Mapping[str, tuple[str, Plant, Sequence[float]]] = {
    "mean": ("`departure_minute` + s × its spread", number("departure_minute", lambda c, s: c + s * c.std()), SIZES),
    "variance": ("`departure_minute` × (1 + s) about its mean", number("departure_minute", _spread), SIZES),
    "missing": ("`visib` missing in a share s of rows", emptied, SHARES),
    "new category": ("a new `carrier` in a share s of rows", new_carrier, SHARES),
    "swapped columns": ("`distance` and `departure_minute` swapped in a share s", swapped, SHARES),
    "broken link": ("`distance` shuffled among a share s of rows", torn, SHARES),
    "unit": ("`distance` in units of 1 / (1 + s)", number("distance", lambda c, s: c * (1 + s)), SIZES),
    "label": ("a share s of flights made late", later, SHARES),
    "concept": ("labels shuffled among a share s of rows", other_concept, SHARES),
}


def power(year: Flights, draw: np.random.Generator, weeks: int) -> list[list[str]]:
    """For each change the sizes from which half and nine tenths of weeks alarm, and by what."""
    caught: dict[str, dict[float, list[Found]]] = {name: {size: [] for size in p[2]} for name, p in PLANTS.items()}
    for week in draw.permutation(len(WEEKS))[:weeks]:
        made = reference(year.of_days(np.delete(WEEKS, week, 0).ravel()), ASKED)
        rows = year.of_days(WEEKS[week])
        if look(made, seen(made, rows), "log_loss").alarms:
            continue
        for name, (_, plant, sizes) in PLANTS.items():
            for size in sizes:
                caught[name][size].append(look(made, seen(made, plant(rows, size, draw)), "log_loss"))
    return [[PLANTS[name][0], *_sizes(by_size)] for name, by_size in caught.items()]


def _sizes(by_size: Mapping[float, Sequence[Found]]) -> list[str]:
    shares = {size: np.mean([bool(each.alarms) for each in found]) for size, found in by_size.items()}
    cells = [next((f"{size:g}" for size, share in shares.items() if share >= least), "none") for least in (0.5, 0.9)]
    largest = list(by_size.values())[-1]
    blind = np.mean(["estimated_performance" in each.alarms for each in largest])
    return [*cells, _by(largest), f"{blind:.0%}"]


def _by(found: Sequence[Found]) -> str:
    """The checks that alarmed in at least half of the windows."""
    told = [{f"{c.check} {c.feature or ''}".strip() for c in each.checks if c.outcome == "fail"} for each in found]
    names = sorted({name for each in told for name in each})
    often = [name for name in names if sum(name in each for each in told) * 2 >= len(told)]
    return ", ".join(often) or "none"


def delay(year: Flights) -> Iterator[list[str]]:
    """The real weeks after a reference of January to June, as they come."""
    made = reference(year.of_days(np.arange(HALF)), ASKED)
    for start in range(HALF, 364, 7):
        rows = year.of_days(np.arange(start, start + 7))
        found = look(made, seen(made, rows), "log_loss")
        first = np.datetime64("2013-01-01") + start
        yield [str(first), f"{rows.labels.mean():.2f}", _by([found]), ", ".join(found.alarms) or "none"]


def report(repeats: int) -> Iterator[str]:
    """All tables."""
    year, draw = flights(), np.random.default_rng(0)
    yield f"## Nothing happens: alarms at a stated rate of {ASKED.false_alarms:.0%}\n"
    head = ["windows", "number", "drift", "estimated performance", "realised performance"]
    yield from table(
        head,
        [
            rates("each week beside the other 51", left_out(year)),
            rates("years of blocks of two weeks", resampled(year, draw, repeats)),
            rates("days shuffled", shuffled(year, draw, repeats)),
        ],
    )
    yield "\n## Something happens: the size s from which it is seen\n"
    head = ["change", "half of weeks", "nine tenths", "by (largest s)", "estimate alarms (largest s)"]
    yield from table(head, power(year, draw, max(repeats // 2, 2)))
    yield "\n## The real weeks after a reference of January to June\n"
    yield from table(["week from", "late", "checks", "alarms"], list(delay(year)))


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the monitor alarms, of nothing and of something.")
    parser.add_argument("repeats", nargs="?", type=int, default=20)
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    lines = []
    for line in report(given.repeats):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        put_below_mark(given.write, lines)


if __name__ == "__main__":
    main()
