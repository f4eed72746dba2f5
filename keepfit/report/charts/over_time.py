"""Windows beside each other: how good the model was, and what moved, by the time at which each window ended."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from keepfit.report.svg import Scale, area, drawing, line, padded, path, tag, text, ticks, y_axis

_WIDTH, _LEFT, _RIGHT = 400.0, 46.0, 388.0
_TOP, _BOTTOM = 34.0, 230.0
_NAMES, _ROW = 118.0, 17.0  # of the heat map: room for names, height of a row
_STEPS = 9  # shades


@dataclass(frozen=True, slots=True)
class Moment:
    """A window's performance; what is None is not known."""

    end: datetime
    version: int
    estimated: float | None
    low: float | None
    high: float | None
    realised: float | None
    realised_low: float | None
    realised_high: float | None
    threshold: float | None


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A column's distance in units of its threshold by window (None: not known); above 1 it alarmed."""

    name: str
    ratios: tuple[float | None, ...]


def performance_plot(moments: Sequence[Moment], title: str, description: str) -> str:
    """Estimated with its bounds as a band, realised as dots with bars, what counts as worse as a dashed line.

    Where another version begins stands a vertical line with its number.
    """
    values = [v for m in moments for v in _values(m) if v is not None and math.isfinite(v)]
    if not values:
        return ""
    across = _across([m.end for m in moments])
    up = Scale(*padded(values), _BOTTOM, _TOP)
    parts = [y_axis(up, ticks(up.low, up.high), _LEFT, _RIGHT, ""), *_dates([m.end for m in moments], across, _BOTTOM)]
    parts += _versions(moments, across, _TOP, _BOTTOM)
    known = [(across(m.end.timestamp()), m) for m in moments]
    bounds = [(x, m.low, m.high) for x, m in known if m.low is not None and m.high is not None]
    band = [(x, up(high)) for x, _, high in bounds] + [(x, up(low)) for x, low, _ in reversed(bounds)]
    parts.append(area(band, "band candidate") if len(bounds) > 1 else "")
    parts.append(path([(x, up(m.threshold)) for x, m in known if m.threshold is not None], "threshold"))
    parts.append(path([(x, up(m.estimated)) for x, m in known if m.estimated is not None], "line candidate"))
    for x, m in known:
        parts += _realised(x, m, up)
    return drawing(parts, _WIDTH, _BOTTOM + 30, title, description)


def _values(m: Moment) -> tuple[float | None, ...]:
    return m.estimated, m.low, m.high, m.realised, m.realised_low, m.realised_high, m.threshold


def _realised(x: float, m: Moment, up: Scale) -> list[str]:
    if m.realised is None or not math.isfinite(m.realised):
        return []
    bar = m.realised_low is not None and m.realised_high is not None
    whisker = [line((x, up(m.realised_low or 0.0)), (x, up(m.realised_high or 0.0)), "whisker champion")] if bar else []
    return [*whisker, tag("circle", cx=x, cy=up(m.realised), r=3, class_="mark champion")]


def heat_map(ends: Sequence[datetime], rows: Sequence[HeatRow], versions: Sequence[int], title: str, said: str) -> str:
    """A row a column of the data, a cell a window: the darker, the nearer to its threshold; beyond it in red."""
    if not ends or not rows:
        return ""
    width = (_RIGHT - _NAMES) / len(ends)
    parts = []
    for place, row in enumerate(rows):
        y = 22 + place * _ROW
        parts.append(text(row.name, 2, y + 12, limit=17))
        parts += [_cell(_NAMES + at * width, y, width, ratio) for at, ratio in enumerate(row.ratios)]
    bottom = 22 + len(rows) * _ROW
    for at in range(1, len(ends)):
        if versions[at] != versions[at - 1]:
            x = _NAMES + at * width
            parts += [line((x, 16), (x, bottom), "fold"), text(f"v{versions[at]}", x, 12, "tick", "middle")]
    parts += [text(f"{ends[0]:%Y-%m-%d}", _NAMES, bottom + 16, "tick")]
    if len(ends) > 1:
        parts += [text(f"{ends[-1]:%Y-%m-%d}", _RIGHT, bottom + 16, "tick", "end")]
    return drawing(parts, _WIDTH, bottom + 24, title, said)


def _cell(x: float, y: float, width: float, ratio: float | None) -> str:
    place = {"x": x, "y": y, "width": max(width - 0.6, 0.6), "height": _ROW - 2}
    if ratio is None or not math.isfinite(ratio):
        return tag("rect", class_="rail empty", **place)  # type: ignore[arg-type]
    depth = min(max(math.ceil(ratio * _STEPS), 1), _STEPS)
    kind = f"cell wrong d{_STEPS}" if ratio > 1 else f"cell right d{depth}"
    return tag("rect", tag("title", f"{ratio:.2f} times its threshold"), class_=kind, **place)


def _across(ends: Sequence[datetime]) -> Scale:
    first, last = ends[0].timestamp(), ends[-1].timestamp()
    air = (last - first) * 0.03 or 43_200.0
    return Scale(first - air, last + air, _LEFT, _RIGHT)


def _dates(ends: Sequence[datetime], across: Scale, bottom: float) -> list[str]:
    """The first and the last day, and the one in the middle where there is room."""
    if len(ends) == 1:
        return [text(f"{ends[0]:%Y-%m-%d}", across(ends[0].timestamp()), bottom + 18, "tick", "middle")]
    return [
        text(f"{ends[0]:%Y-%m-%d}", _LEFT, bottom + 18, "tick"),
        text(f"{ends[-1]:%Y-%m-%d}", _RIGHT, bottom + 18, "tick", "end"),
    ]


def _versions(moments: Sequence[Moment], across: Scale, top: float, bottom: float) -> list[str]:
    parts = []
    for before, after in pairwise(moments):
        if before.version != after.version:
            x = (across(before.end.timestamp()) + across(after.end.timestamp())) / 2
            parts += [line((x, top), (x, bottom), "fold"), text(f"v{after.version}", x, top - 6, "tick", "middle")]
    return parts
