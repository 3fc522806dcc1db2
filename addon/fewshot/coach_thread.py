"""The coach beside the frame: what it has to say takes longer than a frame, so a thread finds it."""

import threading
from typing import NamedTuple

from addon.fewshot.coach import Advice, advice
from addon.fewshot.leave_one_out import Oddity, all_known, oddities
from addon.fewshot.prototypes import Prototypes

FIRST_SECONDS = 5.0
"""Who asks for the first time waits at most so long; there is nothing older to be told meanwhile."""


class CoachReport(NamedTuple):
    """What the coach has to say of what is taught.

    Attributes:
        pairs: What to draw next, the pair in greatest need first.
        odd: Examples that do not fit their label, oldest first.
        known: Whether every example is recognised without itself, so that training has nothing to gain.
    """

    pairs: tuple[Advice, ...] = ()
    odd: tuple[Oddity, ...] = ()
    known: bool = False


class Coach:
    """Keeps what was said last, and finds it again when something else is taught.

    A dozen milliseconds are enough for 62 classes of one example, and several frames for five.
    """

    def __init__(self) -> None:
        self._of: Prototypes | None = None
        self._said = CoachReport()
        self._thinking: threading.Thread | None = None

    def says(self, taught: Prototypes | None, timeout: float | None = None) -> CoachReport:
        """What is to be said; what was said before, until it is found anew.

        Args:
            taught: What is taught; None where nothing can be.
            timeout: Seconds to wait for it, at most; 0 never waits, None waits for the first answer alone.
        """
        if taught is None:
            return CoachReport()
        if timeout is None:
            timeout = FIRST_SECONDS if self._of is None else 0.0
        if taught is not self._of and not self._busy(0.0):
            self._of = taught
            self._thinking = threading.Thread(target=self._think, args=(taught,), name="inkloop-coach")
            self._thinking.start()
        if self._busy(timeout) or taught is self._of:
            return self._said
        return self.says(taught, timeout)

    def _busy(self, timeout: float) -> bool:
        if self._thinking is None:
            return False
        if timeout:
            self._thinking.join(timeout)
        return self._thinking.is_alive()

    def _think(self, taught: Prototypes) -> None:
        self._said = CoachReport(advice(taught), oddities(taught), all_known(taught))
