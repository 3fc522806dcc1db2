import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.path import Path, PathPen
from sketch.ink.shape import Polyline


def square(left, top, side, turn=1):
    corners = [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
    return Polyline(corners[::turn], closed=True)


OUTER, INNER, HOLE = square(0, 0, 30), square(10, 10, 10), square(10, 10, 10, -1)


def test_the_rules_differ_where_outlines_go_the_same_way():
    assert not Path([OUTER, INNER]).inside(15, 15)
    assert Path([OUTER, INNER], "nonzero").inside(15, 15)
    assert not Path([OUTER, HOLE], "nonzero").inside(15, 15)
    assert Path([OUTER, HOLE]).all_inside([(5, 5), (15, 15), (40, 5)]).tolist() == [True, False, False]


def test_a_path_is_measured_over_all_its_outlines():
    path = Path([OUTER, INNER.translate(100, 0)])
    assert path.bounds == (0, 0, 120, 30)
    assert path.perimeter == 160
    assert "2 contours, evenodd" in repr(path)


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(-6, 6), st.floats(0.5, 2))
def test_what_is_inside_stays_inside_when_all_is_moved(x, y, turn, scale):
    path = Path([OUTER, HOLE], "nonzero").rotate(turn).scale(scale).translate(x, y)
    cos, sin = math.cos(turn), math.sin(turn)
    for (px, py), inside in {(5, 5): True, (15, 15): False, (31, 8): False, (29, 1): True}.items():
        at = (scale * (cos * px - sin * py) + x, scale * (sin * px + cos * py) + y)
        assert path.inside(*at) == inside
    assert path.rule == "nonzero"
    assert path.rotate(turn, about=(3, 4)).scale(-1, 1, about=(3, 4)).contours[0].closed


def test_a_pen_draws_a_circle_of_an_arc_and_of_four_curves():
    arc = PathPen().arc(0, 0, 10, 0, 2 * math.pi).path()
    k = 10 * 4 / 3 * (math.sqrt(2) - 1)
    pen = PathPen().move_to(10, 0).curve_to(10, k, k, 10, 0, 10).curve_to(-k, 10, -10, k, -10, 0)
    curves = pen.curve_to(-10, -k, -k, -10, 0, -10).curve_to(k, -10, 10, -k, 10, 0).path()
    for path in (arc, curves):
        assert path.contours[0].area == pytest.approx(math.pi * 100, rel=3e-3)
        assert path.bounds == pytest.approx((-10, -10, 10, 10), abs=0.05)


def test_a_quadratic_curve_passes_its_middle():
    path = PathPen().move_to(0, 0).quadratic_to(10, 20, 20, 0).path()
    assert path.contours[0].closest_point(10, 10).distance < 0.05


def test_a_pen_draws_outline_after_outline():
    pen = PathPen().move_to(0, 0).line_to(9, 0).line_to(9, 9).close().arc(4, 4, 2, 0, 6).move_to(20, 0)
    path = pen.line_to(30, 0).line_to(30, 9).path("nonzero")
    assert len(path.contours) == 3
    assert path.rule == "nonzero"
    assert path.inside(29, 3)


def test_an_arc_starts_and_ends_where_it_says():
    points = PathPen().move_to(0, 0).arc(0, 0, 5, math.pi, -math.pi / 2).path().contours[0].points
    assert points[1] == pytest.approx((-5, 0), abs=1e-5)
    assert points[-1] == pytest.approx((0, -5), abs=1e-5)
    assert np.hypot(*points[1:].T) == pytest.approx(np.full(len(points) - 1, 5), rel=1e-5)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Path([]), "at least one contour"),
        (lambda: Path([OUTER, [(0, 0), (1, 1)]]), "contour 1 has 2"),
        (lambda: Path([OUTER], "winding"), "evenodd, nonzero; got 'winding'"),  # type: ignore[arg-type]
        (lambda: Path([[(0, 0), (1, 1), (math.nan, 0)]]), "row 2"),
        (lambda: PathPen().line_to(1, 1), "begins with move_to"),
        (lambda: PathPen().move_to(1, 1).close().line_to(2, 2), "begins with move_to"),
        (lambda: PathPen().move_to(1, math.nan), "finite"),
        (lambda: PathPen().arc(0, 0, 1, 0, math.inf), "finite"),
        (lambda: PathPen().path(), "at least one contour"),
    ],
)
def test_what_is_no_path_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_an_arc_goes_round_as_often_as_memory_allows_and_may_be_small():
    assert PathPen().arc(0, 0, -3, 0, 0.01).path().contours[0].points.shape == (3, 2)
    for turns in (40, 41):
        path = PathPen().arc(5, 5, 3, 0, turns * math.tau + 0.1).path()
        assert path.inside(5, 5) == (turns % 2 == 1)
    assert len(PathPen().arc(0, 0, 5, 0, 1e9).path().contours[0]) < 5000


@pytest.mark.parametrize("points", [3.0, [1.0, 2.0], [(1.0, 2.0, 3.0)]])
def test_places_of_another_shape_are_refused(points):
    with pytest.raises(ValueError, match=r"points need shape \(m, 2\)"):
        Polyline([(0, 0), (9, 0), (0, 9)]).all_inside(points)


def test_contours_that_are_no_row_are_refused():
    with pytest.raises(TypeError, match="a path takes a sequence of contours"):
        Path(None)  # type: ignore[arg-type]
