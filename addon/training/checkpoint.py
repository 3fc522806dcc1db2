"""Checkpoints of a training, so that it can be continued later, also with more examples and labels."""

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
    """The saved state of a training.

    Attributes:
        preset: The network's preset.
        labels: Classes of the score head, in order.
        recipe: The feature recipe.
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
    """Write a learner's state, completely or not at all.

    Raises:
        OSError: It cannot be written; an existing file is unchanged.
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
    """Read a checkpoint.

    Raises:
        TrainingError: There is none, or it cannot be read.
    """
    if not path.exists():
        raise TrainingError("there is no training to continue; train first")
    try:
        return _checkpoint_of(torch.load(path, weights_only=True))  # pyright: ignore[reportUnknownMemberType]
    except Exception as error:  # a damaged file makes the unpickler raise anything
        raise TrainingError(f"{path.name} cannot be read; start a new training") from error


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
    """A learner that continues from a checkpoint.

    Known classes keep their weights, new ones start untrained, removed ones are dropped.

    Raises:
        TrainingError: The checkpoint is of another preset.
    """
    if checkpoint.preset != config.preset:
        raise TrainingError(
            f"the last training was of {checkpoint.preset}, not {config.preset}; choose that, or start "
            "a new training"
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
        raise TrainingError("the checkpoint is of another network; start a new training") from error
