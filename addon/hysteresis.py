"""Hysteresis: a class is held until another has been clearly likelier for long enough.

    against   how much likelier the likeliest class has been than the held one, as a logarithm, summed over
              the rows since the held class was the likeliest itself

That is Page's cumulative sum ("Continuous inspection schemes", 1954), reset to 0 wherever the held class
leads: another class that is twice as likely must stay so for two rows; one that is three times as likely
takes over at once. When the pen is lifted the likeliest class is held at once, since the stroke is complete.

As in a Schmitt trigger, an answer is decided above one bound and lost below a lower one.
"""

from dataclasses import dataclass
from math import exp, log
from typing import NamedTuple

from addon.arrays import Floats

# Measured on writers whose inks the encoder was trained on. With 1.0 the answer changes 3.2 times an ink
# instead of 5.4, and returns to a class that it has just left 0.4 times instead of 1.7. With 0.9 the first
# decision is right in nine inks of ten.
ENOUGH = 1.0
"""Evidence, as a logarithm, at which another class takes over."""

DECIDED = 0.9
"""Probability of the held class, and that the ink is no unknown, from which on an answer is decided."""

LOST = 0.5
"""Probability below which a decided answer no longer holds."""

_TINY = 1e-30


class Hold(NamedTuple):
    """The held class of one ink.

    Attributes:
        place: The class; -1 before the first answer.
        against: Evidence against it so far, 0 or more.
        decided: Whether it is decided.
    """

    place: int = -1
    against: float = 0.0
    decided: bool = False


UNDECIDED = Hold()

_LARGEST_ODDS = 60.0


@dataclass(slots=True)
class Tuning:
    """What a performer may change about the answers while they come.

    Attributes:
        hold: Evidence, as a logarithm, at which another class takes over, at least 0; more holds longer.
        unknown: Added to the log odds that an ink is none of the classes; above 0 more inks are unknown.
    """

    hold: float = ENOUGH
    unknown: float = 0.0

    def tuned(self, unknown: float) -> float:
        """A probability that an ink is unknown, 0..1, as it is after tuning."""
        if self.unknown == 0.0:
            return unknown
        within = min(max(unknown, _TINY), 1.0 - 1e-16)
        odds = log(within / (1.0 - within)) + self.unknown
        return 1.0 / (1.0 + exp(-min(max(odds, -_LARGEST_ODDS), _LARGEST_ODDS)))


def held(
    before: Hold,
    probabilities: Floats,
    unknown: float,
    rows: int = 1,
    lifted: bool = False,
    enough: float = ENOUGH,
) -> Hold:
    """Update the held class with another answer.

    Args:
        before: The held class until now, of the same classes.
        probabilities: Of each class, shape (classes,), summing to 1; all 0 of an ink that is far from each.
        unknown: Probability that it is none of them, 0..1.
        rows: Number of rows that the answer stands for, at least 1.
        lifted: Whether the pen was just lifted.
        enough: Evidence at which another class takes over.
    """
    if not len(probabilities):
        return UNDECIDED
    place, against, decided = before
    top = int(probabilities.argmax())
    if top == place:
        against = 0.0
    elif place < 0 or lifted:
        place, against, decided = top, 0.0, False
    else:
        likelier = max(float(probabilities[top]), _TINY) / max(float(probabilities[place]), _TINY)
        against += rows * log(likelier)
        if against >= enough:
            place, against, decided = top, 0.0, False
    sure = float(probabilities[place]) * (1.0 - unknown)
    after = place, against, sure >= (LOST if decided else DECIDED)
    # Most points change nothing, and a new tuple would cost as much as all of the above.
    return before if after == before else Hold(*after)
