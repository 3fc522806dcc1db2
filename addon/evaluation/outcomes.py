"""From what was said of an ink to what counts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from addon.arrays import Bools, Doubles
from addon.evaluation.checkpoints import CURVE, Checkpoints
from addon.evaluation.replay import Replay
from addon.prediction import Prediction

FRACTIONS = (0.25, 0.5, 0.75, 1.0)
NAMES = (*(str(fraction) for fraction in FRACTIONS), "lifted")
"""Where accuracy is given: at fractions of the pen-down arc length, and with the pen lifted."""

READ = [CURVE.index(fraction) for fraction in FRACTIONS]


class Outcome(NamedTuple):
    """What came of one asked ink.

    Attributes:
        ink: Its index in the corpus.
        seed: Of the task.
        writer: Who drew it.
        label: What it is.
        said: What was answered at `NAMES`.
        curve: Shape (STEPS + 1,): whether the answer was right at each step of `CURVE`.
        right: Shape (5,): the same at `NAMES`.
        confidence: Shape (5,): how sure each of these was, 0..1.
        progress_error: Mean absolute error of the progress over the steps of `CURVE`.
    """

    ink: int
    seed: int
    writer: str
    label: str
    said: tuple[str, ...]
    curve: Bools
    right: Bools
    confidence: Doubles
    progress_error: float


class NoveltyOutcome(NamedTuple):
    """How strange one finished ink was found where half of the classes were taught.

    Attributes:
        known: Whether its class was among them.
        unknown: The answer's `unknown`.
        softmax: The plain baseline: 1 less the likeliest class's probability.
    """

    known: bool
    unknown: float
    softmax: float


def outcome(asked: Checkpoints, watched: Replay, ink: int, seed: int, writer: str, label: str) -> Outcome:
    """Judge what was said of an ink."""
    places: list[int] = asked.places.tolist()
    said = [watched.answers[place] for place in places]
    curve = np.array([answer.label == label for answer in said])
    read = [*(said[place] for place in READ), watched.lifted]
    return Outcome(
        ink,
        seed,
        writer,
        label,
        tuple(answer.label for answer in read),
        curve,
        np.array([answer.label == label for answer in read]),
        np.array([answer.confidence for answer in read], dtype=np.float64),
        progress_error(asked, said),
    )


def progress_error(asked: Checkpoints, said: Sequence[Prediction]) -> float:
    """Mean absolute difference of detected and true progress over an ink's travel."""
    detected = np.array([answer.progress for answer in said])
    return float(np.abs(detected - asked.true)[1:].mean())


def novelty_outcome(answer: Prediction, label: str) -> NoveltyOutcome:
    """Judge the answer to a finished ink that may be of a class that was not taught."""
    # What is left of 1 for the others, summed as it is: near 1 a maximum has no digits left to differ in.
    others = answer.probabilities.astype(np.float64)
    doubt = float(others.sum() - others.max())
    return NoveltyOutcome(label in answer.labels, answer.unknown, doubt)
