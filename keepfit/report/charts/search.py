"""What a search tried, by candidate and by how many rows a setting was given."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import quantiles

from keepfit.report.charts.frame import LEFT, WIDTH
from keepfit.report.svg import Scale, drawing, line, padded, tag, text, ticks, x_axis

_TOP, _NAME, _ROW, _FAR, _FARTHER = 8.0, 24.0, 20.0, 3.0, 20.0
_MOST = 400  # marks of a rung


@dataclass(frozen=True, slots=True)
class Rung:
    """Settings that were last given ``share`` of the rows to learn from, by their scores."""

    share: float
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One candidate's settings, the last rung first, and its best setting on all rows with its folds."""

    name: str
    rungs: tuple[Rung, ...]
    folds: tuple[float, ...]
    best: float | None
    won: bool


def search(lanes: Sequence[Lane], axis: str, title: str, description: str) -> str:
    """A lane for each candidate, in it a line for each rung, a mark for each setting.

    The winner has a ring, folds are strokes. Settings far from all others are drawn hollow at the edge.
    """
    across = Scale(*_limits(lanes), LEFT, WIDTH - 12)
    height = _TOP + sum(_NAME + _ROW * max(len(lane.rungs), 1) for lane in lanes)
    parts = [x_axis(across, ticks(across.low, across.high), _TOP, height, axis)]
    y = _TOP
    for lane in lanes:
        parts.append(text(lane.name, LEFT, y + 15, "lane"))
        y += _NAME
        for place, rung in enumerate(lane.rungs):
            parts += _rung(lane, rung, across, y + 6 + _ROW * place)
        y += _ROW * max(len(lane.rungs), 1)
    return drawing(parts, WIDTH, height + 46, title, description)


def far_off(lanes: Sequence[Lane]) -> int:
    """How many settings are so far from the others that they are drawn at the edge."""
    low, high = _limits(lanes)
    scores = (v for lane in lanes for rung in lane.rungs for v in rung.scores if math.isfinite(v))
    return sum(not low <= v <= high for v in scores)


def _rung(lane: Lane, rung: Rung, across: Scale, y: float) -> Iterator[str]:
    """One line: its share of the rows at the left, folds and settings on it."""
    full = rung.share >= 1
    yield text("all" if full else f"{max(rung.share, 0.01):.0%}", LEFT - 12, y + 4, "tick", "end", limit=7)
    yield line((across.start, y), (across.end, y), "rail")
    if full:
        yield from (line((across(v), y - 7), (across(v), y + 7), "fold") for v in lane.folds if math.isfinite(v))
    kind = ("candidate" if lane.won else "naive") + ("" if full else " early")
    for score in rung.scores[:_MOST]:
        if math.isfinite(score):
            beyond = "" if across.low <= score <= across.high else " beyond"
            yield tag("circle", cx=across(score), cy=y, r=5 if full else 3.5, class_=f"trial {kind}{beyond}")
    if full and lane.won and lane.best is not None and math.isfinite(lane.best):
        yield tag("circle", cx=across(lane.best), cy=y, r=9, class_="ring")


def _limits(lanes: Sequence[Lane]) -> tuple[float, float]:
    """A range for the bulk of the settings: a wild one must not press all others into a corner.

    The best of each candidate may be farther out, as who lost by how much is what people look for.
    """
    scores = [v for lane in lanes for rung in lane.rungs for v in rung.scores if math.isfinite(v)]
    marked = [v for lane in lanes for v in (*(lane.folds if lane.won else ()), lane.best)]
    best = [v for v in marked if v is not None and math.isfinite(v)]
    return padded([*_near(scores, scores, _FAR), *_near(best, scores, _FARTHER)])


def _near(values: Sequence[float], bulk: Sequence[float], times: float) -> list[float]:
    """The values no farther from the middle half of the bulk than so many times its width; all of few."""
    if len(bulk) < 4:
        return list(values)
    first, _, third = quantiles(bulk, n=4)
    reach = times * (third - first)
    return [v for v in values if not reach or first - reach <= v <= third + reach]
