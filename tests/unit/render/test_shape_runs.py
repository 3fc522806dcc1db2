import math

import numpy as np
import pytest

from sketch.render.matrix import axes_of, multiply, rotation, translation
from sketch.render.shapes.arrays import box_rows, ellipse_rows, triangle_rows
from sketch.render.shapes.painter import ShapeRun, dot_rows, shape_runs

AXES = axes_of((1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
SIZE = (200, 100)
COLOR = (1.0, 1.0, 1.0, 1.0)


def circles(places, radius=3.0, line=0.0):
    xy = np.array(places, dtype=np.float32)
    half = np.full((len(xy), 2), radius, dtype=np.float32)
    return ellipse_rows(AXES, xy, half, line, COLOR)


def boxes(places, sizes, radius=0.0, axes=AXES):
    return box_rows(axes, np.array(places, np.float32), np.array(sizes, np.float32), radius, 0.0, COLOR)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (circles([(100, 50)]), True),
        (circles([(0, 100)]), True),
        (circles([(-0.5, 50)]), False),
        (circles([(100, 100.5)]), False),
        (circles([(100, 50)], 31), True),
        (circles([(100, 50)], 32), False),
        (circles([(100, 50)], 3, line=1), False),
        (boxes([(90, 40)], [(20, 60)]), True),
        (boxes([(90, 40)], [(20, 70)]), False),
        (boxes([(90, 40)], [(20, 20)], radius=4), False),
    ],
)
def test_what_is_small_plain_and_in_the_frame_is_a_dot(rows, expected):
    assert dot_rows(rows, SIZE, 64).tolist() == [expected]


def test_a_turned_box_needs_a_larger_square():
    turned = axes_of(multiply(translation(100, 50), rotation(math.pi / 4)))
    assert dot_rows(boxes([(25, 25)], [(50, 50)]), SIZE, 64).tolist() == [True]
    assert dot_rows(boxes([(-20, -20)], [(40, 40)], axes=turned), SIZE, 64).tolist() == [True]
    assert dot_rows(boxes([(-25, -25)], [(50, 50)], axes=turned), SIZE, 64).tolist() == [False]


def test_a_triangle_is_judged_by_the_square_around_it():
    corners = [
        [(90, 40), (130, 40), (110, 90)],
        [(195, 40), (230, 40), (210, 60)],
        [(90, 0), (10, 10), (20, 20)],
    ]
    rows = triangle_rows(AXES, np.array(corners, dtype=np.float32), COLOR)
    assert dot_rows(rows, SIZE, 64).tolist() == [True, False, False]


def test_runs_hold_every_row_once_and_in_order():
    small, large = circles([(50, 50)] * 300), circles([(50, 50)] * 2, 90)
    rows = np.concatenate((large[:1], small, large, small[:200]))
    assert shape_runs(rows, SIZE, 64) == [
        ShapeRun(0, 1, False),
        ShapeRun(1, 300, True, discs=True),
        ShapeRun(301, 2, False),
        ShapeRun(303, 200, True, discs=True),
    ]


def test_too_many_turns_or_too_few_shapes_are_one_run_of_quads():
    mixed = np.concatenate([circles([(50, 50)]), circles([(50, 50)], 90)] * 100)
    assert shape_runs(mixed, SIZE, 64) == [ShapeRun(0, 200, False)]
    assert shape_runs(circles([(50, 50)] * 9), SIZE, 64) == [ShapeRun(0, 9, False)]
    assert shape_runs(circles([(50, 50)] * 99), SIZE, 1) == [ShapeRun(0, 99, False)]
    assert shape_runs(np.empty((0, 16), np.float32), SIZE, 64) == []


def test_a_run_of_points_knows_whether_all_of_them_are_discs():
    discs = circles([(50, 50)] * 80)
    flat = discs.copy()
    flat[40, 9] = 2.0
    assert shape_runs(discs, SIZE, 64) == [ShapeRun(0, 80, dots=True, discs=True)]
    assert shape_runs(flat, SIZE, 64) == [ShapeRun(0, 80, dots=True)]
    mixed = np.concatenate((discs, boxes([(50, 50)] * 80, [(4, 4)] * 80)))
    assert shape_runs(mixed, SIZE, 64) == [ShapeRun(0, 160, dots=True)]
    outlined = np.concatenate((discs, circles([(50, 50)] * 80, line=1)))
    assert shape_runs(outlined, SIZE, 64) == [
        ShapeRun(0, 80, dots=True, discs=True),
        ShapeRun(80, 80, dots=False),
    ]
