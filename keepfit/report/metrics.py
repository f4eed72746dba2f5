"""Every metric of candidate, naive baseline and champion, with its interval."""

from dataclasses import dataclass

from keepfit.config import default_metric
from keepfit.config.metrics import METRICS
from keepfit.config.model import UseCase
from keepfit.records import Estimate, Evaluated
from keepfit.report.numbers import NOT_MEASURED, interval
from keepfit.report.wording import metric_word


@dataclass(frozen=True, slots=True)
class Cell:
    """A value with its interval; ``reason`` says why something is missing."""

    value: str
    bounds: str
    reason: str


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of up to three models."""

    metric: str
    direction: str
    candidate: Cell
    naive: Cell
    champion: Cell | None


def metric_rows(evaluated: Evaluated) -> tuple[MetricRow, ...]:
    """A row for each metric that was measured, in the order of the catalogue."""
    found = set(evaluated.candidate) | set(evaluated.naive) | set(evaluated.champion)
    known = [name for name in METRICS if name in found]
    return tuple(_row(name, evaluated) for name in [*known, *sorted(found - set(known))])


def headline(evaluated: Evaluated, gated: tuple[str, ...]) -> str | None:
    """The metric to say in one sentence: the first that a gate names, else the first that was measured."""
    measured = [name for name in METRICS if name in evaluated.candidate]
    return next((name for name in (*gated, *measured) if name in evaluated.candidate), None)


def key_metrics(case: UseCase) -> tuple[str, ...]:
    """The metrics that people look at first: those that gates name, in their order, and the one that was optimized."""
    gated = [getattr(gate, "metric", "") for gate in case.gates]
    chosen = case.train.optimize or default_metric(case.task)
    return tuple(name for name in dict.fromkeys([*gated, chosen]) if name)


def naive_word(evaluated: Evaluated) -> str:
    """Which naive baseline the figures are of, where that is known.

    The first is the plain one; comparisons are with all of them.
    """
    first = next((one.baseline for one in evaluated.baselines if one.baseline), "")
    return f"naive baseline ({first})" if first else "naive baseline"


def cell(estimate: Estimate | None) -> Cell:
    """One estimate as it is shown."""
    if estimate is None:
        return Cell(NOT_MEASURED, "", "")
    value, around = interval(estimate)
    return Cell(value, around, estimate.reason)


def _row(name: str, evaluated: Evaluated) -> MetricRow:
    direction = "higher is better" if name in METRICS and METRICS[name].higher_is_better else "lower is better"
    return MetricRow(
        metric=metric_word(name),
        direction=direction,
        candidate=cell(evaluated.candidate.get(name)),
        naive=cell(evaluated.naive.get(name)),
        champion=cell(evaluated.champion.get(name)) if evaluated.champion_number is not None else None,
    )
