"""Lines and clouds in a frame with two axes."""

import math
from collections.abc import Iterator, Sequence

from keepfit.report.charts.frame import HEIGHT, MOST_MARKS, WIDTH, Axis, Series, frame, pieces, thinned
from keepfit.report.svg import Scale, area, drawing, line, path, tag


def curves(
    series: Sequence[Series],
    x: Axis,
    y: Axis,
    title: str,
    description: str,
    *,
    diagonal: bool = False,
    level: float | None = None,
    whiskers: bool = False,
) -> str:
    """Lines of several models in one frame; weighted points also get marks, larger where more rows stand behind.

    Parameters
    ----------
    diagonal : draws x = y.
    level : draws a guide at this y.
    whiskers : draws the bounds of each point as a stroke, else those of a series as a band behind its line.
    """
    across, up, drawn = frame(series, x, y)
    parts = [drawn]
    if diagonal:
        low, high = max(across.low, up.low), min(across.high, up.high)
        parts.append(line((across(low), up(low)), (across(high), up(high)), "guide"))
    if level is not None and math.isfinite(level):
        parts.append(line((across(across.low), up(level)), (across(across.high), up(level)), "guide"))
    for one in reversed(series):
        parts += _whiskers(one, across, up) if whiskers else _band(one, across, up)
        for piece in pieces(thinned(one.points), up.low, up.high):
            parts.append(path([(across(px), up(py)) for px, py in piece], f"line {one.kind}"))
        parts += _marks(one, across, up)
    return drawing(parts, WIDTH, HEIGHT, title, description)


def cloud(series: Series, x: Axis, y: Axis, title: str, description: str, *, guide: str) -> str:
    """A scatter of one model's rows with a guide: ``diagonal`` (x = y) or ``zero`` (y = 0)."""
    across, up, drawn = frame([series], x, y)
    low, high = across.low, across.high
    if guide == "diagonal":
        low, high = max(low, up.low), min(high, up.high)
    ends = [(low, low), (high, high)] if guide == "diagonal" else [(low, 0.0), (high, 0.0)]
    parts = [drawn]
    if high >= low:
        (ax, ay), (bx, by) = ends
        parts.append(line((across(ax), up(ay)), (across(bx), up(by)), "guide"))
    parts += [
        tag("circle", cx=across(px), cy=up(py), r=2.4, class_=f"speck {series.kind}")
        for px, py in thinned(series.points)
    ]
    return drawing(parts, WIDTH, HEIGHT, title, description)


def _bounded(one: Series) -> Iterator[tuple[float, float, float]]:
    """Of each point that can be drawn with its bounds: x, low, high."""
    for (x, _), (low, high) in zip(one.points, one.bounds, strict=False):
        if all(map(math.isfinite, (x, low, high))):
            yield x, low, high


def _band(one: Series, across: Scale, up: Scale) -> list[str]:
    known = list(_bounded(one))[:MOST_MARKS]
    upper = [(across(x), up(high)) for x, _, high in known]
    lower = [(across(x), up(low)) for x, low, _ in reversed(known)]
    return [area([*upper, *lower], f"band {one.kind}")] if len(known) > 1 else []


def _whiskers(one: Series, across: Scale, up: Scale) -> list[str]:
    known = list(_bounded(one))[:MOST_MARKS]
    return [line((across(x), up(low)), (across(x), up(high)), f"whisker {one.kind}") for x, low, high in known]


def _marks(one: Series, across: Scale, up: Scale) -> list[str]:
    """A dot for each weighted point, its area by the weight."""
    weighted = [(p, w) for p, w in zip(one.points, one.weights, strict=False) if all(map(math.isfinite, (*p, w)))]
    largest = max((w for _, w in weighted), default=0.0) or 1.0
    sizes = [(across(x), up(y), 2 + 2.5 * math.sqrt(max(w, 0.0) / largest)) for (x, y), w in weighted[:MOST_MARKS]]
    return [tag("circle", cx=x, cy=y, r=r, class_=f"mark {one.kind}") for x, y, r in sizes]
