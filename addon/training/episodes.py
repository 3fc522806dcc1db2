"""Episodes as tensors: inks are augmented, scaled by the taught ones, and converted to rows."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from addon.arrays import Doubles, Floats, Ints
from addon.features.batch import RowTable, flat_rows
from addon.features.recipe import FeatureRecipe
from addon.fewshot import prototypes
from addon.training.augment import augmented
from addon.training.config import Augmentation
from addon.training.flat import FlatInks, gather
from addon.training.plan import Plan
from addon.training.pool import Pool, scaled, sizes

AUGMENTATION = Augmentation(
    rotation=6.0,
    shear=0.1,
    aspect=0.1,
    size=0.12,
    elastic=0.02,
    stroke_shift=0.02,
    jitter=0.003,
    trimmed=0.05,
    dropped=0.5,
)
MOST_ROWS = 200
# Inks in one block for the network; a small block of similar lengths fits into the cache.
AT_ONCE = 64
# Random rows of a tested ink that are judged, in addition to its last two.
JUDGED = 8
# Share of the episodes whose examples are merged by class, as in use.
MERGED = 0.3
# How much a whole episode is varied: rotation in degrees, shear, stretch, and the share made foreign.
TURN, SLANT, STRETCH, FOREIGN = 10.0, 0.25, 0.2, 0.3


class Rows(NamedTuple):
    """A block of inks of similar lengths.

    Attributes:
        rows: Float32, shape (inks, time, columns), padded with zeros.
        inks: Int64, shape (inks,): their indices in the episodes' order.
    """

    rows: Tensor
    inks: Tensor


class Episode(NamedTuple):
    """One episode among the inks of a batch.

    Attributes:
        taught: Shape (taught,): indices of the taught inks.
        classes: Shape (taught,): their classes, from 0, none left out.
        levels: Shape (taught, levels + 1): the row of each level, then the lifted one.
        asked: Shape (asked, judged): indices of the tested inks.
        rows: Shape (asked, judged): rows to judge; the last two are the whole ink, and the pen lifted.
        progress: Float32, shape (asked, judged).
        answers: Shape (asked,): classes, or `UNKNOWN`.
        merge: Whether the examples of a class are merged.
    """

    taught: Tensor
    classes: Tensor
    levels: Tensor
    asked: Tensor
    rows: Tensor
    progress: Tensor
    answers: Tensor
    merge: Tensor


class EpisodeBatch(NamedTuple):
    """Several episodes: their inks in blocks, and what to test."""

    blocks: list[Rows]
    parts: list[Episode]
    longest: int
    inks: int


def episode_batch(pool: Pool, plans: Sequence[Plan], spacing: float, levels: int) -> EpisodeBatch:
    """Augment the inks of some episodes and convert them to rows."""
    tables: list[RowTable] = []
    parts: list[Episode] = []
    placed = 0
    for plan in plans:
        chance = np.random.default_rng(plan.seed)
        table = _rows_of(pool, plan, spacing, chance)
        parts.append(_part(table, plan, levels, placed, chance))
        placed += len(plan.taught) + len(plan.asked)
        tables.append(table)
    rows = np.concatenate([table.rows for table in tables])
    lengths = np.concatenate([np.diff(table.offsets) for table in tables])
    blocks = blocks_of(rows, np.cumsum(lengths) - lengths, np.minimum(lengths, MOST_ROWS))
    return EpisodeBatch(blocks, parts, min(int(lengths.max()), MOST_ROWS), placed)


def _rows_of(pool: Pool, plan: Plan, spacing: float, chance: np.random.Generator) -> RowTable:
    inks = gather(pool.inks, np.concatenate([plan.taught, plan.asked]))
    inks = _episode_varied(inks, chance)
    inks = augmented(inks, 1.0, AUGMENTATION, chance)
    size = sizes(inks)[: len(plan.taught)]
    drawn = size[size > 0.02]
    scale = float(np.median(drawn)) if len(drawn) else 1.0
    return flat_rows(FeatureRecipe(1.0, spacing), *scaled(inks, np.full(len(inks.ink_sizes), 1 / scale)))


def _episode_varied(inks: FlatInks, chance: np.random.Generator) -> FlatInks:
    turn, slant, stretch = chance.uniform(-1, 1, 3) * (np.radians(TURN), SLANT, STRETCH)
    mirror = 1.0
    if chance.random() < FOREIGN:
        turn, mirror = chance.uniform(-np.pi, np.pi), chance.choice([-1.0, 1.0])
        if chance.random() < 0.5:
            inks = backwards(inks)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shape = np.array([[np.exp(stretch / 2) * mirror, slant], [0.0, np.exp(-stretch / 2)]])
    return inks._replace(points=inks.points @ (rotation @ shape).T)


def backwards(inks: FlatInks) -> FlatInks:
    """Every ink drawn from its end to its beginning."""
    points = np.add.reduceat(inks.stroke_sizes, np.cumsum(inks.ink_sizes) - inks.ink_sizes)
    return FlatInks(
        inks.points[_reversal(points)], inks.stroke_sizes[_reversal(inks.ink_sizes)], inks.ink_sizes
    )


def _reversal(counts: Ints) -> Ints:
    ends = np.cumsum(counts)
    return np.repeat(2 * ends - counts - 1, counts) - np.arange(int(ends[-1]))


def _part(table: RowTable, plan: Plan, levels: int, placed: int, chance: np.random.Generator) -> Episode:
    taught, asked = np.arange(len(plan.taught)), len(plan.taught) + np.arange(len(plan.asked))
    rows, progress = judged(table, asked, chance)
    places = np.repeat(placed + asked[:, None], rows.shape[1], axis=1)
    arrays = (
        placed + taught,
        plan.taught_classes,
        level_rows(table, taught, levels),
        places,
        rows,
        progress.astype(np.float32),
        plan.asked_classes,
        np.array(chance.random() < MERGED),
    )
    return Episode(*map(torch.as_tensor, arrays))


def level_rows(table: RowTable, inks: Ints, levels: int) -> Ints:
    """The rows of the levels of each ink, shape (inks, levels + 1), each below `MOST_ROWS`."""
    rows = np.stack([prototypes.level_rows(_travel(table, ink), levels) for ink in inks.tolist()])
    return np.minimum(rows, MOST_ROWS - 1)


def judged(table: RowTable, inks: Ints, chance: np.random.Generator) -> tuple[Ints, Doubles]:
    """The rows of each ink to judge, the last two for the whole ink and the lifted pen; and its progress."""
    rows = np.empty((len(inks), JUDGED + 2), dtype=np.int64)
    progress = np.ones(rows.shape)
    for place, ink in enumerate(inks):
        travel = _travel(table, ink)
        last = len(travel) - 1
        rows[place] = [*chance.integers(0, max(last, 1), JUDGED), max(last - 1, 0), last]
        rows[place] = np.minimum(rows[place], MOST_ROWS - 1)
        if travel[-1] > 0:
            progress[place] = travel[rows[place]] / travel[-1]
    return rows, progress


def _travel(table: RowTable, ink: int) -> Doubles:
    return table.travel[table.offsets[ink] : table.offsets[ink + 1]]


def blocks_of(rows: Floats, starts: Ints, lengths: Ints) -> list[Rows]:
    """Put inks of similar lengths into blocks."""
    order = np.argsort(-lengths, kind="stable")
    return [_block(rows, starts, lengths, order[at : at + AT_ONCE]) for at in range(0, len(order), AT_ONCE)]


def _block(rows: Floats, starts: Ints, lengths: Ints, chosen: Ints) -> Rows:
    time = np.arange(int(lengths[chosen].max()))
    index = np.minimum(starts[chosen][:, None] + time, (starts + lengths - 1)[chosen][:, None])
    block = rows[index]
    block[time >= lengths[chosen][:, None]] = 0.0
    return Rows(torch.as_tensor(block), torch.as_tensor(chosen))


def batched(plans: Sequence[Plan], size: int) -> Iterator[Sequence[Plan]]:
    """Groups of `size` episodes, without an incomplete last one."""
    for at in range(0, len(plans) - size + 1, size):
        yield plans[at : at + size]
