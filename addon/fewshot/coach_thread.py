"""The coach in a thread: its advice takes longer than a frame."""

import threading
from typing import NamedTuple

from addon.fewshot.coach import Advice, advice
from addon.fewshot.leave_one_out import Oddity, all_known, oddities
from addon.fewshot.prototypes import Prototypes

FIRST_SECONDS = 5.0
"""The first call waits at most this long, as there is no older report to return."""


class CoachReport(NamedTuple):
    """The coach's report on what is taught.

    Attributes:
        pairs: What to draw next, the most urgent pair first.
        odd: Examples that do not fit their label, oldest first.
        known: Whether every example is recognised when left out, so that training has nothing to gain.
    """

    pairs: tuple[Advice, ...] = ()
    odd: tuple[Oddity, ...] = ()
    known: bool = False


class Coach:
    """Keeps the latest report, and makes a new one when the taught set has changed.

    This takes about twelve milliseconds for 62 classes of one example, and several frames for five examples.
    """

    def __init__(self) -> None:
        self._of: Prototypes | None = None
        self._report = CoachReport()
        self._thinking: threading.Thread | None = None

    def says(self, taught: Prototypes | None, timeout: float | None = None) -> CoachReport:
        """The report on what is taught; the previous one until it is ready.

        Args:
            taught: What is taught; None for a model that cannot be taught.
            timeout: Seconds to wait at most; 0 never waits, None waits only for the first report.
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
            return self._report
        return self.says(taught, timeout)

    def _busy(self, timeout: float) -> bool:
        if self._thinking is None:
            return False
        if timeout:
            self._thinking.join(timeout)
        return self._thinking.is_alive()

    def _think(self, taught: Prototypes) -> None:
        self._report = CoachReport(advice(taught), oddities(taught), all_known(taught))
