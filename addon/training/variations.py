"""The encoder's LSTM output for the taught inks and for varied copies of them.

The LSTM is not trained further, so its output for every copy is computed only once.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from addon.arrays import Floats, Ints
from addon.features.batch import RowTable, flat_rows
from addon.features.recipe import FeatureRecipe
from addon.training.augment import augmented
from addon.training.encoder import EncoderNet
from addon.training.episodes import AUGMENTATION, MERGED, MOST_ROWS, Episode, blocks_of, judged, level_rows
from addon.training.flat import FlatInks
from addon.training.plan import INKS, MOST_CLASSES, UNKNOWN, UNKNOWN_SHARE


class Copies(NamedTuple):
    """One copy of every ink.

    Attributes:
        hidden: Shape (inks, levels + 1 + judged, hidden): the LSTM's output at each level, with the pen
            lifted, and at the rows to judge.
        progress: Float32 array of shape (inks, judged), at the rows to judge.
    """

    hidden: Tensor
    progress: Floats


def copied(
    net: EncoderNet,
    inks: FlatInks,
    recipe: FeatureRecipe,
    levels: int,
    chance: np.random.Generator,
    varied: bool,
) -> Copies:
    """Copy the inks, varied or unchanged, in scales."""
    if varied:
        inks = augmented(inks, 1.0, AUGMENTATION, chance)
    table = flat_rows(recipe, *inks)
    every = np.arange(len(inks.ink_sizes))
    rows, progress = judged(table, every, chance)
    wanted = np.concatenate([level_rows(table, every, levels), rows], axis=1)
    return Copies(hidden_at(net, table, wanted), progress.astype(np.float32))


def hidden_at(net: EncoderNet, table: RowTable, rows: Ints) -> Tensor:
    """The LSTM's output at some rows of each ink.

    Args:
        net: The encoder.
        table: Rows of all inks.
        rows: Shape (inks, wanted), below `MOST_ROWS`: the rows of each ink.

    Returns:
        Shape (inks, wanted, hidden).
    """
    lengths = np.minimum(np.diff(table.offsets), MOST_ROWS)
    made = torch.empty(*rows.shape, net.hidden)
    for block in blocks_of(table.rows, table.offsets[:-1], lengths):
        with torch.no_grad():
            hidden = net.lstm(block.rows.transpose(0, 1))[0].transpose(0, 1)
        at = torch.as_tensor(rows)[block.inks]
        made[block.inks] = hidden[torch.arange(len(at))[:, None], at]
    return made


class VariedInks(NamedTuple):
    """All copies of the inks; copy c of ink i is at c × inks + i, and copy 0 is the ink itself.

    Attributes:
        hidden, progress: As in `Copies`, of all copies.
        classes: Shape (inks,): the inks' classes.
        levels: Levels of a track, without the lifted pen.
    """

    hidden: Tensor
    progress: Floats
    classes: Ints
    levels: int

    @property
    def tracks(self) -> Tensor:
        """The LSTM's output at the levels of the inks themselves, shape (inks, levels + 1, hidden)."""
        return self.hidden[: len(self.classes), : self.levels + 1]


def varied_inks(copies: list[Copies], classes: Ints, levels: int) -> VariedInks:
    """Join all copies."""
    hidden = torch.cat([each.hidden for each in copies])
    return VariedInks(hidden, np.concatenate([each.progress for each in copies]), classes, levels)


def exercise(drill: VariedInks, inks: Ints, chance: np.random.Generator) -> Episode:
    """Make an episode of some of the inks: some of each class are taught, the others tested, all varied.

    A class with a single ink is tested with another copy of it. Some classes are not taught at all.
    """
    classes = chance.permutation(np.unique(drill.classes[inks]))[:MOST_CLASSES]
    most = max(2, INKS // len(classes))
    unknown = min(int(chance.random() * 2 * UNKNOWN_SHARE * len(classes)), len(classes) - 2)
    taught: list[int] = []
    taught_classes: list[int] = []
    asked: list[int] = []
    answers: list[int] = []
    for number, label in enumerate(classes.tolist()):
        mine = chance.permutation(inks[drill.classes[inks] == label])[:most]
        count = int(chance.integers(1, max(len(mine), 2)))
        others = mine[count:] if len(mine) > count else mine
        known = number < len(classes) - unknown
        if known:
            taught += mine[:count].tolist()
            taught_classes += [number] * count
        asked += others.tolist()
        answers += [number if known else UNKNOWN] * len(others)
    return _part(drill, np.array(taught), taught_classes, np.array(asked), answers, chance)


def _part(
    drill: VariedInks,
    taught: Ints,
    classes: list[int],
    asked: Ints,
    answers: list[int],
    chance: np.random.Generator,
) -> Episode:
    count, judged_rows = len(drill.classes), int(drill.progress.shape[1])
    copies = len(drill.hidden) // count
    taught, asked = (each + count * chance.integers(0, copies, len(each)) for each in (taught, asked))
    levels = np.tile(np.arange(drill.levels + 1), (len(taught), 1))
    places = np.repeat(asked[:, None], judged_rows, axis=1)
    columns = np.arange(judged_rows) + (drill.levels + 1)
    rows = np.tile(columns, (len(asked), 1))
    numbers = taught, np.array(classes), levels, places, rows
    answered = drill.progress[asked], np.array(answers), np.array(chance.random() < MERGED)
    return Episode(*map(torch.as_tensor, numbers), *map(torch.as_tensor, answered))
