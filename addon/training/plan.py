"""The plan of an epoch: which inks are in which episode; no ink appears twice.

An episode is like a user's teaching: a few classes, a few taught inks of each, then inks to recognise, some
of unknown classes. For half of the writers of an epoch, teaching and testing are by the same writer; the inks
of the other writers are mixed.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from addon.arrays import Bools, Ints
from addon.training.pool import QUICKDRAW, UNIPEN, Pool

UNKNOWN = -1

SHOTS = np.array([1, 2, 3, 4, 5])
SHOTS_CHANCE = np.array([0.4, 0.2, 0.15, 0.1, 0.15])
MOST_QUERIES = 3
FEWEST_CLASSES, MOST_CLASSES = 5, 62
# Approximate number of inks in an episode, so that all steps take about the same time.
INKS = 160
UNKNOWN_SHARE = 0.2


class Plan(NamedTuple):
    """An episode's inks.

    Attributes:
        taught, asked: Indices into the pool.
        taught_classes: Classes within this episode, from 0; same shape as `taught`.
        asked_classes: The same or `UNKNOWN`; same shape as `asked`.
        seed: Determines how the inks are varied.
    """

    taught: Ints
    taught_classes: Ints
    asked: Ints
    asked_classes: Ints
    seed: int


def plan_epoch(pool: Pool, seed: int, epoch: int) -> list[Plan]:
    """The episodes of an epoch, in order; the same for the same arguments in every process."""
    chance = np.random.default_rng([seed, epoch])
    plans = [plan for queues, sets in _lots(pool, chance) for plan in _episodes(queues, sets, chance)]
    return [plans[index] for index in chance.permutation(len(plans))]


Queues = dict[int, list[int]]


def _lots(pool: Pool, chance: np.random.Generator) -> Iterator[tuple[Queues, list[list[int]]]]:
    """Queues of inks by class, and the sets of classes for episodes."""
    group = pool.groups[pool.classes]
    kinds = [[i for i, kind in enumerate(pool.kinds) if kind in names] for names in (UNIPEN, QUICKDRAW)]
    unipen, quickdraw = (np.isin(group, kind) for kind in kinds)
    writers = chance.permutation(np.unique(pool.writers[unipen]))
    alone = writers[: len(writers) // 2]
    for writer in alone:
        queues = _queues(pool, unipen & (pool.writers == writer), chance)
        yield queues, [list(queues)]
    for part in (unipen & ~np.isin(pool.writers, alone), ~unipen & ~quickdraw, quickdraw):
        queues = _queues(pool, part, chance)
        every = list(queues)
        sets = [[c for c in every if pool.groups[c] == g] for g in np.unique(pool.groups[every])]
        yield queues, [*sets, every] if len(sets) > 1 else sets


def _queues(pool: Pool, part: Bools, chance: np.random.Generator) -> Queues:
    inks = chance.permutation(np.flatnonzero(part))
    queues: Queues = {}
    for ink, label in zip(inks.tolist(), pool.classes[inks].tolist(), strict=True):
        queues.setdefault(label, []).append(ink)
    return queues


def _episodes(queues: Queues, sets: list[list[int]], chance: np.random.Generator) -> Iterator[Plan]:
    """Take inks from the queues until no set has enough classes with two inks left."""
    while True:
        left = [[c for c in each if len(queues[c]) >= 2] for each in sets]
        left = [each for each in left if len(each) >= FEWEST_CLASSES]
        if not left:
            return
        yield _episode(queues, left[chance.integers(len(left))], chance)


def _episode(queues: Queues, classes: list[int], chance: np.random.Generator) -> Plan:
    shots = int(chance.choice(SHOTS, p=SHOTS_CHANCE))
    queries = int(chance.integers(1, MOST_QUERIES + 1))
    most = max(FEWEST_CLASSES, min(MOST_CLASSES, INKS // (shots + queries)))
    chosen = chance.permutation(classes)[:most].tolist()
    unknown = int(chance.random() * 2 * UNKNOWN_SHARE * len(chosen))
    known = len(chosen) - unknown
    taught: list[tuple[int, int]] = []
    asked: list[tuple[int, int]] = []
    for index, label in enumerate(chosen):
        count = min(shots, len(queues[label]) - 1)
        if index < known:
            taught += [(queues[label].pop(), index) for _ in range(count)]
        number = index if index < known else UNKNOWN
        asked += [(queues[label].pop(), number) for _ in range(min(queries, len(queues[label])))]
        if index >= known and len(queues[label]) == 1:
            queues[label].pop()
    return Plan(*_columns(taught), *_columns(asked), seed=int(chance.integers(2**31)))


def _columns(pairs: list[tuple[int, int]]) -> tuple[Ints, Ints]:
    inks, classes = np.array(pairs, dtype=np.int64).T
    return inks, classes
