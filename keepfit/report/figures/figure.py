"""A chart with its sentence and its legend, and how curves become lines in it."""

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from msgspec.structs import replace

from keepfit.records import Curve, Estimate, Evaluated
from keepfit.report.charts import Series
from keepfit.report.numbers import count, told

Mark = Literal["line", "band", "whisker", "dot", "ring", "fold", "threshold", "asked"]
_ORDER = {"candidate": 0, "champion": 1, "all": 2}


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of a legend: the ``mark`` and its ``kind`` as the chart draws them."""

    mark: Mark
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart (SVG), its title, the one sentence that says what it means, and its legend."""

    title: str
    sentence: str
    svg: str
    keys: tuple[Key, ...] = ()


def series_of(evaluated: Evaluated, name: str, *, weighted: bool = False, bounded: bool = False) -> list[Series]:
    """The candidate's curve, then the champion's; ``bounded`` keeps the bounds of the candidate's points."""
    found = [curve for curve in evaluated.curves if curve.name == name and curve.x]
    return [
        Series(
            c.model,
            model_word(c.model, evaluated),
            tuple(zip(c.x, c.y, strict=False)),
            c.weight if weighted else (),
            tuple(zip(c.low, c.high, strict=False)) if bounded and c.model == "candidate" else (),
        )
        for c in sorted(found, key=lambda c: _ORDER.get(c.model, 3))
    ]


def model_word(model: str, evaluated: Evaluated) -> str:
    """The model as the legend names it; a champion that has seen some of the rows stands for the others only."""
    if model != "champion":
        return {"all": "positive for every row"}.get(model, model)
    fewer = evaluated.champion_rows != evaluated.rows
    rows = f", on its {count(evaluated.champion_rows)}" if fewer else ""
    return f"champion (version {evaluated.champion_number}{rows})"


def legend(series: list[Series]) -> tuple[Key, ...]:
    """A line for each model."""
    return tuple(Key("line", one.kind, one.name) for one in series)


def candidates_curve(evaluated: Evaluated, name: str) -> Curve | None:
    """The candidate's points, if there are any."""
    found = (c for c in evaluated.curves if c.name == name and c.model == "candidate" and c.x)
    return next(found, None)


def known(estimate: Estimate | None) -> bool:
    """Whether there is a number to speak of."""
    return estimate is not None and estimate.value is not None and isfinite(estimate.value)


def said(estimate: Estimate, times: float = 1.0) -> str:
    """A number with its bounds, typeset; ``times`` 100 makes points of shares.

    >>> said(Estimate(value=0.0213, low=0.0101, high=0.0402, rows=9, clusters=9), 100)
    '2.13 (1.01 to 4.02)'
    """
    scaled = {
        name: None if (one := getattr(estimate, name)) is None else one * times for name in ("value", "low", "high")
    }
    return told(replace(estimate, **scaled))
