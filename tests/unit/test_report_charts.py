"""Charts are well-formed SVG whatever they are given, and say what they show to those who cannot see them."""

import re
from math import inf, nan
from xml.etree import ElementTree

import pytest

from keepfit.report.charts import (
    Axis,
    Lane,
    Part,
    Rung,
    Series,
    Span,
    cloud,
    confusion,
    curves,
    far_off,
    gain_plot,
    gate_plot,
    group_plot,
    pieces,
    search,
    thinned,
    whole,
)
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
    bounded = Series("candidate", EVIL, POINTS, bounds=((0.0, 0.1), (0.1, 0.2), (nan, 0.9), (0.1, inf), (0.9, 1.0)))
    yield curves([bounded], X, Y, EVIL, EVIL, level=0.5)
    yield curves([bounded], X, Y, EVIL, EVIL, level=nan, whiskers=True)
    yield gain_plot(Span(0.1, nan, inf), 0.05, kind="better", title=EVIL, description=EVIL)
    yield gain_plot(Span(0.0, 0.0, 0.0), None, kind="equal", title=EVIL, description=EVIL)
    yield group_plot(
        [("candidate", Span(0.6, 0.5, None)), ("naive", Span(nan))], 0.7, [0.5, nan], title=EVIL, description="d"
    )
    lane = Lane(EVIL, (Rung(1.0, (0.4, 0.5, nan)), Rung(1 / 3, (0.6, inf))), (0.3, nan), 0.4, won=True)
    yield search([lane, Lane("none", (), (), None, won=False)], EVIL, EVIL, EVIL)
    yield search([], EVIL, EVIL, EVIL)
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
        "polygon",
        "circle",
        "rect",
        "text",
    }
    assert not [p for p in (e.get("points") for e in drawing.iter() if "points" in e.attrib) if not p.strip()]
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


def drawn(svg, tag, class_):
    """The attributes of the shapes of one class, coordinates as numbers."""
    found = [e for e in ElementTree.fromstring(svg).iter(tag) if class_ in e.get("class", "").split()]
    return [
        {key: value if key in {"class", "points"} else float(value) for key, value in e.attrib.items()} for e in found
    ]


def test_a_line_that_leaves_the_frame_ends_at_its_edge():
    falls = Series("all", "all", ((0.0, 0.2), (0.5, -0.8), (1.0, -70.0)))
    (line,) = drawn(curves([falls], X, Axis("y", -0.1, 0.3), "t", "d"), "polyline", "line")
    points = [tuple(map(float, point.split(","))) for point in line["points"].split()]
    assert len(points) == 2
    assert points[0][0] < points[1][0] < 46 + (388 - 46) * 0.2
    assert points[1][1] == 300


def test_a_line_that_comes_back_is_drawn_where_it_is_inside():
    assert [len(piece) for piece in pieces([(0, 0), (1, 1), (2, 5), (3, 0), (4, 0)], 0, 1)] == [2, 3]
    assert pieces([(0, 9), (1, 9)], 0, 1) == ()
    assert pieces([(0, 0)], 0, 1) == ()


@pytest.mark.parametrize("margin", [None, 0.0, 0.05])
def test_zero_stands_in_the_middle_and_what_a_gate_allows_is_shaded(margin):
    svg = gain_plot(Span(0.1, -0.02, 0.2), margin, kind="open", title="t", description="d")
    (zero,) = drawn(svg, "line", "zero")
    assert zero["x1"] == 110
    (dot,) = drawn(svg, "circle", "dot")
    assert dot["cx"] > 110
    low, high = sorted(cap["x1"] for cap in drawn(svg, "line", "cap"))
    assert low < 110 < dot["cx"] < high
    shades = drawn(svg, "rect", "passing")
    if margin is None:
        assert shades == []
    else:
        assert shades[0]["x"] + shades[0]["width"] == 214
        assert shades[0]["x"] == 110 if margin == 0 else shades[0]["x"] < low


def test_what_was_not_compared_has_no_plot():
    assert gain_plot(Span(None, None, None), 0.1, kind="missing", title="t", description="d") == ""
    assert group_plot([("candidate", Span(None))], 0.5, [0.5], title="t", description="d") == ""


def test_groups_stand_on_one_scale():
    limits = (0.4, 0.9)
    plots = [
        group_plot([("candidate", Span(v, v - 0.05, v + 0.05))], 0.8, limits, title="t", description="d")
        for v in (0.5, 0.8)
    ]
    dots = [drawn(plot, "circle", "dot")[0]["cx"] for plot in plots]
    guides = [drawn(plot, "line", "threshold")[0]["x1"] for plot in plots]
    assert guides[0] == guides[1] == dots[1]
    assert dots[0] < dots[1] - 50


def test_a_wild_setting_does_not_press_the_others_into_a_corner():
    scores = tuple(0.4 + 0.001 * n for n in range(20))
    wild = Lane("boosting", (Rung(1.0, (*scores, 80.0)),), (), 0.4, won=True)
    svg = search([wild], "loss", "t", "d")
    places = [e["cx"] for e in drawn(svg, "circle", "trial") if "beyond" not in e["class"]]
    assert len(places) == 20
    assert max(places) - min(places) > 200
    assert [e["cx"] for e in drawn(svg, "circle", "beyond")] == [388]
    assert far_off([wild]) == 1
    assert far_off([Lane("boosting", (Rung(1.0, scores),), (), 0.4, won=True)]) == 0


def test_the_best_of_every_candidate_is_in_sight():
    lanes = [
        Lane("simple", (Rung(1.0, (0.5,)),), (), 0.5, won=False),
        Lane("boosting", (Rung(1.0, tuple(0.4 + 0.002 * n for n in range(9))),), (), 0.4, won=True),
    ]
    assert far_off(lanes) == 0


def test_settings_that_were_stopped_early_are_lighter_and_stand_by_themselves():
    lane = Lane("boosting", (Rung(1.0, (0.4,)), Rung(1 / 3, (0.5, 0.6))), (0.39, 0.41), 0.4, won=True)
    svg = search([lane], "loss", "t", "d")
    early, rest = drawn(svg, "circle", "early"), drawn(svg, "circle", "trial")
    assert len(early) == 2
    assert len({e["cy"] for e in early} & {e["cy"] for e in rest if e not in early}) == 0
    (ring,) = drawn(svg, "circle", "ring")
    assert (ring["cx"], ring["cy"]) == next((e["cx"], e["cy"]) for e in rest if e not in early)
    assert [e.text for e in ElementTree.fromstring(svg).iter("text") if e.text in {"all", "33%"}] == ["all", "33%"]
