"""An answer to one row of a step, whatever model gave it."""

from collections.abc import Mapping
from math import exp, isfinite
from typing import NamedTuple

import numpy as np

from addon.arrays import Array, Floats
from addon.fewshot.prototypes import peak, total
from addon.prediction import NO_OUTPUTS

_SURE = 60.0


class RowAnswer(NamedTuple):
    """An answer to the last row of a step.

    Attributes:
        probabilities: Float32 array of shape (classes,).
        progress: 0..1.
        unknown: Probability that it is none of the classes, 0..1.
        progress_known: Whether the model tells the progress; it is 1 otherwise.
        outputs: What else the model gives, by the names of its outputs.
    """

    probabilities: Floats
    progress: float
    unknown: float
    progress_known: bool = True
    outputs: Mapping[str, Array] = NO_OUTPUTS


def chance(odds: float) -> float:
    """The probability of odds that are given as a logarithm."""
    return 1.0 / (1.0 + exp(-min(max(odds, -_SURE), _SURE)))


def probabilities_of(scores: Floats) -> Floats | None:
    """The softmax of scores of shape (classes,); None if they are not numbers.

    `prediction.softmax` does the same for any shape, and takes three times as long.
    """
    top = peak(scores)
    if not isfinite(top):
        return None
    raised = np.exp(scores - top)
    raised /= total(raised)
    return raised
