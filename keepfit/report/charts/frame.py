"""What charts with two axes have in common: series of points, the frame around them, points that can be drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from keepfit.report.svg import Point, Scale, padded, ticks, x_axis, y_axis

MOST_MARKS = 1200
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 400.0, 350.0, 46.0, 30.0, 300.0


@dataclass(frozen=True, slots=True)
class Series:
    """One model's points; ``kind`` (candidate, champion, naive) gives colour and pattern, ``name`` is for people.

    ``weights`` are the rows behind each point, ``bounds`` low and high of its y; empty where there are none.
    """

    kind: str
    name: str
    points: tuple[Point, ...]
    weights: tuple[float, ...] = field(default=())
    bounds: tuple[tuple[float, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows; without limits it holds all values with some air."""

    name: str
    low: float | None = None
    high: float | None = None


def thinned(points: Sequence[Point], most: int = MOST_MARKS) -> tuple[Point, ...]:
    """At most ``most`` finite points, evenly chosen, the first and the last among them.

    >>> thinned([(float(n), 0.0) for n in range(9)], 3)
    ((0.0, 0.0), (4.0, 0.0), (8.0, 0.0))
    """
    finite = [p for p in points if math.isfinite(p[0]) and math.isfinite(p[1])]
    if len(finite) <= most:
        return tuple(finite)
    return tuple(finite[round(n * (len(finite) - 1) / (most - 1))] for n in range(most))


def pieces(points: Sequence[Point], low: float, high: float) -> tuple[tuple[Point, ...], ...]:
    """The parts of a line whose y is within ``low`` to ``high``, cut where the line leaves.

    >>> pieces([(0.0, 1.0), (2.0, -1.0), (4.0, 1.0)], 0.0, 1.0)
    (((0.0, 1.0), (1.0, 0.0)), ((3.0, 0.0), (4.0, 1.0)))
    """
    found: list[list[Point]] = []
    joined = False
    for start, end in pairwise(points):
        part = _within(start, end, low, high)
        if part is None:
            joined = False
            continue
        first, last = part
        if joined:
            found[-1].append(last)
        else:
            found.append([first, last])
        joined = last == end
    return tuple(tuple(piece) for piece in found)


def _within(start: Point, end: Point, low: float, high: float) -> tuple[Point, Point] | None:
    """The part of one straight line within the limits, if there is any."""
    (x, y), (to_x, to_y) = start, end
    rise = to_y - y
    if rise == 0:
        return (start, end) if low <= y <= high else None
    enters, leaves = sorted(((low - y) / rise, (high - y) / rise))
    first, last = max(enters, 0.0), min(leaves, 1.0)
    if first >= last:
        return None

    def at(share: float) -> Point:
        return (x + share * (to_x - x), y + share * rise)

    return (start if first == 0 else at(first)), (end if last == 1 else at(last))


def frame(series: Sequence[Series], x: Axis, y: Axis) -> tuple[Scale, Scale, str]:
    """The scales of both axes, and the axes as drawn."""
    points = [p for one in series for p in thinned(one.points, 10**9)]
    bounds = [v for one in series for pair in one.bounds for v in pair if math.isfinite(v)]
    across = Scale(*_limits(x, [p[0] for p in points]), LEFT, WIDTH - 12)
    up = Scale(*_limits(y, [*(p[1] for p in points), *bounds]), BOTTOM, TOP)
    grid = x_axis(across, ticks(across.low, across.high), TOP, BOTTOM, x.name)
    return across, up, grid + y_axis(up, ticks(up.low, up.high), LEFT, WIDTH - 12, y.name)


def _limits(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    low, high = padded(values)
    return (low if axis.low is None else axis.low), (high if axis.high is None else axis.high)
