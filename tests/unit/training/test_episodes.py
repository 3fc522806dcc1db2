"""Episodes to pretrain on: planned without using an ink twice, and measured as a user's inks are."""

import numpy as np
import pytest

from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.training.episodes import backwards, batched, episode_batch, level_rows
from addon.training.flat import gather
from addon.training.plan import UNKNOWN, plan_epoch
from addon.training.pool import Pool, read_pool, sizes, split
from tests.pretraining import write_data


def uses(plans):
    """How often each ink appears in the plans."""
    inks = np.concatenate([np.concatenate([plan.taught, plan.asked]) for plan in plans])
    return dict(zip(*(each.tolist() for each in np.unique(inks, return_counts=True)), strict=True))


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("data")
    write_data(folder)
    return read_pool(folder)


def test_no_ink_appears_twice_in_an_epoch(pool: Pool) -> None:
    used = uses(plan_epoch(pool, seed=0, epoch=0))
    assert set(used.values()) == {1}
    assert len(used) > 0.7 * len(pool)


def test_a_plan_follows_from_its_seed_and_epoch(pool: Pool) -> None:
    first, again, next_one = (plan_epoch(pool, 0, epoch) for epoch in (3, 3, 4))
    assert [plan.seed for plan in first] == [plan.seed for plan in again]
    assert all((a.taught == b.taught).all() for a, b in zip(first, again, strict=True))
    assert [plan.seed for plan in first] != [plan.seed for plan in next_one]


def test_processes_share_an_epoch_without_overlap(pool: Pool) -> None:
    groups = list(batched(plan_epoch(pool, 0, 0), 4))
    parts = [[plan for group in groups for plan in group[rank::2]] for rank in range(2)]
    seen = [set(uses(part)) for part in parts]
    assert seen[0].isdisjoint(seen[1])
    assert sum(map(len, parts)) == 4 * len(groups)


def test_every_asked_class_is_taught_or_unknown(pool: Pool) -> None:
    for plan in plan_epoch(pool, 1, 0):
        assert set(plan.asked_classes.tolist()) <= {UNKNOWN, *plan.taught_classes.tolist()}
        assert set(plan.taught_classes.tolist()) == set(range(plan.taught_classes.max() + 1))
        labels = pool.classes[plan.taught]
        for index, ink in zip(plan.asked_classes.tolist(), plan.asked.tolist(), strict=True):
            same = labels[plan.taught_classes == index]
            assert (same == pool.classes[ink]).all()
            assert index != UNKNOWN or pool.classes[ink] not in labels


def test_writers_and_alphabets_are_held_out_whole(pool: Pool) -> None:
    known, apart = split(pool, 0)
    assert len(known) + len(apart) == len(pool)
    assert set(known.writers.tolist()).isdisjoint(apart.writers.tolist())
    assert [len(part) for part in split(pool, 0)] == [len(known), len(apart)]


def test_inks_are_in_units_of_their_writers(pool: Pool) -> None:
    size = sizes(pool.inks)
    middles = [np.median(size[pool.writers == writer]) for writer in np.unique(pool.writers)]
    assert middles == pytest.approx(np.ones(len(middles)), abs=0.15)


def test_a_lesson_holds_the_rows_of_all_inks(pool: Pool) -> None:
    plans = plan_epoch(pool, 0, 0)[:3]
    given = episode_batch(pool, plans, spacing=1 / 12, levels=8)
    places = np.concatenate([block.inks.numpy() for block in given.blocks])
    assert sorted(places.tolist()) == list(range(given.inks))
    assert given.inks == sum(len(plan.taught) + len(plan.asked) for plan in plans)
    for part in given.parts:
        assert part.levels.shape == (len(part.taught), 9)
        assert (part.progress[:, -2:] > 0.9).all()
    again = episode_batch(pool, plans, spacing=1 / 12, levels=8)
    assert all((a.rows == b.rows).all() for a, b in zip(given.blocks, again.blocks, strict=True))


def test_levels_rise_with_the_travel(pool: Pool) -> None:
    inks = gather(pool.inks, np.arange(20))
    table = flat_rows(FeatureRecipe(1.0, 1 / 12), *inks)
    rows = level_rows(table, np.arange(20), 8)
    assert (np.diff(rows, axis=1) >= 0).all()
    assert rows[:, -1].tolist() == (np.diff(table.offsets) - 1).tolist()


def test_backwards_twice_is_forwards(pool: Pool) -> None:
    inks = gather(pool.inks, np.arange(20))
    turned = backwards(inks)
    assert (turned.points[0] == inks.points[: inks.stroke_sizes[: inks.ink_sizes[0]].sum()][-1]).all()
    again = backwards(turned)
    assert (again.points == inks.points).all()
    assert (again.stroke_sizes == inks.stroke_sizes).all()
