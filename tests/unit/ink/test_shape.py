import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.ink.shape import Polyline

COORDINATES = st.floats(-500, 500, width=32)
PLACES = hnp.arrays(np.float32, st.tuples(st.integers(1, 12), st.just(2)), elements=COORDINATES)
LINES = st.builds(Polyline, PLACES, st.booleans())
ANGLES = st.floats(-7, 7)
SHARES = st.floats(0, 1)


def regular(corners, radius=50.0, x=0.0, y=0.0, turn=1):
    angle = turn * np.arange(corners) * 2 * math.pi / corners
    return Polyline(np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle))), closed=True)


SQUARE = Polyline([(0, 0), (10, 0), (10, 10), (0, 10)], closed=True)


@pytest.mark.parametrize("corners", [3, 4, 7, 100])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_regular_polygon_is_measured_as_the_formulas_say(corners, turn):
    shape = regular(corners, 50, 300, -200, turn)
    assert shape.area == pytest.approx(corners / 2 * 50**2 * math.sin(2 * math.pi / corners), rel=1e-5)
    assert shape.perimeter == pytest.approx(corners * 100 * math.sin(math.pi / corners), rel=1e-5)
    assert shape.length == shape.perimeter
    assert shape.centroid == pytest.approx((300, -200), abs=1e-3)
    assert shape.clockwise == (turn == 1)
    assert shape.inside(300, -200)
    assert not shape.inside(360, -200)


def test_an_open_line_has_a_length_and_a_center_of_its_own():
    line = Polyline([(0, 0), (10, 0), (10, 2)])
    assert line.length == 12
    assert line.perimeter == pytest.approx(12 + math.hypot(10, 2))
    assert line.centroid == pytest.approx((70 / 12, 2 / 12))
    assert line.bounds == (0, 0, 10, 2)


def test_places_along_a_square_go_round_and_round():
    assert SQUARE.point_at_length([0, 5, 15, 40, 45]) == pytest.approx(
        np.array([(0, 0), (5, 0), (10, 5), (0, 0), (5, 0)])
    )
    assert SQUARE.point_at_percent(0.625) == pytest.approx((5, 10))
    assert SQUARE.tangent_at_length(5) == pytest.approx((1, 0))
    assert SQUARE.tangent_at_length(10) == pytest.approx((0, 1))
    assert SQUARE.normal_at_length(5) == pytest.approx((0, 1))
    assert SQUARE.tangent_at_percent([0.9, 0.1]).shape == (2, 2)
    assert SQUARE.normal_at_percent(0.9) == pytest.approx((1, 0))


def test_repeated_points_have_no_say_in_the_direction():
    line = Polyline([(0, 0), (0, 0), (5, 0), (5, 0), (5, 3), (5, 3)])
    assert line.tangent_at_length([0, 5, 8]) == pytest.approx(np.array([(1, 0), (0, 1), (0, 1)]))
    with pytest.raises(ValueError, match="has no direction"):
        Polyline([(1, 1), (1, 1)]).tangent_at_length(0)


def test_the_closest_point_may_be_within_a_side_or_a_corner():
    assert SQUARE.closest_point(4, -3) == pytest.approx((4, 0, 3, 4))
    assert SQUARE.closest_point(13, 14) == pytest.approx((10, 10, 5, 20))
    assert SQUARE.closest_point(-2, 5) == pytest.approx((0, 5, 2, 35))
    assert Polyline([(1, 2)]).closest_point(4, 6) == pytest.approx((1, 2, 5, 0))


def test_where_a_line_crosses_itself_every_other_part_is_inside():
    angle = np.arange(5) * 4 * math.pi / 5
    star = Polyline(np.column_stack((np.cos(angle), np.sin(angle))), closed=True)
    assert star.all_inside([(0, 0), (0.6, 0), (2, 0)]).tolist() == [False, True, False]


def test_time_and_pressure_come_along():
    line = Polyline([(0, 0, 0, 0.2), (10, 0, 1, 0.6)])
    assert line.resample_by_spacing(5).points[1] == pytest.approx((5, 0, 0.5, 0.4))
    assert line.translate(3, 4).points[0] == pytest.approx((3, 4, 0, 0.2))


def test_a_closed_line_stays_closed_and_repeats_no_point():
    for made, count in (
        (SQUARE.resample_by_spacing(2.5), 16),
        (SQUARE.resample_by_count(8), 8),
        (SQUARE.simplify(0.1), 4),
        (SQUARE.resample_by_count(40).simplify(0.01), 4),
        (SQUARE.smooth(1), 4),
    ):
        assert made.closed
        assert len(made) == count
        assert (made.points[0] != made.points[-1]).any()
    assert SQUARE.smooth(1).bounds == pytest.approx((10 / 3, 10 / 3, 20 / 3, 20 / 3))


def test_a_polyline_never_changes_and_serves_as_an_array():
    given = np.zeros((3, 2), dtype=np.float32)
    line = Polyline(given)
    given[:] = 9
    assert np.asarray(line).max() == 0
    assert np.array(line, dtype=float).flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        line.points[0] = 1
    assert "3 points" in repr(line)


@given(LINES, COORDINATES, COORDINATES, ANGLES, SHARES)
def test_what_is_measured_moves_and_turns_with_the_line(line, x, y, turn, share):
    def there(points):
        cos, sin = math.cos(turn), math.sin(turn)
        return np.asarray(points) @ np.array(((cos, sin), (-sin, cos))) + (x, y)

    moved = line.rotate(turn).translate(x, y)
    assert moved.points == pytest.approx(there(line.points), abs=1e-2)
    assert moved.length == pytest.approx(line.length, abs=0.05)
    assert moved.area == pytest.approx(line.area, abs=3)
    assert moved.point_at_percent(share) == pytest.approx(there(line.point_at_percent(share)), abs=0.1)
    if line.area > 1000:
        assert moved.centroid == pytest.approx(there(line.centroid), abs=1)


@given(LINES, COORDINATES, COORDINATES, SHARES)
def test_all_that_is_asked_has_a_finite_answer(line, x, y, share):
    nearest = line.closest_point(x, y)
    assert np.isfinite([*nearest, *line.centroid, *line.bounds, line.area, line.length]).all()
    assert nearest.distance == pytest.approx(math.hypot(nearest.x - x, nearest.y - y), abs=1e-6)
    assert nearest.distance <= np.hypot(*(line.points - np.array((x, y))).T).min() + 1e-6
    assert line.point_at_length(nearest.length) == pytest.approx((nearest.x, nearest.y), abs=1e-2)
    assert nearest.length <= line.length + 1e-6
    left, top, right, bottom = line.bounds
    at = line.point_at_percent(share)
    assert left - 1e-3 <= at[0] <= right + 1e-3
    assert top - 1e-3 <= at[1] <= bottom + 1e-3
    if line.length > 1:
        assert np.hypot(*line.tangent_at_percent(share)) == pytest.approx(1)
        assert line.tangent_at_percent(share) @ line.normal_at_percent(share) == pytest.approx(0)


@given(LINES, st.floats(0.1, 3), st.floats(0.1, 3))
def test_areas_grow_as_both_scales(line, x, y):
    assert line.scale(x, y, about=(3, 4)).area == pytest.approx(line.area * x * y, rel=1e-3, abs=1)


@given(LINES, st.floats(1, 100))
def test_resampled_points_lie_on_the_line(line, spacing):
    made = line.resample_by_spacing(spacing)
    assert made.length <= line.length + 1e-2
    for x, y in made.points[:20].tolist():
        assert line.closest_point(x, y).distance < 1e-2


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: Polyline([]), "n at least 1"),
        (lambda: Polyline([1, 2]), r"got \(2,\)"),
        (lambda: Polyline([(0, 0), (math.inf, 1)]), "row 1"),
        (lambda: SQUARE.resample_by_spacing(0), "spacing"),
        (lambda: SQUARE.resample_by_count(2), r"count must be in 3\.\."),
        (lambda: Polyline([(0, 0), (1, 1)]).resample_by_count(1), r"count must be in 2\.\."),
        (lambda: SQUARE.resample_by_spacing(1e-9), "spacing must be .* or more"),
        (lambda: SQUARE.resample_by_count(10**9), "count must be in"),
        (lambda: SQUARE.smooth(-1), "radius"),
        (lambda: SQUARE.simplify(-1), "tolerance"),
        (lambda: SQUARE.point_at_length(math.nan), "finite"),
        (lambda: SQUARE.closest_point(math.nan, 0), "finite"),
        (lambda: SQUARE.rotate(math.nan), "finite"),
        (lambda: SQUARE.translate(math.inf, 0), "finite"),
    ],
)
def test_what_makes_no_sense_is_refused(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_a_place_beyond_the_ends_is_the_end():
    line = Polyline([(0, 0), (5, 0)])
    assert line.point_at_length([-1, 6]).tolist() == [[0, 0], [5, 0]]
    assert line.point_at_percent(1.0001).tolist() == [5, 0]
    with pytest.raises(TypeError, match="radius must be a whole number"):
        line.smooth(1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="about must be two numbers"):
        line.rotate(1, 3)  # type: ignore[arg-type]
