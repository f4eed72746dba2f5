"""A year of looks at challengers: how often a wrong one is promoted, and how soon a better one; prints Markdown.

    python tests/benchmarks/year_of_looks.py [YEARS] [--jobs N] [--write docs/looks.md]

Every look runs the production code: what it may spend, the comparison at that confidence, the verdict, what is left.
Rows of a day share an effect. Challengers are either other models of exactly the champion's worth, or worse by exactly
the margin; one look is one new challenger, or the same one again on all rows since it was made.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from keepfit.config.gates import BetterThan, NotWorseThan
from keepfit.config.metrics import METRICS
from keepfit.config.model import UseCase
from keepfit.evaluate.answers import Answers
from keepfit.evaluate.intervals import compare
from keepfit.evaluate.metrics import score_of
from keepfit.evaluate.spread import Clusters
from keepfit.judge import judge
from keepfit.ledger import LEAST, after_look, spend_of
from keepfit.records import Comparison, Evaluated, Measured, Spending, Split, Trained

RATE = 0.05
START = datetime(2013, 1, 1, tzinfo=UTC)
METRIC = "log_loss"
SLOPE = 1.5
BLUR = 0.5  # of the champion's view of what matters
MARGIN = 0.02  # a quarter of what the champion gains over the plain share
BETTER = BetterThan(metric=METRIC, better_than="champion")
NOT_WORSE = NotWorseThan(metric=METRIC, not_worse_than="champion", margin=MARGIN)


@dataclass(frozen=True)
class Calendar:
    """When looks happen and which days they see: the last ``window``, or with None all since the first."""

    name: str
    looks: int
    step: int
    window: int | None
    rows: int = 50
    units: int = 1  # of a day that count as independent

    def days(self, look: int) -> slice:
        end = (self.window or 28) + look * self.step
        return slice(0 if self.window is None else end - self.window, end)


CALENDARS = (
    Calendar("12 monthly, disjoint (28 days)", 12, 30, 28),
    Calendar("12 monthly, overlapping (84 days)", 12, 30, 84),
    Calendar("52 weekly, disjoint (7 days of 2 shifts)", 52, 7, 7, units=2),
    Calendar("52 weekly, overlapping (28 days)", 52, 7, 28),
    Calendar("52 weekly, one challenger, all rows since", 52, 7, None, rows=20),
)


class Year:
    """The rows of a year and what models of some blur say about them."""

    def __init__(self, calendar: Calendar, seed: int) -> None:
        self.calendar, self.rng = calendar, np.random.default_rng(seed)
        self.per_day = calendar.rows * calendar.units
        units = calendar.days(calendar.looks - 1).stop * calendar.units
        self.unit = np.repeat(np.arange(units), calendar.rows)
        self.x = self.rng.normal(size=self.unit.size)
        effect = self.rng.normal(size=units)[self.unit] * 0.8
        self.y = (self.rng.random(self.unit.size) < sigmoid(-1.5 + SLOPE * self.x + effect)).astype(np.int64)

    def model(self, blur: float) -> np.ndarray:
        """Another model of this worth."""
        return two(sigmoid(-1.5 + SLOPE * (self.x + blur * self.rng.normal(size=self.x.size))))

    def scores(self, look: int, *models: np.ndarray) -> tuple[Clusters, list]:
        days = self.calendar.days(look)
        rows = slice(days.start * self.per_day, days.stop * self.per_day)
        return Clusters.by_day(self.unit[rows]), [
            score_of(METRIC, Answers.of(self.y[rows], model[rows])) for model in models
        ]


def sigmoid(odds):
    return 1 / (1 + np.exp(-odds))


def two(chance):
    return np.column_stack([1 - chance, chance])


@cache
def worth() -> tuple[np.ndarray, np.ndarray]:
    """Blurs, and the true loss of a model of each."""
    rng, blurs = np.random.default_rng(999), np.linspace(0.0, 1.6, 33)
    x, z, effect = rng.normal(size=(3, 400_000))
    chance = sigmoid(-1.5 + SLOPE * x + 0.8 * effect)
    losses = []
    for blur in blurs:
        said = sigmoid(-1.5 + SLOPE * (x + blur * z))
        losses.append(-np.mean(chance * np.log(said) + (1 - chance) * np.log(1 - said)))
    return blurs, np.asarray(losses)


def loss_of(blur: float) -> float:
    return float(np.interp(blur, *worth()))


def blur_of(loss: float) -> float:
    blurs, losses = worth()
    return float(np.interp(loss, losses, blurs))


def evaluated(confidence: float, comparisons: tuple[Comparison, ...], anchor: int | None = None) -> Evaluated:
    return Evaluated(
        confidence=0.95,
        champion_confidence=confidence,
        clustered_by="day",
        rows=1,
        candidate={},
        naive={},
        champion={},
        champion_number=1,
        champion_digest="c",
        champion_rows=1,
        comparisons=comparisons,
        curves=(),
        predictions="",
        anchor_number=anchor,
    )


def verdict(gate, found: Evaluated, as_of: datetime):
    contract = SimpleNamespace(columns={})
    case = UseCase.model_construct(gates=(gate,), if_unsure="block", contract=contract, risk="low")
    split = Split(
        snapshot="", by="time", sides="", train=1, holdout=1, left_out=(), train_until=None, holdout_from=None,
        holdout_until=None,
    )  # fmt: skip
    made = Trained(
        candidate="", settings={}, trials=(), features="", model="", naive="", probe="", classes=(), rows=1
    )  # fmt: skip
    return judge(case, split, made, found, Measured(parity=0.0, parity_rows=1, bytes=1, p50_ms=None, p99_ms=None),
                 "v", as_of)  # fmt: skip


def beside(clusters, ours, theirs, confidence: float, against: str = "champion") -> Comparison:
    gain = compare(ours, theirs, clusters, confidence, METRICS[METRIC])
    return Comparison(metric=METRIC, against=against, candidate=ours.value, reference=theirs.value, improvement=gain)


def first_promotion(calendar: Calendar, gate, blur: float, seed: int, rate: float = RATE) -> tuple[int, int]:
    """At which look a challenger of this blur was promoted (from 1; 0: never), and at which without spending."""
    year = Year(calendar, seed)
    champion, same = year.model(BLUR), year.model(blur)
    spending, spent, unspent = Spending(), 0, 0
    for look in range(calendar.looks):
        as_of = START + timedelta(days=look * calendar.step)
        challenger = same if calendar.window is None else year.model(blur)
        clusters, (theirs, ours) = year.scores(look, champion, challenger)
        spend = spend_of(spending, rate, as_of)
        passes = partial(passed, gate, clusters, ours, theirs, as_of)
        unspent = unspent or (look + 1) * passes(1 - rate)
        spent = spent or (look + 1) * passes(1 - max(spend, LEAST / 2))
        spending = after_look(spending, as_of, spend)
        if spent and unspent:
            break
    return spent, unspent


def passed(gate, clusters, ours, theirs, as_of: datetime, confidence: float) -> bool:
    found = evaluated(confidence, (beside(clusters, ours, theirs, confidence),))
    return verdict(gate, found, as_of).outcome == "pass"


def creep(calendar: Calendar, step: float, seed: int, *, anchored: bool) -> tuple[float, int]:
    """How much worse than the first champion the last one is, in margins, and how many were promoted."""
    year = Year(calendar, seed)
    loss = first = loss_of(BLUR)
    champion = anchor = year.model(BLUR)
    spending, promoted = Spending(), 0
    for look in range(calendar.looks):
        as_of = START + timedelta(days=look * calendar.step)
        worse = loss + step * MARGIN
        challenger = year.model(blur_of(worse))
        clusters, (theirs, fixed, ours) = year.scores(look, champion, anchor, challenger)
        confidence = 1 - spend_of(spending, RATE, as_of)
        comparisons = [beside(clusters, ours, theirs, confidence)]
        if anchored:
            comparisons.append(beside(clusters, ours, fixed, confidence, "anchor"))
        found = evaluated(confidence, tuple(comparisons), anchor=1 if anchored else None)
        spending = after_look(spending, as_of, 1 - confidence)
        said = verdict(NOT_WORSE, found, as_of)
        if said.outcome == "pass":
            champion, loss, promoted = challenger, worse, promoted + 1
            anchor = challenger if anchored and said.beats_anchor else anchor
    return (loss - first) / MARGIN, promoted


def shares(pool, work: Callable, seeds: range) -> np.ndarray:
    return np.asarray(list(pool.map(work, seeds, chunksize=max(1, len(seeds) // 32))))


WORSE = blur_of(loss_of(BLUR) + MARGIN)
GAINS = (0.005, 0.01, 0.02)


def run(years: int, jobs: int) -> Iterator[str]:
    """The tables, as lines of Markdown."""
    error = 100 * np.sqrt(RATE * (1 - RATE) / years)
    with ProcessPoolExecutor(jobs) as pool:
        yield f"{years:,} years each, `false_promotions: 5%`; a share near 5 % is known to {error:.1f} points."
        yield "\n## Wrong promotions in a year\n"
        yield "| looks | equal, `better_than` % | without spending % | margin worse, `not_worse_than` % | without % |"
        yield "|---|---|---|---|---|"
        for calendar in CALENDARS:
            cells = []
            for gate, blur in ((BETTER, BLUR), (NOT_WORSE, WORSE)):
                found = shares(pool, partial(first_promotion, calendar, gate, blur), range(years)) > 0
                cells += [f"{100 * share:.1f}" for share in found.mean(axis=0)]
            yield f"| {calendar.name} | {' | '.join(cells)} |"
        yield "\n## Power: challengers that are right to promote, 12 monthly looks of 28 days\n"
        yield "| gate | true gain (log loss) | rows a day | first look % | within 3 % | within 12 % |"
        yield "|---|---|---|---|---|---|"
        fewer = max(50, years // 4)
        cases = [(BETTER, gain) for gain in GAINS] + [(NOT_WORSE, 0.0), (NOT_WORSE, GAINS[0])]
        for gate, gain in cases:
            for rows in (50, 300):
                calendar = Calendar("", 12, 30, 28, rows=rows)
                blur = blur_of(loss_of(BLUR) - gain)
                found = shares(pool, partial(first_promotion, calendar, gate, blur), range(fewer))[:, 0]
                parts = " | ".join(f"{100 * np.mean((found > 0) & (found <= most)):.0f}" for most in (1, 3, 12))
                named = "better_than" if gate is BETTER else f"not_worse_than, margin {MARGIN}"
                yield f"| {named} | {gain:g} | {rows} | {parts} |"
        yield "\n## Creep: each challenger worse than the champion of the day, 12 monthly looks, 1,000 rows a day\n"
        yield "| each worse by (margins) | anchor | promoted (mean) | worse in the end, margins: mean | largest |"
        yield "|---|---|---|---|---|"
        calendar = Calendar("", 12, 30, 28, rows=1000)
        for step in (0.25, 0.5):
            for anchored in (False, True):
                found = shares(pool, partial(creep, calendar, step, anchored=anchored), range(fewer // 2))
                off, promoted = found[:, 0], found[:, 1]
                word, worst = "yes" if anchored else "no", f"{off.mean():.2f} | {off.max():.2f}"
                yield f"| {step} | {word} | {promoted.mean():.1f} | {worst} |"


def main() -> None:
    parser = argparse.ArgumentParser(description="A year of looks, by simulation.")
    parser.add_argument("years", nargs="?", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    lines = []
    for line in run(given.years, given.jobs):
        print(line, flush=True)
        lines.append(line)
    if given.write:
        head, mark, _ = given.write.read_text(encoding="utf-8").partition("<!-- tables -->\n")
        given.write.write_text(f"{head}{mark or '<!-- tables -->'}\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
