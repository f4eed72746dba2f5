"""One number with its bounds on a line as wide as a table's cell: against a threshold, against zero, beside others."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keepfit.report.svg import Scale, drawing, line, padded, tag

_WIDTH, _EDGE = 220.0, 6.0


@dataclass(frozen=True, slots=True)
class Span:
    """A value between its bounds; what is None is not known, and a bar without a bound runs to the edge."""

    value: float | None
    low: float | None = None
    high: float | None = None

    @property
    def known(self) -> list[float]:
        """The numbers that can be drawn."""
        return [v for v in (self.value, self.low, self.high) if v is not None and math.isfinite(v)]


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
    span = Span(value, low, high)
    known = [*span.known, *Span(threshold).known]
    if value is None or threshold is None or len(known) < 2:
        return ""
    across, middle = Scale(*padded(known, 0.18), _EDGE, _WIDTH - _EDGE), 14.0
    parts = []
    if passes:
        start, end = (across(threshold), across.end) if passes == "right" else (across.start, across(threshold))
        parts.append(tag("rect", x=start, y=2, width=max(end - start, 0), height=24, class_="passing"))
    parts.append(line((across.start, middle), (across.end, middle), "rail"))
    parts.append(line((across(threshold), 0), (across(threshold), 28), "threshold"))
    parts += _bar(span, across, middle, outcome)
    parts += _dot(span, across, middle, f"dot {outcome}")
    return drawing(parts, _WIDTH, 28, title, description, class_="gateplot")


def gain_plot(span: Span, margin: float | None, *, kind: str, title: str, description: str) -> str:
    """A paired difference, zero in the middle so that rows stand under each other; right of it is better.

    Each has a scale of its own, as units differ. With a ``margin`` what is right of ``-margin`` is shaded.
    """
    reach = 1.12 * max(map(abs, [*span.known, *Span(margin).known]), default=0.0)
    if span.value is None or not math.isfinite(span.value):
        return ""
    across, middle = Scale(-(reach or 1.0), reach or 1.0, _EDGE, _WIDTH - _EDGE), 11.0
    parts = []
    if margin is not None and math.isfinite(margin):
        start = across(-margin)
        parts.append(tag("rect", x=start, y=1, width=across.end - start, height=20, class_="passing"))
        parts.append(line((start, 0), (start, 22), "threshold"))
    parts.append(line((across.start, middle), (across.end, middle), "rail"))
    parts.append(line((across(0), 0), (across(0), 22), "zero"))
    parts += _bar(span, across, middle, kind)
    parts += _dot(span, across, middle, f"dot {kind}")
    return drawing(parts, _WIDTH, 22, title, description, class_="gateplot")


def group_plot(
    models: Sequence[tuple[str, Span]], whole: float | None, limits: Iterable[float], *, title: str, description: str
) -> str:
    """One group: a line for each model (the first is the candidate), and the candidate over all rows as a guide.

    ``limits`` are all the numbers of all groups, so that groups stand under each other on one scale.
    """
    known = [v for v in limits if math.isfinite(v)]
    if not any(span.known for _, span in models) or not known:
        return ""
    across, height = Scale(*padded(known), _EDGE, _WIDTH - _EDGE), 6.0 + 9 * len(models)
    parts = [line((across(whole), 0), (across(whole), height), "threshold") for whole in Span(whole).known]
    for row, (kind, span) in enumerate(models):
        y = 7.5 + 9 * row
        parts.append(line((across.start, y), (across.end, y), "rail"))
        parts += _bar(span, across, y, kind, cap=3) if span.low is not None or span.high is not None else []
        parts += _dot(span, across, y, f"dot {kind}", radius=3.6 if row == 0 else 2.8)
    return drawing(parts, _WIDTH, height, title, description, class_="gateplot")


def _bar(span: Span, across: Scale, y: float, kind: str, cap: float = 5) -> list[str]:
    """The bounds, with a cap where there is one; nothing without any."""
    low, high = (v if v is not None and math.isfinite(v) else None for v in (span.low, span.high))
    if low is None and high is None:
        return []
    left, right = across(across.low if low is None else low), across(across.high if high is None else high)
    parts = [line((left, y), (right, y), f"bar {kind}")]
    return parts + [
        line((end, y - cap), (end, y + cap), f"cap {kind}")
        for end, seen in ((left, low), (right, high))
        if seen is not None
    ]


def _dot(span: Span, across: Scale, y: float, class_: str, radius: float = 4.5) -> list[str]:
    if span.value is None or not math.isfinite(span.value):
        return []
    return [tag("circle", cx=across(span.value), cy=y, r=radius, class_=class_)]
