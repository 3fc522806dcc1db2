import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sketch.ink.polyline import (
    bounds,
    lengths,
    resample_by_count,
    resample_by_spacing,
    sharp_turns,
    simplify,
    smooth,
)
from tests.awkward import AWKWARD

LINES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 40), st.sampled_from([2, 3, 4])),
    elements=st.one_of(st.floats(-1000, 1000, width=32), st.sampled_from([0.0, 1.0, 50.0])),
)
SQUARE = np.array([(0, 0), (10, 0), (10, 10)], dtype=np.float32)

EVERY = [
    lambda points: resample_by_spacing(points, 3.0),
    lambda points: resample_by_count(points, 7),
    lambda points: smooth(points, 2),
    lambda points: simplify(points, 1.0),
]


def distance_to_line(points, line):
    """How far each point is from a polyline."""
    line = line.astype(np.float64)
    start, chord = line[:-1], np.diff(line, axis=0)
    if len(chord) == 0:
        start, chord = line, np.zeros_like(line)
    away = points[:, None] - start
    square = np.maximum((chord**2).sum(axis=1), 1e-30)
    share = np.clip((away * chord).sum(axis=2) / square, 0, 1)
    return np.linalg.norm(away - share[..., None] * chord, axis=2).min(axis=1)


def test_lengths_are_measured_from_the_first_point():
    assert lengths(SQUARE).tolist() == [0, 10, 20]
    assert lengths([(5, 5)]).tolist() == [0]


def test_resampling_by_spacing_keeps_both_ends_and_the_distance_between():
    assert resample_by_spacing(SQUARE, 6).tolist() == [[0, 0], [6, 0], [10, 2], [10, 8], [10, 10]]
    assert resample_by_spacing(SQUARE, 10).tolist() == SQUARE.tolist()
    assert resample_by_spacing(SQUARE, 100).tolist() == [[0, 0], [10, 10]]
    assert resample_by_spacing([(3, 4), (3, 4)], 1).tolist() == [[3, 4]]


def test_time_and_pressure_are_interpolated():
    points = [(0, 0, 0, 0.2), (10, 0, 1, 0.6)]
    assert resample_by_count(points, 3)[1].tolist() == pytest.approx([5, 0, 0.5, 0.4])


def test_smoothing_moves_places_and_leaves_times():
    zigzag = np.column_stack((np.arange(9), np.arange(9) % 2, np.arange(9) / 10)).astype(np.float32)
    smoothed = smooth(zigzag, 1)
    assert np.ptp(smoothed[1:-1, 1]) < 0.4
    assert (smoothed[:, 2] == zigzag[:, 2]).all()
    assert (smooth(zigzag, 0) == zigzag).all()


def test_simplifying_keeps_corners_and_turns_back():
    dense = np.concatenate((np.linspace((0, 0), (10, 0), 50), np.linspace((10, 0), (10, 10), 50)))
    assert simplify(dense, 0.1).tolist() == SQUARE.tolist()
    assert simplify([(0, 0), (10, 0), (4, 0)], 1).tolist() == [[0, 0], [10, 0], [4, 0]]


def test_a_million_points_are_simplified_without_running_out_of_stack():
    t = np.linspace(0, 100, 200_000)
    assert 100 < len(simplify(np.column_stack((t * 10, 50 * np.sin(t))), 0.5)) < 2000


def test_bounds_hold_every_point():
    assert bounds(SQUARE + np.float32(0.5)) == (0.5, 0.5, 10.5, 10.5)


@given(LINES, st.floats(1, 500))
def test_resampled_points_lie_on_the_line_evenly(points, spacing):
    resampled = resample_by_spacing(points, spacing)
    assert distance_to_line(resampled[:, :2], points[:, :2]).max() < 1e-2
    steps = np.diff(resampled[:, :2], axis=0)
    assert (np.hypot(*steps.T) <= spacing * 1.001 + 1e-2).all()
    assert resampled[0, :2].tolist() == points[0, :2].tolist()
    assert resampled[-1, :2].tolist() == pytest.approx(points[-1, :2].tolist(), abs=1e-2)


@given(LINES, st.integers(2, 50))
def test_resampling_by_count_gives_that_many(points, count):
    resampled = resample_by_count(points, count)
    assert resampled.shape == (count, points.shape[1])
    assert np.isfinite(resampled).all()


@given(LINES, st.floats(0, 100))
def test_no_point_left_out_is_farther_than_the_tolerance(points, tolerance):
    kept = simplify(points, tolerance)
    rows = {tuple(row) for row in points.tolist()}
    assert all(tuple(row) in rows for row in kept.tolist())
    assert distance_to_line(points[:, :2], kept[:, :2]).max() <= tolerance + 1e-2


@given(LINES, st.integers(0, 10))
def test_a_smoothed_line_stays_within_the_bounds_of_the_first(points, radius):
    smoothed = smooth(points, radius)
    left, top, right, bottom = bounds(points)
    assert smoothed.shape == points.shape
    assert smoothed[[0, -1]].tolist() == points[[0, -1]].tolist()
    assert (smoothed[:, 0] >= left - 1e-2).all()
    assert (smoothed[:, 0] <= right + 1e-2).all()
    assert (smoothed[:, 1] >= top - 1e-2).all()
    assert (smoothed[:, 1] <= bottom + 1e-2).all()


@pytest.mark.parametrize("change", EVERY)
@given(points=LINES, shift=st.tuples(st.integers(-500, 500), st.integers(-500, 500)))
def test_moving_first_or_afterwards_is_the_same(change, points, shift):
    columns = np.zeros(points.shape[1], dtype=np.float64)
    columns[:2] = shift
    exact = np.round(points.astype(np.float64))
    there, back = change(exact + columns), change(exact) + columns
    assert there.shape == back.shape
    assert np.allclose(there, back, atol=1e-2)


@pytest.mark.parametrize("change", EVERY)
@pytest.mark.parametrize("stroke", AWKWARD, ids=str)
def test_awkward_strokes_stay_finite_and_unchanged_themselves(change, stroke):
    before = stroke.points.copy()
    changed = change(stroke.points)
    assert changed.dtype == np.float32
    assert np.isfinite(changed).all()
    assert (stroke.points == before).all()


@pytest.mark.parametrize("change", [*EVERY, lengths])
def test_nothing_gives_nothing(change):
    assert len(change([])) == 0
    assert len(change(np.empty((0, 4), np.float32))) == 0


@pytest.mark.parametrize("change", [*EVERY, lengths, bounds])
@pytest.mark.parametrize("bad", [[1, 2, 3], np.zeros((2, 5)), [(0, 0), (np.nan, 0)], [(np.inf, 0)]])
def test_what_is_no_polyline_is_refused(change, bad):
    with pytest.raises(ValueError, match=r"points (need shape|must be finite)"):
        change(bad)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: resample_by_spacing(SQUARE, 0), "spacing"),
        (lambda: resample_by_spacing(SQUARE, np.nan), "spacing"),
        (lambda: resample_by_count(SQUARE, 1), "count"),
        (lambda: smooth(SQUARE, -1), "radius"),
        (lambda: simplify(SQUARE, -1), "tolerance"),
        (lambda: simplify(SQUARE, np.inf), "tolerance"),
        (lambda: bounds([]), "no points"),
    ],
)
def test_a_wrong_number_is_refused_by_name(call, says):
    with pytest.raises(ValueError, match=says):
        call()


def test_sharp_turns_are_corners_where_the_line_overlaps_itself():
    zigzag = [(0, 0), (10, 0), (0, 1), (10, 2)]
    assert sharp_turns(zigzag, 1) == 2
    bend = [(0, 0), (10, 0), (20, 3), (30, 9)]
    assert sharp_turns(bend, 1) == 0
    assert sharp_turns(bend, 60) == 2
    assert sharp_turns([(1, 1)], 3) == sharp_turns([(1, 1), (1, 1)], 3) == 0
