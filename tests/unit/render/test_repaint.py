import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sketch.ink.ink import Stroke
from sketch.ink.points import as_points
from sketch.render.layers.boxes import (
    CELL,
    area,
    clipped,
    intersection,
    mark,
    mark_stroke,
    no_cells,
    rows_of,
    stroke_box,
    union,
    unmark,
)
from sketch.render.layers.ink import changes
from sketch.render.layers.repaint import cost, next_slice
from sketch.render.matrix import IDENTITY, apply, inverse, multiply, rotation, scaling, translation
from sketch.render.strokes.rows import PixelStroke, laid_out, meet, pixel_bounds
from tests.awkward import AWKWARD

STROKES = [Stroke(as_points([(index, 0)])) for index in range(8)]
boxes = st.tuples(*[st.integers(-300, 300)] * 4).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)
picks = st.lists(st.integers(0, 7), unique=True).map(lambda found: [STROKES[index] for index in found])


@given(picks, picks)
def test_changes_name_every_stroke_that_came_or_went(before, after):
    found = changes(before, after)
    moved = {*map(id, before)} ^ {*map(id, after)}
    assert moved <= {*map(id, found.stale), *map(id, found.fresh)}
    assert after[len(after) - len(found.fresh) :] == found.fresh
    kept = [stroke for stroke in before if id(stroke) not in set(map(id, found.stale))]
    assert [stroke for stroke in after if id(stroke) not in moved and stroke in kept] == kept


def test_strokes_at_the_end_are_fresh_and_others_stale():
    a, b, c, d, e = STROKES[:5]
    found = changes([a, b, c], [b, d, c, e])
    assert found.stale == [a, d]
    assert found.fresh == [e]
    swapped = changes([a, b, c], [a, c, b])
    assert {*map(id, swapped.stale)} == {id(b), id(c)}
    assert changes([], [a, b]).fresh == [a, b]
    assert changes([a, b], []).stale == [a, b]


@given(boxes, boxes)
def test_rectangles_meet_where_they_have_pixels_in_common(a, b):
    if area(a) and area(b):
        assert meet(a, b) == (area(intersection(a, b)) > 0)
        assert intersection(union(a, b), a) == a


@given(st.lists(boxes, max_size=5), boxes)
def test_cells_hold_what_was_marked_and_forget_what_lies_within(marked, gone):
    size = (200, 150)
    cells = no_cells(size)
    for box in marked:
        mark(cells, clipped(box, size))
    pixels = np.zeros((size[1], size[0]), dtype=bool)
    for left, top, right, bottom in rows_of(cells).astype(int).tolist():
        assert not pixels[top:bottom, left:right].any()
        pixels[top:bottom, left:right] = True
    for box in marked:
        left, top, right, bottom = clipped(box, size)
        assert pixels[top:bottom, left:right].all()
    unmark(cells, clipped(gone, size), size)
    left, top, right, bottom = clipped(gone, size)
    for row, column in np.argwhere(no_cells(size) | cells).tolist():
        cell = clipped((column * CELL, row * CELL, (column + 1) * CELL, (row + 1) * CELL), size)
        assert intersection(cell, (left, top, right, bottom)) != cell


@given(st.lists(st.tuples(*[st.integers(-150, 350)] * 2), min_size=1, max_size=6), st.floats(1, 90))
def test_a_strokes_cells_hold_every_disc_along_it(places, width):
    size, stroke = (200, 150), Stroke(as_points(places), width=width)
    cells = no_cells(size)
    mark_stroke(cells, stroke, IDENTITY)
    xy = stroke.points[:, :2]
    share = np.linspace(0, 1, 60)[:, None, None]
    along = np.concatenate((xy, (xy[:-1] + share * (xy[1:] - xy[:-1])).reshape(-1, 2)))
    for turn in np.linspace(0, 2 * np.pi, 8, endpoint=False):
        x, y = (along + width / 2 * np.array((np.cos(turn), np.sin(turn)))).T
        seen = (x >= 0) & (x < size[0]) & (y >= 0) & (y < size[1])
        assert cells[(y[seen] // CELL).astype(int), (x[seen] // CELL).astype(int)].all()


@pytest.mark.parametrize("matrix", [IDENTITY, scaling(2, 2), multiply(translation(5, -3), rotation(0.7))])
@pytest.mark.parametrize("shape", AWKWARD, ids=lambda shape: shape.name)
def test_a_strokes_box_holds_all_that_it_paints(shape, matrix):
    stroke = Stroke(as_points(shape.points), width=shape.width)
    xy = np.array([apply(matrix, x, y) for x, y in stroke.points[:, :2].tolist()], dtype=np.float32)
    scale = np.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))
    pixels = PixelStroke(xy, np.float32(scale / 2) * shape.width, stroke.color)
    painted = pixel_bounds(laid_out([pixels]).rows)
    assert union(stroke_box(stroke, matrix), painted) == stroke_box(stroke, matrix)


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(0, 200))
def test_slices_take_every_stroke_once_and_overdraw_by_one_at_most(costs, budget):
    strokes = [Stroke(as_points([(index, 0)])) for index in range(len(costs))]
    expense = dict(zip(map(id, strokes), costs, strict=True))
    taken, at = [], 0
    for _ in range(len(costs) + 1):
        part, at, left = next_slice(strokes, at, budget, lambda stroke: expense[id(stroke)])
        taken += part
        assert budget - left <= max(0, budget) + max(costs, default=0)
        assert budget == 0 or part or at == len(strokes) or left <= 0
    assert taken == [stroke for stroke in strokes[:at] if expense[id(stroke)]]
    assert at == (len(strokes) if budget else 0)


def test_a_wide_stroke_costs_what_it_fills():
    line = as_points([(0, 0), (1000, 0)])
    assert cost(Stroke(line, width=2.0), 1.0) < cost(Stroke(line, width=60.0), 1.0)
    assert cost(Stroke(line, width=60.0), 1.0) < cost(Stroke(line, width=60.0), 2.0)


def test_an_inverse_undoes_a_transform():
    matrix = multiply(translation(3, -8), multiply(rotation(0.4), scaling(2, 0.5)))
    back = inverse(matrix)
    assert back is not None
    assert multiply(back, matrix) == pytest.approx(IDENTITY)
    assert inverse(scaling(0, 1)) is None
