"""Train the model that ships: capitals of many writers, ready before anything is taught.

    python -m addon.training.letters [--data FOLDER] [--out FILE] [--iterations N | --minutes N]

Nothing is known of a new user's hand, so the scale is nominal, `SCALE` logical pixels. Each writer of the
corpus is brought to it by the median size of their capitals, and sizes are then varied widely.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from addon.corpus import Corpus, read_corpus
from addon.errors import AddonError
from addon.features import FeatureRecipe
from addon.files import write_atomically
from addon.resampling import lay_out
from addon.spec import ModelSpec
from addon.training.card import letters_card
from addon.training.config import Augmentation, TrainConfig
from addon.training.dataset import InkSet, batches, ink_set, subset, thinned
from addon.training.export import export_step
from addon.training.manners import step_back
from addon.training.measure import measure
from addon.training.nets import StepNet, seeded_net
from addon.training.trainer import new_learner, train

CORPUS = "unipen_upper.npz"
SCALE = 200.0
RECIPE = FeatureRecipe(scale=SCALE, spacing=1 / 16)
LAYERS, HIDDEN = 2, 96
HELD_OUT = 0.2
CONFIG = TrainConfig(
    iterations=7000,
    batch=64,
    lr=0.004,
    smoothing=0.05,
    early_weight=0.15,
    patience=0,
    max_rows=300,
    # Milder than for a few taught inks, as many hands differ by themselves; but of any size.
    augmentation=Augmentation(
        rotation=12.0, shear=0.3, aspect=0.3, size=0.75, elastic=0.05, stroke_shift=0.05, trimmed=0.1
    ),
)

# The sizes of a hand, against the nominal one, for which accuracy is measured.
MEASURED_SIZES = (0.5, 1.0, 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Letters:
    """The capitals to train on, and those of other writers to measure with.

    Attributes:
        taught: Inks to train on, at the nominal scale.
        held_out: Inks of writers who are not in `taught`.
        writers: Number of writers in each.
    """

    taught: InkSet
    held_out: InkSet
    writers: tuple[int, int]


def prepare(corpus: Corpus, seed: int) -> Letters:
    """Bring every writer to the nominal scale, and set a fifth of them apart."""
    data = ink_set(corpus, sorted(set(corpus.labels.tolist())))
    writers, writer_of = np.unique(corpus.writers, return_inverse=True)
    sizes = _sizes(data)
    typical = np.array([np.median(sizes[writer_of == index]) for index in range(len(writers))])
    data = _scaled(data, SCALE / np.maximum(typical, 1e-6)[writer_of])
    order = np.random.default_rng(seed).permutation(len(writers))
    held_out = round(HELD_OUT * len(writers))
    apart = np.isin(writer_of, order[:held_out])
    parts = (subset(data, np.flatnonzero(part)) for part in (~apart, apart))
    return Letters(*parts, writers=(len(writers) - held_out, held_out))


def _sizes(data: InkSet) -> NDArray[np.float64]:
    first = lay_out(data.inks.stroke_sizes, data.inks.ink_sizes).first_points
    high = np.maximum.reduceat(data.inks.points, first)
    low = np.minimum.reduceat(data.inks.points, first)
    return (high - low).max(axis=1)


def _scaled(data: InkSet, factors: NDArray[np.float64]) -> InkSet:
    a_point = np.repeat(np.repeat(factors, data.inks.ink_sizes), data.inks.stroke_sizes)
    return replace(data, inks=data.inks._replace(points=data.inks.points * a_point[:, None]))


def train_letters(letters: Letters, config: TrainConfig) -> tuple[StepNet, float]:
    """Train on the taught letters, telling standard error how it goes; the network and the last loss."""
    net = seeded_net(len(letters.taught.labels), LAYERS, HIDDEN, config.seed)
    data = replace(letters.taught, inks=thinned(letters.taught.inks, RECIPE.step / 2))
    chance = np.random.default_rng(config.seed)
    learner, began = new_learner(net, config), time.monotonic()
    for step in train(learner, batches(data, RECIPE, config, chance, by_length=True), config):
        if step.index % 500 == 0:
            seconds = time.monotonic() - began
            print(f"{step.index:6} loss {step.loss:.3f} after {seconds:.0f} s", file=sys.stderr)
    return net, learner.loss


def _iterations_in(minutes: float, letters: Letters, config: TrainConfig) -> int:
    trial = replace(config, iterations=40)
    began = time.monotonic()
    train_letters(letters, trial)
    return max(1, int(minutes * 60 * trial.iterations / (time.monotonic() - began)))


def _facts(letters: Letters, net: StepNet, config: TrainConfig) -> dict[str, Any]:
    at_size = {size: _measured_at(size, letters.held_out, net) for size in MEASURED_SIZES}
    accuracy, progress_error = at_size[1.0]
    return {
        "name": "letters",
        "source": "UNIPEN train_r01_v07 (Zenodo), capitals",
        "license": "CC BY 4.0",
        "examples": len(letters.taught),
        "writers": letters.writers[0],
        "held_out_examples": len(letters.held_out),
        "held_out_writers": letters.writers[1],
        "accuracy": accuracy,
        "progress_error": progress_error,
        "accuracy_at_half_size": at_size[0.5][0],
        "accuracy_at_double_size": at_size[2.0][0],
        "seed": config.seed,
        "config": {name: value for name, value in asdict(config).items() if name != "preset"},
    }


def _measured_at(size: float, data: InkSet, net: StepNet) -> tuple[dict[str, float], float]:
    sized = _scaled(data, np.full(len(data), size))
    found = measure(net, sized, RECIPE)
    rounded = {fraction: round(share, 4) for fraction, share in found.accuracy.items()}
    return rounded, round(found.progress_error, 4)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0 if the model and its card were written."""
    chosen = _parser().parse_args(arguments)
    try:
        _make(chosen.data / CORPUS, chosen.out, chosen.iterations, chosen.minutes)
    except (AddonError, OSError) as error:
        print(f"letters: {error}", file=sys.stderr)
        return 1
    return 0


def _make(source: Path, out: Path, iterations: int, minutes: float | None) -> None:
    letters = prepare(read_corpus(source), CONFIG.seed)
    step_back(CONFIG)
    if minutes is not None:
        iterations = _iterations_in(minutes, letters, CONFIG)
    config = replace(CONFIG, iterations=iterations)
    began = time.monotonic()
    net, loss = train_letters(letters, config)
    spec = ModelSpec(letters.taught.labels, RECIPE, LAYERS, HIDDEN, HIDDEN)
    spec = spec.with_training(
        **_facts(letters, net, config),
        iterations=iterations,
        loss=round(loss, 4),
        seconds=round(time.monotonic() - began),
        data_sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
    )
    written = export_step(net, spec, out)
    write_atomically(out.with_suffix(".md"), letters_card(written, out.stat().st_size).encode())


def _parser() -> argparse.ArgumentParser:
    checkout = Path(__file__).parents[2]
    data = Path(os.environ.get("INKLOOP_DATA", checkout / "../shared/data"))
    parser = argparse.ArgumentParser(prog="python -m addon.training.letters", description=__doc__)
    parser.add_argument("--data", type=Path, default=data, help=f"folder that holds {CORPUS}")
    parser.add_argument("--out", type=Path, default=checkout / "models" / "letters.onnx")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--iterations", type=int, default=CONFIG.iterations)
    length.add_argument("--minutes", type=float, help="as many iterations as fit into this time")
    return parser


if __name__ == "__main__":
    sys.exit(main())
