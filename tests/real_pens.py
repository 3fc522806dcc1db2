"""Other people's handwriting, taught to a recogniser and then recognised point by point."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from addon import Recognizer
from addon.dataset.corpus import Corpus, inks, read_corpus
from sketch.ink.points import Points

FRACTIONS = (0.25, 0.5, 0.75, 1.0)


def data_folder() -> Path:
    """Folder of the real data: `INKLOOP_DATA`, or the one next to the checkout."""
    return Path(os.environ.get("INKLOOP_DATA", Path(__file__).parents[1] / "../shared/data"))


def real_corpus(name: str) -> Corpus:
    """Read a file of the real data; without it a test skips, or fails where `INKLOOP_REQUIRE_DATA` is set."""
    path = data_folder() / f"{name}.npz"
    if not path.is_file():
        missing = f"there is no {path.name} in the folder INKLOOP_DATA ({data_folder()})"
        if os.environ.get("INKLOOP_REQUIRE_DATA"):
            pytest.fail(missing)
        pytest.skip(missing)
    return read_corpus(path)


@dataclass(frozen=True)
class Split:
    """Inks of one writer: some to teach, the others to recognise."""

    taught: list[tuple[str, tuple[Points, ...]]]
    others: list[tuple[str, tuple[Points, ...]]]


def split_writer(corpus: Corpus, writer: str, labels: Sequence[str], shots: int, seed: int = 0) -> Split:
    """Choose `shots` inks of each label to teach, by a seeded draw; the rest are the others."""
    rng = np.random.default_rng(seed)
    taught: list[tuple[str, tuple[Points, ...]]] = []
    others: list[tuple[str, tuple[Points, ...]]] = []
    for label in labels:
        mine = rng.permutation(np.flatnonzero((corpus.writers == writer) & (corpus.labels == label)))
        found = [(label, ink) for ink in inks(corpus, mine)]
        taught += found[:shots]
        others += found[shots:]
    return Split(taught, others)


def writers_with(corpus: Corpus, labels: Sequence[str], least: int) -> list[str]:
    """Writers, sorted, who wrote each label at least so often."""
    return [
        str(writer)
        for writer in np.unique(corpus.writers)
        if all(np.sum((corpus.writers == writer) & (corpus.labels == label)) >= least for label in labels)
    ]


@contextmanager
def taught_recognizer(split: Split, home: Path, iterations: int = 2000) -> Iterator[Recognizer]:
    """A recogniser taught and trained as by a person: examples, training process, exported model."""
    recognizer = Recognizer("pens")
    recognizer.setup(home)
    try:
        for label, strokes in split.taught:
            recognizer.teach(label, with_times(strokes))
        assert recognizer.train(iterations), recognizer.refusal
        while recognizer.training.state in ("waiting", "running", "exporting"):
            recognizer.update(1 / 60)
            time.sleep(1 / 60)
        assert recognizer.training.state == "done", recognizer.training.message
        yield recognizer
    finally:
        recognizer.exit()


def with_times(strokes: Sequence[Points]) -> tuple[Points, ...]:
    """The strokes with a time and a pressure for every point, as a live pen gives them."""
    start = 0
    timed: list[Points] = []
    for stroke in strokes:
        points = stroke.copy()
        points[:, 2] = (start + np.arange(len(stroke))) / 100
        points[:, 3] = 0.5
        start += len(stroke)
        timed.append(points)
    return tuple(timed)


@dataclass(frozen=True)
class Answers:
    """What was answered for one ink.

    Attributes:
        right: Whether the label was right at each of `FRACTIONS` of the arc length, then with the pen lifted.
        progress_error: Mean absolute difference between detected and true progress over the ink's points.
    """

    right: NDArray[np.bool_]
    progress_error: float


def recognised(recognizer: Recognizer, label: str, strokes: Sequence[Points]) -> Answers:
    """Feed an ink point by point and note what is answered on the way."""
    travelled, total = 0.0, max(travel(strokes), 1e-9)
    said: list[str] = []
    errors: list[float] = []
    for stroke in with_times(strokes):
        before = stroke[0]
        for point in stroke:
            recognizer.on_stroke_point(point, 0)
            travelled += float(np.hypot(*(point[:2] - before[:2])))
            before = point
            guess = recognizer.wait_answer(0)  # also where a busy machine has it answered by a worker
            share = min(1.0, travelled / total)
            errors.append(abs(guess.progress - share))
            while len(said) < len(FRACTIONS) and share >= FRACTIONS[len(said)] - 1e-6:
                said.append(guess.label)
        recognizer.on_stroke(stroke, 0)
    said += [recognizer.wait_answer(0).label] * (len(FRACTIONS) + 1 - len(said))
    said[-1] = recognizer.wait_answer(0).label
    recognizer.on_ink(tuple(strokes), 0)
    return Answers(np.array(said) == label, float(np.mean(errors)))


def travel(strokes: Sequence[Points]) -> float:
    """Pen-down arc length, in the ink's own units."""
    return float(sum(np.hypot(*np.diff(stroke[:, :2], axis=0).T).sum() for stroke in strokes))
