from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.errors import PointsError
from addon.features.batch import ink_rows
from addon.features.recipe import COLUMNS, LIMIT, ROWS_PER_SAMPLE, FeatureRecipe, recipe_from
from addon.features.scale import ink_scale, typical_size
from addon.features.streaming import Row, Trail, advance, lift
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


@pytest.mark.parametrize(
    "numbers", [(0.0, 0.1), (float("nan"), 0.1), (2e12, 0.1), (100.0, 0.0), (100.0, 1.5)]
)
def test_a_recipe_out_of_range_is_refused(numbers):
    with pytest.raises(ValueError, match="must be"):
        FeatureRecipe(*numbers)


def test_scale_is_the_median_size_and_leaves_out_dots():
    boxes = [[line((0, 0), (side, 10))] for side in (100, 200, 300)]
    assert ink_scale([*boxes, [line((5, 5))], [line((6, 6))]]) == 200.0
    assert ink_scale([[line((5, 5))]]) == 1.0
    with pytest.raises(PointsError, match="no ink"):
        ink_scale([])


def test_a_dot_is_small_relative_to_the_other_inks_and_not_in_pixels():
    letters = [0.9, 1.0, 1.1]
    assert typical_size([0.001, 0.002, 0.0, 0.004, *letters]) == 1.0
    # One huge ink makes no dots of the others.
    assert typical_size([200.0, 210.0, 220.0, 9000.0]) == 215.0
    assert typical_size([0.0, 0.0], otherwise=3.0) == 3.0
    assert typical_size([0.3]) == 0.3


@pytest.mark.parametrize("unit", [1e-4, 1 / 255, 37.3, 1e4])
@pytest.mark.parametrize("seed", range(6))
def test_inks_in_any_unit_give_the_same_rows(unit: float, seed: int):
    chance = np.random.default_rng(seed)
    wander = [chance.normal(0, 9, (40, 4)).cumsum(axis=0).astype(np.float32) for _ in range(4)]
    taught = [[wander[0] + 40], [wander[1], line((3, 3))], [line((5, 5))], [line((0, 0), (100, 100))]]
    # Rows of these fall on samples and on the ends of strokes.
    asked = [[wander[2]], [wander[3], line((60, 0), (80, 0))], [line(*((25.0 * x, 0.0) for x in range(13)))]]

    def rows(by: float) -> np.ndarray:
        there, here = ([[s * np.float32(by) for s in ink] for ink in several] for several in (taught, asked))
        return ink_rows(FeatureRecipe(ink_scale(there), 1 / 12), [*there, *here]).rows

    np.testing.assert_allclose(rows(unit), rows(1.0), atol=1e-5)


def test_what_a_recipe_does_not_say_has_the_values_of_today():
    """Existing files were made with these: changing one changes what they are fed."""
    recipe = FeatureRecipe(100.0)
    assert (recipe.spacing, recipe.limit, recipe.rows_per_sample) == (1 / 16, 50.0, 64)
    assert (recipe.tolerance, recipe.dot, recipe.rescaled) == (1e-4, 1 / 200, 1.12)


@pytest.mark.parametrize(
    ("changed", "rows"),
    [({}, 64), ({"rows_per_sample": 5}, 5), ({"limit": 2.0}, 64)],
)
def test_every_number_of_a_recipe_counts(changed: dict[str, float], rows: int):
    recipe = replace(RECIPE, **changed)
    leap = ink_rows(recipe, [[line((0, 0), (1e5, 0))]]).rows
    assert len(leap) == rows + 2
    assert np.abs(leap[:, :4]).max() == recipe.limit
    assert bits(leap) == bits(streamed(recipe, [line((0, 0), (1e5, 0))])[0])


def test_a_row_may_be_a_little_early():
    short = line((0, 0), (9.9995, 0))
    assert len(ink_rows(RECIPE, [[short]]).rows) == 3
    assert len(ink_rows(replace(RECIPE, tolerance=0.0), [[short]]).rows) == 2
    assert bits(ink_rows(RECIPE, [[short]]).rows) == bits(streamed(RECIPE, [short])[0])
    table = ink_rows(RECIPE, [[short]])
    assert (table.travel <= table.travel[-1]).all()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"limit": 0.5}, "limit must be 1..1e\\+06; got 0.5"),
        ({"rows_per_sample": 2.5}, "rows_per_sample must be a whole number; got 2.5"),
        ({"rows_per_sample": True}, "rows_per_sample must be 1..4096; got True"),
        ({"tolerance": float("nan")}, "tolerance must be 0..0.01; got nan"),
        ({"scale": "100"}, "scale must be .*; got '100'"),
        ({"mirror": 1}, "'mirror', which this Inkloop does not know; it knows scale, spacing"),
    ],
)
def test_a_recipe_that_is_out_of_range_or_unknown_is_refused_by_name(changed: dict[str, object], says: str):
    with pytest.raises(ValueError, match=says):
        recipe_from({"scale": 100.0, "spacing": 0.1, **changed})


def test_how_far_a_number_goes_and_how_many_rows_a_jump_makes_belong_to_the_shipped_models():
    # Written out: a model that was trained on other rows than it is asked with is silently worse.
    recipe = FeatureRecipe(scale=10.0, spacing=0.1)
    far = np.array([[0, 0, 0, 0.5], [0, 0, 0.1, 0.5], [1e5, -30, 0.2, 0.5]], dtype=np.float32)
    lifted = np.array([[490, -2000, 0.5, 0.5]], dtype=np.float32)
    rows = ink_rows(recipe, [[far, lifted]]).rows
    assert rows[:, 0].max() == 50.0
    assert rows[:, 1].min() == -50.0
    # Below the bound nothing is cut.
    assert rows[-1, 0] == pytest.approx(49.0)
    # A row at the touch and at the lift of each stroke, and sixty-four along the jump.
    assert len(rows) == 4 + 64
