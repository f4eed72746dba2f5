"""Charts are well-formed SVG whatever they are given, and say what they show to those who cannot see them."""

import re
from math import inf, nan
from xml.etree import ElementTree

import pytest

from keepfit.report.charts import Axis, Lane, Part, Series, cloud, confusion, curves, gate_plot, search, thinned, whole
from keepfit.report.svg import ticks

EVIL = '\u202e</title><script>alert(1)</script>" onload="x\u202e'
POINTS = ((0.0, 0.0), (nan, 0.3), (0.5, 0.7), (0.6, inf), (1.0, 1.0))
X, Y = Axis("x", 0, 1), Axis(EVIL)


def everything():
    """Each chart with names that want out and numbers that are none."""
    series = Series("candidate", EVIL, POINTS, (0.1, nan, 0.2, 0.3, 0.4))
    yield curves([series, Series("champion", EVIL, POINTS)], X, Y, EVIL, EVIL, diagonal=True)
    yield curves([Series("candidate", "c", ())], X, Y, "t", "d")
    yield cloud(series, Axis("x"), Axis("y"), EVIL, EVIL, guide="diagonal")
    yield cloud(series, Axis("x"), Axis("y"), EVIL, EVIL, guide="zero")
    yield gate_plot(0.6, 0.5, 0.7, 0.62, outcome="fail", passes="right", title=EVIL, description=EVIL)
    yield gate_plot(0.6, None, None, 0.6, outcome="pass", passes=None, title=EVIL, description=EVIL)
    yield whole([Part("kept", EVIL, 5), Part("dropped", "d", 0)], EVIL)
    yield whole([], "nothing")
    yield search(
        [Lane(EVIL, (0.4, 0.5), (0.3,), 0.4, won=True), Lane("none", (), (), None, won=False)], EVIL, EVIL, EVIL
    )
    yield confusion([[5.0, 1.0], [0.0, 0.0]], [EVIL, "b"], EVIL, EVIL)


@pytest.mark.parametrize("svg", list(everything()))
def test_a_chart_is_well_formed_and_described(svg):
    drawing = ElementTree.fromstring(svg)
    assert drawing.tag == "svg"
    assert drawing.get("role") == "img"
    assert drawing[0].tag == "title"
    assert drawing[0].text
    assert {element.tag for element in drawing.iter()} <= {
        "svg",
        "title",
        "desc",
        "line",
        "polyline",
        "circle",
        "rect",
        "text",
    }
    assert not [key for element in drawing.iter() for key in element.attrib if key.startswith("on")]
    assert "\u202e" not in svg
    assert "nan" not in re.sub(r">[^<]*<", "><", svg)
    assert "inf" not in re.sub(r">[^<]*<", "><", svg)


def test_a_gate_that_was_not_measured_has_no_plot():
    assert gate_plot(None, None, None, 0.6, outcome="fail", passes="right", title="t", description="d") == ""


@pytest.mark.parametrize(("side", "left_edge"), [("left", True), ("right", False)])
def test_the_passing_side_of_the_threshold_is_shaded(side, left_edge):
    svg = ElementTree.fromstring(
        gate_plot(0.6, 0.5, 0.7, 0.62, outcome="pass", passes=side, title="t", description="d")
    )
    shade = next(e for e in svg.iter("rect"))
    line = next(e for e in svg.iter("line") if e.get("class") == "threshold")
    start, end = float(shade.get("x")), float(shade.get("x")) + float(shade.get("width"))
    threshold = float(line.get("x1"))
    assert abs((end if left_edge else start) - threshold) < 0.2
    assert (start if left_edge else end) == (6 if left_edge else 214)


def test_a_million_points_are_thinned_and_keep_their_ends():
    points = thinned([(float(n), float(n)) for n in range(1_000_000)])
    assert len(points) == 1200
    assert (points[0][0], points[-1][0]) == (0.0, 999_999.0)


def test_a_piece_of_few_rows_is_still_seen():
    svg = ElementTree.fromstring(
        whole([Part("kept", "kept", 1_000_000), Part("quarantined", "quarantined", 1)], "rows")
    )
    assert [float(e.get("width")) >= 1 for e in svg.iter("rect")] == [True, True]


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3e-9, 2e-9), (1e9, 1.2e9), (0.999, 1.0), (-5, 5)])
def test_ticks_are_few_round_and_inside(low, high):
    found = ticks(low, high)
    assert 3 <= len(found) <= 11
    assert all(low - abs(low) * 1e-12 <= tick <= high + abs(high) * 1e-12 for tick in found)


def test_ticks_of_nothing_do_not_hang():
    assert ticks(1.0, 1.0) == (1.0,)
    assert ticks(nan, 1.0) == ()
