"""How far out a one-sided bound lies, given a value and its spread.

One-sided bounds suffer from skewness, and few clusters do not show how skewed they are. Hence the outermost of: the
delta method on a scale without ends (logit, log) with a t quantile; Hall's transformation (1992, J. R. Stat. Soc. B
54:221) with the skewness of the clusters, farther out by one standard error of it; and, for a share of rows, the bounds
of Clopper & Pearson (1934, Biometrika 26:404) at the number of independent rows that would be as uncertain (Korn &
Graubard 1998, Survey Methodology 24:193). Chosen by simulation: ``tests/benchmarks/coverage_simulation.py``.
"""

from math import sqrt

import numpy as np

from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Floats
from keepfit.evaluate.spread import Spread

Bounds = tuple[float, float]
LEAST_BEYOND = 20


def outermost(one: Bounds, other: Bounds) -> Bounds:
    """The wider of two on each side."""
    return min(one[0], other[0]), max(one[1], other[1])


def of_spread(value: float, bias: float, spread: Spread, confidence: float, scale: Scale) -> Bounds:
    """Lower and upper bound of a value by its standard error, degrees of freedom and skewness.

    ``bias`` is by how much the value is too high on average; it may only widen, for it is itself uncertain.
    """
    lowest, highest = sorted((value, value - bias))
    return _one_side(lowest, spread, confidence, scale, -1.0), _one_side(highest, spread, confidence, scale, 1.0)


def _one_side(value: float, spread: Spread, confidence: float, scale: Scale, side: float) -> float:
    """The bound below (``side`` -1) or above (1) the value."""
    end = scale.low if side < 0 else scale.high
    if not (end - value) * side > 0:
        return end
    reach = side * t_quantile(confidence, spread.degrees) * spread.error
    skewed = side * _skewed(spread, confidence, side) * spread.error
    found = [scale.moved(value, reach), value + skewed]
    if not scale.finite:
        found.append(scale.moved(value, skewed))
    return max(end, min(found)) if side < 0 else min(end, max(found))


def _skewed(spread: Spread, confidence: float, side: float) -> float:
    """How many standard errors the bound is away: Hall's cubic inverted, and what is not known of the skewness.

    With a the skewness of the mean, T = t + a t^2 / 3 + a^2 t^3 / 27 + a / 6 is symmetric to second order. A sample of
    G shows too little of it, by (G - 2) / sqrt(G (G - 1)), and knows it to about sqrt(6 / G) (Joanes & Gill 1998, The
    Statistician 47:183), which moves a bound by (2 t^2 + 1) / 6 of that (Johnson 1978, JASA 73:536). G is what the
    degrees of freedom leave of it. Both are expansions for little skewness, so twice the t quantile is the end of them.
    """
    count = spread.degrees + 1.0
    unbiased = sqrt(count * (count - 1.0)) / (count - 2.0) if count > 3.0 else 2.0
    quantile = t_quantile(1.0 - confidence if side > 0 else confidence, spread.degrees)
    unknown = sqrt(6.0) / count * (2.0 * quantile**2 + 1.0) / 6.0
    return min(unknown - side * _hall(quantile, unbiased * spread.skewness), 2.0 * abs(quantile))


def _hall(quantile: float, skewness: float) -> float:
    if abs(skewness) < 1e-9:
        return quantile
    return 3.0 * (float(np.cbrt(1.0 + skewness * (quantile - skewness / 6.0))) - 1.0) / skewness


def of_share(value: float, rows: int, spread: Spread, confidence: float, *, independent: bool) -> Bounds:
    """Bounds of a share of ``rows`` rows: exact for independent ones, at their effective number otherwise.

    >>> nearly = Spread(error=0.02, degrees=399, skewness=0.0, carried_by=400, trials=400)
    >>> [round(bound, 3) for bound in of_share(0.8, 400, nearly, 0.95, independent=True)]
    [0.764, 0.832]
    """
    from scipy.special import betaincinv

    size = float(rows)
    if not independent:
        size = min(size, spread.trials) if not 0 < value < 1 else _effective(value, rows, spread, confidence)
    hits, misses = value * size, (1.0 - value) * size
    low = float(betaincinv(hits, misses + 1.0, 1.0 - confidence)) if hits > 0 else 0.0
    high = float(betaincinv(hits + 1.0, misses, confidence)) if misses > 0 else 1.0
    return low, high


def _effective(value: float, rows: int, spread: Spread, confidence: float) -> float:
    """How many independent rows would know as much, with what few degrees of freedom take away."""
    known = t_quantile(confidence, max(rows - 1.0, 1.0)) / t_quantile(confidence, spread.degrees)
    return min(float(rows), value * (1.0 - value) / spread.error**2 * known**2) if spread.error > 0 else float(rows)


def without_spread(value: float, trials: int, confidence: float, scale: Scale) -> Bounds | None:
    """Bounds when (nearly) all rows agree: what Clopper & Pearson give when every trial has the same outcome.

    A share of at most ``1 - alpha ** (1 / G)`` can have stayed unseen in G trials; it is taken to be as bad as the
    range allows. Without a finite range there is no bound.
    """
    if not scale.finite:
        return None
    unseen = 1.0 - (1.0 - confidence) ** (1.0 / trials)
    return value - unseen * (value - scale.low), value + unseen * (scale.high - value)


def of_draws(drawn: Floats, level: float, degrees: float) -> float:
    """The ``level`` quantile of draws; where fewer than ``LEAST_BEYOND`` lie beyond it, farther out as a t quantile is.

    A look that may spend little asks for levels that no number of draws shows.

    >>> drawn = np.linspace(-1.0, 1.0, 1001)
    >>> round(of_draws(drawn, 0.95, 1e9), 3), of_draws(drawn, 0.9999, 1e9) > 1.5
    (0.9, True)
    """
    edge = LEAST_BEYOND / drawn.size
    shown = min(max(level, edge), 1.0 - edge)
    found = float(np.quantile(drawn, shown))
    if shown == level:
        return found
    centre = float(np.median(drawn))
    return centre + (found - centre) * t_quantile(level, degrees) / t_quantile(shown, degrees)


def t_quantile(level: float, degrees: float) -> float:
    """Quantile of Student's t.

    >>> round(t_quantile(0.95, 13), 4)
    1.7709
    """
    from scipy.special import stdtrit

    return float(stdtrit(degrees, level))
