"""Bounds of a distance that noise alone keeps away from zero: the calibration error.

With d the mean residuals of B bins, in units in which the squared error is their sum of squares, and e their noise,
normal with the covariance V of the clusters' sums (a t where clusters are few), the square of the sum that was seen is
|delta + e|^2. A bound is the length of the delta that makes what was seen unlikely. Its direction is taken to be the
one in which the noise is largest, where least is known.
"""

from typing import TYPE_CHECKING

import numpy as np

from keepfit.evaluate.bounds import Bounds, of_draws, without_spread
from keepfit.evaluate.scales import Scale
from keepfit.evaluate.score import Floats, Ints
from keepfit.evaluate.spread import Clusters

if TYPE_CHECKING:
    from keepfit.evaluate.calibration import Binned

DRAWS = 4000
SEED = 20190
_NOTHING = 1e-18


def of_bins(binned: "Binned", clusters: Clusters, confidence: float) -> Bounds:
    """Lower and upper bound of the root mean squared calibration error of the bins."""
    mean, noise, degrees = _noise(binned, clusters)
    seen = float((mean * mean).sum())
    variances = np.clip(np.linalg.eigvalsh(noise), 0.0, None)
    if not variances[-1] > _NOTHING:
        return without_spread(float(np.sqrt(seen)), clusters.count, confidence, Scale(0.0, 1.0)) or (0.0, 1.0)
    rng = np.random.default_rng(SEED)
    drawn = rng.standard_normal((DRAWS, variances.size)) * np.sqrt(variances)
    drawn *= np.sqrt(degrees / rng.chisquare(degrees, DRAWS))[:, None]
    along = drawn[:, -1]
    inside = along * along - (drawn * drawn).sum(axis=1) + seen
    longest = np.where(inside >= 0.0, np.sqrt(np.maximum(inside, 0.0)) - along, -1.0)
    low, high = (of_draws(longest, level, degrees) for level in (1.0 - confidence, confidence))
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def _noise(binned: "Binned", clusters: Clusters) -> tuple[Floats, Floats, int]:
    """Scaled mean residuals (B,), their covariance (B, B) from sums over clusters, and degrees of freedom."""
    share, group = binned.share, binned.group
    rows, bins = group.size, share.size
    mean = np.bincount(group, weights=binned.residual, minlength=bins) / (share * rows)
    count = share * rows
    small = np.sqrt(count / np.maximum(count - 1.0, 1.0))
    off = (binned.residual - mean[group]) * small[group]
    covariance = _covariance(off, group, bins, clusters) / rows**2
    if clusters.other is not None:
        two, both = clusters.other, clusters.crossed
        added = covariance + (_covariance(off, group, bins, two) - _covariance(off, group, bins, both)) / rows**2
        covariance = added if np.trace(added) > np.trace(covariance) else covariance
    covariance = _at_least_by_chance(covariance, binned, rows)
    scale = np.sqrt(share)
    return mean * scale, covariance / np.outer(scale, scale), clusters.count - 1


def _at_least_by_chance(covariance: Floats, binned: "Binned", rows: int) -> Floats:
    """Not less noise in a bin than its probabilities make by themselves: a bin that nothing hit looks too quiet."""
    chance = np.bincount(binned.group, weights=binned.chance, minlength=binned.share.size) / rows**2
    return np.asarray(covariance + np.diag(np.maximum(chance - np.diag(covariance), 0.0)), np.float64)


def _covariance(off: Floats, group: Ints, bins: int, clusters: Clusters) -> Floats:
    factor = clusters.count / max(clusters.count - 1, 1)
    if clusters.codes is None:
        return np.asarray(np.diag(np.bincount(group, weights=off * off, minlength=bins)) * factor, np.float64)
    cells = np.bincount(clusters.codes * bins + group, weights=off, minlength=clusters.count * bins)
    sums = cells.reshape(clusters.count, bins)
    return np.asarray(np.einsum("gi,gj->ij", sums, sums) * factor, np.float64)
