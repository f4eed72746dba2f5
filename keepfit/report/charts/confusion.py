"""True against decided class."""

from collections.abc import Sequence

from keepfit.report.charts.frame import WIDTH
from keepfit.report.numbers import number
from keepfit.report.svg import Point, drawing, tag, text


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
    return drawing(parts, WIDTH, top + side + 6, title, description)


def _cell(rows: float, share: float, corner: Point, cell: float, right: bool) -> str:
    x, y = corner
    depth = min(int(share * 9.99), 9)
    kind = "right" if right else "wrong"
    square = tag("rect", x=x, y=y, width=cell - 1.5, height=cell - 1.5, class_=f"cell {kind} d{depth}")
    if not rows:
        return square
    return square + text(number(int(rows)), x + (cell - 1.5) / 2, y + cell / 2 + 3, "n", "middle")
