"""A chart as a picture that stands alone: its own colours, ground and legend, for pages that are not ours."""

import base64
from collections.abc import Sequence

from keepfit.report.figures.figure import Key
from keepfit.report.svg import area, line, tag, text

_WIDTH, _ROW, _COLUMN, _MARK = 400.0, 20.0, 192.0, 26.0
_STYLE = """
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif }
.ground { fill: #fff } .t { fill: #1b1f24; font-size: 12px } .tick, .name { fill: #565d66; font-size: 11.5px }
.grid { stroke: #e4e1da } .fold { stroke: #565d66 }
.threshold { fill: none; stroke: #1b1f24; stroke-width: 1.5; stroke-dasharray: 3 2 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round } .line.candidate, .whisker.candidate { stroke: #1f5fa8 }
.band.candidate { fill: #1f5fa8; fill-opacity: .16 } .mark.candidate { fill: #1f5fa8 }
.whisker { stroke-width: 1.4 } .whisker.champion { stroke: #b35900 } .mark.champion { fill: #b35900 }
.asked { fill: #a92a20 }
.crowded .whisker { stroke-width: .8; stroke-opacity: .45 }
""".strip()


def alone(chart: str, height: float, keys: Sequence[Key], title: str) -> str:
    """An SVG file of a chart of this package (an ``<svg>``), with a title above and a legend below."""
    placed = chart.replace("<svg ", f'<svg y="26" width="{_WIDTH:g}" height="{height:g}" ', 1)
    below = 26 + height + 8
    parts = [tag("style", _STYLE), tag("rect", width=_WIDTH, height=_all(height, keys), class_="ground")]
    parts += [text(title, 2, 17, limit=58), placed]
    for place, key in enumerate(keys):
        x, y = 2 + _COLUMN * (place % 2), below + _ROW * (place // 2)
        parts += [_mark(key, x, y), text(key.name, x + _MARK + 6, y + 10, limit=28)]
    box = f"0 0 {_WIDTH:g} {_all(height, keys):g}"
    size = {"width": _WIDTH * 2, "height": _all(height, keys) * 2}
    return tag("svg", "".join(parts), xmlns="http://www.w3.org/2000/svg", viewBox=box, **size)


def _all(height: float, keys: Sequence[Key]) -> float:
    return 26 + height + 12 + _ROW * ((len(keys) + 1) // 2)


def _mark(key: Key, x: float, y: float) -> str:
    middle, kind = y + 6, f" {key.kind}" if key.kind else ""
    if key.mark == "band":
        return tag("rect", x=x, y=y + 1, width=_MARK, height=10, class_=f"band{kind}")
    if key.mark == "dot":
        return tag("circle", cx=x + _MARK / 2, cy=middle, r=4, class_=key.kind)
    if key.mark == "asked":
        return area([(x + 8, y + 11), (x + 18, y + 11), (x + 13, y + 2)], "asked")
    if key.mark == "fold":
        return line((x + _MARK / 2, y), (x + _MARK / 2, y + 12), "fold")
    return line((x, middle), (x + _MARK, middle), f"{key.mark}{kind}")


def data_uri(svg: str) -> str:
    """A picture as an address that holds it: nothing is fetched, and in an ``<img>`` nothing of it runs.

    >>> data_uri("<svg/>")
    'data:image/svg+xml;base64,PHN2Zy8+'
    """
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
