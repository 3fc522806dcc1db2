"""The training loop: a generator over iterations, given a network and batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, inf, isfinite, pi

import torch
import torch.nn.functional as F  # noqa: N812 - the name everyone knows it by
from torch import Tensor, nn

from addon.errors import TrainingError
from addon.training.config import TrainConfig
from addon.training.ink_set import Batch
from addon.training.nets import StepNet, StepOutput

# Iterations over which the learning rate rises, and the share of its highest value to which it falls.
WARM_UP = 50
LAST_RATE = 0.05
LARGEST_GRADIENT = 1.0
# The decay of the smoothed loss, and the share by which it must fall to count as better.
KEPT = 0.98
BETTER = 0.01


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one iteration.

    Attributes:
        index: Number of the iteration in this run, from 1.
        loss: The smoothed loss.
        out: The network's output.
        batch: The batch.
    """

    index: int
    loss: float
    out: StepOutput
    batch: Batch

    @property
    def accuracy(self) -> float:
        """Share of this batch's inks recognised at their last row, 0..1."""
        return accuracy_of(self.out, self.batch)


@dataclass(slots=True)
class Learner:
    """A network in training: everything needed to continue it.

    Attributes:
        net: The network.
        optimizer: The optimizer of its weights.
        iteration: Iterations made so far.
        loss: The smoothed loss; infinite before the first iteration.
    """

    net: StepNet
    optimizer: torch.optim.Optimizer
    iteration: int = 0
    loss: float = inf


def new_learner(net: StepNet, config: TrainConfig) -> Learner:
    """A new learner."""
    return Learner(net, torch.optim.Adam(net.parameters(), lr=config.lr, fused=True))


def train(learner: Learner, batches: Iterator[Batch], config: TrainConfig) -> Iterator[Step]:
    """Make iterations; yields after each.

    It ends after `config.iterations`, or when the smoothed loss has not fallen for `config.patience`.

    Raises:
        TrainingError: The loss is not finite.
    """
    best, best_at = inf, 0
    for index in range(config.iterations):
        for group in learner.optimizer.param_groups:
            group["lr"] = config.lr * rate(index, config.iterations)
        batch = next(batches)
        out = _iterate(learner, batch, config)
        yield Step(index + 1, learner.loss, out, batch)
        if learner.loss < best * (1 - BETTER):
            best, best_at = learner.loss, index
        if config.patience and index - best_at >= config.patience:
            return


def rate(index: int, iterations: int) -> float:
    """Share of the learning rate at an iteration: a short rise, then a cosine decay to `LAST_RATE`."""
    rise = min(1.0, (index + 1) / WARM_UP)
    return rise * (LAST_RATE + (1 - LAST_RATE) * (1 + cos(pi * index / iterations)) / 2)


def _iterate(learner: Learner, batch: Batch, config: TrainConfig) -> StepOutput:
    out = learner.net(batch.rows, *learner.net.start(len(batch.rows)))
    loss = loss_of(out, batch, config)
    learner.optimizer.zero_grad()
    loss.backward()  # pyright: ignore[reportUnknownMemberType]
    nn.utils.clip_grad_norm_(learner.net.parameters(), LARGEST_GRADIENT)
    learner.optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    value = float(loss.detach())
    if not isfinite(value):
        raise TrainingError(
            f"the loss is {value} after {learner.iteration} iterations; lower the learning rate"
        )
    learner.iteration += 1
    learner.loss = value if learner.loss == inf else KEPT * learner.loss + (1 - KEPT) * value
    return out


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
