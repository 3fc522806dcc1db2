"""Train the base encoder that ships: on other people's pens, in episodes as a user would teach.

    python -m addon.training.pretrain --data FOLDER --out models/encoder.onnx
    torchrun --nproc-per-node 2 -m addon.training.pretrain ...

Under torchrun every process takes its share of each step's episodes; the gradients are averaged.
"""

import argparse
import io
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from addon.errors import AddonError, TrainingError
from addon.files import write_atomically
from addon.training.encoder import EncoderNet, embed, loss_of
from addon.training.encoder_card import encoder_card
from addon.training.encoder_export import encoder_spec, export_encoder
from addon.training.encoder_measure import SEEDS, on_foreign, on_held_out, reading_of, sharpness_of
from addon.training.episodes import Lesson, Rows, batched, lesson
from addon.training.plan import Plan, plan_epoch
from addon.training.pool import UNIPEN, Pool, read_pool, sha256_of, split

FORMAT = 1

# Steps between two lines, between two checkpoints, and of the trial that tells how many fit into a time.
TOLD_EVERY, KEPT_EVERY, TRIAL_STEPS = 50, 200, 20


@dataclass(frozen=True, slots=True)
class Settings:
    """What is chosen about a pretraining.

    Attributes:
        layers, hidden, embedding: Shape of the encoder.
        background: Vectors for what is not taught.
        spacing: Distance between two rows, in scales.
        levels: Prototypes a class, besides the one of the lifted pen.
        episodes: Episodes a step, over all processes.
        steps: Steps of the whole training.
        rise: Steps over which the learning rate rises.
        fall: Share of the steps, at the end, over which it falls to nothing.
        lr: Its height.
        seed: Decides weights, writers held out, episodes and their variation.
        mixed: Whether the LSTM computes in bfloat16.
    """

    layers: int = 2
    hidden: int = 192
    embedding: int = 96
    background: int = 64
    spacing: float = 1 / 12
    levels: int = 8
    episodes: int = 4
    steps: int = 4000
    rise: int = 100
    fall: float = 0.35
    lr: float = 2e-3
    seed: int = 0
    mixed: bool = True


class EpisodeLoss(nn.Module):
    """The mean loss of a lesson's episodes: what is parallel under torchrun."""

    def __init__(self, net: EncoderNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, given: Lesson) -> tuple[Tensor, Tensor]:
        """The loss, and what it is made of: classes, progress, unknown; and the share recognised."""
        embedded = embed(self.net, given)
        losses = [loss_of(self.net, embedded, part) for part in given.parts]
        totals, shares = zip(*losses, strict=True)
        return torch.stack(totals).mean(), torch.stack(shares).mean(dim=0)


@dataclass(slots=True)
class State:
    """A pretraining under way.

    Attributes:
        net: The encoder.
        optimizer: Of its weights.
        step: Steps made.
        epoch, place: Where the next step's episodes are; moved on once a step is made.
        seconds: Time spent, earlier runs included.
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
    """Join the other processes, if torchrun started any."""
    size, rank = int(os.environ.get("WORLD_SIZE", "1")), int(os.environ.get("RANK", "0"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if cuda else torch.device("cpu")
    if size > 1:
        dist.init_process_group("nccl" if cuda else "gloo")
    return World(rank, size, device)


def new_state(settings: Settings, device: torch.device) -> State:
    """A pretraining that has not begun."""
    torch.manual_seed(settings.seed)  # pyright: ignore[reportUnknownMemberType]
    net = EncoderNet(settings.layers, settings.hidden, settings.embedding, settings.background).to(device)
    net.mixed = settings.mixed
    return State(net, torch.optim.AdamW(net.parameters(), settings.lr, betas=(0.9, 0.98), weight_decay=0.01))


def rate(step: int, settings: Settings) -> float:
    """Share of the learning rate: a rise, a plain, and a fall to nothing."""
    left = (settings.steps - step) / max(1.0, settings.fall * settings.steps)
    return max(0.0, min(1.0, (step + 1) / settings.rise, left))


def shares(state: State, pool: Pool, settings: Settings, world: World) -> Iterator[Sequence[Plan]]:
    """This process's episodes of every step still to be made; `state` keeps the place."""
    while True:
        groups = list(batched(plan_epoch(pool, settings.seed, state.epoch), settings.episodes))
        while state.place < len(groups):
            yield groups[state.place][world.rank :: world.size]
        state.epoch, state.place = state.epoch + 1, 0


def pretrain(state: State, pool: Pool, settings: Settings, world: World) -> Iterator[tuple[float, Tensor]]:
    """Make the steps still to be made, giving way after each with its loss and what it is made of."""
    model: nn.Module = EpisodeLoss(state.net)
    if world.size > 1:
        model = DistributedDataParallel(model)
    model.train()
    began = time.monotonic() - state.seconds
    for plans in shares(state, pool, settings, world):
        if state.step >= settings.steps:
            return
        given = moved(lesson(pool, plans, settings.spacing, settings.levels), world.device)
        for group in state.optimizer.param_groups:
            group["lr"] = settings.lr * rate(state.step, settings)
        loss, parts = model(given)
        state.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(state.net.parameters(), 1.0)
        told = torch.cat([loss.detach()[None], parts])
        if world.size > 1:
            dist.all_reduce(told)
            told = told / world.size
        if not isfinite(float(told[0])):
            raise TrainingError(f"the loss is {float(told[0])} after {state.step} steps; lower the rate")
        state.optimizer.step()
        state.step, state.place = state.step + 1, state.place + 1
        state.seconds = time.monotonic() - began
        yield float(told[0]), told[1:].cpu()


def moved(given: Lesson, device: torch.device) -> Lesson:
    """The same lesson on a device."""
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


def load(path: Path, settings: Settings, device: torch.device) -> State:
    """Go on from a checkpoint.

    Raises:
        TrainingError: There is none, it cannot be read, or it is of another network.
    """
    try:
        kept: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        state = new_state(settings, device)
        state.net.load_state_dict(kept["net"])
        state.optimizer.load_state_dict(kept["optimizer"])
    except FileNotFoundError as error:
        raise TrainingError(f"there is no checkpoint at {path}; leave out --resume") from error
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise TrainingError(f"{path.name} cannot be gone on from; leave out --resume") from error
    for name in ("step", "epoch", "place", "seconds"):
        setattr(state, name, kept[name])
    return state


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if the model and its card were written, or another process writes them."""
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    world = join()
    try:
        _make(chosen, world)
    except (AddonError, OSError) as error:
        print(f"pretrain: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    finally:
        if world.size > 1:
            dist.destroy_process_group()
    return 0


def _make(chosen: argparse.Namespace, world: World) -> None:
    torch.set_num_threads(chosen.threads)
    settings = Settings(seed=chosen.seed, steps=chosen.steps, mixed=chosen.precision == "bfloat16")
    pool, apart = split(read_pool(chosen.data), settings.seed)
    new = new_state(settings, world.device)
    state = load(chosen.checkpoint, settings, world.device) if chosen.resume else new
    if chosen.minutes is not None and not chosen.resume:
        settings = replace(settings, steps=_steps_in(chosen.minutes, pool, settings, world))
    try:
        _train(state, pool, settings, world, chosen)
    except BaseException as error:
        _stopped(error, state, settings, world, chosen.checkpoint)
        raise
    if world.rank == 0:
        facts = {"processes": world.size, **_facts(pool, apart, state, settings, chosen.data)}
        _write(state.net.cpu(), settings, apart, facts, chosen.data, chosen.out)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _stopped(error: BaseException, state: State, settings: Settings, world: World, path: Path) -> None:
    if world.rank == 0:
        save(path, state, settings)
        why = "it was told to" if isinstance(error, KeyboardInterrupt) else " ".join(str(error).split())[:200]
        print(
            f"pretrain: stopped after {state.step} steps ({why}); go on from {path} with --resume",
            file=sys.stderr,
            flush=True,
        )


def _steps_in(minutes: float, pool: Pool, settings: Settings, world: World) -> int:
    """How many steps fit, by the slowest process; at least 100."""
    trial = new_state(settings, world.device)
    for _ in pretrain(trial, pool, replace(settings, steps=TRIAL_STEPS), world):
        pass
    steps = torch.tensor([minutes * 60 * trial.step / trial.seconds], device=world.device)
    if world.size > 1:
        dist.all_reduce(steps, dist.ReduceOp.MIN)
    return max(100, int(steps))


def _train(state: State, pool: Pool, settings: Settings, world: World, chosen: argparse.Namespace) -> None:
    smooth: Tensor | None = None
    for loss, parts in pretrain(state, pool, settings, world):
        smooth = parts if smooth is None else 0.98 * smooth + 0.02 * parts
        if world.rank == 0 and state.step % TOLD_EVERY == 0:
            print(_line(state, smooth), file=sys.stderr, flush=True)
        if world.rank == 0 and state.step % KEPT_EVERY == 0:
            save(chosen.checkpoint, state, settings)
        if world.rank == 0 and chosen.losses is not None:
            with chosen.losses.open("a") as file:
                file.write(f"{state.step} {loss:.9g}\n")
    if world.rank == 0:
        save(chosen.checkpoint, state, settings)


def _line(state: State, smooth: Tensor) -> str:
    named = zip(("classes", "progress", "unknown", "recognised"), smooth.tolist(), strict=True)
    numbers = ", ".join(f"{name} {value:.3f}" for name, value in named)
    return f"{state.step:6} {numbers}; epoch {state.epoch}, {state.seconds:.0f} s"


def _facts(pool: Pool, apart: Pool, state: State, settings: Settings, folder: Path) -> dict[str, Any]:
    known = {pool.kinds[index] for index in pool.groups[np.unique(pool.classes)].tolist()}
    others = {apart.kinds[index] for index in apart.groups[np.unique(apart.classes)].tolist()}
    writers = [_unipen_writers(part) for part in (pool, apart)]
    return {
        "name": "encoder",
        "examples": len(pool),
        "unipen_writers": sum(writers),
        "held_out_writers": writers[1],
        "held_out_alphabets": sorted(others - known),
        "seed": settings.seed,
        "seconds": round(state.seconds),
        "settings": asdict(settings),
        "data_sha256": sha256_of(folder),
    }


def _unipen_writers(pool: Pool) -> int:
    kinds = [place for place, kind in enumerate(pool.kinds) if kind in UNIPEN]
    return len(np.unique(pool.writers[np.isin(pool.groups[pool.classes], kinds)]))


def _write(
    net: EncoderNet, settings: Settings, apart: Pool, facts: dict[str, Any], folder: Path, out: Path
) -> None:
    levels, spacing = settings.levels, settings.spacing
    sharpness = sharpness_of(net, levels, spacing, apart)
    reading = reading_of(net, levels, sharpness)
    spec = encoder_spec(net, spacing, levels, sharpness).with_training(
        **facts,
        seeds=SEEDS,
        held_out=on_held_out(net, reading, spacing, apart),
        foreign=on_foreign(net, reading, spacing, folder),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    written = export_encoder(net, spec, out)
    write_atomically(out.with_suffix(".md"), encoder_card(written, out.stat().st_size).encode())


def _parser() -> argparse.ArgumentParser:
    checkout = Path(__file__).parents[2]
    data = Path(os.environ.get("INKLOOP_DATA", checkout / "../shared/data"))
    parser = argparse.ArgumentParser(prog="python -m addon.training.pretrain", description=__doc__)
    parser.add_argument("--data", type=Path, default=data, help="folder of the inks to train on")
    parser.add_argument("--out", type=Path, default=checkout / "models" / "encoder.onnx")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, default=Settings().steps)
    length.add_argument("--minutes", type=float, help="as many steps as fit into this time")
    parser.add_argument("--seed", type=int, default=Settings().seed)
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--precision", choices=("bfloat16", "float32"), default="bfloat16")
    parser.add_argument("--checkpoint", type=Path, default=Path("encoder.checkpoint"))
    parser.add_argument("--losses", type=Path, help="file to add a line to for each step: number and loss")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    return parser


if __name__ == "__main__":
    sys.exit(main())
