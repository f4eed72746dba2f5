"""How often the bounds hold, and how often a gate is wrong, by simulation; prints Markdown.

    python tests/benchmarks/coverage_simulation.py [DRAWS]

Every draw runs the production code. The truth is the metric on two and a half million rows of the same process. Each
bound is one-sided at 95 %, so "low" is the share of draws in which the truth lies above the lower bound. Draws without
bounds (too few rows of a class) are left out of the shares and counted as "none".
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from keepfit.config.metrics import METRICS
from keepfit.evaluate.intervals import compare, estimate
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.spread import Clusters

CONFIDENCE = 0.95
TRUTH_ROWS = 2_500_000
BINARY = ("roc_auc", "average_precision", "log_loss", "brier", "accuracy", "balanced_accuracy")
REGRESSION = ("rmse", "mae", "r2")

Draw = Callable[[np.random.Generator, int, int | None], tuple[Any, ...]]


@dataclass(frozen=True)
class Setting:
    """``rows`` rows, or ``rows`` a day on average where there are ``days`` (of unequal size)."""

    name: str
    draw: Draw
    metrics: tuple[str, ...]
    rows: int
    days: int | None = None


def day_of_rows(rng, rows, days):
    return (
        None
        if days is None
        else np.repeat(np.arange(days), np.maximum(1, rng.negative_binomial(5, 5 / (5 + rows), days)))
    )


def shared(rng, rows, days, spread):
    """Number of rows, their day, and an effect that rows of one day share."""
    day = day_of_rows(rng, rows, days)
    return (rows, None, 0.0) if day is None else (day.size, day, rng.normal(size=days)[day] * spread)


def late(base, slope, spread=0.5, trust=1.0):
    """Two classes: log-odds ``base + slope x`` plus the day's effect; predicted without it, ``trust`` times as sure."""

    def draw(rng, rows, days):
        n, day, effect = shared(rng, rows, days, spread)
        x, noise = rng.normal(size=n), rng.normal(size=n)
        y = (rng.random(n) < 1 / (1 + np.exp(-(base + slope * x + effect)))).astype(np.int64)
        models = (1 / (1 + np.exp(-(base + trust * slope * (x + extra * noise)))) for extra in (0.0, 0.6))
        return y, *(np.column_stack([1 - p, p]) for p in models), day

    return draw


def amount(errors, spread=0.5):
    """A number: ``x`` plus the day's effect plus an error; predicted as ``0.9 x + 0.1``."""

    def draw(rng, rows, days):
        n, day, effect = shared(rng, rows, days, spread)
        x, noise = rng.normal(size=n), rng.normal(size=n)
        return x + effect + errors(rng, n), 0.9 * x + 0.1, 0.9 * x + 0.3 * noise, day

    return draw


def gauss(rng, n):
    return rng.normal(size=n)


def heavy(rng, n):
    return rng.standard_t(5, size=n)


def skewed(rng, n):
    return rng.gamma(1, size=n) - 1


SETTINGS = (
    *(Setting(f"{n} rows, rate 0.3", late(-0.9, 1), BINARY, n) for n in (50, 200, 1000, 2000)),
    *(Setting(f"{n} rows, rate 0.03", late(-4, 1), BINARY, n) for n in (500, 2000)),
    Setting("500 rows, rate 0.97", late(4, 1), BINARY, 500),
    Setting("200 rows, AUC 0.95", late(0, 4), BINARY, 200),
    Setting("1000 rows, overconfident", late(-0.9, 1, trust=4), BINARY, 1000),
    *(Setting(f"{g} days of 50, rate 0.3", late(-0.9, 1), BINARY, 50, g) for g in (8, 14, 28)),
    *(Setting(f"{g} days of 300, rate 0.2, strong days", late(-1.5, 0.7, 0.8), BINARY, 300, g) for g in (14, 28)),
    *(Setting(f"{g} days of 100, rate 0.03", late(-4, 1), BINARY, 100, g) for g in (14, 28)),
    Setting("14 days of 300, rate 0.97", late(4, 1), BINARY, 300, 14),
    *(Setting(f"{n} rows, normal errors", amount(gauss), REGRESSION, n) for n in (50, 200, 2000)),
    *(Setting(f"{n} rows, heavy tails (t5)", amount(heavy), REGRESSION, n) for n in (200, 2000)),
    *(Setting(f"{n} rows, exponential errors", amount(skewed), REGRESSION, n) for n in (200, 2000)),
    *(Setting(f"{g} days of 30, normal errors", amount(gauss), REGRESSION, 30, g) for g in (8, 14, 28)),
    Setting("14 days of 30, exponential errors", amount(skewed), REGRESSION, 30, 14),
)


def clusters_of(day, rows):
    return Clusters.by_row(rows) if day is None else Clusters.by_day(day)


def found(setting, y, first, second, day):
    """Estimate and paired comparison for every metric of the setting."""
    clusters = clusters_of(day, y.size)
    for name in setting.metrics:
        metric, score, other = METRICS[name], measure(name, y, first), measure(name, y, second)
        yield name, estimate(score, clusters, CONFIDENCE, Scale(metric.low, metric.high))
        yield f"{name}, paired", compare(score, other, clusters, CONFIDENCE, metric)


def truth(setting, many=TRUTH_ROWS):
    """The metrics, and their differences, on very many rows."""
    rows, days = (many, None) if setting.days is None else (setting.rows, many // setting.rows)
    y, first, second, _ = setting.draw(np.random.default_rng(999), rows, days)
    true = {}
    for name in setting.metrics:
        sign = 1 if METRICS[name].higher_is_better else -1
        true[name] = measure(name, y, first).value
        true[f"{name}, paired"] = sign * (true[name] - measure(name, y, second).value)
    return true


def coverage(setting, draws, seed=1, many=TRUTH_ROWS):
    """Share of draws in which each bound holds: metric -> (low, high, draws without bounds)."""
    true, rng = truth(setting, many), np.random.default_rng(seed)
    held = {name: [] for name in true}
    for _ in range(draws):
        for name, found_here in found(setting, *setting.draw(rng, setting.rows, setting.days)):
            if found_here.low is not None:
                held[name].append((found_here.low <= true[name], true[name] <= found_here.high))
    return {
        name: (*(np.mean(shares, axis=0) if shares else (np.nan, np.nan)), draws - len(shares))
        for name, shares in held.items()
    }


def wrong_promotions(rows, days, draws, metric="log_loss", seed=2, many=TRUTH_ROWS):
    """How often two rules promote what they should not.

    First: a challenger exactly as good as the champion under ``better_than`` (two predictions with independent noise of
    the same size). Second: one exactly ``margin`` worse under ``not_worse_than`` (the margin is the true difference).
    """
    rng, setting = np.random.default_rng(seed), Setting("", late(-1.5, 0.7, 0.8), (metric,), rows, days)
    margin = -truth(Setting("", flipped(setting.draw), (metric,), rows, days), many)[f"{metric}, paired"]
    equal = worse = 0
    for _ in range(draws):
        y, first, second, day = twins(rng, rows, days)
        clusters = clusters_of(day, y.size)
        gain = compare(measure(metric, y, first), measure(metric, y, second), clusters, CONFIDENCE, METRICS[metric])
        equal += gain.low is not None and gain.low > 0
        y, good, bad, day = setting.draw(rng, rows, days)
        clusters = clusters_of(day, y.size)
        gain = compare(measure(metric, y, bad), measure(metric, y, good), clusters, CONFIDENCE, METRICS[metric])
        worse += gain.low is not None and gain.low >= -margin
    return equal / draws, worse / draws


def flipped(draw):
    def other(rng, rows, days):
        y, first, second, day = draw(rng, rows, days)
        return y, second, first, day

    return other


def twins(rng, rows, days):
    """Two different models of exactly the same worth."""
    n, day, effect = shared(rng, rows, days, 0.8)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-(-1.5 + 0.7 * x + effect)))).astype(np.int64)
    models = (1 / (1 + np.exp(-(-1.5 + 0.7 * (x + 0.4 * rng.normal(size=n))))) for _ in range(2))
    return y, *(np.column_stack([1 - p, p]) for p in models), day


LOOKS = ((500, None), (2000, None), (50, 14), (300, 14), (300, 28))


def main(draws):
    print(f"One-sided bounds at {CONFIDENCE:.0%}, {draws:,} draws (standard error {np.sqrt(0.0475 / draws):.1%})\n")
    print("| setting | metric | low % | high % | none |\n|---|---|---|---|---|")
    shares = []
    for setting in SETTINGS:
        for name, (low, high, none) in coverage(setting, draws).items():
            print(f"| {setting.name} | {name} | {100 * low:.1f} | {100 * high:.1f} | {none or ''} |", flush=True)
            shares += [low, high] if none < draws / 2 else []
    print(f"\nMean {100 * np.mean(shares):.1f} %, minimum {100 * np.min(shares):.1f} %\n")
    print("| metric | rows (a day) | days | equal challenger promoted % | exactly margin worse promoted % |")
    print("|---|---|---|---|---|")
    for metric in ("log_loss", "roc_auc", "accuracy"):
        for rows, days in LOOKS:
            equal, worse = wrong_promotions(rows, days, draws, metric)
            print(f"| {metric} | {rows} | {days or ''} | {100 * equal:.1f} | {100 * worse:.1f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
