"""A small folder of data in the layout that pretraining reads, written by a machine."""

from pathlib import Path

import numpy as np

from addon.dataset.corpus import write_corpus
from addon.features.points import Points
from addon.training.pool import OMNIGLOT, QUICKDRAW, UNIPEN

# Signs are random polygons: some strokes of some corners, one shape a class.
CLASSES, EACH = 6, 12


def write_data(folder: Path) -> None:
    """Write every file that pretraining wants, a few hundred inks in all."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate((*UNIPEN, *OMNIGLOT, *QUICKDRAW)):
        alphabets = ("First", "Second") if name in OMNIGLOT else ("",)
        inks, labels, writers = [], [], []
        for part, alphabet in enumerate(alphabets):
            for sign in range(CLASSES):
                for copy in range(EACH):
                    inks.append(_ink(number, part, sign, copy))
                    prefix = f"{name}-{alphabet}/" if alphabet else f"{name}-" if name in QUICKDRAW else ""
                    labels.append(f"{prefix}{sign if prefix else chr(48 + number * 8 + sign)}")
                    writers.append(f"w{copy % 5}" if name in UNIPEN else "")
        write_corpus(folder / f"{name}.npz", inks, labels, writers)


def _ink(number: int, part: int, sign: int, copy: int) -> tuple[Points, ...]:
    shape = np.random.default_rng([number, part, sign])
    hand = np.random.default_rng([number, part, sign, copy])
    strokes: list[Points] = []
    for _ in range(int(shape.integers(1, 3))):
        corners = shape.uniform(0, 100, (int(shape.integers(2, 6)), 2))
        corners = corners + hand.normal(0, 5, corners.shape)
        at = np.linspace(0, len(corners) - 1, 12 * len(corners))
        points = np.zeros((len(at), 4), dtype=np.float32)
        for axis in range(2):
            points[:, axis] = np.interp(at, np.arange(len(corners)), corners[:, axis])
        strokes.append(points)
    return tuple(strokes)
