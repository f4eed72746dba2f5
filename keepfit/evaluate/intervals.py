"""One-sided bounds from influence functions, on rows that hang together in clusters.

A metric is, to first order, a mean of influences, so its error is that of a mean over clusters (Cameron & Miller 2015,
J. Human Resources 50:317), met with a t quantile. A comparison on the same rows is the same with the difference of
the influences. What is not smooth has bounds of its own: a median by Woodruff's inversion (1952, JASA 47:635) and, for
comparisons, the bootstrap; the calibration error by the distribution of a distance.
"""

import numpy as np

from keepfit.config.metrics import Metric
from keepfit.evaluate import bootstrap, distance
from keepfit.evaluate.bounds import Bounds, of_share, of_spread, outermost, without_spread
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Floats, Ints, Score, mean_score, no_score
from keepfit.evaluate.spread import Clusters, Spread, spread_of
from keepfit.records import Estimate, finite

MIN_ROWS = 30
MIN_CLUSTERS = 8
MIN_CARRIERS = 5  # fewer rows that make all the difference may have missed the ones that would make another

Found = tuple[Bounds | None, str]


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
    (0.724, 0.862)
    """
    value = None if score.value is None else finite(score.value)
    if value is None:
        return _told(None, (None, score.reason), score, clusters)
    return _told(value, _bounds(value, score, clusters, confidence, scale), score, clusters)


def _told(value: float | None, found: Found, score: Score, clusters: Clusters) -> Estimate:
    bounds, reason = found
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
    difference = improvement(candidate, reference, metric, identical=identical)
    if difference.value is None:
        return estimate(difference, clusters, confidence)
    if _has_own_bounds(candidate) and not (difference.exact or difference.missing):
        found = _special(candidate, reference, clusters, confidence, metric)
        return _told(finite(difference.value or 0.0), found, difference, clusters)
    length = metric.high - metric.low
    return estimate(difference, clusters, confidence, Scale(-length, length, linear=True))


def improvement(candidate: Score, reference: Score, metric: Metric, *, identical: bool = False) -> Score:
    """How much better one model is than another on the same n rows, and the influence of each row on it."""
    if candidate.value is None or reference.value is None:
        broken = candidate.value is None
        missing = candidate.missing if broken else "evidence"
        reason = f"candidate: {candidate.reason}" if broken else f"reference: {reference.reason}"
        return no_score(candidate.influence.size, missing, reason)
    sign = 1.0 if metric.higher_is_better else -1.0
    return Score(
        sign * (candidate.value - reference.value),
        sign * (candidate.influence - reference.influence),
        strata=_either(candidate, reference),
        bias=sign * (candidate.bias - reference.bias),
        exact=identical or (candidate.exact and reference.exact),
        missing="" if identical else candidate.missing or reference.missing,
        reason="" if identical else candidate.reason or reference.reason,
    )


def _has_own_bounds(score: Score) -> bool:
    return score.median_of is not None or score.binned is not None


def _either(candidate: Score, reference: Score) -> Ints | None:
    """The class of each row that says something about one of the two."""
    if candidate.strata is None or reference.strata is None:
        return candidate.strata
    return np.where(candidate.strata < 0, reference.strata, candidate.strata)


def _bounds(value: float, score: Score, clusters: Clusters, confidence: float, scale: Scale) -> Found:
    """Lower and upper bound, or None and the reason why there are none."""
    if score.missing:
        return None, score.reason
    if score.exact:
        return (value, value), ""
    if score.median_of is not None:
        return _of_median(value, score.median_of, clusters, confidence)
    if score.binned is not None:
        few = too_few(score.influence.size, clusters, clusters.count)
        return (None, few) if few else (_around(value, distance.of_bins(score.binned, clusters, confidence)), "")
    spread = spread_of(score.influence, clusters, score.strata)
    if few := too_few(score.influence.size, clusters, spread.trials):
        return None, few
    bounds = _of_influence(value, score, spread, clusters.codes is None, confidence, scale)
    return bounds, "" if bounds else "no two rows differ, so nothing says how far off the value may be"


def _of_influence(
    value: float,
    score: Score,
    spread: Spread,
    independent: bool,
    confidence: float,
    scale: Scale,
) -> Bounds | None:
    """Bounds by the spread of the influence; of a share of independent rows, the exact ones."""
    if score.trials and (independent or not 0.0 < value < 1.0):
        return of_share(value, score.trials, spread, confidence, independent=independent)
    if spread.error <= 1e-12 * max(1.0, abs(value)) or not scale.low < value < scale.high:
        return without_spread(value, spread.trials, confidence, scale)
    bounds = of_spread(value, score.bias, spread, confidence, scale)
    if score.trials:
        bounds = outermost(bounds, of_share(value, score.trials, spread, confidence, independent=False))
    if scale.finite and spread.carried_by < MIN_CARRIERS:
        bounds = outermost(bounds, without_spread(value, spread.trials, confidence, scale) or bounds)
    return bounds


def too_few(rows: int, clusters: Clusters, trials: int) -> str:
    """Why there is no interval; empty where there is one."""
    if clusters.count < MIN_CLUSTERS:
        return f"{clusters.count} {clusters.word} are too few for an interval; {MIN_CLUSTERS} are needed"
    if trials < MIN_CLUSTERS:
        return f"only {trials} {clusters.word} hold the rarest class; {MIN_CLUSTERS} are needed for an interval"
    if rows < MIN_ROWS:
        return f"{rows} rows are too few for an interval; {MIN_ROWS} are needed"
    return ""


def _of_median(value: float, values: Floats, clusters: Clusters, confidence: float) -> Found:
    """The quantiles at the bounds of the share of rows below the median: Woodruff's inversion."""
    below = mean_score((values <= value).astype(np.float64))
    share = estimate(Score(below.value, below.influence, trials=values.size), clusters, confidence, Scale(0, 1))
    if share.low is None or share.high is None or share.value is None:
        return None, share.reason
    levels = [0.5 - (share.value - share.low), 0.5 + (share.high - share.value)]
    low, high = np.quantile(values, np.clip(levels, 0.0, 1.0), method="inverted_cdf")
    return _around(value, (float(low), float(high))), ""


def _special(candidate: Score, reference: Score, clusters: Clusters, confidence: float, metric: Metric) -> Found:
    """Bounds of an improvement where the influence does not give them."""
    if few := too_few(candidate.influence.size, clusters, clusters.count):
        return None, few
    sign = 1.0 if metric.higher_is_better else -1.0
    if candidate.median_of is not None and reference.median_of is not None:
        return bootstrap.of_two_medians(candidate.median_of, reference.median_of, clusters, confidence, sign), ""
    # Each bound may be wrong half as often, so their difference holds whatever the two have in common (Bonferroni).
    each, scale = 0.5 + confidence / 2.0, Scale(metric.low, metric.high)
    (ours, why), (theirs, why_not) = (
        _bounds(score.value or 0.0, score, clusters, each, scale) for score in (candidate, reference)
    )
    if ours is None or theirs is None:
        return None, why or why_not
    ends = sign * (ours[0] - theirs[1]), sign * (ours[1] - theirs[0])
    return (min(ends), max(ends)), ""


def _around(value: float, bounds: Bounds) -> Bounds:
    return min(bounds[0], value), max(bounds[1], value)
