from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.errors import PointsError
from addon.features import (
    COLUMNS,
    LIMIT,
    ROWS_PER_SAMPLE,
    FeatureRecipe,
    Row,
    Trail,
    advance,
    ink_rows,
    ink_scale,
    lift,
)
from tests.strategies import Stroke, inks, recipes

RECIPE = FeatureRecipe(scale=160.0, spacing=1 / 16)  # a row every 10 pixels


def streamed(recipe: FeatureRecipe, ink: list[Stroke]) -> tuple[list[Row], list[int], list[float]]:
    """The rows of a live pen, the sample that completed each, and the travel at the end of each stroke."""
    rows: list[Row] = []
    samples: list[int] = []
    travels: list[float] = []
    trail: Trail | None = None
    index = -1
    for stroke in ink:
        for x, y in stroke[:, :2].astype(np.float64).tolist():
            index += 1
            new, trail = advance(recipe, trail, x, y)
            rows += new
            samples += [index] * len(new)
        assert trail is not None
        new, trail = lift(recipe, trail)
        rows += new
        samples += [index] * len(new)
        travels.append(trail.travel + trail.along)
    return rows, samples, travels


def bits(rows: list[Row] | np.ndarray) -> bytes:
    # Adding 0 makes -0 a 0: the two are equal, and no answer depends on which it is.
    return (np.asarray(rows, dtype=np.float32) + np.float32(0)).tobytes()


def line(*corners: tuple[float, float]) -> Stroke:
    return np.array([(x, y, index / 100, 0.5) for index, (x, y) in enumerate(corners)], dtype=np.float32)


@given(recipes(), st.lists(inks(), min_size=1, max_size=3))
def test_a_live_pen_and_finished_inks_give_the_same_bits(recipe, several):
    table = ink_rows(recipe, several)
    for ink, (start, stop) in zip(several, pairwise(table.offsets), strict=True):
        rows, samples, travels = streamed(recipe, ink)
        assert bits(table.rows[start:stop]) == bits(rows)
        assert table.sample[start:stop].tolist() == samples
        lifted = table.travel[start:stop][table.rows[start:stop, 4] == 1]
        np.testing.assert_allclose(lifted, travels, rtol=1e-9, atol=1e-6 * recipe.step)


@given(recipes(), inks(), st.floats(0, 1), st.randoms(use_true_random=False))
def test_what_comes_after_a_point_changes_no_row_before_it(recipe, ink, fraction, chance):
    corrupt = [stroke.copy() for stroke in ink]
    flat = [(stroke, index) for stroke in corrupt for index in range(len(stroke))]
    kept = int(fraction * len(flat))
    for stroke, index in flat[kept:]:
        stroke[index, :2] = chance.uniform(-1e4, 1e4), chance.uniform(-1e4, 1e4)
    before, after = ink_rows(recipe, [ink]), ink_rows(recipe, [corrupt])
    assert bits(before.rows[before.sample < kept]) == bits(after.rows[after.sample < kept])


@given(recipes(), inks())
def test_rows_are_finite_and_bounded(recipe, ink):
    rows = ink_rows(recipe, [ink]).rows
    assert np.isfinite(rows).all()
    assert np.abs(rows[:, :4]).max() <= LIMIT


@given(recipes(), inks())
def test_points_are_left_as_they_were(recipe, ink):
    kept = [stroke.copy() for stroke in ink]
    ink_rows(recipe, [ink])
    assert all(np.array_equal(old, new) for old, new in zip(kept, ink, strict=True))


def test_a_straight_stroke_gives_a_row_every_step_framed_by_touch_and_lift():
    rows = ink_rows(RECIPE, [[line((0, 0), (25, 0))]]).rows
    expected = [
        (0, 0, 0, 0, 0, 0),
        (10 / 160, 0, 1, 0, 0, 0),
        (20 / 160, 0, 1, 0, 0, 0),
        (25 / 160, 0, 0.5, 0, 1, 0),
    ]
    np.testing.assert_allclose(rows, expected, atol=1e-7)
    assert len(COLUMNS) == rows.shape[1]


def test_a_dot_gives_a_touch_and_a_lift():
    assert ink_rows(RECIPE, [[line((7, 9))]]).rows.tolist() == [[0.0] * 6, [0.0] * 4 + [1.0, 0.0]]


def test_repeated_points_give_no_rows():
    once, often = line((0, 0), (30, 0)), line((0, 0), (0, 0), (30, 0), (30, 0), (30, 0))
    assert bits(ink_rows(RECIPE, [[once]]).rows) == bits(ink_rows(RECIPE, [[often]]).rows)


def test_the_second_stroke_begins_with_a_jump_measured_in_scales():
    rows = ink_rows(RECIPE, [[line((0, 0)), line((80, 160))]]).rows
    assert rows[2].tolist() == [0.5, 1.0, 0.5, 1.0, 0.0, 1.0]


def test_the_speed_of_the_hand_does_not_matter():
    slow = line(*((float(x), 0.0) for x in range(101)))
    fast = line((0, 0), (50, 0), (100, 0))
    np.testing.assert_allclose(ink_rows(RECIPE, [[slow]]).rows, ink_rows(RECIPE, [[fast]]).rows, atol=1e-6)


def test_a_pen_that_teleports_gives_a_bounded_number_of_rows():
    rows, _ = advance(RECIPE, advance(RECIPE, None, 0.0, 0.0)[1], 1e9, 0.0)
    assert len(rows) == ROWS_PER_SAMPLE


def test_lifting_a_pen_that_is_up_gives_nothing():
    _, trail = advance(RECIPE, None, 0.0, 0.0)
    _, up = lift(RECIPE, trail)
    assert lift(RECIPE, up) == ([], up)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_a_point_that_is_not_finite_is_refused(bad):
    with pytest.raises(PointsError, match="finite"):
        advance(RECIPE, None, 0.0, bad)
    with pytest.raises(PointsError, match="finite"):
        ink_rows(RECIPE, [[line((0, 0), (bad, 1))]])


@pytest.mark.parametrize("several", [[], [[]], [[line((0, 0)), np.zeros((0, 4), np.float32)]]])
def test_inks_without_strokes_or_points_are_refused(several):
    with pytest.raises(PointsError, match="every ink needs a stroke and every stroke a point"):
        ink_rows(RECIPE, several)


@pytest.mark.parametrize("numbers", [(0.0, 0.1), (float("nan"), 0.1), (2e6, 0.1), (100.0, 0.0), (100.0, 1.5)])
def test_a_recipe_out_of_range_is_refused(numbers):
    with pytest.raises(ValueError, match="must be"):
        FeatureRecipe(*numbers)


def test_scale_is_the_median_size_and_leaves_out_dots():
    boxes = [[line((0, 0), (side, 10))] for side in (100, 200, 300)]
    assert ink_scale([*boxes, [line((5, 5))], [line((6, 6))]]) == 200.0
    assert ink_scale([[line((5, 5))]]) == 1.0
    with pytest.raises(PointsError, match="no ink"):
        ink_scale([])
