"""A peer: another method that is taught inks and classifies others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from addon.features.points import Strokes

PeerLabel: TypeAlias = "str | None"


class PeerAnswer(NamedTuple):
    """A peer's answers to one ink.

    Attributes:
        answers: The label at 25, 50, 75 and 100 % of the travel and with the pen lifted; None where it does
            not answer, empty where it failed.
        progress_error: Mean absolute error of its progress, None if it gives no progress.
        seconds: Time of each answer.
    """

    answers: tuple[PeerLabel, ...]
    progress_error: float | None
    seconds: tuple[float, ...]


Ask: TypeAlias = Callable[[Strokes], PeerAnswer]
Teach: TypeAlias = Callable[[Sequence[Strokes], Sequence[str]], Ask]


@dataclass(frozen=True, slots=True)
class Peer:
    """A method to compare with.

    Attributes:
        name: Its name in the report.
        module: The module it needs.
        package: The package to install for it.
        teach: Takes inks and labels, and returns a function that classifies inks.
    """

    name: str
    module: str
    package: str
    teach: Teach


def when_finished(label: str, seconds: float) -> PeerAnswer:
    """The answer of a peer that answers when the ink is finished."""
    return PeerAnswer((None, None, None, None, label), None, (seconds,))
