"""Train the letters that ship: capitals, small letters and digits, ready before anything is taught.

    inkloop pretrain letters --encoder models/encoder.onnx [--data FOLDER] [--out FILE]

They are a head over a base encoder that is not changed, so that signs can be taught to the same file. The
writers and alphabets that the encoder's pretraining held out are held out here, too.

The size of a new user's signs is not known, so the scale is nominal, `SCALE` logical pixels. Each writer is
scaled to it by the median size of their inks, and sizes are then varied widely. Drawings that are not letters
teach the head to detect unknown signs.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
import torch
from torch import Tensor

from addon.arrays import Ints
from addon.errors import AddonError
from addon.features.batch import flat_rows
from addon.features.recipe import FeatureRecipe
from addon.files import write_atomically
from addon.model.metadata import ENCODER_OUTPUTS, ModelSpec
from addon.pretraining.head import WIDTH, Head, HeadDataset, headed, trained
from addon.pretraining.letters_accuracy import classes_of, figures, letters_of
from addon.pretraining.letters_card import letters_card
from addon.training.augment import augmented
from addon.training.bake import read_base
from addon.training.config import Augmentation, TrainConfig
from addon.training.encoder import EncoderNet
from addon.training.encoder_import import read_encoder
from addon.training.episodes import judged
from addon.training.export_check import Answer, Arrays, onnx_answer, session_of, versions, write_checked
from addon.training.flat import gather
from addon.training.plan import UNKNOWN
from addon.training.pool import Pool, read_pool, sha256_of, split
from addon.training.priority import lower_priority
from addon.training.variations import hidden_at

SCALE = 200.0
# Variations of every ink, and epochs of training.
PASSES, EPOCHS = 4, 4
SEED = 0
# Milder than for a few taught inks, as many writers already differ; but with a wide range of sizes.
AUGMENTATION = Augmentation(
    rotation=12.0, shear=0.3, aspect=0.3, size=0.75, elastic=0.05, stroke_shift=0.05, trimmed=0.1
)
# Inks that are converted to rows at once.
AT_ONCE = 1000


class LettersDataset(NamedTuple):
    """Inks for training and inks for testing.

    Attributes:
        taught, apart: Inks in units of their writers; no writer is in both.
        labels: Names of the classes.
        classes: Shape (taught,): indices into `labels`, or `UNKNOWN`.
    """

    taught: Pool
    apart: Pool
    labels: tuple[str, ...]
    classes: Ints


def letters_dataset(folder: Path, seed: int) -> LettersDataset:
    """Read the data folder, and hold out the same writers as the encoder's pretraining, by the same seed.

    Raises:
        TaughtError: A file is missing or broken.
    """
    taught, apart = split(read_pool(folder), seed)
    labels = letters_of(taught)
    return LettersDataset(taught, apart, labels, classes_of(taught, labels))


def head_dataset(net: EncoderNet, given: LettersDataset, spacing: float, passes: int) -> HeadDataset:
    """The LSTM's output for variations of every ink; reports its progress on standard error."""
    chance, recipe = np.random.default_rng(SEED), FeatureRecipe(1.0, spacing)
    parts: list[tuple[Tensor, ...]] = []
    began = time.monotonic()
    for number in range(passes):
        order = chance.permutation(len(given.taught))
        for at in range(0, len(order), AT_ONCE):
            chosen = order[at : at + AT_ONCE]
            inks = augmented(gather(given.taught.inks, chosen), 1.0, AUGMENTATION, chance)
            table = flat_rows(recipe, *inks)
            rows, progress = judged(table, np.arange(len(chosen)), chance)
            numbers = torch.as_tensor(progress).float(), torch.as_tensor(given.classes[chosen])
            parts.append((hidden_at(net, table, rows).half(), *numbers))
        _tell(f"pass {number + 1} of {passes}, {time.monotonic() - began:.0f} s")
    return HeadDataset(*map(torch.cat, zip(*parts, strict=True)))


def _head_over(net: EncoderNet, given: LettersDataset, spacing: float, passes: int) -> tuple[Head, float]:
    """Train the head; returns it and the mean loss of its last epoch."""
    practice = head_dataset(net, given, spacing, passes)
    made: tuple[Head, float] | None = None
    for number, made in enumerate(trained(practice, len(given.labels), EPOCHS, SEED)):
        _tell(f"epoch {number + 1} of {EPOCHS}: loss {made[1]:.3f}")
    assert made is not None
    return made


def write_letters(base: onnx.ModelProto, net: EncoderNet, head: Head, spec: ModelSpec, path: Path) -> None:
    """Write an encoder with a head as a model of one step, checked as every export is.

    Raises:
        ModelError: ONNX Runtime's answers are not torch's; an existing file is unchanged.
        OSError: The file cannot be written; an existing file is unchanged.
    """
    write_checked(headed(base, spec, head), spec, _answer(base, net, head), path)


def _answer(base: onnx.ModelProto, net: EncoderNet, head: Head) -> Answer:
    session = session_of(base.SerializeToString())

    def answer(inputs: Arrays) -> Arrays:
        rows, h, c = map(torch.as_tensor, inputs)
        with torch.no_grad():
            hidden = net.lstm(rows.transpose(0, 1), (h, c))[0].transpose(0, 1)
            scores, progress, unknown = head(hidden)
            heads = scores, torch.sigmoid(progress)[..., None], unknown[..., None]
        return [*onnx_answer(session, ENCODER_OUTPUTS, inputs), *(each.numpy() for each in heads)]

    return answer


def _make(encoder: Path, data: Path, out: Path, passes: int) -> None:
    began = time.monotonic()
    lower_priority(TrainConfig())
    base, spec, _ = read_base(encoder)
    net, _ = read_encoder(encoder)
    net.eval()
    seed, spacing = int(spec.training.get("seed", SEED)), spec.recipe.spacing
    given = letters_dataset(data, seed)
    head, loss = _head_over(net, given, spacing, passes)
    found = figures(net, head, given.apart, given.labels, spacing)
    letters = given.classes != UNKNOWN
    spec = replace(
        spec,
        labels=given.labels,
        recipe=FeatureRecipe(SCALE, spacing),
        unknown=True,
        versions=versions(),
        training={
            "name": "letters",
            "encoder": dict(spec.training),
            "encoder_sha256": hashlib.sha256(encoder.read_bytes()).hexdigest(),
            "examples": int(letters.sum()),
            "writers": len(np.unique(given.taught.writers[letters])),
            "others": int((~letters).sum()),
            "seed": SEED,
            "split_seed": seed,
            "width": WIDTH,
            "passes": passes,
            "epochs": EPOCHS,
            "loss": round(loss, 4),
            "seconds": round(time.monotonic() - began),
            "cpu_seconds": round(time.process_time()),
            "augmentation": asdict(AUGMENTATION),
            "data_sha256": sha256_of(data),
            **found,
        },
    )
    write_letters(base, net, head, spec, out)
    write_atomically(out.with_suffix(".md"), letters_card(spec, out.stat().st_size).encode())


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if the model and its card were written."""
    chosen = _parser().parse_args(arguments)
    try:
        _make(chosen.encoder, chosen.data, chosen.out, chosen.passes)
    except (AddonError, OSError) as error:
        print(f"letters: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    checkout = Path(__file__).parents[2]
    data = Path(os.environ.get("INKLOOP_DATA", checkout / "../shared/data"))
    models = checkout / "models"
    parser = argparse.ArgumentParser(prog="inkloop pretrain letters", description=__doc__)
    parser.add_argument("--encoder", type=Path, default=models / "encoder.onnx", help="the base encoder")
    parser.add_argument("--data", type=Path, default=data, help="folder of the inks to train on")
    parser.add_argument("--out", type=Path, default=models / "letters.onnx")
    parser.add_argument("--passes", type=int, default=PASSES, help="variations of every ink")
    return parser


if __name__ == "__main__":
    sys.exit(main())
