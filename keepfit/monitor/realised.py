"""What labels say of a window: the metric that decides, what the model expected of the same rows, and the concept."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from keepfit.evaluate.metrics import measure
from keepfit.monitor.concept import WORTH, Concept, Gap, Relation, Usual, gap, loss, scale
from keepfit.monitor.drift import LEAST_ROWS
from keepfit.monitor.performance import ESTIMABLE, Losses, estimated_value, stretches_needed
from keepfit.monitor.reference import Reference, Watched
from keepfit.monitor.residuals import Residuals, slope, within_days
from keepfit.records import Outcome, WindowCheck, finite
from keepfit.records.monitoring import Kind

if TYPE_CHECKING:
    from keepfit.config.metrics import Task

UNLINKED = 0.2  # of the reference's slope of labels on answers: so little is left rather where labels are of other rows
_SURE = 3.09  # standard errors of independent rows: once in a thousand windows
_RARE = 0.001


class Came(NamedTuple):
    """A metric of labelled rows: what came, what was to be expected of them, the error if rows are independent."""

    value: float
    expected: float | None
    error: float


def came_of(task: "Task", labels: Any, answers: Any, losses: Losses | None) -> dict[str, Came]:
    """What came of rows, by metric: ``labels`` (n,), ``answers`` (n, k) or (n,); nothing of few rows.

    >>> came = came_of("binary", np.tile([0, 1], 20), np.full((40, 2), 0.5), None)["log_loss"]
    >>> round(came.value, 3), round(came.expected, 3), came.error
    (0.693, 0.693, 0.0)
    """
    found: dict[str, Came] = {}
    for name in ESTIMABLE[task] if len(labels) >= LEAST_ROWS else ():
        score = measure(name, labels, answers)
        value = finite(score.value) if score.value is not None else None
        if value is not None:
            error = float(np.std(score.influence)) / sqrt(len(labels))
            found[name] = Came(value, estimated_value(name, answers, losses), error)
    return found


@dataclass(frozen=True, slots=True)
class _Limit:
    """The score beyond which a window alarms (None: not known, and why), in standard deviations above what is usual."""

    score: float | None
    why: str

    def of(self, usual: Usual | None) -> float | None:
        """In the units of what is usual."""
        return None if self.score is None or usual is None else usual.mean + self.score * usual.spread


def checks_of(
    reference: Reference, concept: Concept, came: Mapping[str, Came], residuals: Residuals | None, decides: str
) -> list[WindowCheck]:
    """Everything that labels say, at one rate of false alarms together; metrics that do not decide only inform."""
    needed = f"not calibrated: {concept.stretches} of {stretches_needed(reference.false_alarms)} stretches"
    limit, names = _Limit(concept.thresholds.get(decides), needed), ESTIMABLE[reference.task]
    found = [_metric(name, came.get(name), concept.metrics.get(name), limit, decides) for name in names]
    found += [_shortfall(name, came.get(name), concept.shortfalls.get(name), limit) for name in names]
    columns = {each.name: each for each in reference.columns if each.kind != "label"}
    found += [_relation(each, residuals, concept, limit, columns[each.name]) for each in concept.relations]
    return [*found, *_label_link(concept, residuals, alarmed=any(each.outcome == "fail" for each in found))]


def _metric(name: str, came: Came | None, usual: Usual | None, limit: _Limit, decides: str) -> WindowCheck:
    most = limit.of(usual)
    if came is None or usual is None or most is None:
        return _unknown("realised_performance", name, came and came.value, "no value" if came is None else limit.why)
    value = loss(name, came.value)
    worse = value > most and value - usual.mean > _SURE * came.error
    outcome: Outcome = ("fail" if worse else "pass") if name == decides else "skipped"
    informs = "" if name == decides else f"informs only: {decides} decides"
    return WindowCheck(
        check="realised_performance",
        feature=name,
        outcome=outcome,
        value=came.value,
        threshold=loss(name, most),
        reason="; ".join(filter(None, ("worse than in the reference" if worse else "", informs))),
    )


def _shortfall(name: str, came: Came | None, usual: Usual | None, limit: _Limit) -> WindowCheck:
    most = limit.of(usual)
    if came is None or came.expected is None or usual is None or most is None:
        return _unknown("shortfall", name, None, "no value" if came is None or came.expected is None else limit.why)
    value = loss(name, came.value - came.expected)
    failed = value > most and value - usual.mean > _SURE * came.error
    said = f"{came.value:.4g} came where {came.expected:.4g} was to be expected of these rows"
    return WindowCheck(
        check="shortfall",
        feature=name,
        outcome="fail" if failed else "pass",
        value=value,
        threshold=most,
        effect=value,
        reason=said if failed else "",
    )


def _relation(
    relation: Relation, residuals: Residuals | None, concept: Concept, limit: _Limit, column: Watched
) -> WindowCheck:
    if residuals is None or relation.name not in residuals.binned:
        return _unknown("concept", relation.name, None, "no value", column.kind)
    before = np.array(relation.rows), np.array(relation.sums)
    rows, sums = within_days(residuals, relation.name)
    now = rows.sum(axis=0), sums.sum(axis=0)
    found = gap(before, now, np.array(concept.variance))
    if relation.usual is None or limit.score is None or not np.isfinite(found.share):
        few = f"fewer than {LEAST_ROWS} rows"
        return _unknown("concept", relation.name, None, limit.why if np.isfinite(found.share) else few, column.kind)
    score = (float(scale(found.share)) - relation.usual.mean) / relation.usual.spread
    failed = score > limit.score and found.share > WORTH and _beyond_chance(found)
    return WindowCheck(
        check="concept",
        feature=relation.name,
        kind=column.kind,
        outcome="fail" if failed else "pass",
        value=score,
        threshold=limit.score,
        effect=float(found.share),
        reason=_followed(before, now, column.bins.named) if failed else "",
    )


def _beyond_chance(found: Gap) -> bool:
    """Whether independent rows would hardly be so far apart: once in a thousand windows."""
    from scipy.special import chdtri

    return bool(found.chi > chdtri(found.degrees, _RARE))


def _followed(before: tuple[Any, Any], now: tuple[Any, Any], named: Callable[[int], str]) -> str:
    """The bins whose residuals moved most, in words."""
    means = [each[1] / np.maximum(each[0], 1.0)[:, None] for each in (before, now)]
    known = (before[0] > 0) & (now[0] > 0)
    weight = np.where(known, now[0] * np.abs(means[1] - means[0]).sum(axis=1), 0.0)
    most = [place for place in np.argsort(-weight, kind="stable")[:3].tolist() if weight[place] > 0]
    moved = [means[1][place] - means[0][place] for place in most]
    told = (
        f"{named(place)}: {_signed(float(each[np.argmax(np.abs(each))]))}"
        for place, each in zip(most, moved, strict=True)
    )
    return "labels less answers, beside the reference: " + "; ".join(told)


def _signed(value: float) -> str:
    """A difference in three digits or more, without a power of ten while it is one that people read.

    >>> _signed(0.01234), _signed(-1672.4), _signed(3.2e9)
    ('+0.0123', '-1,672', '+3.2e+09')
    """
    return f"{value:+,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:+.3g}"


def _label_link(concept: Concept, residuals: Residuals | None, *, alarmed: bool) -> Iterator[WindowCheck]:
    """Whether labels have anything left to do with the answers; if not, they may have been joined to other rows.

    Labels that follow them the other way round are of these rows: another concept.
    """
    found = finite(slope(residuals)) if residuals is not None else None
    if found is None or not concept.slope or concept.slope < 0:
        return
    gone = alarmed and abs(found) <= UNLINKED * concept.slope
    said = f"labels follow the answers {found:.2g} to 1, in the reference {concept.slope:.2g}: are they of other rows?"
    yield WindowCheck(
        check="label_link",
        outcome="fail" if gone else "pass",
        value=found,
        threshold=UNLINKED * concept.slope,
        effect=max(1.0 - abs(found) / concept.slope, 0.0),
        reason=said if gone else "",
    )


def _unknown(check: str, feature: str, value: float | None, reason: str, kind: Kind | None = None) -> WindowCheck:
    outcome: Outcome = "not_enough_evidence"
    return WindowCheck(check=check, feature=feature, kind=kind, outcome=outcome, value=value, reason=reason)
