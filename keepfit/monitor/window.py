"""A window beside the reference: every question that the monitor asks, each with its answer and why."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keepfit.config.metrics import METRICS, Task
from keepfit.evaluate import Clusters, estimate
from keepfit.evaluate.metrics import measure
from keepfit.evaluate.scales import Scale
from keepfit.monitor import links, multivariate
from keepfit.monitor.arrival import Seen, arrival
from keepfit.monitor.bins import Bins
from keepfit.monitor.chosen import Measured
from keepfit.monitor.drift import LEAST_ROWS, beyond_chance, missing_share, moved_most, stability_index
from keepfit.monitor.multivariate import Part
from keepfit.monitor.performance import (
    ESTIMABLE,
    interval,
    stretches_needed,
    usual,
)
from keepfit.monitor.realised import came_of, checks_of
from keepfit.monitor.reference import Reference, Signal, Watched
from keepfit.monitor.standstill import standstill
from keepfit.records import Estimate, Forecast, Outcome, WindowCheck, finite

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

Counts = NDArray[np.int64]


class Found(NamedTuple):
    """What the monitor finds: see `keepfit.records.Window`."""

    checks: tuple[WindowCheck, ...]
    estimated: dict[str, Forecast]
    realised: dict[str, Estimate]
    alarms: tuple[Any, ...]
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
    checks = [*arrival(reference.rows, seen), *standstill(reference, seen.rows.drawn), *signals_of(reference, seen)]
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


_TRIGGERS: dict[str, tuple[str, ...]] = {
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


def signals_of(reference: Reference, seen: Seen, *, several: bool = True) -> Iterator[WindowCheck]:
    """Every signal, its score in units of what is usual beside the threshold of all together.

    Parameters
    ----------
    several
        Whether several columns at once are asked about too.
    """
    for asked, normal in zip(reference.signals, reference.usual.usual, strict=True):
        if asked.column is None:
            if asked.signal == "link":
                yield _links(reference, seen.rows.drawn, normal)
            elif several and not _earlier(reference):
                yield _multivariate(reference, seen.rows.drawn, normal)
            continue
        column, window = reference.columns[asked.column], seen.rows.counts[asked.column]
        before = np.array(column.daily).sum(axis=0)
        distance, chance = _distance(asked.signal, column, before, window)
        told = _Told(asked.signal, column.name, distance / normal, chance, distance)
        yield _signal(reference, told, partial(_moved, column, before, window))
    if _earlier(reference):
        why = "not calibrated: the reference was made by an earlier build"
        yield WindowCheck(check="multivariate", outcome="not_enough_evidence", reason=why)


def _earlier(reference: Reference) -> bool:
    """Whether a reference was made before several columns at once were asked about as they are now."""
    return reference.sample is None or reference.concept is None


def _multivariate(reference: Reference, drawn: Part, normal: float) -> WindowCheck:
    """All features at once: how well rows of the window can be told from those of the reference's sample."""
    bins = tuple(each.bins for each in reference.columns if each.kind == "feature")
    sample = reference.sample
    if sample is None or not bins or len(drawn.days) < LEAST_ROWS:
        return _signal(reference, _Told("multivariate", None, float("nan"), False, float("nan")), str)
    before = Part(sample.when, sample.matrix())
    found = multivariate.apart(multivariate.space_of(sample, bins), before, drawn)
    chance = multivariate.beyond_chance(found.auc, len(before.days), len(drawn.days))
    told = _Told("multivariate", None, multivariate.distance(found.auc) / normal, chance, found.auc)
    by = multivariate.pair_names(sample.columns, found.by)
    return _signal(
        reference,
        told,
        lambda: f"rows can be told from the reference's, AUC {found.auc:.3f}" + (f": {by}" if by else ""),
    )


def _links(reference: Reference, drawn: Part, normal: float) -> WindowCheck:
    """What one column says of another, beside the reference's sample."""
    bins = tuple(each.bins for each in reference.columns if each.kind == "feature")
    sample = reference.sample
    if sample is None or len(drawn.days) < LEAST_ROWS:
        return _signal(reference, _Told("link", None, float("nan"), False, float("nan")), str)
    space = multivariate.space_of(sample, bins)
    found = links.apart(links.links_of(space, bins, sample.matrix()), space, sample.matrix(), drawn.values)
    told = _Told("link", None, found.distance / normal, True, found.gone)
    names = [sample.columns[place] for place in found.by]
    return _signal(
        reference, told, lambda: f"{' says little of '.join(names)} any more: {found.gone:.0%} of their link is gone"
    )


def _distance(signal: Signal, column: Watched, before: Counts, window: Counts) -> tuple[float, bool]:
    """How far the window is from the reference, and whether independent rows would hardly be so far."""
    if min(window.sum(), before.sum()) < LEAST_ROWS:
        return float("nan"), False
    if signal == "missing":
        return float(abs(missing_share(window) - missing_share(before))), True
    if signal == "unseen":
        return float(window[column.bins.unseen] / window.sum()), True
    known = _without_unseen(column.bins, before), _without_unseen(column.bins, window)
    used = int(((known[0] + known[1]) > 0).sum())
    psi = float(stability_index(*known))
    return psi, beyond_chance(psi, used, float(before.sum()), float(window.sum()))


def _without_unseen(bins: Bins, counts: Counts) -> Counts:
    """Unseen levels among the rare ones: they are a signal of their own, which the reference has none of."""
    if bins.unseen is None:
        return counts
    moved = counts.copy()
    moved[bins.unseen - 1] += moved[bins.unseen]
    moved[bins.unseen] = 0
    return moved


class _Told(NamedTuple):
    """A signal of a column (None: all): score in units of the usual, whether beyond chance, and how large it is."""

    signal: Signal
    column: str | None
    score: float
    chance: bool
    effect: float


def _signal(reference: Reference, told: _Told, why: Callable[[], str]) -> WindowCheck:
    threshold = reference.usual.threshold
    outcome: Outcome
    if not np.isfinite(told.score):
        outcome, reason = "not_enough_evidence", f"fewer than {LEAST_ROWS} rows"
    elif threshold is None:
        needed = stretches_needed(reference.false_alarms)
        outcome, reason = "not_enough_evidence", f"not calibrated: {reference.usual.stretches} of {needed} stretches"
    else:
        outcome, reason = ("fail", why()) if told.score > threshold and told.chance else ("pass", "")
    return WindowCheck(
        check=told.signal,
        feature=told.column,
        outcome=outcome,
        value=finite(told.score),
        threshold=threshold,
        effect=finite(told.effect),
        reason=reason,
    )


def _moved(column: Watched, before: Counts, window: Counts) -> str:
    shares = moved_most(before, window).items()
    return "; ".join(f"{column.bins.named(place)}: {was:.1%} before, {now:.1%} now" for place, (was, now) in shares)


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
