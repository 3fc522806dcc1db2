"""What a peer is: something that is taught inks and then asked others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from addon.features.points import Strokes

PeerLabel: TypeAlias = "str | None"


class PeerAnswer(NamedTuple):
    """What a peer said of one ink.

    Attributes:
        said: The label at 25, 50, 75 and 100 % of the arc length and with the pen lifted; None where it does
            not answer, empty where it failed.
        progress_error: Mean absolute error of its progress, None if it tells none.
        seconds: Of each answer that it gave.
    """

    said: tuple[PeerLabel, ...]
    progress_error: float | None
    seconds: tuple[float, ...]


Ask: TypeAlias = Callable[[Strokes], PeerAnswer]
Teach: TypeAlias = Callable[[Sequence[Strokes], Sequence[str]], Ask]


@dataclass(frozen=True, slots=True)
class Peer:
    """Something to compare with.

    Attributes:
        name: As it stands in the report.
        module: What must be there to import; empty for nothing.
        package: What to install for it.
        teach: Gives what answers by the inks and labels it is given.
    """

    name: str
    module: str
    package: str
    teach: Teach


def when_finished(label: str, seconds: float) -> PeerAnswer:
    """The answer of a peer that answers when the ink is finished."""
    return PeerAnswer((None, None, None, None, label), None, (seconds,))
