"""Windows beside each other: how good the model was, and what moved, by the time at which each window ended."""

import html
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from keepfit.report.numbers import exact, typeset
from keepfit.report.svg import Scale, area, drawing, fitted, line, padded, path, tag, text, ticks, y_axis

_WIDTH, _LEFT, _RIGHT = 400.0, 46.0, 388.0
_TOP, _BOTTOM = 44.0, 236.0
PERFORMANCE_HEIGHT = _BOTTOM + 30
_DIGIT = 6.8  # width of one in a tick
_NAMES, _ROW, _HEAD = 130.0, 17.0, 22.0  # of the heat map: room for names, height of a row, room above
_STEPS = 9  # shades
_APART = 24.0  # between two labels of versions
_MOST_HINTS = 1500  # cells that say their number when they are pointed at
_CROWDED = 45  # windows from which on marks are smaller


@dataclass(frozen=True, slots=True)
class Moment:
    """A window's performance; what is None is not known. ``asked``: a retrain was asked for."""

    end: datetime
    version: int
    estimated: float | None
    low: float | None
    high: float | None
    realised: float | None
    realised_low: float | None
    realised_high: float | None
    threshold: float | None
    asked: bool = False


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A column's distance in units of its threshold by window (None: not known); above 1 it alarmed."""

    name: str
    ratios: tuple[float | None, ...]


def performance_plot(moments: Sequence[Moment], axis: str, title: str, description: str) -> str:
    """Estimated with its bounds as a band, realised as dots with bars, what counts as worse as a dashed line.

    Where another version begins stands a vertical line with its number, and lines begin anew, as they do behind a
    window of which nothing is known. A retrain that was asked for is a triangle on the time axis.
    """
    values = [v for m in moments for v in _values(m) if v is not None and math.isfinite(v)]
    if not values:
        return ""
    up = Scale(*padded(values, 0.1), _BOTTOM, _TOP)
    marks = ticks(up.low, up.high)
    left = max(_LEFT, 12 + _DIGIT * max(len(typeset(exact(each))) for each in marks))
    across = _across([m.end for m in moments], left)
    parts = [
        text(axis, 2, 14, "name", limit=64),
        y_axis(up, marks, left, _RIGHT, ""),
        *_dates([m.end for m in moments], across, _BOTTOM),
    ]
    parts += _versions([(across(m.end.timestamp()), m.version) for m in moments], left, _TOP, _BOTTOM)
    places = [(across(m.end.timestamp()), m) for m in moments]
    parts += [part for run in _runs(places, lambda m: m.threshold) for part in _limit(run, up)]
    parts += [part for run in _runs(places, lambda m: m.estimated) for part in _estimated(run, up)]
    crowded = len(moments) > _CROWDED
    radius = 1.8 if crowded else 3.0
    parts += [part for x, m in places for part in _realised(x, m, up, radius)]
    parts += [area([(x - 5, _BOTTOM), (x + 5, _BOTTOM), (x, _BOTTOM - 9)], "asked") for x, m in places if m.asked]
    return drawing(parts, _WIDTH, PERFORMANCE_HEIGHT, title, description, class_="crowded" if crowded else "")


Place = tuple[float, Moment]


def _runs(places: Sequence[Place], value: Callable[[Moment], float | None]) -> Iterator[list[Place]]:
    """Neighbours of one version of which a value is known."""
    run: list[Place] = []
    for x, m in places:
        if run and (value(m) is None or m.version != run[-1][1].version):
            yield run
            run = []
        if value(m) is not None:
            run.append((x, m))
    if run:
        yield run


def _limit(run: Sequence[Place], up: Scale) -> list[str]:
    points = [(x, up(m.threshold or 0.0)) for x, m in run]
    alone = [(points[0][0] - 9, points[0][1]), (points[0][0] + 9, points[0][1])]
    return [path(points if len(points) > 1 else alone, "threshold")]


def _estimated(run: Sequence[Place], up: Scale) -> list[str]:
    """A band and a line through neighbours; a window that stands alone is a dot with a bar."""
    bounds = [(x, m.low, m.high) for x, m in run if m.low is not None and m.high is not None]
    if len(run) == 1:
        x, m = run[0]
        bars = [line((x, up(low)), (x, up(high)), "whisker candidate") for x, low, high in bounds]
        return [*bars, tag("circle", cx=x, cy=up(m.estimated or 0.0), r=3.5, class_="mark candidate")]
    band = [(x, up(high)) for x, _, high in bounds] + [(x, up(low)) for x, low, _ in reversed(bounds)]
    drawn = path([(x, up(m.estimated or 0.0)) for x, m in run], "line candidate")
    return [area(band, "band candidate") if len(bounds) > 1 else "", drawn]


def _values(m: Moment) -> tuple[float | None, ...]:
    return m.estimated, m.low, m.high, m.realised, m.realised_low, m.realised_high, m.threshold


def _realised(x: float, m: Moment, up: Scale, radius: float) -> list[str]:
    if m.realised is None or not math.isfinite(m.realised):
        return []
    bar = m.realised_low is not None and m.realised_high is not None
    whisker = [line((x, up(m.realised_low or 0.0)), (x, up(m.realised_high or 0.0)), "whisker champion")] if bar else []
    return [*whisker, tag("circle", cx=x, cy=up(m.realised), r=radius, class_="mark champion")]


def heat_map(ends: Sequence[datetime], rows: Sequence[HeatRow], versions: Sequence[int], title: str, said: str) -> str:
    """A row a column of the data, a cell a window: the darker, the nearer to its threshold; beyond it in red."""
    if not ends or not rows:
        return ""
    width = (_RIGHT - _NAMES) / len(ends)
    hint = len(ends) * len(rows) <= _MOST_HINTS
    parts = []
    for place, row in enumerate(rows):
        y = _HEAD + place * _ROW
        parts.append(_name(row.name, y + 12))
        parts += [_cell(_NAMES + at * width, y, width, ratio, hint=hint) for at, ratio in enumerate(row.ratios)]
    bottom = _HEAD + len(rows) * _ROW
    middles = [_NAMES + (at + 0.5) * width for at in range(len(ends))]
    parts += _versions(list(zip(middles, versions, strict=True)), _NAMES, _HEAD - 2, bottom)
    parts += _labels([(x, f"{end:%Y-%m-%d}") for x, end in zip(middles, ends, strict=True)], _NAMES, bottom + 16)
    return drawing(parts, _WIDTH, bottom + 24, title, said)


def _name(name: str, y: float) -> str:
    """A column's name, cut where there is no room; pointed at, it says all of it."""
    shown = fitted(name, _NAMES - 8)
    return tag("text", tag("title", html.escape(fitted(name, 2000))) + html.escape(shown), x=2, y=y, class_="t")


def _cell(x: float, y: float, width: float, ratio: float | None, *, hint: bool) -> str:
    place = {"x": x, "y": y, "width": max(width - min(0.6, width / 8), 0.6), "height": _ROW - 2}
    if ratio is None or not math.isfinite(ratio):
        return tag("rect", class_="cell empty", **place)  # type: ignore[arg-type]
    depth = min(max(math.ceil(ratio * _STEPS), 1), _STEPS)
    kind = f"cell wrong d{_STEPS}" if ratio > 1 else f"cell right d{depth}"
    return tag("rect", tag("title", f"{ratio:.2f} times its threshold") if hint else "", class_=kind, **place)


def _across(ends: Sequence[datetime], left: float) -> Scale:
    first, last = ends[0].timestamp(), ends[-1].timestamp()
    air = (last - first) * 0.03 or 43_200.0
    return Scale(first - air, last + air, left, _RIGHT)


def _dates(ends: Sequence[datetime], across: Scale, bottom: float) -> list[str]:
    return _labels([(across(end.timestamp()), f"{end:%Y-%m-%d}") for end in ends], across.start, bottom + 18)


def _labels(places: Sequence[tuple[float, str]], left: float, y: float) -> list[str]:
    """The first and the last day, and one in the middle where there is room between them."""
    if len(places) == 1:
        return [text(places[0][1], places[0][0], y, "tick", "middle")]
    ends = [text(places[0][1], left, y, "tick"), text(places[-1][1], _RIGHT, y, "tick", "end")]
    centre = (left + _RIGHT) / 2
    x, day = min(places, key=lambda place: abs(place[0] - centre))
    roomy = left + 115 < x < _RIGHT - 115
    return [*ends, text(day, x, y, "tick", "middle")] if roomy else ends


def _versions(places: Sequence[tuple[float, int]], left: float, top: float, bottom: float) -> list[str]:
    """The version at the start, and a line with a number where another one begins; no number lies on another."""
    parts, last = [text(f"v{places[0][1]}", left, top - 6, "tick")], left + 8
    for (before, old), (after, new) in pairwise(places):
        if old != new:
            x = (before + after) / 2
            parts.append(line((x, top), (x, bottom), "fold"))
            if x - last >= _APART:
                parts.append(text(f"v{new}", x, top - 6, "tick", "middle"))
                last = x
    return parts
