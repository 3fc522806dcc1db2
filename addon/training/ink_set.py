"""Labelled inks as flat arrays, and batches of them as tensors."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from addon.arrays import Floats, Ints
from addon.dataset.corpus import Corpus
from addon.features.batch import RowTable, flat_rows
from addon.features.recipe import COLUMNS, ROWS_PER_SAMPLE, FeatureRecipe
from addon.features.resampling import lay_out, walk
from addon.training.augment import augmented
from addon.training.config import TrainConfig
from addon.training.flat import FlatInks, gather, kept

# Inks are augmented and converted to rows this many batches at a time, to share numpy's cost of a call.
BATCHES_AT_ONCE = 16


@dataclass(frozen=True, slots=True, eq=False)
class InkSet:
    """Inks and their classes.

    Attributes:
        inks: The inks.
        classes: Int64 array of shape (inks,), indices into `labels`.
        labels: The names of the classes.
    """

    inks: FlatInks
    classes: Ints
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.classes)


class Batch(NamedTuple):
    """Rows of several inks, padded to the longest.

    Attributes:
        rows: Float32, shape (batch, time, columns).
        classes: Int64, shape (batch,).
        progress: Float32, shape (batch, time): share of the ink's pen-down travel at each row.
        lengths: Int64, shape (batch,): rows of each ink; the rest is padding.
    """

    rows: Tensor
    classes: Tensor
    progress: Tensor
    lengths: Tensor


def ink_set(corpus: Corpus, labels: Sequence[str]) -> InkSet:
    """Convert a corpus; each of its labels must be in `labels`."""
    ink = np.repeat(np.arange(len(corpus)), np.diff(corpus.offsets))
    new_ink = np.diff(ink, prepend=-1) != 0
    begins = np.flatnonzero(new_ink | (np.diff(corpus.stroke_ids, prepend=-1) != 0))
    stroke_sizes = np.diff(np.append(begins, len(ink)))
    ink_sizes = np.bincount(ink[begins], minlength=len(corpus))
    flat = FlatInks(corpus.points[:, :2].astype(np.float64), stroke_sizes, ink_sizes)
    index = {label: position for position, label in enumerate(labels)}
    classes = np.array([index[label] for label in corpus.labels.tolist()], dtype=np.int64)
    return InkSet(flat, classes, tuple(labels))


def thinned(inks: FlatInks, spacing: float) -> FlatInks:
    """Drop samples that are closer along their stroke than `spacing`, but never a stroke's ends."""
    layout = lay_out(inks.stroke_sizes, inks.ink_sizes)
    made = walk(inks.points, layout, spacing, ROWS_PER_SAMPLE * spacing).made
    keep = np.diff(made, prepend=0) != 0
    keep[layout.starts] = keep[layout.ends] = True
    return kept(inks, keep)


def batches(
    data: InkSet,
    recipe: FeatureRecipe,
    config: TrainConfig,
    chance: np.random.Generator,
    by_length: bool = False,
) -> Iterator[Batch]:
    """Endless batches: all classes equally often, each ink augmented again every time.

    Args:
        data: At least one ink of every class.
        recipe: The feature recipe.
        config: Batch size and augmentation.
        chance: The random generator.
        by_length: Put inks of similar length together, to pad less; with few classes, batches get unbalanced.
    """
    of_class = [np.flatnonzero(data.classes == index) for index in range(len(data.labels))]
    while True:
        picked = _balanced(of_class, BATCHES_AT_ONCE * config.batch, chance)
        inks = augmented(gather(data.inks, picked), recipe.scale, config.augmentation, chance)
        table = flat_rows(recipe, *inks)
        progress = progress_of(table)
        order = np.argsort(np.diff(table.offsets)) if by_length else np.arange(len(picked))
        for chosen in chance.permutation(order.reshape(BATCHES_AT_ONCE, config.batch)):
            yield padded(table, progress, chosen, data.classes[picked[chosen]], config.max_rows)


def progress_of(table: RowTable) -> Floats:
    """Share of its ink's pen-down travel at each row, shape (rows,); a dot is complete from its first row."""
    total = np.repeat(table.travel[table.offsets[1:] - 1], np.diff(table.offsets))
    return np.divide(table.travel, total, out=np.ones_like(total), where=total > 0).astype(np.float32)


def padded(
    table: RowTable,
    progress: Floats,
    chosen: Ints,
    classes: Ints,
    max_rows: int,
) -> Batch:
    """Put the rows of the chosen inks of a table into a batch.

    Args:
        table: Rows of all inks.
        progress: The result of `progress_of` for the table.
        chosen: Indices of the inks.
        classes: Their classes.
        max_rows: Most rows of an ink.
    """
    starts = table.offsets[chosen]
    lengths = np.minimum(table.offsets[chosen + 1] - starts, max_rows)
    longest = int(lengths.max())
    rows = np.zeros((len(chosen), longest, len(COLUMNS)), dtype=np.float32)
    shares = np.zeros((len(chosen), longest), dtype=np.float32)
    for place, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
        rows[place, :length] = table.rows[start : start + length]
        shares[place, :length] = progress[start : start + length]
    return Batch(*map(torch.as_tensor, (rows, classes, shares, lengths)))


def _balanced(of_class: list[Ints], count: int, chance: np.random.Generator) -> Ints:
    sizes = np.array([len(members) for members in of_class])
    starts = np.cumsum(sizes) - sizes
    chosen = chance.integers(len(of_class), size=count)
    within = (chance.random(count) * sizes[chosen]).astype(np.int64)
    return np.concatenate(of_class)[starts[chosen] + within]


def subset(data: InkSet, indices: Ints) -> InkSet:
    """The inks at `indices`."""
    return InkSet(gather(data.inks, indices), data.classes[indices], data.labels)
