"""A training's state on disk, so that it can go on later, with more examples and more labels too."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from addon.errors import TrainingError
from addon.features.recipe import FeatureRecipe, recipe_from
from addon.files import write_atomically
from addon.training.config import TrainConfig
from addon.training.nets import StepNet, seeded_net
from addon.training.trainer import Learner, new_learner

FORMAT = 1
_HEAD = ("score_head.weight", "score_head.bias")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was kept of a training.

    Attributes:
        preset: The network's preset.
        labels: Classes of the score head, in order.
        recipe: How points became rows.
        iteration: Iterations made.
        loss: The smoothed loss.
        net: The network's weights, by name.
        optimizer: The optimizer's state.
    """

    preset: str
    labels: tuple[str, ...]
    recipe: FeatureRecipe
    iteration: int
    loss: float
    net: dict[str, Tensor]
    optimizer: dict[str, Any]


def save_checkpoint(
    path: Path, learner: Learner, preset: str, labels: tuple[str, ...], recipe: FeatureRecipe
) -> None:
    """Write a learner's state, whole or not at all.

    Raises:
        OSError: It cannot be written; an older one is as it was.
    """
    buffer = io.BytesIO()
    document = {
        "format": FORMAT,
        "preset": preset,
        "labels": list(labels),
        "recipe": asdict(recipe),
        "iteration": learner.iteration,
        "loss": learner.loss,
        "net": learner.net.state_dict(),
        "optimizer": learner.optimizer.state_dict(),
    }
    torch.save(document, buffer)  # pyright: ignore[reportUnknownMemberType]
    write_atomically(path, buffer.getvalue())


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote.

    Raises:
        TrainingError: There is none, or it cannot be read.
    """
    if not path.exists():
        raise TrainingError("there is no training to go on with; train first")
    try:
        kept = _checkpoint_of(torch.load(path, weights_only=True))  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:  # a broken file makes the unpickler raise whatever it comes upon
        raise TrainingError(f"{path.name} cannot be read; train anew") from error
    return kept


def _checkpoint_of(kept: dict[str, Any]) -> Checkpoint:
    if kept["format"] != FORMAT:
        raise ValueError(f"format {kept['format']}, not {FORMAT}")
    return Checkpoint(
        preset=kept["preset"],
        labels=tuple(kept["labels"]),
        recipe=recipe_from(kept["recipe"]),
        iteration=kept["iteration"],
        loss=kept["loss"],
        net=kept["net"],
        optimizer=kept["optimizer"],
    )


def resumed(checkpoint: Checkpoint, labels: tuple[str, ...], config: TrainConfig) -> Learner:
    """A learner that goes on from a checkpoint.

    Classes that were known keep their weights, new ones begin afresh, lost ones are let go.

    Raises:
        TrainingError: The checkpoint is of another preset.
    """
    if checkpoint.preset != config.preset:
        raise TrainingError(
            f"the last training was of {checkpoint.preset}, not {config.preset}; choose that, or train anew"
        )
    net = seeded_net(len(labels), config.shape.layers, config.shape.hidden, config.seed)
    _take_weights(net, checkpoint, labels)
    learner = new_learner(net, config)
    if labels == checkpoint.labels:
        learner.optimizer.load_state_dict(checkpoint.optimizer)
        learner.loss = checkpoint.loss
    learner.iteration = checkpoint.iteration
    return learner


def _take_weights(net: StepNet, checkpoint: Checkpoint, labels: tuple[str, ...]) -> None:
    weights = {**net.state_dict(), **{k: v for k, v in checkpoint.net.items() if k not in _HEAD}}
    known = [label for label in labels if label in checkpoint.labels]
    now = [labels.index(label) for label in known]
    then = [checkpoint.labels.index(label) for label in known]
    for name in _HEAD:
        head = weights[name].clone()
        head[now] = checkpoint.net[name][then]
        weights[name] = head
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise TrainingError("the checkpoint is of another network; train anew") from error
