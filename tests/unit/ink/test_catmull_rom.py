import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.curves import _bezier, _control_points, curve_through
from tests.awkward import AWKWARD

PLACES = st.tuples(st.floats(-500, 500, width=32), st.floats(-500, 500, width=32))
LINES = st.lists(PLACES, min_size=1, max_size=12).map(lambda points: np.array(points, dtype=np.float32))


def longest_chord(points):
    return float(np.hypot(*np.diff(points[:, :2], axis=0).T).max(initial=0))


def outside_hull(places, points, directions=64):
    """By how much places leave the hull of points, at most, looked at from many sides."""
    angle = np.linspace(0, 2 * np.pi, directions, endpoint=False)
    normals = np.vstack((np.cos(angle), np.sin(angle)))
    return float(((places @ normals).max(axis=0) - (points @ normals).max(axis=0)).max())


@given(LINES)
def test_a_curve_is_finite_and_passes_through_its_points(points):
    curve, at = curve_through(points)
    assert np.isfinite(curve).all()
    assert len(curve) == len(at)
    assert (np.diff(at) > 0).all()
    kept = np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))
    assert set(map(tuple, points[kept].tolist())) <= set(map(tuple, curve.tolist()))


@given(LINES)
def test_a_curve_leaves_the_hull_by_a_quarter_of_the_longest_chord_at_most(points):
    curve, _ = curve_through(points)
    assert outside_hull(curve.astype(float), points.astype(float)) <= longest_chord(points) / 4 + 1e-3


@pytest.mark.parametrize("stroke", AWKWARD, ids=str)
def test_no_segment_of_an_awkward_curve_has_a_cusp_or_crosses_itself(stroke):
    points = stroke.points[np.append(True, (np.diff(stroke.points[:, :2], axis=0) != 0).any(axis=1)), :2]
    if len(points) < 3:
        return
    for control in _control_points(points.astype(float)):
        assert_simple(control)


@given(LINES)
def test_no_segment_has_a_cusp_or_crosses_itself(points):
    points = np.round(points)
    points = points[np.append(True, (np.diff(points, axis=0) != 0).any(axis=1))]
    if len(points) >= 3:
        for control in _control_points(points.astype(float)):
            assert_simple(control)


def assert_simple(control):
    t = np.linspace(0, 1, 60)[:, None]
    places = _bezier(np.repeat(control[None], 60, axis=0), t)
    step = np.diff(places, axis=0)
    length = np.hypot(*step.T)
    assert length.min() > 1e-4 * length.max()  # it never stands still
    # A cubic that crosses itself has turned by more than half a circle where it comes back.
    first, second = step[:-1], step[1:]
    turn = np.arctan2(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0], (first * second).sum(axis=1))
    crossings = (
        [
            (i, j)
            for i in range(len(step))
            for j in range(i + 2, len(step))
            if _cross(places[i], places[i + 1], places[j], places[j + 1])
        ]
        if np.abs(np.cumsum(turn)).max() > np.pi
        else []
    )
    assert crossings == []


def _cross(a, b, c, d):
    def side(p, q, r):
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


@given(LINES, st.integers(-300, 300), st.integers(-300, 300), st.floats(-3, 3))
def test_a_moved_and_turned_line_has_the_moved_and_turned_curve(points, x, y, angle):
    points = np.round(points)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    here, at = curve_through(points)
    there, also_at = curve_through(points @ turn + (x, y))
    # Rounding may give a piece more; where both have a place it is the same one.
    wanted = np.column_stack([np.interp(also_at, at, (here @ turn + (x, y))[:, axis]) for axis in (0, 1)])
    assert np.abs(there - wanted).max() < 0.25


def test_a_new_point_moves_only_the_last_two_segments():
    rng = np.random.default_rng(3)
    points = np.cumsum(rng.normal(0, 20, (12, 2)), axis=0)
    before, at = curve_through(points[:-1])
    after, also_at = curve_through(points)
    still = at <= len(points) - 4
    assert (after[also_at <= len(points) - 4] == before[still]).all()
    assert still.sum() > 20


def test_a_repeated_point_changes_nothing():
    once, _ = curve_through([(0, 0), (30, 40), (80, 10)])
    twice, at = curve_through([(0, 0), (30, 40), (30, 40), (80, 10)])
    assert (once == twice).all()
    assert at[-1] == 3


@pytest.mark.parametrize("points", [[], [(0, np.nan)], [1, 2, 3]])
def test_what_is_no_line_is_refused(points):
    with pytest.raises(ValueError, match="points need shape"):
        curve_through(points)


def test_a_tolerance_of_nothing_is_refused():
    with pytest.raises(ValueError, match="tolerance"):
        curve_through([(0, 0), (1, 1)], 0)


def test_points_that_flew_far_apart_take_no_more_than_a_bounded_memory():
    far = np.random.default_rng(1).uniform(-1e7, 1e7, (20_000, 2)).astype(np.float32)
    places, at = curve_through(far)
    assert len(places) <= 240_000
    assert (places[np.isin(at, np.arange(len(far)))] == far).all()
