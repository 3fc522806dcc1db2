"""Train the base encoder that ships, on public data, in episodes like a user's teaching.

    inkloop pretrain --data FOLDER --out models/encoder.onnx
    torchrun --nproc-per-node 2 -m addon.pretraining ...

Under torchrun every process computes its share of each step's episodes; the gradients are averaged.
"""

import argparse
import math
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from addon.errors import AddonError, ModelError, TrainingError, said
from addon.files import write_atomically
from addon.pretraining.encoder_accuracy import SEEDS, on_foreign, on_held_out
from addon.pretraining.encoder_card import encoder_card
from addon.pretraining.encoder_scoring import measured_scoring
from addon.pretraining.loop import (
    Settings,
    State,
    World,
    join,
    load,
    new_state,
    pretrain,
    save,
    summed,
)
from addon.training.encoder import EncoderNet
from addon.training.encoder_export import export_encoder, spec_read
from addon.training.encoder_import import read_encoder
from addon.training.pool import UNIPEN, Pool, read_pool, sha256_of, split

# Steps between two lines, between two checkpoints, and of the trial that measures the time of a step.
REPORT_EVERY, SAVE_EVERY, TRIAL_STEPS = 50, 200, 20

_PRECISIONS = ("bfloat16", "float32")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if the model and its card were written, or another process writes them."""
    chosen = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    world = join()
    try:
        if chosen.measure is None:
            _make(chosen, world)
        elif world.rank == 0:
            _measure_again(chosen)
    except (AddonError, OSError) as error:
        print(f"pretrain: {error}", file=sys.stderr)
        return 1
    if world.size > 1:
        dist.destroy_process_group()
    return 0


def _make(chosen: argparse.Namespace, world: World) -> None:
    torch.set_num_threads(chosen.threads)
    state, settings = _begun(chosen, world)
    pool, apart = split(read_pool(chosen.data), settings.seed)
    if chosen.minutes is not None:
        settings = replace(settings, steps=_steps_in(chosen.minutes, pool, settings, world))
    if settings.mixed and not state.net.mixed and world.rank == 0:
        print("pretrain: this processor has no LSTM in bfloat16; using float32", file=sys.stderr, flush=True)
    try:
        _train(state, pool, settings, world, chosen)
    except BaseException as error:
        # If another process ends, a collective fails here, and torchrun's signal may follow immediately.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _stopped(error, state, settings, world, chosen.checkpoint)
        raise SystemExit(1) from error
    if world.rank == 0:
        facts = {"processes": world.size, **_facts(pool, apart, state, settings, chosen.data)}
        _write(state.net.cpu(), settings, pool, apart, facts, chosen)


def _begun(chosen: argparse.Namespace, world: World) -> tuple[State, Settings]:
    """Start a new training, or resume the one in the checkpoint.

    Raises:
        TrainingError: There is no checkpoint, or an option contradicts it.
    """
    wanted = {name: getattr(chosen, name) for name in ("steps", "seed") if getattr(chosen, name) is not None}
    if chosen.precision is not None:
        wanted["mixed"] = chosen.precision == _PRECISIONS[0]
    if not chosen.resume:
        settings = Settings(**wanted)
        return new_state(settings, world.device), settings
    if chosen.minutes is not None:
        raise TrainingError("--resume continues to the original number of steps; leave out --minutes")
    state, settings = load(chosen.checkpoint, world.device)
    begun = {"steps": settings.steps, "seed": settings.seed, "precision": _PRECISIONS[not settings.mixed]}
    for option, value in begun.items():
        if getattr(chosen, option) not in (None, value):
            name = chosen.checkpoint.name
            raise TrainingError(f"{name} was started with --{option} {value}; leave out --{option}")
    return state, settings


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {text}")
    return number


def _minutes(text: str) -> float:
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be more than 0; got {text}")
    return number


def _stop(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _stopped(error: BaseException, state: State, settings: Settings, world: World, path: Path) -> None:
    if world.rank == 0:
        save(path, state, settings)
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else said(error)
        print(
            f"pretrain: stopped after {state.step} steps ({why}); continue from {path} with --resume",
            file=sys.stderr,
            flush=True,
        )


def _steps_in(minutes: float, pool: Pool, settings: Settings, world: World) -> int:
    """How many steps fit into this time, by the mean of the processes; at least 100."""
    trial = new_state(settings, world.device)
    for _ in pretrain(trial, pool, replace(settings, steps=TRIAL_STEPS), world):
        pass
    steps = torch.tensor([minutes * 60 * trial.step / trial.seconds / world.size], device=world.device)
    if world.size > 1:
        summed(steps)
    return max(100, int(steps))


def _train(state: State, pool: Pool, settings: Settings, world: World, chosen: argparse.Namespace) -> None:
    smooth: Tensor | None = None
    for loss, parts in pretrain(state, pool, settings, world):
        smooth = parts if smooth is None else 0.98 * smooth + 0.02 * parts
        if world.rank == 0 and state.step % REPORT_EVERY == 0:
            print(_line(state, smooth), file=sys.stderr, flush=True)
        if world.rank == 0 and state.step % SAVE_EVERY == 0:
            save(chosen.checkpoint, state, settings)
        if world.rank == 0 and chosen.losses is not None:
            with chosen.losses.open("a") as file:
                file.write(f"{state.step} {loss:.9g}\n")
    if world.rank == 0:
        save(chosen.checkpoint, state, settings)


def _line(state: State, smooth: Tensor) -> str:
    names = ("classes", "progress", "unknown", "recognised")
    numbers = ", ".join(f"{name} {float(value):.3f}" for name, value in zip(names, smooth, strict=True))
    return f"{state.step:6} {numbers}; epoch {state.epoch}, {state.seconds:.0f} s"


def _facts(pool: Pool, apart: Pool, state: State, settings: Settings, folder: Path) -> dict[str, Any]:
    writers = [_unipen_writers(part) for part in (pool, apart)]
    return {
        "name": "encoder",
        "examples": len(pool),
        "unipen_writers": sum(writers),
        "held_out_writers": writers[1],
        "held_out_alphabets": sorted(set(apart.present) - set(pool.present)),
        "seed": settings.seed,
        "seconds": round(state.seconds),
        "settings": asdict(settings),
        "data_sha256": sha256_of(folder),
    }


def _unipen_writers(pool: Pool) -> int:
    kinds = [place for place, kind in enumerate(pool.kinds) if kind in UNIPEN]
    return len(np.unique(pool.writers[np.isin(pool.groups[pool.classes], kinds)]))


def _measure_again(chosen: argparse.Namespace) -> None:
    """Write an existing encoder again: the same weights, with scoring and accuracy measured again.

    Raises:
        ModelError: It cannot be read, or is not a base encoder made by this command.
        TrainingError: There is an option that only training has.
    """
    for name in ("seed", "precision", "losses", "resume"):
        # Compared by identity: a seed of 0 equals False.
        if not any(getattr(chosen, name) is default for default in (None, False)):
            raise TrainingError(f"--measure does not train; leave out --{name}")
    torch.set_num_threads(chosen.threads)
    net, spec = read_encoder(chosen.measure)
    try:
        settings = Settings(**spec.training["settings"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{chosen.measure.name} has no settings of a pretraining") from error
    pool, apart = split(read_pool(chosen.data), settings.seed)
    _write(net, settings, pool, apart, {**spec.training, "settings": asdict(settings)}, chosen)


def _write(
    net: EncoderNet,
    settings: Settings,
    pool: Pool,
    apart: Pool,
    facts: dict[str, Any],
    chosen: argparse.Namespace,
) -> None:
    scoring = measured_scoring(net, settings, pool)
    measured = {
        "seeds": SEEDS,
        "held_out": on_held_out(net, scoring, settings.spacing, apart),
        "foreign": on_foreign(net, scoring, settings.spacing, chosen.data),
    }
    out: Path = chosen.out
    out.parent.mkdir(parents=True, exist_ok=True)
    written = export_encoder(
        net, spec_read(net, settings.spacing, scoring).with_training(**facts | measured), out
    )
    write_atomically(out.with_suffix(".md"), encoder_card(written, out.stat().st_size).encode())


def _parser() -> argparse.ArgumentParser:
    checkout = Path(__file__).parents[2]
    data = Path(os.environ.get("INKLOOP_DATA", checkout / "../shared/data"))
    parser = argparse.ArgumentParser(prog="inkloop pretrain", description=__doc__)
    parser.add_argument("--data", type=Path, default=data, help="folder of the inks to train on")
    parser.add_argument("--out", type=Path, default=checkout / "models" / "encoder.onnx")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_whole, help=f"default: {Settings().steps}")
    length.add_argument("--minutes", type=_minutes, help="as many steps as fit into this time")
    length.add_argument(
        "--measure", type=Path, metavar="FILE", help="do not train: measure this encoder again"
    )
    parser.add_argument("--seed", type=int, help=f"default: {Settings().seed}")
    parser.add_argument("--threads", type=_whole, default=1, help="threads of each process")
    parser.add_argument("--precision", choices=_PRECISIONS, help="default: bfloat16")
    parser.add_argument("--checkpoint", type=Path, default=Path("encoder.checkpoint"))
    parser.add_argument("--losses", type=Path, help="file to which each step's number and loss are added")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint")
    return parser


if __name__ == "__main__":
    sys.exit(main())
