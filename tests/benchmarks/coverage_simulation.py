"""How often the bounds hold, and how often a gate is wrong, by simulation; prints Markdown.

    python tests/benchmarks/coverage_simulation.py [DRAWS] [--jobs N] [--write docs/coverage.md]

Every draw runs the production code. The truth is the metric on a million rows of the same process (each with a day of
its own: the same expectation, known better than from few large days). Each bound is one-sided at 95 %, so "low" is the
share of draws in which the truth lies above the lower bound. Draws without bounds (too few rows of a class) are left
out of the shares and counted as "none"; a figure that has none in most draws is left out of mean and minimum.
"""

import argparse
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from msgspec.structs import replace

from keepfit.config.metrics import METRICS
from keepfit.evaluate.answers import Answers
from keepfit.evaluate.calibration import in_the_large, slope
from keepfit.evaluate.intervals import compare, estimate
from keepfit.evaluate.metrics import metrics_of, score_of
from keepfit.evaluate.power import rows_needed
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import share_score
from keepfit.evaluate.spread import Clusters

CONFIDENCE = 0.95
TRUTH_ROWS = 1_000_000
CALIBRATION = {"in_the_large": in_the_large, "slope": slope}


class Drawn(NamedTuple):
    """Labels, the predictions of two models, and what rows have in common."""

    y: Any
    first: Any
    second: Any
    day: Any = None
    entity: Any = None


@dataclass(frozen=True)
class Setting:
    """``rows`` rows, or ``rows`` a day on average where there are ``days`` (of unequal size)."""

    name: str
    draw: Callable[..., Drawn]
    task: str
    rows: int
    days: int | None = None


def day_of_rows(rng, rows, days):
    """The day of each row; with ``rows`` None every row has its own."""
    if days is None or rows is None:
        return None if days is None else np.arange(days)
    return np.repeat(np.arange(days), np.maximum(1, rng.negative_binomial(5, 5 / (5 + rows), days)))


def shared(rng, rows, days, spread):
    """Number of rows, their day, and an effect that rows of one day share."""
    day = day_of_rows(rng, rows, days)
    return (rows, None, 0.0) if day is None else (day.size, day, rng.normal(size=days)[day] * spread)


def sigmoid(odds):
    return 1 / (1 + np.exp(-odds))


def two(chance):
    return np.column_stack([1 - chance, chance])


def late(rng, rows, days, base=-0.9, slope=1.0, spread=0.5, trust=1.0, entities=0):
    """Two classes: log-odds ``base + slope x`` plus the day's effect; predicted without it, ``trust`` times as sure.

    With ``entities``, each row belongs to one of so many, whose effect is as large as that of a day.
    """
    n, day, effect = shared(rng, rows, days, spread)
    entity = rng.integers(0, entities if rows else n, n) if entities else None
    if entity is not None:
        effect = effect + rng.normal(size=entities if rows else n)[entity] * spread
    x, noise = rng.normal(size=n), rng.normal(size=n)
    y = (rng.random(n) < sigmoid(base + slope * x + effect)).astype(np.int64)
    first, second = (two(sigmoid(base + trust * slope * (x + extra * noise))) for extra in (0.0, 0.6))
    return Drawn(y, first, second, day, entity)


def of_three(rng, rows, days, spread=0.5):
    """Three unequal classes, predicted without the effect of the day on each."""
    n = rows if days is None else None
    day = day_of_rows(rng, rows, days)
    n = n or day.size
    effect = 0.0 if day is None else rng.normal(size=(days, 3))[day] * spread
    x, noise = rng.normal(size=(n, 3)), rng.normal(size=(n, 3))
    odds = x + np.array([0.6, 0.0, -1.0])
    y = (odds + effect + rng.gumbel(size=(n, 3))).argmax(axis=1)
    first, second = (np.exp(odds + extra * noise) for extra in (0.0, 0.6))
    return Drawn(y, *(each / each.sum(axis=1, keepdims=True) for each in (first, second)), day)


def amount(rng, rows, days, errors, spread=0.5):
    """A number: ``x`` plus the day's effect plus an error; predicted as ``0.9 x + 0.1``."""
    n, day, effect = shared(rng, rows, days, spread)
    x, noise = rng.normal(size=n), rng.normal(size=n)
    error = {"normal": rng.normal, "t5": partial(rng.standard_t, 5), "exponential": rng.exponential}[errors](size=n)
    return Drawn(x + effect + error - (errors == "exponential"), 0.9 * x + 0.1, 0.9 * x + 0.3 * noise, day)


def binary(name, rows, days=None, **how):
    return Setting(name, partial(late, **how), "binary", rows, days)


def number(name, rows, days=None, **how):
    return Setting(name, partial(amount, **how), "regression", rows, days)


SETTINGS = (
    *(binary(f"{n} rows, rate 0.3", n) for n in (50, 200, 1000, 2000)),
    binary("50 rows, rate 0.01", 50, base=-5.1),
    binary("50 rows, rate 0.99", 50, base=5.1),
    *(binary(f"{n} rows, rate 0.03", n, base=-4) for n in (500, 2000)),
    binary("500 rows, rate 0.97", 500, base=4),
    binary("2000 rows, rate 0.01", 2000, base=-5.1),
    binary("2000 rows, rate 0.99", 2000, base=5.1),
    binary("200 rows, AUC 0.95", 200, base=0, slope=4),
    binary("1000 rows, overconfident", 1000, trust=4),
    binary("1000 rows, underconfident", 1000, trust=0.5),
    *(binary(f"{g} days of 50, rate 0.3", 50, g) for g in (8, 14, 28)),
    *(binary(f"{g} days of 300, rate 0.2, strong days", 300, g, base=-1.5, slope=0.7, spread=0.8) for g in (14, 28)),
    *(binary(f"{g} days of 100, rate 0.03", 100, g, base=-4) for g in (14, 28)),
    binary("28 days of 300, rate 0.01", 300, 28, base=-5.1),
    binary("14 days of 300, rate 0.97", 300, 14, base=4),
    binary("28 days of 50, 40 entities", 50, 28, entities=40),
    Setting("300 rows, 3 classes", of_three, "multiclass", 300),
    Setting("14 days of 50, 3 classes", of_three, "multiclass", 50, 14),
    *(number(f"{n} rows, normal errors", n, errors="normal") for n in (50, 200, 2000)),
    *(number(f"{n} rows, heavy tails (t5)", n, errors="t5") for n in (200, 2000)),
    *(number(f"{n} rows, exponential errors", n, errors="exponential") for n in (50, 200, 2000)),
    *(number(f"{g} days of 30, normal errors", 30, g, errors="normal") for g in (8, 14, 28)),
    number("14 days of 30, exponential errors", 30, 14, errors="exponential"),
)


def measured(setting, drawn):
    """Every figure of both models: name -> (score, score, metric or None)."""
    regression = setting.task == "regression"
    first, second = (Answers.of(drawn.y, each, regression=regression) for each in (drawn.first, drawn.second))
    found = {
        metric.name: (score_of(metric.name, first), score_of(metric.name, second), metric)
        for metric in metrics_of(setting.task)
    }
    extra = CALIBRATION if setting.task != "multiclass" else {}
    return found | {name: (of(first), None, None) for name, of in extra.items()}


def found(setting, drawn):
    """Estimate, and paired comparison, of every figure of the setting."""
    clusters = Clusters.of(drawn.y.size, drawn.day, drawn.entity)
    for name, (score, other, metric) in measured(setting, drawn).items():
        scale = Scale(metric.low, metric.high) if metric else Scale()
        yield name, estimate(score, clusters, CONFIDENCE, scale)
        if metric:
            yield f"{name}, paired", compare(score, other, clusters, CONFIDENCE, metric)


def truth(setting, many=TRUTH_ROWS):
    """The figures, and their differences, on very many rows."""
    rows, days = (many, None) if setting.days is None else (None, many)
    true = {}
    for name, (score, other, metric) in measured(setting, setting.draw(np.random.default_rng(999), rows, days)).items():
        if score.value is None:
            continue  # a precision where no row is ever decided positive
        true[name] = score.value
        if metric and other.value is not None:
            true[f"{name}, paired"] = (1 if metric.higher_is_better else -1) * (score.value - other.value)
    return true


class Coverage(NamedTuple):
    """Shares of draws in which each bound holds, and how many draws had none."""

    low: float
    high: float
    none: int


def coverage(setting, draws, seed=1, many=TRUTH_ROWS):
    """By figure, how often its bounds hold."""
    true, rng = truth(setting, many), np.random.default_rng(seed)
    held = {name: [] for name in true}
    for _ in range(draws):
        for name, found_here in found(setting, setting.draw(rng, setting.rows, setting.days)):
            if found_here.low is not None and name in true:
                held[name].append((found_here.low <= true[name] + 1e-12, true[name] - 1e-12 <= found_here.high))
    return {
        name: Coverage(*(np.mean(shares, axis=0) if shares else (np.nan, np.nan)), draws - len(shares))
        for name, shares in held.items()
    }


def wrong_promotions(rows, days, draws, metric="log_loss", seed=2, many=TRUTH_ROWS):
    """How often two rules promote what they should not.

    First: a challenger exactly as good as the champion under ``better_than`` (two predictions with independent noise of
    the same size). Second: one exactly ``margin`` worse under ``not_worse_than`` (the margin is the true difference).
    """
    rng, how = np.random.default_rng(seed), partial(late, base=-1.5, slope=0.7, spread=0.8)
    margin = truth(Setting("", how, "binary", rows, days), many)[f"{metric}, paired"]
    equal = worse = 0
    for _ in range(draws):
        gain = improvement(metric, twins(rng, rows, days))
        equal += gain.low is not None and gain.low > 0
        y, good, bad, day, _ = how(rng, rows, days)
        gain = improvement(metric, Drawn(y, bad, good, day))
        worse += gain.low is not None and gain.low >= -margin
    return equal / draws, worse / draws


def improvement(metric, drawn):
    first, second = (score_of(metric, Answers.of(drawn.y, each)) for each in (drawn.first, drawn.second))
    return compare(first, second, Clusters.of(drawn.y.size, drawn.day, None), CONFIDENCE, METRICS[metric])


def twins(rng, rows, days):
    """Two different models of exactly the same worth."""
    n, day, effect = shared(rng, rows, days, 0.8)
    x = rng.normal(size=n)
    y = (rng.random(n) < sigmoid(-1.5 + 0.7 * x + effect)).astype(np.int64)
    return Drawn(y, *(two(sigmoid(-1.5 + 0.7 * (x + 0.4 * rng.normal(size=n)))) for _ in range(2)), day)


def power(rows, days, draws, seed=3):
    """Of tests with as many rows as a first look said would decide with 80 % power: how many did."""
    rng, how = np.random.default_rng(seed), partial(late, base=-1.5, slope=0.7, spread=0.8)
    true = truth(Setting("", how, "binary", rows, days))["roc_auc"]
    threshold, decided, asked = true - 0.03, 0, []
    for _ in range(draws):
        drawn = how(rng, rows, days)
        first = area(drawn)
        off = true - first.value  # as if the first look had seen the true value: its error alone is what is asked
        shifted = replace(first, value=true, low=first.low + off, high=first.high + off)
        needed = rows_needed(shifted, threshold, CONFIDENCE)
        asked.append(needed.clusters)
        again = how(rng, needed.rows if days is None else rows, None if days is None else needed.clusters)
        second = area(again)
        decided += second.low is not None and second.low >= threshold
    return decided / draws, float(np.median(asked))


def area(drawn):
    clusters = Clusters.of(drawn.y.size, drawn.day, None)
    return estimate(score_of("roc_auc", Answers.of(drawn.y, drawn.first)), clusters, CONFIDENCE, Scale(0, 1))


LOOKS = ((500, None), (2000, None), (50, 14), (300, 14), (300, 28))
GATED = ("log_loss", "roc_auc", "accuracy", "f1")
POWER = ((500, None), (50, 14))


def run(draws: int, jobs: int) -> list[str]:
    """The tables, as lines of Markdown."""
    looks = [(metric, rows, days) for metric in GATED for rows, days in LOOKS]
    with ProcessPoolExecutor(jobs) as pool:
        table = dict(zip(SETTINGS, pool.map(partial(coverage, draws=draws), SETTINGS), strict=True))
        wrong = [pool.submit(wrong_promotions, rows, days, draws, metric) for metric, rows, days in looks]
        powers = [pool.submit(power, rows, days, draws) for rows, days in POWER]
        return list(
            told(
                {setting.name: shares for setting, shares in table.items()},
                {look: each.result() for look, each in zip(looks, wrong, strict=True)},
                {look: each.result() for look, each in zip(POWER, powers, strict=True)},
                draws,
            )
        )


def told(table, wrong, powers, draws) -> Iterator[str]:
    yield f"{draws:,} draws: a share near 95 % has a standard error of {100 * np.sqrt(0.0475 / draws):.1f} points."
    yield ""
    yield from summary(table, draws)
    yield "## Wrong promotions, per look\n"
    yield "| metric | rows (a day) | days | equal challenger promoted % | exactly margin worse promoted % |"
    yield "|---|---|---|---|---|"
    for (metric, rows, days), (equal, worse) in wrong.items():
        yield f"| {metric} | {rows} | {days or ''} | {100 * equal:.1f} | {100 * worse:.1f} |"
    yield "\n## Rows that would decide\n"
    yield "An AUC that is .03 above its threshold; wanted: 80 % of the second looks decide.\n"
    yield "| first look: rows (a day) | days | rows or days asked for (median) | decided % |\n|---|---|---|---|"
    for (rows, days), (share, asked) in powers.items():
        yield f"| {rows} | {days or ''} | {asked:.0f} | {100 * share:.1f} |"
    yield "\n## Shares of independent rows, exactly\n"
    yield from rates()
    yield "\n## Everything\n\n| setting | figure | low % | high % | none |\n|---|---|---|---|---|"
    for name, shares in table.items():
        for figure, (low, high, none) in shares.items():
            if none < draws:
                yield f"| {name} | {figure} | {100 * low:.1f} | {100 * high:.1f} | {none or ''} |"


def wilson(hits, rows, side, z=1.6448536269514722):
    """The one-sided score bound (Wilson 1927, JASA 22:209)."""
    share = hits / rows
    middle, reach = share + z * z / (2 * rows), z * np.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return (middle + side * reach) / (1 + z * z / rows)


def rates():
    """Why a share of independent rows has the bounds of Clopper and Pearson: no simulation, every outcome is summed."""
    from scipy.stats import binom

    yield "| rows | rate | Wilson, low % | Wilson, high % | here, low % | here, high % |\n|---|---|---|---|---|---|"
    for rows in (50, 200, 1000):
        hits = np.arange(rows + 1)
        everyone = np.ones(rows, dtype=bool)
        here = []
        for count in hits:
            score = share_score(np.arange(rows) < count, everyone)
            found = estimate(score, Clusters.by_row(rows), CONFIDENCE, Scale(0, 1))
            here.append((found.low, found.high))
        low, high = np.array(here).T
        for rate in (0.01, 0.05, 0.3, 0.5, 0.95, 0.99):
            chance = binom.pmf(hits, rows, rate)
            cells = (wilson(hits, rows, -1) <= rate, rate <= wilson(hits, rows, 1), low <= rate, rate <= high)
            yield f"| {rows} | {rate} | " + " | ".join(f"{100 * chance[cell].sum():.1f}" for cell in cells) + " |"


def summary(table, draws):
    """Mean and minimum by figure and by setting, over figures that have bounds in at least half of the draws."""
    cells = [
        (figure, setting, 100 * share, side)
        for setting, shares in table.items()
        for figure, found in shares.items()
        if found.none <= draws / 2
        for side, share in (("low", found.low), ("high", found.high))
    ]
    values = np.array([cell[2] for cell in cells])
    low = f"{100 * np.mean(values < 93.5):.1f} % of them below 93.5 %"
    yield f"**All {values.size:,} bounds: mean {values.mean():.1f} %, minimum {values.min():.1f} %, {low}.**\n"
    for place, head in ((0, "figure"), (1, "setting")):
        yield f"| {head} | bounds | mean % | minimum % | where |\n|---|---|---|---|---|"
        for name in dict.fromkeys(cell[place] for cell in cells):
            mine = [cell for cell in cells if cell[place] == name]
            worst = min(mine, key=lambda cell: cell[2])
            mean = np.mean([cell[2] for cell in mine])
            yield f"| {name} | {len(mine)} | {mean:.1f} | {worst[2]:.1f} | {worst[1 - place]}, {worst[3]} |"
        yield ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Coverage of the bounds, by simulation.")
    parser.add_argument("draws", nargs="?", type=int, default=2000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--write", type=Path, help="put the tables below the line `<!-- tables -->` of this file")
    given = parser.parse_args()
    lines = run(given.draws, given.jobs)
    print("\n".join(lines))
    if given.write:
        head, mark, _ = given.write.read_text(encoding="utf-8").partition("<!-- tables -->\n")
        given.write.write_text(f"{head}{mark or '<!-- tables -->'}\n" + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
