"""The flights of 2013 month by month: verdicts with and without weather, and an old model beside a fresh one.

    python -m tests.benchmarks.flights_by_month [--write docs/flights.md]

`configs/flight_delay.yaml` is run by `keepfit run` as of the first of every month, as it is and without its weather.
For the second question the last 90 days before each month are learnt from by one candidate with fixed settings, and
judged on that month; the versions of January to March and of January alone are asked about the same rows. Nothing is
asserted. All files are scratch.
"""

import argparse
import json
import tempfile
from calendar import month_abbr, monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.benchmarks.child_process import measured
from tests.benchmarks.flights_world import KEEPFIT, ROOT, deliver, environment, prefect_running
from tests.benchmarks.holdouts import Holdout, outcomes, put_below_mark, table, told

STORE = "store"
FIRST = 4  # April: before it there are not 90 days to learn from
LATER = tuple(range(FIRST, 13))
ALONE = 2  # the month that judges what learnt from January alone
WEATHER = ("temp", "wind_speed", "precip", "visib")
LEARNER = {"hist_gradient_boosting": {"learning_rate": 0.1, "max_leaf_nodes": 31}}
SETS = (True, False)  # with weather, and without


@dataclass(frozen=True)
class World:
    """A folder with flights, a store and use cases; months come one after the other."""

    folder: Path
    environ: Mapping[str, str]

    def run(self, use_case: Mapping[str, Any], as_of: date) -> dict[str, Any]:
        """What `keepfit run --json` answers, on the months that are over."""
        deliver(self.folder, f"{as_of:%Y-%m-01}", self.environ)
        words = (KEEPFIT, "run", use_case["name"], "--as-of", str(as_of), "--store", STORE, "--json")
        write(use_case, self.config(use_case["name"]))
        said = json.loads(measured(words, self.folder, self.environ).out)
        print(f"{use_case['name']} as of {as_of}: {said['verdict']['outcome']}", flush=True)
        return said

    def config(self, name: str) -> Path:
        return self.folder / "configs" / f"{name}.yaml"

    def holdout(self, name: str, digest: str) -> Holdout:
        return Holdout.of(self.folder / STORE, self.config(name), digest)


def real(*, weather: bool) -> Any:
    """`configs/flight_delay.yaml`, or the same without its weather."""
    use_case = YAML().load((ROOT / "configs" / "flight_delay.yaml").read_text())
    if weather:
        return use_case
    use_case["name"] += "_without_weather"
    del use_case["data"]["sources"]["weather"]
    query = use_case["data"]["query"].splitlines()
    use_case["data"]["query"] = "\n".join(line for line in query if "w." not in line)
    for column in WEATHER:
        del use_case["features"][column], use_case["contract"]["columns"][column]
    of_column = "expect_column_values_to_not_be_null"
    use_case["expectations"] = [rule for rule in use_case["expectations"] if of_column not in rule]
    return use_case


def of_month(month: int, *, weather: bool, days: int = 90) -> Any:
    """A month as the holdout, and the days before it to learn from, by one learner without a search."""
    use_case = real(weather=weather)
    long = monthrange(2013, month)[1]
    use_case["name"] = use_case["name"].replace("delay", "month")
    use_case["data"]["history"] = f"{days + long + 2}d"  # two days: until labels are known, at both ends
    use_case["split"]["holdout"] = f"{long}d"
    use_case["train"]["candidates"] = [LEARNER]
    return use_case


def write(use_case: Any, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        YAML().dump(use_case, file)


def after(month: int) -> date:
    """The first day after a month."""
    return date(2013 + month // 12, month % 12 + 1, 1)


def verdicts(world: World, months: tuple[int, ...] = (FIRST - 1, *LATER), *, weather: bool) -> list[list[str]]:
    """A row of the table for each month: what the production flow made of it, as of its end."""
    return [judged(world.run(real(weather=weather), after(month)), month) for month in months]


def judged(said: Mapping[str, Any], month: int) -> list[str]:
    gates = outcomes(said)
    auc, naive, champion = (
        next(gate for name, gate in gates.items() if all(word in name for word in words))
        for words in (("roc_auc",), ("naive",), ("champion",))
    )
    return [
        f"{month_abbr[month]}",
        f"{auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f})",
        _gain(naive),
        _gain(champion),
        said["verdict"]["outcome"].replace("_", " "),
        str(said["version"]),
        str(said["champion"]) if said["champion"] else "none",
    ]


def _gain(gate: Mapping[str, Any]) -> str:
    word = gate["outcome"].replace("_", " ")
    if gate["low"] is None or gate["high"] is None:
        return word
    return f"{gate['value']:+.3f} ({gate['low']:+.3f} to {gate['high']:+.3f}), {word}"


@dataclass(frozen=True)
class Month:
    """What three models say about one month: fresh, of January to March, of January."""

    month: int
    name: str
    holdout: Holdout
    fresh: Any
    spring: Any
    january: Any

    def cells(self) -> list[str]:
        """AUC of each, and by how much the fresh one is better."""
        auc, better = partial(self.holdout.worth, "roc_auc"), partial(self.holdout.better, "roc_auc", self.fresh)
        return [
            f"{month_abbr[self.month]}",
            f"{self.holdout.table.num_rows:,}",
            *(told(auc(each)) for each in (self.january, self.spring, self.fresh)),
            told(better(self.january), sign=True),
            told(better(self.spring), sign=True),
        ]


def ageing(world: World, months: tuple[int, ...] = LATER, *, weather: bool) -> Iterator[Month]:
    """Each month, with what a fresh and the two old models say about it."""
    run = partial(_version_for, world, weather=weather)
    january, spring = run(ALONE), None
    for month in months:
        fresh = run(month)
        spring = spring or fresh
        name = real(weather=weather)["name"].replace("delay", "month")
        there = world.holdout(name, fresh)
        yield Month(month, name, there, *(there.ask(digest) for digest in (fresh, spring, january)))


def _version_for(world: World, month: int, *, weather: bool) -> str:
    """Run so that a month is judged: all its labels are known a day after it."""
    said = world.run(of_month(month, weather=weather), after(month) + timedelta(days=1))
    return str(said["digest"])


def worth_of_weather(with_it: Month, without: Month) -> list[str]:
    """The fresh models with and without weather on the flights of a month that both were judged on."""
    place = {key: at for at, key in enumerate(without.holdout.keys)}
    mine = [at for at, key in enumerate(with_it.holdout.keys) if key in place]
    yours = [place[with_it.holdout.keys[at]] for at in mine]
    rows = with_it.holdout.some(mine)
    assert (rows.labels == without.holdout.labels[yours]).all()
    cells = [month_abbr[with_it.month], f"{len(mine):,}"]
    for one, other in ((with_it.fresh, without.fresh), (with_it.spring, without.spring)):
        cells.append(told(rows.better("roc_auc", one[mine], other[yours]), sign=True))
    return cells


def report(folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """All tables; every walk through the year has a folder of its own, where months come one after the other."""
    worlds = (World(each, environ) for each in _folders(folder))
    for weather in SETS:
        yield f"## Verdicts {_with(weather)}\n"
        head = ["holdout", "ROC AUC", "log loss beside naive", "beside the champion", "verdict", "version", "champion"]
        yield from table(head, verdicts(next(worlds), weather=weather))
        yield ""
    found = {}
    for weather in SETS:
        yield f"## An old model and a fresh one, {_with(weather)}\n"
        found[weather] = list(ageing(next(worlds), weather=weather))
        head = ["month", "flights", "AUC: January", "January to March", "last 90 days"]
        head += ["fresh − January", "fresh − January to March"]
        yield from table(head, [each.cells() for each in found[weather]])
        yield ""
    yield "## What weather is worth (AUC with it − without it)\n"
    pairs = zip(*found.values(), strict=True)
    yield from table(["month", "flights", "last 90 days", "January to March"], [worth_of_weather(*e) for e in pairs])


def _folders(folder: Path) -> Iterator[Path]:
    for number in count(1):
        made = folder / f"walk-{number}"
        made.mkdir()
        yield made


def _with(weather: bool) -> str:
    return "with weather" if weather else "without weather"


def main() -> None:
    parser = argparse.ArgumentParser(description="The flights of 2013 month by month.")
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="keepfit-flights-") as name:
        folder = Path(name)
        home = folder / "prefect"
        home.mkdir()
        with prefect_running(home) as url:
            lines = []
            for line in report(folder, environment(home, url)):
                print(line, flush=True)
                lines.append(line)
    if given.write:
        put_below_mark(given.write, lines)


if __name__ == "__main__":
    main()
