"""One-sided bounds from influence functions, on rows that hang together in clusters.

A metric is, to first order, a mean of influences, so its error is that of a mean over clusters (Cameron & Miller 2015,
J. Human Resources 50:317), met with a t quantile. A comparison on the same rows is the same with the difference of
the influences. One-sided bounds suffer from skewness, so the outermost of two is taken: by the delta method on a scale
without ends (logit, log), and by Hall's transformation (1992, J. R. Stat. Soc. B 54:221), which takes the skewness of
the clusters into account. Chosen by simulation: ``tests/benchmarks/coverage_simulation.py``.
"""

import numpy as np

from keepfit.config.metrics import Metric
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Score, no_score
from keepfit.evaluate.spread import Clusters, Spread, spread_of
from keepfit.records import Estimate, finite

MIN_ROWS = 30
MIN_CLUSTERS = 8
MIN_CARRIERS = 5  # fewer rows that make all the difference may have missed the ones that would make another


def estimate(score: Score, clusters: Clusters, confidence: float, scale: Scale = Scale()) -> Estimate:  # noqa: B008
    """A value with one-sided bounds, each at ``confidence``, within the range of the metric.

    Parameters
    ----------
    score
        The value and influence of n rows.
    clusters
        Which of the n rows belong together.
    confidence
        Of each bound by itself, 0.5 to 1: the two together hold at ``2 * confidence - 1``.
    scale
        The range of the metric.

    Examples
    --------
    >>> from keepfit.evaluate.score import mean_score
    >>> right = mean_score(np.repeat([0.0, 1.0], [20, 80]))
    >>> found = estimate(right, Clusters.by_row(100), 0.95, Scale(0, 1))
    >>> round(found.low, 3), round(found.high, 3)
    (0.725, 0.861)
    """
    value = None if score.value is None else finite(score.value)
    bounds, reason = None, score.reason
    if value is not None:
        bounds, reason = _bounds(value, score, clusters, confidence, scale)
    lower, upper = bounds or (None, None)
    return Estimate(
        value=value,
        low=lower,
        high=upper,
        rows=score.influence.size,
        clusters=clusters.count,
        missing="" if bounds else (score.missing or "evidence"),
        reason=reason,
    )


def compare(
    candidate: Score,
    reference: Score,
    clusters: Clusters,
    confidence: float,
    metric: Metric,
    *,
    identical: bool = False,
) -> Estimate:
    """The improvement of one model over another on the same rows, positive where the candidate is better.

    ``identical`` says that both gave the same predictions, so that they are equal beyond doubt.
    """
    if candidate.value is None or reference.value is None:
        broken = candidate.value is None
        missing = candidate.missing if broken else "evidence"
        reason = f"candidate: {candidate.reason}" if broken else f"reference: {reference.reason}"
        return estimate(no_score(candidate.influence.size, missing, reason), clusters, confidence)
    sign = 1.0 if metric.higher_is_better else -1.0
    difference = Score(
        sign * (candidate.value - reference.value),
        sign * (candidate.influence - reference.influence),
        strata=candidate.strata,
        bias=sign * (candidate.bias - reference.bias),
        exact=identical or (candidate.exact and reference.exact),
    )
    length = metric.high - metric.low
    return estimate(difference, clusters, confidence, Scale(-length, length, linear=True))


Bounds = tuple[float, float]


def _bounds(
    value: float, score: Score, clusters: Clusters, confidence: float, scale: Scale
) -> tuple[Bounds | None, str]:
    """Lower and upper bound, or None and the reason why there are none."""
    if score.exact:
        return (value, value), ""
    spread = spread_of(score.influence, clusters, score.strata)
    if few := _too_few(score.influence.size, clusters, spread.trials):
        return None, few
    if spread.error <= 1e-12 * max(1.0, abs(value)) or not scale.low < value < scale.high:
        return _without_spread(value, spread.trials, confidence, scale)
    # a bias may only widen: the estimate of it is itself uncertain
    lowest, highest = sorted((value, value - score.bias))
    bounds = _lower(lowest, spread, confidence, scale), _upper(highest, spread, confidence, scale)
    if scale.finite and spread.carried_by < MIN_CARRIERS:
        unseen, _ = _without_spread(value, spread.trials, confidence, scale)
        return _outermost(bounds, unseen or bounds), ""
    return bounds, ""


def _outermost(one: Bounds, other: Bounds) -> Bounds:
    return min(one[0], other[0]), max(one[1], other[1])


def _too_few(rows: int, clusters: Clusters, trials: int) -> str:
    if clusters.count < MIN_CLUSTERS:
        return f"{clusters.count} {clusters.word} are too few for an interval; {MIN_CLUSTERS} are needed"
    if trials < MIN_CLUSTERS:
        return f"only {trials} {clusters.word} hold the rarest class; {MIN_CLUSTERS} are needed for an interval"
    if rows < MIN_ROWS:
        return f"{rows} rows are too few for an interval; {MIN_ROWS} are needed"
    return ""


def _lower(value: float, spread: Spread, confidence: float, scale: Scale) -> float:
    if not value > scale.low:
        return scale.low
    by_scale = scale.moved(value, -t_quantile(confidence, spread.degrees) * spread.error)
    return max(scale.low, min(by_scale, value - _skewed(spread, confidence) * spread.error))


def _upper(value: float, spread: Spread, confidence: float, scale: Scale) -> float:
    if not value < scale.high:
        return scale.high
    by_scale = scale.moved(value, t_quantile(confidence, spread.degrees) * spread.error)
    return min(scale.high, max(by_scale, value - _skewed(spread, 1.0 - confidence) * spread.error))


def _skewed(spread: Spread, level: float) -> float:
    """The ``level`` quantile of a studentised mean of skewed clusters: Hall's (1992) cubic, inverted.

    With a the skewness of the mean, T = t + a t^2 / 3 + a^2 t^3 / 27 + a / 6 is symmetric to second order.
    """
    quantile, skewness = t_quantile(level, spread.degrees), spread.skewness
    if abs(skewness) < 1e-9:
        return quantile
    return 3.0 * (float(np.cbrt(1.0 + skewness * (quantile - skewness / 6.0))) - 1.0) / skewness


def _without_spread(value: float, trials: int, confidence: float, scale: Scale) -> tuple[Bounds | None, str]:
    """Bounds when (nearly) all rows agree: what Clopper & Pearson (1934) give when every trial has the same outcome.

    A share of at most ``1 - alpha ** (1 / G)`` can have stayed unseen in G trials; it is taken to be as bad as the
    range allows. Without a finite range there is no bound.
    """
    if not scale.finite:
        return None, "no two rows differ, so nothing says how far off the value may be"
    unseen = 1.0 - (1.0 - confidence) ** (1.0 / trials)
    return (value - unseen * (value - scale.low), value + unseen * (scale.high - value)), ""


def t_quantile(level: float, degrees: float) -> float:
    """Quantile of Student's t.

    >>> round(t_quantile(0.95, 13), 4)
    1.7709
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))
