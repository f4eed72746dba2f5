"""Numbers in, SVG out: the charts of the report, readable in light and dark, in print and by a screen reader.

Models differ by line pattern and mark, never by colour alone. What is not finite is not drawn, and a chart
never has more marks than a page can show.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from keepfit.report.numbers import count, number, percent
from keepfit.report.svg import Point, Scale, drawing, line, padded, path, tag, text, ticks, x_axis, y_axis

_MOST_MARKS = 1200
_WIDTH, _LEFT, _TOP = 400.0, 46.0, 30.0


@dataclass(frozen=True, slots=True)
class Series:
    """One model's points; ``kind`` (candidate, champion, naive) gives colour and pattern, ``name`` is for people."""

    kind: str
    name: str
    points: tuple[Point, ...]
    weights: tuple[float, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows; without limits it holds all values with some air."""

    name: str
    low: float | None = None
    high: float | None = None


def thinned(points: Sequence[Point], most: int = _MOST_MARKS) -> tuple[Point, ...]:
    """At most ``most`` finite points, evenly chosen, the first and the last among them.

    >>> thinned([(float(n), 0.0) for n in range(9)], 3)
    ((0.0, 0.0), (4.0, 0.0), (8.0, 0.0))
    """
    finite = [p for p in points if math.isfinite(p[0]) and math.isfinite(p[1])]
    if len(finite) <= most:
        return tuple(finite)
    return tuple(finite[round(n * (len(finite) - 1) / (most - 1))] for n in range(most))


def curves(series: Sequence[Series], x: Axis, y: Axis, title: str, description: str, *, diagonal: bool = False) -> str:
    """Lines of several models in one frame; weighted points also get marks, larger where more rows stand behind."""
    across, up, frame = _frame(series, x, y, height=300)
    parts = [frame]
    if diagonal:
        parts.append(line((across(across.low), up(across.low)), (across(across.high), up(across.high)), "guide"))
    for one in reversed(series):
        places = [(across(px), up(py)) for px, py in thinned(one.points)]
        parts.append(path(places, f"line {one.kind}"))
        parts += _marks(one, across, up)
    return drawing(parts, _WIDTH, 350, title, description)


def cloud(series: Series, x: Axis, y: Axis, title: str, description: str, *, guide: str) -> str:
    """A scatter of one model's rows with a guide: ``diagonal`` (x = y) or ``zero`` (y = 0)."""
    across, up, frame = _frame([series], x, y, height=300)
    ends = (
        ((across.low, across.low), (across.high, across.high))
        if guide == "diagonal"
        else ((across.low, 0.0), (across.high, 0.0))
    )
    (ax, ay), (bx, by) = ends
    parts = [frame, line((across(ax), up(ay)), (across(bx), up(by)), "guide")]
    parts += [
        tag("circle", cx=across(px), cy=up(py), r=2.4, class_=f"speck {series.kind}")
        for px, py in thinned(series.points)
    ]
    return drawing(parts, _WIDTH, 350, title, description)


def _frame(series: Sequence[Series], x: Axis, y: Axis, height: float) -> tuple[Scale, Scale, str]:
    points = [p for one in series for p in thinned(one.points, 10**9)]
    across = Scale(*_limits(x, [p[0] for p in points]), _LEFT, _WIDTH - 12)
    up = Scale(*_limits(y, [p[1] for p in points]), height, _TOP)
    grid = x_axis(across, ticks(across.low, across.high), _TOP, height, x.name)
    return across, up, grid + y_axis(up, ticks(up.low, up.high), _LEFT, _WIDTH - 12, y.name)


def _limits(axis: Axis, values: Sequence[float]) -> tuple[float, float]:
    low, high = padded(values)
    return (low if axis.low is None else axis.low), (high if axis.high is None else axis.high)


def _marks(one: Series, across: Scale, up: Scale) -> list[str]:
    """A dot for each weighted point, its area by the weight."""
    weighted = [(p, w) for p, w in zip(one.points, one.weights, strict=False) if all(map(math.isfinite, (*p, w)))]
    largest = max((w for _, w in weighted), default=0.0) or 1.0
    sizes = [(across(x), up(y), 2 + 2.5 * math.sqrt(max(w, 0.0) / largest)) for (x, y), w in weighted[:_MOST_MARKS]]
    return [tag("circle", cx=x, cy=y, r=r, class_=f"mark {one.kind}") for x, y, r in sizes]


def gate_plot(
    value: float | None,
    low: float | None,
    high: float | None,
    threshold: float | None,
    *,
    outcome: str,
    passes: str | None,
    title: str,
    description: str,
) -> str:
    """A gate on one line: the value as a dot, its bounds as a bar, the threshold as a line, the passing side shaded.

    ``passes`` is the side of the threshold that passes, ``right`` or ``left``; None shades nothing.
    """
    known = [v for v in (value, low, high, threshold) if v is not None and math.isfinite(v)]
    if value is None or threshold is None or len(known) < 2:
        return ""
    across, middle = Scale(*padded(known, 0.18), 6, 214), 14.0
    parts = []
    if passes:
        start, end = (across(threshold), 214.0) if passes == "right" else (6.0, across(threshold))
        parts.append(tag("rect", x=start, y=2, width=max(end - start, 0), height=24, class_="passing"))
    parts.append(line((6, middle), (214, middle), "rail"))
    parts.append(line((across(threshold), 0), (across(threshold), 28), "threshold"))
    if low is not None or high is not None:
        left, right = across(across.low if low is None else low), across(across.high if high is None else high)
        parts.append(line((left, middle), (right, middle), f"bar {outcome}"))
        parts += [
            line((end, middle - 5), (end, middle + 5), f"cap {outcome}")
            for end, seen in ((left, low), (right, high))
            if seen is not None
        ]
    parts.append(tag("circle", cx=across(value), cy=middle, r=4.5, class_=f"dot {outcome}"))
    return drawing(parts, 220, 28, title, description, class_="gateplot")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a whole."""

    kind: str
    name: str
    rows: int


def whole(parts: Sequence[Part], title: str) -> str:
    """A bar of what a whole is made of; no piece that exists is too thin to be seen."""
    total = sum(part.rows for part in parts) or 1
    widths = [max(part.rows / total * 800, 3.0) if part.rows else 0.0 for part in parts]
    scale = 800 / max(sum(widths), 800)
    drawn, x = [], 0.0
    for part, width in zip(parts, widths, strict=True):
        if width:
            hint = tag("title", f"{number(part.rows)}")
            drawn.append(
                tag("rect", hint, x=x, y=0, width=max(width * scale - 1, 1), height=20, class_=f"part {part.kind}")
            )
        x += width * scale
    words = ", ".join(f"{count(part.rows)} {part.name} ({percent(part.rows / total)})" for part in parts)
    return drawing(drawn, 800, 20, title, words, class_="wholebar", fill=True)


@dataclass(frozen=True, slots=True)
class Lane:
    """One candidate's trials, and the best of them with its folds."""

    name: str
    scores: tuple[float, ...]
    folds: tuple[float, ...]
    best: float | None
    won: bool


def search(lanes: Sequence[Lane], axis: str, title: str, description: str) -> str:
    """A lane for each candidate, a mark for each setting that was tried; the winner has a ring, its folds are ticks."""
    values = [v for lane in lanes for v in (*lane.scores, *lane.folds)]
    height = _TOP + 54.0 * len(lanes)
    across = Scale(*padded(values), 12, _WIDTH * 2 - 12)
    parts = [x_axis(across, ticks(across.low, across.high, 6), 12, height - 20, axis)]
    for row, lane in enumerate(lanes):
        y = 46.0 + 54 * row
        parts.append(text(lane.name, 12, y - 20, "lane"))
        parts.append(line((12, y), (_WIDTH * 2 - 12, y), "rail"))
        parts += [line((across(v), y - 7), (across(v), y + 7), "fold") for v in lane.folds]
        kind = "candidate" if lane.won else "naive"
        parts += [tag("circle", cx=across(v), cy=y, r=5, class_=f"trial {kind}") for v in lane.scores]
        if lane.won and lane.best is not None:
            parts.append(tag("circle", cx=across(lane.best), cy=y, r=9, class_="ring"))
    return drawing(parts, _WIDTH * 2, height + 24, title, description, class_="wide")


def confusion(counts: Sequence[Sequence[float]], labels: Sequence[str], title: str, description: str) -> str:
    """A square for each pair of true and predicted class; the darker, the larger the share of the true class."""
    cell = min(72.0, 324 / max(len(labels), 1))
    left, top = 70.0, 46.0
    side = cell * len(labels)
    parts = [text("true class ↓   predicted →", 2, 14, "name", limit=64)]
    for row, (label, line_of) in enumerate(zip(labels, counts, strict=True)):
        total = sum(line_of) or 1.0
        middle = (row + 0.5) * cell
        parts.append(text(label, left - 8, top + middle + 4, "tick", "end", limit=8))
        parts.append(text(label, left + middle, top - 8, "tick", "middle", limit=max(3, int(cell / 7))))
        parts += [
            _cell(n, n / total, (left + col * cell, top + row * cell), cell, row == col)
            for col, n in enumerate(line_of)
        ]
    return drawing(parts, _WIDTH, top + side + 6, title, description)


def _cell(rows: float, share: float, corner: Point, cell: float, right: bool) -> str:
    x, y = corner
    depth = min(int(share * 9.99), 9)
    kind = "right" if right else "wrong"
    square = tag("rect", x=x, y=y, width=cell - 1.5, height=cell - 1.5, class_=f"cell {kind} d{depth}")
    if not rows:
        return square
    return square + text(number(int(rows)), x + (cell - 1.5) / 2, y + cell / 2 + 3, "n", "middle")
