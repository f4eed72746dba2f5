"""What a whole is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from keepfit.report.numbers import count, number, percent
from keepfit.report.svg import drawing, tag


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
