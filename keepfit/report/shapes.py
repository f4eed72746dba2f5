"""The shape of a column as bars: numbers by size, texts by how often, times by day."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from keepfit.profile import ColumnProfile, per_day, quantile, top
from keepfit.profile.read import weights
from keepfit.report.numbers import exact, number, typeset
from keepfit.report.svg import Scale, drawing, tag, text, ticks, y_axis

_BARS = 40
_TOP = 12
_WIDTH, _LEFT, _TOPMOST, _BOTTOM, _HEIGHT = 720.0, 64.0, 30.0, 220.0, 250.0
Bar = tuple[str, float]


def shape_of(name: str, column: ColumnProfile) -> str:
    """A drawing, or nothing where there is nothing to draw."""
    if column.kind in {"int", "float"} and column.numbers:
        return _numbers(name, column)
    if column.times:
        return _times(name, column)
    bars = [(value, float(rows)) for value, rows in top(column, _TOP)]
    return _bars(bars, f"Rows by {name}", "the commonest values", every=1) if bars else ""


def _numbers(name: str, column: ColumnProfile) -> str:
    """From the 1 % to the 99 % quantile; what lies beyond stands in the outermost bars."""
    low, high = quantile(column, 0.01), quantile(column, 0.99)
    if column.numbers is None or not np.isfinite(high - low):
        return ""
    values, rows = weights(column.numbers, whole=column.kind == "int")
    if high <= low:
        return _bars([(exact(low), float(rows.sum()))], f"Rows by {name}", "one value", every=1)
    whole = column.kind == "int" and high - low < _BARS
    edges = np.arange(low, high + 2) - 0.5 if whole else np.linspace(low, high, _BARS + 1)
    at = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    counts = np.bincount(at, rows, len(edges) - 1)
    labels = [exact(low + at) if whole else number(float(edge)) for at, edge in enumerate(edges[:-1])]
    bars = list(zip(labels, counts.tolist(), strict=True))
    return _bars(bars, f"Rows by {name}", f"{number(low)} to {number(high)}, what is beyond at the ends", every=0)


def _times(name: str, column: ColumnProfile) -> str:
    days = list(per_day(column))
    if not days:
        return ""
    first, span = days[0][0], (days[-1][0] - days[0][0]).days + 1
    width = -(-span // 90)
    rows = np.zeros(-(-span // width))
    for day, count in days:
        rows[(day - first).days // width] += count
    labels = [_label(first, at * width) for at in range(len(rows))]
    each = "day" if width == 1 else f"{width} days"
    return _bars(list(zip(labels, rows.tolist(), strict=True)), f"Rows by {each} of {name}", "UTC", every=0)


def _label(first: date, days: int) -> str:
    return (first + timedelta(days=days)).isoformat()


def _bars(bars: Sequence[Bar], title: str, says: str, *, every: int) -> str:
    """Upright bars; with ``every`` 0 only some of them have their label below."""
    most = max(rows for _, rows in bars)
    up = Scale(0, most or 1, _BOTTOM, _TOPMOST)
    step = (_WIDTH - _LEFT) / len(bars)
    every = every or max(1, len(bars) // 6)
    parts = [y_axis(up, ticks(0, most), _LEFT, _WIDTH, "rows")]
    for at, (label, rows) in enumerate(bars):
        left = _LEFT + at * step
        said = tag("title", f"{_escaped(label)}: {rows:,.0f} rows")
        shape = {"x": left + step * 0.08, "y": up(rows), "width": max(step * 0.84, 0.5), "height": _BOTTOM - up(rows)}
        parts.append(tag("rect", said, class_="bin", **shape))
        if at % every == 0:
            limit = max(4, int(every * step / 7))
            parts.append(text(typeset(label), left + step / 2, _BOTTOM + 16, "tick", "middle", limit=limit))
    return drawing(parts, _WIDTH, _HEIGHT, title, says)


def _escaped(words: str) -> str:
    import html

    from keepfit.report.wording import visible

    return html.escape(visible(words))
