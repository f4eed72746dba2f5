"""Numbers in, SVG out: the charts of the report, readable in light and dark, in print and by a screen reader.

Models differ by line pattern and mark, never by colour alone. What is not finite is not drawn, and a chart
never has more marks than a page can show.
"""

from keepfit.report.charts.confusion import confusion
from keepfit.report.charts.curves import cloud, curves
from keepfit.report.charts.frame import Axis, Series, pieces, thinned
from keepfit.report.charts.search import Lane, Rung, far_off, search
from keepfit.report.charts.strips import Span, gain_plot, gate_plot, group_plot
from keepfit.report.charts.whole import Part, whole

__all__ = [
    "Axis",
    "Lane",
    "Part",
    "Rung",
    "Series",
    "Span",
    "cloud",
    "confusion",
    "curves",
    "far_off",
    "gain_plot",
    "gate_plot",
    "group_plot",
    "pieces",
    "search",
    "thinned",
    "whole",
]
