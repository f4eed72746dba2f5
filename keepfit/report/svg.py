"""The few SVG shapes that the charts are drawn of: strings, everything escaped, colours left to the style sheet.

Coordinates have one decimal, so equal numbers make equal bytes. No ids, so that figures can stand on one page.
"""

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from keepfit.report.numbers import exact, typeset
from keepfit.report.wording import visible

Point = tuple[float, float]

_LETTER, _ROOM = 6.6, 11.0  # width of a digit of a tick, and what is left of the drawing beyond an axis


def tag(name: str, content: str = "", **attributes: str | float) -> str:
    """One element; ``content`` is markup already, attributes are escaped here (``class_`` and ``font_size`` work).

    >>> tag("circle", cx=3.14159, r=2, class_="dot")
    '<circle cx="3.1" r="2" class="dot"/>'
    """
    parts = [name]
    for key, value in attributes.items():
        text = coordinate(value) if isinstance(value, int | float) else html.escape(value)
        parts.append(f'{key.strip("_").replace("_", "-")}="{text}"')
    opening = " ".join(parts)
    return f"<{opening}>{content}</{name}>" if content else f"<{opening}/>"


def coordinate(value: float) -> str:
    """A length with at most one decimal.

    >>> coordinate(2.0), coordinate(-0.04), coordinate(1.25)
    ('2', '0', '1.2')
    """
    return f"{round(float(value), 1) + 0.0:.1f}".removesuffix(".0")


def text(words: str, x: float, y: float, class_: str = "", anchor: str = "start", *, limit: int = 40) -> str:
    """Words at a place, cut where there is no room; whoever wrote them, they stay text.

    >>> text("a<b" * 9, 0, 0, limit=6)
    '<text x="0" y="0" class="t" text-anchor="start">a&lt;ba&lt;…</text>'
    """
    shown = visible(words[: limit + 1])
    shown = shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
    return tag("text", html.escape(shown), x=x, y=y, class_=f"t {class_}".strip(), text_anchor=anchor)


def fitted(words: str, room: float) -> str:
    """Words of 12 pixels, cut so that they are no wider than ``room`` in any usual font.

    >>> fitted("departure_minute", 130), fitted("sensor_07_rolling_mean", 80), fitted("x" * 300, 60)
    ('departure_minute', 'sensor_07…', 'xxxxxx…')
    """
    shown = visible(words[:400])
    ends = list(accumulate(map(_width, shown)))  # of each character
    if not ends or ends[-1] <= room:
        return shown
    return f"{shown[: sum(end <= room - _width('…') for end in ends)]}…"


def _width(character: str) -> float:
    """The width of a character of 12 pixels in a wide font; ideographs and signs beyond are as wide as high."""
    if character in "ijlt.,:;|!'()[]_-fI ":
        return 5.5
    if character in "mwMW@%…" or not character.isascii():
        return 12.2
    return 9.2 if character.isupper() else 7.6


def line(start: Point, end: Point, class_: str) -> str:
    """A straight line."""
    return tag("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=class_)


def path(points: Iterable[Point], class_: str) -> str:
    """A line through all points."""
    steps = [f"{coordinate(x)},{coordinate(y)}" for x, y in points]
    return tag("polyline", points=" ".join(steps), class_=class_) if steps else ""


def area(points: Iterable[Point], class_: str) -> str:
    """A closed shape through all points."""
    steps = [f"{coordinate(x)},{coordinate(y)}" for x, y in points]
    return tag("polygon", points=" ".join(steps), class_=class_) if steps else ""


def drawing(
    parts: Iterable[str],
    width: float,
    height: float,
    title: str,
    description: str,
    *,
    class_: str = "",
    fill: bool = False,
) -> str:
    """The picture, with what a screen reader says of it; ``fill`` stretches it to whatever room it has."""
    said = tag("title", html.escape(visible(title))) + tag("desc", html.escape(visible(description)))
    box = f"0 0 {coordinate(width)} {coordinate(height)}"
    shape = {"preserveAspectRatio": "none"} if fill else {}
    return tag("svg", said + "".join(parts), class_=f"chart {class_}".strip(), viewBox=box, role="img", **shape)


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values from ``low`` to ``high`` to places from ``start`` to ``end``; what lies outside sits on the edge."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value.

        >>> Scale(0, 10, 100, 200)(5), Scale(0, 10, 100, 200)(99), Scale(1, 1, 100, 200)(1)
        (150.0, 200.0, 150.0)
        """
        width = self.high - self.low
        share = (value - self.low) / width if width > 0 else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> tuple[float, ...]:
    """Round values inside ``low`` to ``high``, in steps of 1, 2 or 5 times a power of ten.

    >>> ticks(0, 1), ticks(-0.013, 0.027, 4)
    ((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), (-0.01, 0.0, 0.01, 0.02))
    """
    if not (math.isfinite(low) and math.isfinite(high)) or not high > low:
        return (low,) if math.isfinite(low) else ()
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough * 0.999), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    places = max(0, -math.floor(math.log10(step)))
    return tuple(round(n * step, places) + 0.0 for n in range(first, last + 1))


def padded(values: Sequence[float], share: float = 0.06) -> tuple[float, float]:
    """A range that holds all values with some air; never empty.

    >>> padded([2.0, 2.0]), padded([])
    ((1.0, 3.0), (0.0, 1.0))
    """
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    air = (high - low) * share or abs(low) / 2 or 0.5
    return low - air, high + air


def x_axis(scale: Scale, marks: Sequence[float], top: float, bottom: float, name: str) -> str:
    """Ticks below, faint lines up, the name under the middle."""
    parts = [line((scale(m), top), (scale(m), bottom), "grid") for m in marks]
    parts += [text(_tick(m), _inside(_tick(m), scale(m), scale), bottom + 16, "tick", "middle") for m in marks]
    middle = (scale.start + scale.end) / 2
    return "".join([*parts, text(name, middle, bottom + 36, "name", "middle", limit=64)])


def y_axis(scale: Scale, marks: Sequence[float], left: float, right: float, name: str) -> str:
    """Ticks at the left, faint lines across, the name above the first of them."""
    parts = [line((left, scale(m)), (right, scale(m)), "grid") for m in marks]
    parts += [text(_tick(m), left - 7, scale(m) + 4, "tick", "end") for m in marks]
    return "".join([*parts, text(name, 2, min(scale.start, scale.end) - 12, "name", limit=64)])


def _inside(label: str, place: float, scale: Scale) -> float:
    """Where a label's middle may be, so that a long one at the end is not cut."""
    return min(place, scale.end + _ROOM - _LETTER * len(label) / 2)


def _tick(value: float) -> str:
    return typeset(exact(value))
