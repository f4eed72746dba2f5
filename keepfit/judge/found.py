"""What gates read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from keepfit.judge.question import Grounds
from keepfit.ledger import LEAST
from keepfit.records import Evaluated, Measured, Slice, Split, Trained


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured on rows that a model has not seen.

    ``declared`` are the values that the contract allows in a column, by name; ``careful`` that groups with too few rows
    block (``risk: high``).
    """

    evaluated: Evaluated
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    careful: bool = False

    @property
    def grounds(self) -> Grounds:
        """Of figures of the model itself, and beside the naive baseline."""
        return Grounds(self.evaluated.confidence, self.evaluated.clustered_by)

    @property
    def beside_champion(self) -> Grounds:
        """Of comparisons with champion and anchor: at what this look may spend."""
        confidence = self.evaluated.champion_confidence or self.evaluated.confidence
        nothing = 1.0 - confidence < LEAST / 1.5  # a look that may spend nothing is measured at half of LEAST
        spent = "this year's rate of false promotions is spent, so this look can promote nothing"
        return Grounds(confidence, self.evaluated.clustered_by, spent if nothing else "")


@dataclass(frozen=True, slots=True)
class Made:
    """How a model was made: what is true of it whatever rows it is judged on."""

    split: Split
    trained: Trained
    measured: Measured


def everything(evaluated: Evaluated) -> Slice:
    """All rows, as one group."""
    return Slice(
        by="",
        group="",
        rows=evaluated.rows,
        candidate=evaluated.candidate,
        naive=evaluated.naive,
        champion=evaluated.champion,
        comparisons=evaluated.comparisons,
    )
