"""The training loop of a base encoder, in one process or several, and its checkpoints."""

import io
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from addon.errors import TrainingError
from addon.files import write_atomically
from addon.training.encoder import EncoderNet, embed, loss_of
from addon.training.episodes import EpisodeBatch, Rows, batched, episode_batch
from addon.training.plan import Plan, plan_epoch
from addon.training.pool import Pool

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a pretraining.

    Attributes:
        layers, hidden, embedding: Shape of the encoder.
        background: Number of background vectors.
        spacing: Distance between two rows, in scales.
        levels: Levels of a taught ink in an episode, without the lifted pen.
        read: Levels of a taught ink in use; more than in an episode, where they would cost time.
        episodes: Episodes a step, over all processes.
        steps: Steps of the whole training.
        rise: Steps over which the learning rate rises.
        fall: Share of the steps, at the end, over which it falls to zero.
        lr: Highest learning rate.
        seed: Determines weights, held-out writers, episodes and their variation.
        mixed: Whether the LSTM computes in bfloat16.
    """

    layers: int = 2
    hidden: int = 192
    embedding: int = 96
    background: int = 64
    spacing: float = 1 / 12
    levels: int = 8
    read: int = 16
    episodes: int = 4
    steps: int = 6500
    rise: int = 100
    fall: float = 0.35
    lr: float = 2e-3
    seed: int = 0
    mixed: bool = True


class EpisodeLoss(nn.Module):
    """The mean loss of a batch of episodes: the part that is parallel under torchrun."""

    def __init__(self, net: EncoderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, given: EpisodeBatch) -> tuple[Tensor, Tensor]:
        """The loss, and its parts: classes, progress, unknown; and the share recognised."""
        embedded = embed(self.net, given)
        losses = [loss_of(self.net, embedded, part) for part in given.parts]
        totals, shares = zip(*losses, strict=True)
        return torch.stack(totals).mean(), torch.stack(shares).mean(dim=0)


@dataclass(slots=True)
class State:
    """The state of a pretraining.

    Attributes:
        net: The encoder.
        optimizer: The optimizer of its weights.
        step: Steps made.
        epoch, place: Position of the next step's episodes.
        seconds: Time spent, including earlier runs.
    """

    net: EncoderNet
    optimizer: torch.optim.Optimizer
    step: int = 0
    epoch: int = 0
    place: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class World:
    """The processes that train together."""

    rank: int
    size: int
    device: torch.device


def join() -> World:
    """Join the other processes that torchrun started, if any."""
    size, rank, local = (int(os.environ.get(name, one)) for name, one in _OF_TORCHRUN.items())
    cuda = torch.cuda.is_available()
    if cuda:
        # Otherwise NCCL, and tensors without an explicit device, would all use the first device.
        torch.cuda.set_device(local)
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if size > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    return World(rank, size, device)


_OF_TORCHRUN = {"WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}


def mixes(settings: Settings, device: torch.device) -> bool:
    """Whether the LSTM computes in bfloat16: if it is chosen, and the device supports it."""
    return settings.mixed and _has_bfloat16(device)


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        # Not every CPU supports an LSTM in bfloat16, and PyTorch reports that only when one is run.
        with torch.autocast(device.type, torch.bfloat16):
            torch.nn.LSTM(1, 1)(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True


def new_state(settings: Settings, device: torch.device) -> State:
    """The state of a new pretraining."""
    torch.manual_seed(settings.seed)  # pyright: ignore[reportUnknownMemberType]
    net = EncoderNet(settings.layers, settings.hidden, settings.embedding, settings.background).to(device)
    net.mixed = mixes(settings, device)
    return State(net, torch.optim.AdamW(net.parameters(), settings.lr, betas=(0.9, 0.98), weight_decay=0.01))


def rate(step: int, settings: Settings) -> float:
    """Share of the learning rate: a rise, a constant part, and a fall to zero."""
    left = (settings.steps - step) / max(1.0, settings.fall * settings.steps)
    return max(0.0, min(1.0, (step + 1) / settings.rise, left))


def shares(state: State, pool: Pool, settings: Settings, world: World) -> Iterator[Sequence[Plan]]:
    """This process's episodes of every remaining step; `state` keeps the position."""
    while True:
        groups = list(batched(plan_epoch(pool, settings.seed, state.epoch), settings.episodes))
        if not groups:
            raise TrainingError(f"{len(pool)} inks are too few for {settings.episodes} episodes; add more")
        while state.place < len(groups):
            yield groups[state.place][world.rank :: world.size]
        state.epoch, state.place = state.epoch + 1, 0


def pretrain(state: State, pool: Pool, settings: Settings, world: World) -> Iterator[tuple[float, Tensor]]:
    """Make the remaining steps; yields the loss and its parts after each."""
    model: nn.Module = EpisodeLoss(state.net)
    if world.size > 1:
        model = DistributedDataParallel(model)
    model.train()
    began = time.monotonic() - state.seconds
    for plans in shares(state, pool, settings, world):
        if state.step >= settings.steps:
            return
        given = moved(episode_batch(pool, plans, settings.spacing, settings.levels), world.device)
        for group in state.optimizer.param_groups:
            group["lr"] = settings.lr * rate(state.step, settings)
        loss, parts = model(given)
        state.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(state.net.parameters(), 1.0)
        figures = torch.cat([loss.detach()[None], parts])
        if world.size > 1:
            summed(figures)
            figures = figures / world.size
        if not isfinite(float(figures[0])):
            raise TrainingError(f"the loss is {float(figures[0])} after {state.step} steps; lower the rate")
        state.optimizer.step()
        state.step, state.place = state.step + 1, state.place + 1
        state.seconds = time.monotonic() - began
        yield float(figures[0]), figures[1:].cpu()


def summed(numbers: Tensor) -> None:
    """Replace the numbers of each process by their sum over all processes."""
    dist.all_reduce(numbers)  # pyright: ignore[reportUnknownMemberType]


def moved(given: EpisodeBatch, device: torch.device) -> EpisodeBatch:
    """Copy a batch of episodes to a device."""
    if device.type == "cpu":
        return given
    blocks = [Rows(*(tensor.to(device) for tensor in block)) for block in given.blocks]
    parts = [type(part)(*(tensor.to(device) for tensor in part)) for part in given.parts]
    return given._replace(blocks=blocks, parts=parts)


def save(path: Path, state: State, settings: Settings) -> None:
    """Write a checkpoint, whole or not at all."""
    document = {
        "format": FORMAT,
        "settings": asdict(settings),
        "net": state.net.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        **{name: getattr(state, name) for name in ("step", "epoch", "place", "seconds")},
    }
    buffer = io.BytesIO()
    torch.save(document, buffer)
    write_atomically(path, buffer.getvalue())


def load(path: Path, device: torch.device) -> tuple[State, Settings]:
    """Load a checkpoint; returns its state and settings.

    Raises:
        TrainingError: There is none, or it cannot be read.
    """
    try:
        kept: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        settings = Settings(**kept["settings"])
        state = new_state(settings, device)
        state.net.load_state_dict(kept["net"])
        state.optimizer.load_state_dict(kept["optimizer"])
    except FileNotFoundError as error:
        raise TrainingError(f"there is no checkpoint at {path}; leave out --resume") from error
    except (OSError, EOFError, UnpicklingError, RuntimeError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(f"{path.name} cannot be read as a checkpoint; leave out --resume") from error
    for name in ("step", "epoch", "place", "seconds"):
        setattr(state, name, kept[name])
    return state, settings
