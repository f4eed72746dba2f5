"""The estimators that may compete, and the settings that a use case may search or fix: names and bounds, no code.

They stand in the order of simplicity, which is also how fast they answer one record and how small their files are: a
formula (linear models), a few hundred small trees, a small network, forests of deep trees, all training rows. Of
candidates within one standard error of the best on validation rows, the first is chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keepfit.config.metrics import Task

Setting = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a setting may be: a number from ``low`` to ``high`` (``whole``: an integer), or one of ``words``.

    ``default`` is what it is where nobody says anything, ``unless`` when it is something else.
    """

    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: tuple[Setting, ...] = ()
    default: Setting = None
    unless: str = ""

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
    """An estimator: the tasks it can learn, its settings with their limits, and where they are searched by default.

    ``space`` is written as in the YAML: ``[low, high]``, ``[low, high, "log"]`` or ``{"choice": […]}``.
    """

    name: str
    tasks: frozenset[Task]
    settings: Mapping[str, Limits] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)


_CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
_NUMBERS: frozenset[Task] = frozenset({"regression"})
_ALL = _CLASSES | _NUMBERS
_CLASS_WEIGHT = Limits(words=(None, "balanced"))

_FOREST = {
    "n_estimators": Limits(1, 2_000, whole=True, default=100),
    "min_samples_leaf": Limits(1, 1e6, whole=True, default=10),
    "max_features": Limits(0.01, 1, words=("sqrt",), default="sqrt"),
    "max_depth": Limits(1, 64, whole=True, words=(None,)),
    "max_leaf_nodes": Limits(2, 65_536, whole=True, words=(None,)),
    "class_weight": _CLASS_WEIGHT,
}
_FOREST_SPACE = {"min_samples_leaf": [3, 100, "log"], "max_features": [0.1, 1.0]}

_KINDS = (
    Kind(
        "logistic_regression",
        _CLASSES,
        {
            "C": Limits(1e-6, 1e6, default=1.0),
            "l1_ratio": Limits(0, 1, default=0.0),
            "max_iter": Limits(1, 100_000, whole=True, default=1000),
            "class_weight": _CLASS_WEIGHT,
        },
        {"C": [0.001, 100, "log"]},
    ),
    Kind("ridge", _NUMBERS, {"alpha": Limits(0, 1e9, default=1.0)}, {"alpha": [0.01, 1000, "log"]}),
    Kind(
        "elastic_net",
        _NUMBERS,
        {
            "alpha": Limits(1e-9, 1e9, default=0.01),
            "l1_ratio": Limits(0, 1, default=0.5),
            "max_iter": Limits(1, 100_000, whole=True, default=1000),
        },
        {"alpha": [0.0001, 1, "log"], "l1_ratio": [0.05, 1.0]},
    ),
    Kind(
        "hist_gradient_boosting",
        _ALL,
        {
            "learning_rate": Limits(1e-6, 1, default=0.1),
            "max_leaf_nodes": Limits(2, 65_536, whole=True, words=(None,), default=31),
            "max_iter": Limits(1, 10_000, whole=True, default=100),
            "max_depth": Limits(1, 64, whole=True, words=(None,)),
            "min_samples_leaf": Limits(1, 1e6, whole=True, default=20),
            "l2_regularization": Limits(0, 1e6, default=0.0),
            "max_bins": Limits(2, 255, whole=True, default=255),
            "max_features": Limits(0.01, 1, default=1.0),
            "class_weight": _CLASS_WEIGHT,
        },
        {
            "learning_rate": [0.02, 0.3, "log"],
            "max_leaf_nodes": [7, 127, "log"],
            "min_samples_leaf": [5, 200, "log"],
            "l2_regularization": [0.001, 10, "log"],
        },
    ),
    Kind(
        "neural_network",
        _ALL,
        {
            "hidden_layer_sizes": Limits(1, 1024, whole=True, default=32),
            "alpha": Limits(0, 1e6, default=0.001),
            "learning_rate_init": Limits(1e-6, 1, default=0.003),
            "max_iter": Limits(1, 10_000, whole=True, default=30, unless="more on fewer than 13,000 rows"),
            "class_weight": _CLASS_WEIGHT,
        },
        {
            "hidden_layer_sizes": [8, 128, "log"],
            "alpha": [0.00001, 1, "log"],
            "learning_rate_init": [0.0005, 0.02, "log"],
        },
    ),
    Kind("extra_trees", _ALL, _FOREST, _FOREST_SPACE),
    Kind("random_forest", _ALL, _FOREST, _FOREST_SPACE),
    Kind(
        "nearest_neighbours",
        _ALL,
        {
            "n_neighbors": Limits(1, 10_000, whole=True, default=25),
            "weights": Limits(words=("uniform", "distance"), default="uniform"),
            "p": Limits(1, 2, default=2),
        },
        {"n_neighbors": [5, 200, "log"], "weights": {"choice": ["uniform", "distance"]}},
    ),
)

CANDIDATES: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
