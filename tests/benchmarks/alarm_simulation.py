"""How often the monitor alarms where nothing happens, on streams whose truth is known; prints Markdown.

    python -m tests.benchmarks.alarm_simulation [DRAWS] [--write docs/watching.md]

Days differ by themselves: how common the label is (or how high the value), what the input says of it, and the input
itself have a part that all rows of a day share, which may hang on from day to day. Nothing else ever changes. Every
draw makes a reference of 26 weeks by the production code, and looks at three of the weeks that follow. Beside it what
realised performance would do if rows were taken for independent: a threshold 1.645 standard errors above the mean loss.
An estimate of performance covers where what came lies within its bounds, each at 95 %.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keepfit.config.monitor import Monitor
from keepfit.features import Levels
from keepfit.monitor import Answered, Answers, Found, Reference, Rows, Seen, look, reference_of, tallied
from tests.benchmarks.holdouts import put_between_marks, rate, table

WEEKS = 26
AFTER = (0, 3, 6)  # weeks after the reference that are looked at
TRIGGERS = ("drift", "estimated_performance", "realised_performance")
CLASSES = ("no", "yes")
SHOPS = ("a", "b", "c")
ASKED = Monitor()


@dataclass(frozen=True, slots=True)
class Setting:
    """A stream: standard deviations of what a day's rows share, and how much of it the next day has too."""

    name: str
    level: float = 0.0
    slope: float = 0.0
    inputs: float = 0.0
    hangs_on: float = 0.0
    rows: int = 40
    classes: bool = True


SETTINGS = (
    Setting("days alike"),
    Setting("days differ a little", level=0.2, slope=0.1, inputs=0.1),
    Setting("days differ", level=0.5, slope=0.3, inputs=0.3),
    Setting("days differ much", level=1.0, slope=0.6, inputs=0.6),
    Setting("days differ, and hang on by half", level=0.5, slope=0.3, inputs=0.3, hangs_on=0.5),
    Setting("values, days alike", classes=False),
    Setting("values, days differ", level=0.5, slope=0.3, inputs=0.3, classes=False),
    Setting("values, days differ, and hang on by half", 0.5, 0.3, 0.3, 0.5, classes=False),
)


class Stream(NamedTuple):
    """Rows of days: days (n,), inputs (n,) and shops (n,), labels (n,), answers (n, 2) or (n,)."""

    days: Any
    value: Any
    shop: Any
    labels: Any
    answers: Any

    def between(self, first: int, last: int) -> "Stream":
        """The rows of some days, ``last`` excluded."""
        rows = (self.days >= first) & (self.days < last)
        return Stream(*(each[rows] for each in self))

    @property
    def columns(self) -> dict[str, Any]:
        """What the model reads."""
        return {"value": self.value, "shop": Levels(self.shop, SHOPS)}


def drawn(setting: Setting, days: int, draw: np.random.Generator) -> Stream:
    """A stream; the model knows what is so on average, and nothing of the day."""
    level, slope, inputs = (
        _shared(setting, days, each, draw) for each in (setting.level, setting.slope, setting.inputs)
    )
    day = np.repeat(np.arange(days), setting.rows)
    value = inputs[day] + draw.normal(size=day.size)
    shop = draw.integers(0, len(SHOPS), day.size).astype(np.int32)
    mean = level[day] + (1.0 + slope[day]) * value + 0.5 * (shop == 1)
    if not setting.classes:
        return Stream(day, value, shop, mean + draw.normal(size=day.size), value + 0.5 * (shop == 1))
    labels = (draw.random(day.size) < 1 / (1 + np.exp(1 - mean))).astype(np.int64)
    known = 1 / (1 + np.exp((1 - value - 0.5 * (shop == 1)) / np.sqrt(1 + 0.35 * setting.level**2)))
    return Stream(day, value, shop, labels, np.column_stack([1 - known, known]))


def _shared(setting: Setting, days: int, size: float, draw: np.random.Generator) -> Any:
    """What all rows of a day share, (days,): each has a part of the day before it."""
    fresh = draw.normal(size=days)
    for place in range(1, days):
        fresh[place] = setting.hangs_on * fresh[place - 1] + np.sqrt(1 - setting.hangs_on**2) * fresh[place]
    return size * fresh


def made_of(stream: Stream) -> Reference:
    """The reference of a version that was made from a stream."""
    classes = CLASSES if stream.answers.ndim == 2 else ()
    rows = Rows(stream.days, stream.columns, stream.labels)
    answered = Answered(stream.days, stream.labels, stream.answers, np.arange(len(stream.days)))
    return reference_of("x", "binary" if classes else "regression", classes, rows, answered, ASKED)


def seen_of(made: Reference, week: Stream) -> Seen:
    """A week as the monitor is given it."""
    part = Answers(week.columns, week.days, week.answers, np.arange(len(week.days)), week.labels)
    return Seen(tallied(made, [part]), len(week.days), 0, 0.01)


class Outcome(NamedTuple):
    """What was found of a week, whether it alarms where rows are taken for independent, whether the estimate covers."""

    found: Found
    naive: bool
    covered: bool


def outcomes(setting: Setting, draws: int, seed: int = 0) -> Iterator[Outcome]:
    """Weeks after a reference, in which nothing has changed."""
    for number in range(draws):
        draw = np.random.default_rng([seed, number])
        stream = drawn(setting, 7 * (WEEKS + max(AFTER) + 1), draw)
        before = stream.between(0, 7 * WEEKS)
        made = made_of(before)
        for after in AFTER:
            week = stream.between(7 * (WEEKS + after), 7 * (WEEKS + after + 1))
            found = look(made, seen_of(made, week), "log_loss" if setting.classes else "rmse")
            yield Outcome(found, _naive(before, week), _covered(found, "log_loss" if setting.classes else "rmse"))


def _naive(before: Stream, week: Stream) -> bool:
    losses = [_losses(each) for each in (before, week)]
    spread = losses[0].std() / np.sqrt(losses[1].size)
    return bool(losses[1].mean() > losses[0].mean() + 1.645 * spread)


def _losses(rows: Stream) -> Any:
    if rows.answers.ndim == 1:
        return (rows.labels - rows.answers) ** 2
    return -np.log(rows.answers[np.arange(len(rows.labels)), rows.labels])


def _covered(found: Found, metric: str) -> bool:
    told, came = found.estimated[metric], found.realised[metric].value
    return told.low is not None and told.high is not None and came is not None and told.low <= came <= told.high


def row(setting: Setting, draws: int) -> list[str]:
    """The shares of a setting, with 95 % intervals of the alarms (Clopper & Pearson 1934)."""
    got = list(outcomes(setting, draws))
    alarms = [sum(trigger in each.found.alarms for each in got) for trigger in TRIGGERS]
    naive, covered = (np.mean([getattr(each, name) for each in got]) for name in ("naive", "covered"))
    cells = [setting.name, f"{len(got)}", *(rate(count, len(got)) for count in alarms)]
    cells += [f"{naive:.1%}", f"{covered:.1%}"]
    print(*cells, sep=" | ", flush=True)
    return cells


def main() -> None:
    parser = argparse.ArgumentParser(description="How often the monitor alarms where nothing happens, by simulation.")
    parser.add_argument("draws", nargs="?", type=int, default=100)
    parser.add_argument("--write", type=Path, help="put the table between the lines `<!-- simulation -->` of this file")
    given = parser.parse_args()
    head = ["stream", "weeks", "drift", "estimated performance", "realised performance"]
    head += ["realised, rows taken for independent", "estimate covers (90%)"]
    lines = table(head, [row(setting, given.draws) for setting in SETTINGS])
    print("\n".join(lines))
    if given.write:
        put_between_marks(given.write, "simulation", lines)


if __name__ == "__main__":
    main()
