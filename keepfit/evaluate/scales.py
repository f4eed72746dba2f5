"""The range of a metric, and how to move inside it without leaving it."""

from dataclasses import dataclass
from math import exp, inf, isfinite, log


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high``; either may be infinite. ``linear``: move plainly, whatever the ends."""

    low: float = -inf
    high: float = inf
    linear: bool = False

    @property
    def finite(self) -> bool:
        """Whether the range has two ends."""
        return isfinite(self.low) and isfinite(self.high)

    def moved(self, value: float, reach: float) -> float:
        """``value`` moved by ``reach`` on a scale without ends, by the delta method.

        That is the logit between two ends, the logarithm of the distance to one end, and the value itself without.

        >>> round(Scale(0, 1).moved(0.9, 0.2), 3), round(Scale(0).moved(0.1, -0.2), 3), Scale().moved(0.1, -0.2)
        (0.988, 0.014, -0.1)
        """
        if self.linear:
            return value + reach
        if self.finite:
            step = reach * (self.high - self.low) / ((value - self.low) * (self.high - value))
            odds = log((value - self.low) / (self.high - value)) + step
            return self.low + (self.high - self.low) / (1.0 + _exp(-odds))
        if isfinite(self.low):
            return self.low + (value - self.low) * _exp(reach / (value - self.low))
        if isfinite(self.high):
            return self.high - (self.high - value) * _exp(-reach / (self.high - value))
        return value + reach


def _exp(exponent: float) -> float:
    return exp(min(max(exponent, -700.0), 700.0))
