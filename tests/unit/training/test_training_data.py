from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.dataset.corpus import corpus_of
from addon.features.batch import flat_rows, ink_rows
from addon.features.recipe import FeatureRecipe
from addon.training.augment import affine, augmented
from addon.training.config import Augmentation, TrainConfig
from addon.training.flat import FlatInks, gather, kept, ranges
from addon.training.ink_set import (
    BATCHES_AT_ONCE,
    InkSet,
    batches,
    ink_set,
    padded,
    progress_of,
    subset,
    thinned,
)
from tests.hands import taught, written
from tests.strategies import inks as any_ink

RECIPE = FeatureRecipe(180.0)
NOTHING = Augmentation(**dict.fromkeys(Augmentation.__slots__, 0.0))


def a_set(each: int = 3) -> InkSet:
    return ink_set(corpus_of(*taught(each=each)), "LTVZ")


def flat(several) -> FlatInks:
    return ink_set(corpus_of(several, ["A"] * len(several)), "A").inks


def test_a_set_has_the_points_strokes_and_classes_of_its_inks():
    data = a_set(each=2)
    assert data.inks.ink_sizes.tolist() == [1, 1, 2, 2, 1, 1, 1, 1]
    assert data.classes.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert data.inks.stroke_sizes.sum() == len(data.inks.points)


@given(st.lists(any_ink(), min_size=1, max_size=3))
def test_flat_inks_give_the_rows_of_the_inks(several):
    wanted, given_ = ink_rows(RECIPE, several), flat_rows(RECIPE, *flat(several))
    assert np.array_equal(wanted.rows, given_.rows)
    assert np.array_equal(wanted.offsets, given_.offsets)


def test_inks_are_gathered_in_any_order_and_often():
    several, _ = taught(each=1)
    wanted = flat([several[index] for index in (2, 1, 1)])
    for ours, theirs in zip(gather(flat(several), np.array([2, 1, 1])), wanted, strict=True):
        assert np.array_equal(ours, theirs)


def test_ranges_follow_one_another():
    assert ranges(np.array([5, 0, 9]), np.array([2, 0, 3])).tolist() == [5, 6, 9, 10, 11]


def test_kept_leaves_out_points():
    inks = FlatInks(np.arange(10.0).reshape(5, 2), np.array([3, 2]), np.array([2]))
    less = kept(inks, np.array([True, False, True, True, False]))
    assert less.points[:, 0].tolist() == [0.0, 4.0, 6.0]
    assert less.stroke_sizes.tolist() == [2, 1]


def test_thinning_keeps_ends_and_hardly_changes_the_rows():
    dense = written("Z", seed=1)
    thin = thinned(flat([dense]), RECIPE.step / 2)
    assert len(thin.points) <= len(flat([dense]).points)
    assert np.array_equal(thin.points[[0, -1]], dense[0][[0, -1], :2].astype(np.float64))
    whole, less = flat_rows(RECIPE, *flat([dense])), flat_rows(RECIPE, *thin)
    assert less.travel[-1] == pytest.approx(whole.travel[-1], rel=0.02)


@given(st.lists(any_ink(), min_size=1, max_size=3), st.integers(0, 99))
def test_augmented_inks_keep_their_strokes_and_stay_finite(several, seed):
    inks = flat(several)
    varied = augmented(inks, 100.0, Augmentation(), np.random.default_rng(seed))
    assert np.isfinite(varied.points).all()
    assert np.array_equal(varied.ink_sizes, inks.ink_sizes)
    assert len(varied.stroke_sizes) == len(inks.stroke_sizes)
    assert (varied.stroke_sizes >= np.minimum(inks.stroke_sizes, 2)).all()
    assert varied.stroke_sizes.sum() == len(varied.points)


def test_without_augmentation_inks_are_as_they_were():
    inks = a_set().inks
    varied = augmented(inks, 180.0, NOTHING, np.random.default_rng(0))
    np.testing.assert_allclose(varied.points, inks.points, rtol=1e-12)


def test_augmentation_leaves_its_input_alone_and_varies_each_ink_by_itself():
    inks = gather(a_set().inks, np.array([0, 0]))
    before = inks.points.copy()
    varied = augmented(inks, 180.0, Augmentation(dropped=0.0, trimmed=0.0), np.random.default_rng(0))
    assert np.array_equal(inks.points, before)
    one, other = np.split(varied.points, 2)
    assert np.abs(one - other).max() > 1.0


def test_matrices_keep_within_their_settings():
    only_turned = affine(500, Augmentation(**{**_nothing(), "rotation": 10.0}), np.random.default_rng(0))
    angles = np.degrees(np.arctan2(only_turned[:, 1, 0], only_turned[:, 0, 0]))
    assert 9.0 < np.abs(angles).max() <= 10.0
    np.testing.assert_allclose(np.linalg.det(only_turned), 1.0)
    sized = affine(500, Augmentation(**{**_nothing(), "size": 0.5}), np.random.default_rng(0))
    area = np.linalg.det(sized)
    assert area.min() >= np.exp(-1.0) - 1e-9
    assert area.max() <= np.exp(1.0) + 1e-9


def _nothing() -> dict[str, float]:
    return dict.fromkeys(Augmentation.__slots__, 0.0)


def test_a_batch_pads_with_zeros_and_ends_each_ink_at_full_progress():
    batch = next(batches(a_set(), RECIPE, TrainConfig(batch=8), np.random.default_rng(0)))
    assert batch.rows.shape[:2] == batch.progress.shape == (8, int(batch.lengths.max()))
    for rows, progress, length in zip(batch.rows, batch.progress, batch.lengths, strict=True):
        assert rows[length:].abs().sum() == 0
        assert progress[length - 1] == 1.0
        assert (progress[:length].diff() >= 0).all()
        assert rows[length - 1, 4] == 1.0


def test_a_dot_is_complete_from_its_first_row():
    dot = [np.array([[5, 5, 0, 0.5]], dtype=np.float32)]
    table = flat_rows(RECIPE, *flat([dot]))
    batch = padded(table, progress_of(table), np.array([0]), np.array([0]), 100)
    assert batch.progress.tolist() == [[1.0, 1.0]]


def test_an_ink_of_very_many_rows_is_cut_and_its_progress_is_not():
    table = flat_rows(RECIPE, *a_set().inks)
    batch = padded(table, progress_of(table), np.array([0]), np.array([0]), max_rows=5)
    assert batch.rows.shape[1] == 5
    assert batch.progress[0, -1] < 0.5


def test_classes_come_equally_often_however_unequal_they_are_taught():
    several = [written("L", seed) for seed in range(30)] + [written("V", 0)]
    data = ink_set(corpus_of(several, ["L"] * 30 + ["V"]), "LV")
    stream = batches(data, RECIPE, TrainConfig(batch=20), np.random.default_rng(0))
    classes = np.concatenate([next(stream).classes.numpy() for _ in range(BATCHES_AT_ONCE)])
    assert 0.4 < classes.mean() < 0.6


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.booleans())
def test_the_same_seed_gives_the_same_batches(seed, by_length):
    def stream():
        return batches(a_set(), RECIPE, TrainConfig(batch=4), np.random.default_rng(seed), by_length)

    for _, one, other in zip(range(3), stream(), stream(), strict=False):
        assert all(np.array_equal(ours, theirs) for ours, theirs in zip(one, other, strict=True))


def test_by_length_pads_less():
    def padding(by_length):
        stream = batches(a_set(9), RECIPE, TrainConfig(batch=4), np.random.default_rng(0), by_length)
        found = [next(stream) for _ in range(BATCHES_AT_ONCE)]
        return sum(int(batch.rows.shape[1] * 4 - batch.lengths.sum()) for batch in found)

    assert padding(True) < padding(False) / 2


def test_a_subset_is_what_was_asked_for():
    part = subset(a_set(), np.array([4, 0]))
    assert part.classes.tolist() == [1, 0]
    assert [stop - start for start, stop in pairwise([0, *np.cumsum(part.inks.ink_sizes)])] == [2, 1]
