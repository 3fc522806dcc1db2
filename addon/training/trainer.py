"""The training loop: it knows a network, batches and a loss, and gives way after every iteration."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, inf, isfinite, pi

import torch
from torch import Tensor, nn

from addon.errors import TrainingError
from addon.training.config import TrainConfig
from addon.training.ink_set import Batch
from addon.training.losses import accuracy_of, loss_of
from addon.training.nets import StepNet, StepOutput

# Iterations over which the learning rate rises, and the share of its height to which it falls.
WARM_UP = 50
LAST_RATE = 0.05
LARGEST_GRADIENT = 1.0
# How much of the smoothed loss is kept at each iteration, and by what share it must fall to count as better.
KEPT = 0.98
BETTER = 0.01


@dataclass(frozen=True, slots=True)
class Step:
    """One iteration that was made.

    Attributes:
        index: Counted from 1, in this run.
        loss: The smoothed loss.
        out: What the network said of this batch.
        batch: What it was shown.
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
    """A network in training: all that must be kept to go on with it.

    Attributes:
        net: The network.
        optimizer: Of the network's weights.
        iteration: Iterations made so far.
        loss: The smoothed loss; infinite before the first iteration.
    """

    net: StepNet
    optimizer: torch.optim.Optimizer
    iteration: int = 0
    loss: float = inf


def new_learner(net: StepNet, config: TrainConfig) -> Learner:
    """A learner that has not begun."""
    return Learner(net, torch.optim.Adam(net.parameters(), lr=config.lr, fused=True))


def train(learner: Learner, batches: Iterator[Batch], config: TrainConfig) -> Iterator[Step]:
    """Make iterations, giving way after each; whoever stops asking has cancelled.

    It ends after `config.iterations`, or earlier once the smoothed loss has not fallen for `config.patience`.

    Raises:
        TrainingError: The loss is no longer a number.
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
    """Share of the learning rate at an iteration: a short rise, then half a cosine down to `LAST_RATE`."""
    rise = min(1.0, (index + 1) / WARM_UP)
    return rise * (LAST_RATE + (1 - LAST_RATE) * (1 + cos(pi * index / iterations)) / 2)


def _iterate(learner: Learner, batch: Batch, config: TrainConfig) -> StepOutput:
    out = learner.net(batch.rows, *learner.net.start(len(batch.rows)))
    loss = loss_of(out, batch, config)
    learner.optimizer.zero_grad()
    loss.backward()  # pyright: ignore[reportUnknownMemberType]
    _clip(list(learner.net.parameters()))
    learner.optimizer.step()  # pyright: ignore[reportUnknownMemberType]
    value = float(loss.detach())
    if not isfinite(value):
        raise TrainingError(
            f"the loss is {value} after {learner.iteration} iterations; lower the learning rate"
        )
    learner.iteration += 1
    learner.loss = value if learner.loss == inf else KEPT * learner.loss + (1 - KEPT) * value
    return out


def _clip(weights: list[nn.Parameter]) -> None:
    gradients = [each.grad for each in weights if each.grad is not None]
    # One norm of all, side by side: torch's own clipping took a twentieth of a small network's iteration.
    norm = float(_norm_of(torch.cat([each.flatten() for each in gradients])))
    if norm > LARGEST_GRADIENT:
        for each in gradients:
            each.mul_(LARGEST_GRADIENT / norm)


def _norm_of(vector: Tensor) -> Tensor:
    return torch.linalg.vector_norm(vector)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
