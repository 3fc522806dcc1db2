"""The answer of a recogniser, for every point of the pen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from addon.arrays import Array, Floats
from addon.hysteresis import UNDECIDED, Hold

NO_OUTPUTS: Mapping[str, Array] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The classes that an ink looks like so far, and how far along it is.

    Attributes:
        labels: The classes the model knows, in the order of `probabilities`.
        probabilities: Float32 array of shape (classes,), summing to 1; all 0 before the first point.
        progress: How far into the letter the ink is detected to be, 0..1.
        rows: Feature rows seen of this ink; 0 before the first point.
        unknown: Probability that it is none of the classes, 0..1; 0 from a model that does not give it.
        hold: The state of the hysteresis, see `held` and `decided`.
        progress_known: Whether the model tells the progress; `progress` is 1 where it does not.
        outputs: Further arrays of a model by someone else, by the names of its outputs.
    """

    labels: tuple[str, ...]
    probabilities: Floats
    progress: float
    rows: int
    unknown: float = 0.0
    hold: Hold = UNDECIDED
    progress_known: bool = True
    outputs: Mapping[str, Array] = field(default_factory=lambda: NO_OUTPUTS)

    @property
    def label(self) -> str:
        """The likeliest class; empty before the first point, and before anything is taught."""
        return self.labels[int(self.probabilities.argmax())] if self.rows and self.labels else ""

    @property
    def held(self) -> str:
        """The held class: another must be clearly likelier for long enough to take over.

        It changes half as often as `label`, so show this one large; early in a sign it comes later. See
        `addon.hysteresis`.
        """
        return self.labels[self.hold.place] if self.hold.place >= 0 else ""

    @property
    def decided(self) -> bool:
        """Whether the held class is so likely, and the ink so surely no unknown, that the answer is final."""
        return self.hold.decided

    @property
    def confidence(self) -> float:
        """Probability of the likeliest class, 0..1; 0 before the first point."""
        return float(self.probabilities.max()) if self.rows and self.labels else 0.0

    @property
    def opacity(self) -> float:
        """How visible the letter should be: how far along it is × how sure the model is of it, 0..1."""
        return self.progress * self.confidence * (1.0 - self.unknown)


def no_prediction(labels: tuple[str, ...]) -> Prediction:
    """The answer before the first point."""
    return Prediction(labels, np.zeros(len(labels), dtype=np.float32), 0.0, 0)


def softmax(scores: Floats) -> Floats:
    """Probabilities of scores along the last axis, shape kept; safe for scores of any size.

    Scores that are not finite give probabilities that are not finite.
    """
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
