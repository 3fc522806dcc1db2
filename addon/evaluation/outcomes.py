"""The outcome of an ink, from the answers to it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from addon.arrays import Bools, Doubles
from addon.evaluation.checkpoints import CURVE, Checkpoints
from addon.evaluation.replay import Replay
from addon.prediction import Prediction

FRACTIONS = (0.25, 0.5, 0.75, 1.0)
NAMES = (*(str(fraction) for fraction in FRACTIONS), "lifted")
"""Where accuracy is measured: at fractions of the pen-down travel, and with the pen lifted."""

READ = [CURVE.index(fraction) for fraction in FRACTIONS]


class Outcome(NamedTuple):
    """The outcome of one tested ink.

    Attributes:
        ink: Its index in the corpus.
        seed: Seed of the task.
        writer: Its writer.
        label: Its class.
        answers: The labels answered at `NAMES`.
        curve: Shape (STEPS + 1,): whether the answer was right at each step of `CURVE`.
        right: Shape (5,): whether the answer was right at `NAMES`.
        confidence: Shape (5,): the confidence of each of these answers, 0..1.
        progress_error: Mean absolute error of the progress over the steps of `CURVE`.
    """

    ink: int
    seed: int
    writer: str
    label: str
    answers: tuple[str, ...]
    curve: Bools
    right: Bools
    confidence: Doubles
    progress_error: float


class NoveltyOutcome(NamedTuple):
    """The novelty of one finished ink where half of the classes were taught.

    Attributes:
        known: Whether its class was taught.
        unknown: The answer's `unknown`.
        softmax: The baseline: 1 minus the largest probability.
    """

    known: bool
    unknown: float
    softmax: float


def outcome(asked: Checkpoints, watched: Replay, ink: int, seed: int, writer: str, label: str) -> Outcome:
    """Judge the answers to an ink."""
    places: list[int] = asked.places.tolist()
    answers = [watched.answers[place] for place in places]
    curve = np.array([answer.label == label for answer in answers])
    read = [*(answers[place] for place in READ), watched.lifted]
    return Outcome(
        ink,
        seed,
        writer,
        label,
        tuple(answer.label for answer in read),
        curve,
        np.array([answer.label == label for answer in read]),
        np.array([answer.confidence for answer in read], dtype=np.float64),
        progress_error(asked, answers),
    )


def progress_error(asked: Checkpoints, answers: Sequence[Prediction]) -> float:
    """Mean absolute difference of detected and true progress over an ink's travel."""
    detected = np.array([answer.progress for answer in answers])
    return float(np.abs(detected - asked.true)[1:].mean())


def novelty_outcome(answer: Prediction, label: str) -> NoveltyOutcome:
    """Judge the answer to a finished ink that may be of an unknown class."""
    # The sum of the other probabilities: 1 minus a maximum near 1 would lose all digits.
    others = answer.probabilities.astype(np.float64)
    doubt = float(others.sum() - others.max())
    return NoveltyOutcome(label in answer.labels, answer.unknown, doubt)
