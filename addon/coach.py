"""The coach beside the frame: what it has to say takes longer than a frame, so a thread finds it."""

import threading

from addon.advice import Advice, advice
from addon.prototypes import Prototypes


class Coach:
    """Keeps what was advised last, and finds it anew when something else is taught.

    A dozen milliseconds are enough for 62 classes of one example, and several frames for five.
    """

    def __init__(self) -> None:
        self._of: Prototypes | None = None
        self._said: tuple[Advice, ...] = ()
        self._thinking: threading.Thread | None = None

    def advice(self, taught: Prototypes | None, timeout: float = 0.0) -> tuple[Advice, ...]:
        """What is to be said; what was said before, until it is found anew.

        Args:
            taught: What is taught; None where nothing can be.
            timeout: Seconds to wait for it, at most; 0 never waits.
        """
        if taught is None:
            return ()
        if taught is not self._of and not self._busy(0.0):
            self._of = taught
            self._thinking = threading.Thread(target=self._think, args=(taught,), name="inkloop-coach")
            self._thinking.start()
        if self._busy(timeout) or taught is self._of:
            return self._said
        return self.advice(taught, timeout)

    def _busy(self, timeout: float) -> bool:
        if self._thinking is None:
            return False
        if timeout:
            self._thinking.join(timeout)
        return self._thinking.is_alive()

    def _think(self, taught: Prototypes) -> None:
        self._said = advice(taught)
