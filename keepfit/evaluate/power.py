"""How many rows would decide what these rows leave open."""

from math import ceil
from typing import NamedTuple

from keepfit.evaluate.bounds import t_quantile
from keepfit.records import Estimate


class Needed(NamedTuple):
    """Rows, and clusters (days, entities, or rows again), in all and not in addition."""

    rows: int
    clusters: int


MOST = 10**12


def rows_needed(estimate: Estimate, threshold: float, confidence: float, power: float = 0.8) -> Needed | None:
    """At how many rows the bound would clear the threshold, if the value stays what it is.

    The distance of value and threshold must be that of the bound at ``confidence`` and of a normal quantile at
    ``power``, in standard errors of G clusters: the usual formula for the size of a sample (Cohen 1988), met with a t
    quantile, whose degrees of freedom grow with G. The standard error is that of the bound on the threshold's side.

    Parameters
    ----------
    estimate
        With bounds at ``confidence``.
    threshold
        What the value is held against.
    power
        The chance that as many rows decide.

    Returns
    -------
    Needed or None
        None where nothing is known or no number of rows would do: no bounds, or the value is the threshold.

    Examples
    --------
    >>> found = Estimate(value=0.7, low=0.66, high=0.74, rows=2800, clusters=28)
    >>> rows_needed(found, 0.65, 0.95), rows_needed(found, 0.69, 0.95)
    (Needed(rows=4000, clusters=40), Needed(rows=95600, clusters=956))
    """
    value, bound = estimate.value, estimate.low
    if value is not None and threshold > value:
        bound = estimate.high
    if value is None or bound is None or estimate.clusters < 2 or value == threshold:
        return None
    reach = t_quantile(confidence, estimate.clusters - 1)
    one = abs(value - bound) / reach * estimate.clusters**0.5  # the standard error of a single cluster
    clusters = float(estimate.clusters)
    for _ in range(100):  # t depends on G, which depends on t
        known = t_quantile(confidence, max(clusters - 1.0, 1.0)) + t_quantile(power, 1e9)
        before, clusters = clusters, min(abs(known * one / (value - threshold)), MOST**0.5) ** 2
        if abs(clusters - before) < 0.5:
            break
    count = max(ceil(clusters), 2)
    return Needed(ceil(count * estimate.rows / estimate.clusters), count)
