"""How often chance alone makes a gate wrong: what is more is a fault of the gate."""

BELIEVED = 0.99


def at_most(turns: int, rate: float) -> int:
    """How many errors in so many turns chance explains, at a ``rate`` each: more have a chance of 1 in 100.

    The quantile of the binomial distribution, the exact test of a share (Clopper & Pearson 1934, Biometrika 26:404).

    >>> at_most(100, 0.05), at_most(20, 0.05), at_most(100, 0.0)
    (11, 4, 0)
    """
    from scipy.stats import binom

    return int(binom.ppf(BELIEVED, turns, rate)) if rate > 0 else 0
