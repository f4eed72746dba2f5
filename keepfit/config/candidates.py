"""The estimators that may compete, and the settings that a use case may search or fix: names and bounds, no code."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keepfit.config.metrics import Task

Setting = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a setting may be: a number from ``low`` to ``high`` (``whole``: an integer), or one of ``words``."""

    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: tuple[Setting, ...] = ()

    def __str__(self) -> str:
        """The limits in words.

        >>> str(Limits(2, 255, whole=True)), str(Limits(words=(None, "balanced")))
        ('a whole number from 2 to 255', 'null or balanced')
        """
        number = f"a {'whole ' if self.whole else ''}number from {self.low:g} to {self.high:g}" if self.ranged else ""
        words = " or ".join("null" if word is None else str(word) for word in self.words)
        return " or ".join(part for part in (number, words) if part)

    @property
    def ranged(self) -> bool:
        """Whether numbers are allowed at all, and so whether ``[low, high]`` is."""
        return self.low is not None and self.high is not None

    def allows(self, value: Setting) -> bool:
        """Whether one value is within the limits.

        >>> Limits(2, 255, whole=True).allows(2.5), Limits(0, 1).allows(True), Limits(0, 1).allows(1)
        (False, False, True)
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value in self.words
        if self.low is None or self.high is None or (self.whole and value != int(value)):
            return False
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Kind:
    """An estimator: the tasks it can learn, and its settings with their limits."""

    name: str
    tasks: frozenset[Task]
    settings: Mapping[str, Limits] = field(default_factory=dict)


_CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
_NUMBERS: frozenset[Task] = frozenset({"regression"})

CANDIDATES: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "logistic_regression",
            _CLASSES,
            {"C": Limits(1e-6, 1e6), "class_weight": Limits(words=(None, "balanced"))},
        ),
        Kind("ridge", _NUMBERS, {"alpha": Limits(0, 1e9)}),
        Kind(
            "hist_gradient_boosting",
            _CLASSES | _NUMBERS,
            {
                "learning_rate": Limits(1e-6, 1),
                "max_leaf_nodes": Limits(2, 65_536, whole=True, words=(None,)),
                "max_iter": Limits(1, 10_000, whole=True),
                "max_depth": Limits(1, 64, whole=True, words=(None,)),
                "min_samples_leaf": Limits(1, 1e6, whole=True),
                "l2_regularization": Limits(0, 1e6),
                "max_bins": Limits(2, 255, whole=True),
                "max_features": Limits(0.01, 1),
            },
        ),
    )
}
