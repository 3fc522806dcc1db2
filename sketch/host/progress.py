"""A line that says how far long work is, and how long it still takes."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

_CELLS = 30
_EVERY = 0.2


def bar(done: int, total: int, elapsed: float) -> str:
    """The line: a bar, how much is done, and the time left.

    Args:
        done: Frames that are done.
        total: All frames, at least 1.
        elapsed: Seconds since the work began.
    """
    filled = _CELLS * done // total
    left = f", {clock_time(elapsed * (total - done) / done)} left" if 0 < done < total else ""
    return f"[{'#' * filled}{'.' * (_CELLS - filled)}] {done} of {total} frames{left}"


def clock_time(seconds: float) -> str:
    """A time as 12 s, 3:05 min or 1:02:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}:{rest:02} min" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{rest:02} h"


class Progress:
    """Writes the line to a terminal, a few times a second.

    Args:
        total: All frames, at least 1.
        stream: Where it goes; nothing is written unless it is a terminal.
        now: A clock in seconds.
    """

    def __init__(
        self, total: int, stream: TextIO | None = None, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._is_shown = self._stream.isatty()
        self._total = total
        self._now = now
        self._began = self._written = now()
        self._done = 0

    def step(self, frame: object = None) -> None:
        """One more frame is done; which one it is does not matter."""
        self._done += 1
        if self._is_shown and self._now() - self._written >= _EVERY:
            self._written = self._now()
            self._stream.write("\r" + bar(self._done, self._total, self._written - self._began) + "\x1b[K")
            self._stream.flush()

    def close(self) -> None:
        """Remove the line."""
        if self._is_shown and self._done:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
