"""A window beside the reference: every question that the monitor asks, each with its answer and why."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from keepfit.config.metrics import METRICS, Task
from keepfit.evaluate import Clusters, estimate
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.monitor.arrival import Seen, arrival_of
from keepfit.monitor.chosen import Measured
from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.performance import ESTIMABLE, interval, stretches_needed, usual
from keepfit.monitor.realised import came_of, checks_of
from keepfit.monitor.reference import Reference
from keepfit.monitor.signals import signals_of
from keepfit.monitor.standstill import standstill
from keepfit.records import Estimate, Forecast, Outcome, Trigger, WindowCheck

CONFIDENCE = 0.95  # one-sided, of bounds
EMPTIED = 0.2  # by so much more of a column is missing: rather a broken feed than the world
LINK_GONE = 0.5  # of what one column says of another: rather of another row than of another world
NEW_LEVELS = 0.5  # such a share of levels that nobody has seen: rather another code than another world
_BROKEN_FROM = {
    "volume": 0.0,
    "freshness": 0.0,
    "contract": 0.0,
    "label_values": 0.0,
    "answers": 0.0,
    "constant": 0.0,
    "copies": 0.0,
    "label_link": 0.0,
    "link": LINK_GONE,
    "expectation": 0.0,
    "missing": EMPTIED,
    "unseen": NEW_LEVELS,
}  # by effect


class Found(NamedTuple):
    """What the monitor finds: see `keepfit.records.Window`."""

    checks: tuple[WindowCheck, ...]
    estimated: dict[str, Forecast]
    realised: dict[str, Estimate]
    alarms: tuple[Trigger, ...]
    broken: tuple[str, ...]


def bounds(as_of: datetime, every: timedelta, window: timedelta) -> tuple[datetime, datetime]:
    """The newest window that is over: its start and its end, which is a multiple of ``every`` since 1970, in UTC.

    >>> noon = datetime(2013, 4, 9, 12, tzinfo=UTC)
    >>> [f"{each:%d %H:%M}" for each in bounds(noon, timedelta(days=1), timedelta(days=7))]
    ['02 00:00', '09 00:00']
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    end = epoch + (as_of - epoch) // every * every
    return end - window, end


def look(reference: Reference, seen: Seen, optimize: str) -> Found:
    """Ask everything about a window.

    Parameters
    ----------
    optimize
        The metric that training optimises: it is the one whose performance may trigger. Where it is none of those
        that can be estimated, log loss or the root mean squared error stands in for it.
    """
    decides = trigger_metric(reference.task, optimize)
    still = standstill(reference, seen.rows.drawn)
    checks = [*arrival_of(reference.rows, seen), *still, *signals_of(reference, seen.rows)]
    estimated = _estimated(reference, seen.rows.estimated)
    realised = _realised(reference, seen.rows.measured)
    checks += [*_performance("estimated_performance", reference, {n: f.value for n, f in estimated.items()}, decides)]
    checks += _told_by_labels(reference, seen, realised, decides)
    alarms = [
        name for name, which in _TRIGGERS.items() if any(c.outcome == "fail" and c.check in which for c in checks)
    ]
    return Found(tuple(checks), estimated, realised, tuple(alarms), tuple(_broken(checks)))


def _told_by_labels(
    reference: Reference, seen: Seen, realised: Mapping[str, Estimate], decides: str
) -> list[WindowCheck]:
    if reference.concept is None:  # made by an earlier build
        values = {name: each.value for name, each in realised.items()}
        return [*_performance("realised_performance", reference, values, decides)]
    measured = seen.rows.measured
    came = came_of(reference.task, measured.labels, measured.answers, reference.losses)
    return checks_of(reference, reference.concept, came, seen.rows.residuals, decides)


_TRIGGERS: dict[Trigger, tuple[str, ...]] = {
    "realised_performance": ("realised_performance", "shortfall", "concept"),
    "estimated_performance": ("estimated_performance",),
    "drift": ("drift", "missing", "unseen", "multivariate", "link"),
}


def trigger_metric(task: Task, optimize: str) -> str:
    """The metric whose performance may call for a retrain.

    >>> trigger_metric("binary", "roc_auc"), trigger_metric("binary", "f1"), trigger_metric("regression", "r2")
    ('roc_auc', 'log_loss', 'rmse')
    """
    return optimize if optimize in ESTIMABLE[task] else ESTIMABLE[task][0]


def _estimated(reference: Reference, values: Mapping[str, float | None]) -> dict[str, Forecast]:
    found = {}
    for name, value in values.items():
        told = interval(name, value, reference.stretches, reference.length, CONFIDENCE)
        limit = usual(name, reference.stretches, reference.length, reference.false_alarms).threshold
        found[name] = Forecast(value=told.value, low=told.low, high=told.high, threshold=limit)
    return found


def _realised(reference: Reference, measured: Measured) -> dict[str, Estimate]:
    if len(measured.labels) < LEAST_ROWS:
        return {}
    clusters = Clusters.by_day(measured.days)
    found = {}
    for name in ESTIMABLE[reference.task]:
        metric = METRICS[name]
        score = measure(name, measured.labels, measured.answers)
        found[name] = estimate(score, clusters, CONFIDENCE, Scale(metric.low, metric.high))
    return found


def _performance(
    check: str, reference: Reference, values: Mapping[str, float | None], optimize: str
) -> Iterator[WindowCheck]:
    """Whether performance is worse than in the reference's stretches; only the metric that is optimised may alarm."""
    for name in ESTIMABLE[reference.task]:
        value, limit = values.get(name), usual(name, reference.stretches, reference.length, reference.false_alarms)
        if value is None or limit.threshold is None:
            why = f"not calibrated: {limit.stretches} of {stretches_needed(reference.false_alarms)} stretches"
            reason = "no value" if value is None else why
            yield WindowCheck(check=check, feature=name, outcome="not_enough_evidence", value=value, reason=reason)
            continue
        worse = value < limit.threshold if METRICS[name].higher_is_better else value > limit.threshold
        outcome: Outcome = ("fail" if worse else "pass") if name == optimize else "skipped"
        told = "worse than in the reference" if worse else ""
        informs = "" if name == optimize else f"informs only: {optimize} decides"
        reason = "; ".join(filter(None, (told, informs)))
        yield WindowCheck(
            check=check, feature=name, outcome=outcome, value=value, threshold=limit.threshold, reason=reason
        )


def _broken(checks: Sequence[WindowCheck]) -> Iterator[str]:
    """Why the data look broken: what does so would teach a new model nonsense."""
    for each in checks:
        large = _BROKEN_FROM.get(each.check)
        if each.outcome == "fail" and large is not None and (each.effect or 0.0) >= large:
            yield f"{each.check}{f' of {each.feature}' if each.feature else ''}: {each.reason}"
