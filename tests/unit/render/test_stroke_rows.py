from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.render.strokes.rows import NO_SEGMENT, PixelStroke, Run, laid_out, pixel_bounds, runs_of
from tests.awkward import AWKWARD
from tests.strategies import PLACES

WHITE = (1.0, 1.0, 1.0, 1.0)


def stroke(points, radius: Any = 3.0, closed=False):
    return PixelStroke(np.array(points, dtype=np.float32), radius, WHITE, closed)


def stroke_rows(strokes):
    return laid_out(strokes).rows


def test_nothing_has_no_rows():
    assert stroke_rows([]).shape == (0, 12)


def test_a_dot_is_a_segment_from_a_point_to_itself():
    rows = stroke_rows([stroke([(5, 6)])])
    assert rows[:, :2].tolist() == [[5, 6], [5, 6]]
    assert rows[:, 7].tolist() == [0, NO_SEGMENT]


def test_no_segment_joins_two_strokes():
    rows = stroke_rows([stroke([(0, 0), (9, 0)]), stroke([(50, 50)]), stroke([(0, 9), (9, 9)])])
    assert (rows[:, 7] == NO_SEGMENT).tolist() == [False, True, False, True, False, True]


def test_repeated_points_are_dropped_and_a_swelling_is_kept():
    assert len(stroke_rows([stroke([(0, 0), (0, 0), (9, 0), (9, 0), (9, 0), (20, 0)])])) == 3
    radius = np.array([3, 3, 9, 3], dtype=np.float32)
    rows = stroke_rows([stroke([(0, 0), (10, 0), (10, 0), (20, 0)], radius)])
    assert rows[:, 2].tolist() == [3, 3, 9, 3]


def test_a_gentle_turn_has_a_mitre_and_a_sharp_one_has_not():
    gentle = stroke_rows([stroke([(0, 0), (30, 0), (59, 8)])])
    sharp = stroke_rows([stroke([(0, 0), (30, 0), (5, 8)])])
    assert np.hypot(*gentle[1, 4:6]) == pytest.approx(gentle[1, 3] / np.cos(np.arctan2(8, 29) / 2), rel=1e-5)
    assert sharp[1, 4:6].tolist() == [0, 0]
    assert (gentle[:, 7] <= 0).all()
    assert sharp[:, 7].tolist() == [0, 1, NO_SEGMENT]


def test_segments_too_short_for_their_width_look_back():
    rows = stroke_rows([stroke([(0, 0), (1, 0), (1, 1), (2, 1)], radius=8.0)])
    assert rows[:3, 7].tolist() == [0, 1, 2]


def test_no_segment_looks_back_past_its_own_stroke():
    zigzag = [(x, 4 * (x % 2)) for x in range(30)]
    rows = stroke_rows([stroke(zigzag), stroke(zigzag, 9.0), stroke(zigzag)])
    oldest = np.arange(90) - rows[:, 6] - rows[:, 7]
    starts = np.repeat((0, 30, 60), 30)
    assert (oldest >= starts)[rows[:, 7] != NO_SEGMENT].all()
    assert rows[31:59, 7].max() > rows[1:29, 7].max()


def test_both_ends_of_a_ring_are_cut_alike():
    rows = stroke_rows([stroke([(0, 5), (0, 10), (10, 10), (10, 0), (0, 0), (0, 5)], 2.0, closed=True)])
    assert rows[0, 4:6].tolist() == rows[-1, 4:6].tolist() != [0, 0]


def test_long_gentle_runs_are_drawn_apart_from_segments_that_look_back():
    rows = np.zeros((301, 12), dtype=np.float32)
    rows[[100, 110, 200], 7] = 5
    gentle, sharp = (lambda a, b: Run(a, b - a, sharp=False)), (lambda a, b: Run(a, b - a, sharp=True))
    assert runs_of(rows) == [
        gentle(0, 100),
        sharp(100, 111),
        gentle(111, 200),
        sharp(200, 201),
        gentle(201, 300),
    ]
    assert runs_of(rows[:121]) == [gentle(0, 100), sharp(100, 120)]
    assert runs_of(rows[105:121]) == [sharp(0, 15)]
    assert runs_of(rows[:20]) == [gentle(0, 19)]
    assert runs_of(rows[:1]) == runs_of(rows[:0]) == []


def test_rows_know_what_they_may_touch():
    assert pixel_bounds(stroke_rows([stroke([(10, 20), (30, 5)])])) == (6, 1, 34, 24)


def test_every_awkward_stroke_gives_finite_rows():
    strokes = [stroke(s.points, np.asarray(s.width, np.float32) / 2) for s in AWKWARD]
    rows = stroke_rows(strokes)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    assert (rows[:, 7] == NO_SEGMENT).sum() == len(AWKWARD)


@given(st.lists(st.tuples(PLACES, PLACES), min_size=1, max_size=20), st.floats(0.05, 100))
def test_any_points_give_finite_rows_whose_mitres_stay_within_the_segments(points, radius):
    within = [point for point in points if max(map(abs, point)) < 1e6] or [(0, 0)]
    rows = stroke_rows([stroke(within, radius)])
    assert np.isfinite(rows).all()
    mitre = np.hypot(rows[:, 4], rows[:, 5])
    assert (
        mitre <= rows[:, 3] * 1.5
    ).all()  # a turn below 90 degrees stretches by the square root of 2 at most


@given(st.integers(-300, 300), st.integers(-300, 300))
def test_a_moved_stroke_has_the_same_joints(x, y):
    points = np.round(AWKWARD[11].points * 4) / 4
    here, there = stroke_rows([stroke(points)]), stroke_rows([stroke(points + np.array((x, y)))])
    assert (here[:, 6:8] == there[:, 6:8]).all()
    assert np.allclose(here[:, 4:6], there[:, 4:6], atol=1e-3)
