"""The loss of the network: class and progress, at every row."""

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import Tensor

from addon.training.config import TrainConfig
from addon.training.ink_set import Batch
from addon.training.nets import StepOutput


def loss_of(out: StepOutput, batch: Batch, config: TrainConfig) -> Tensor:
    """Class loss plus progress loss; each ink counts the same, whatever its length.

    The class loss of a row weighs more the further along the ink is. With any weight the best answer to a row
    is the true distribution: early rows learn "it may be any of these", not to guess.
    """
    there = rows_of(batch)
    later = there * (config.early_weight + (1 - config.early_weight) * batch.progress)
    rising = later / later.sum(dim=1, keepdim=True)
    classes = batch.classes[:, None].expand(there.shape)
    surprise = F.cross_entropy(
        out.scores.flatten(0, 1), classes.flatten(), reduction="none", label_smoothing=config.smoothing
    )
    off = (out.progress[..., 0] - batch.progress).abs()
    steady = there / batch.lengths[:, None]
    return (surprise.dot(rising.flatten()) + off.flatten().dot(steady.flatten())) / len(there)


def rows_of(batch: Batch) -> Tensor:
    """1 where a batch has a row, 0 where it is padding; float32, shape (batch, time)."""
    return (torch.arange(batch.rows.shape[1]) < batch.lengths[:, None]).float()


def accuracy_of(out: StepOutput, batch: Batch) -> float:
    """Share of inks whose class is the most likely at their last row, 0..1."""
    with torch.no_grad():
        last = out.scores[torch.arange(len(batch.classes)), batch.lengths - 1]
        return float((last.argmax(dim=1) == batch.classes).float().mean())
