"""The accuracy of a network, partway through inks and at their ends."""

from dataclasses import dataclass

import numpy as np
import torch

from addon.arrays import Bools, Doubles, Floats, Ints
from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.training.ink_set import Batch, InkSet, padded, progress_of
from addon.training.nets import StepNet

FRACTIONS = (0.25, 0.5, 0.75, 1.0)
AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Measured:
    """The accuracy of a network.

    Attributes:
        accuracy: Share of inks recognised, 0..1, by the fraction of their pen-down travel that is drawn
            ("0.25", "0.5", "0.75", "1.0") and for the finished ink ("lifted").
        progress_error: Mean of |detected progress - true fraction| over all rows.
    """

    accuracy: dict[str, float]
    progress_error: float


def measure(net: StepNet, data: InkSet, recipe: FeatureRecipe) -> Measured:
    """Measure the accuracy of a network on inks without augmentation.

    Args:
        net: The network.
        data: At least one ink, with classes as the network numbers them.
        recipe: How points become rows.
    """
    table = flat_rows(recipe, *data.inks)
    parts = np.split(np.arange(len(data)), range(AT_ONCE, len(data), AT_ONCE))
    longest = int(np.diff(table.offsets).max())
    progress = progress_of(table)
    checked = [_check(net, padded(table, progress, part, data.classes[part], longest)) for part in parts]
    right, off, rows = (np.concatenate(each) for each in zip(*checked, strict=True))
    names = [*map(str, FRACTIONS), "lifted"]
    shares = dict(zip(names, right.mean(axis=0).tolist(), strict=True))
    return Measured(shares, float(off.sum() / rows.sum()))


def _check(net: StepNet, batch: Batch) -> tuple[Bools, Doubles, Ints]:
    with torch.no_grad():
        out = net(batch.rows, *net.start(len(batch.rows)))
    best, lengths = out.scores.argmax(dim=2).numpy(), batch.lengths.numpy()
    true, guess = batch.progress.numpy(), out.progress[..., 0].numpy()
    there = _columns(true) < lengths[:, None]
    inks = np.arange(len(lengths))
    at = [_row_at(true, lengths, fraction) for fraction in FRACTIONS]
    right = np.stack([best[inks, row] == batch.classes.numpy() for row in [*at, lengths - 1]], axis=1)
    return right, np.where(there, np.abs(guess - true), 0.0).sum(axis=1), lengths


def _row_at(progress: Floats, lengths: Ints, fraction: float) -> Ints:
    """The last row at or before a fraction of the travel, while the pen is still down on the last stroke."""
    before_lift = _columns(progress) < lengths[:, None] - 1
    reached = before_lift & (progress <= fraction + 1e-6)
    return np.maximum(reached.sum(axis=1) - 1, 0)


def _columns(progress: Floats) -> Ints:
    return np.arange(progress.shape[1], dtype=np.int64)
