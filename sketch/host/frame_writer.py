"""Frames in a queue that a thread writes: what a film and pictures have in common."""

import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Full, Queue
from typing import Self

from sketch.arrays import Pixels

PATIENCE = 30.0
"""Seconds without progress after which `close` assumes that the disk hangs and stops waiting."""

_NICENESS = 5
"""Of the thread of a live film. With a higher value, the system would stop it while it holds the GIL."""


class RecorderError(Exception):
    """A film or a still could not be written; the message is one line and says why."""


@dataclass(frozen=True)
class Shot:
    """A frame, and for a live film the second at which it is seen."""

    pixels: Pixels
    at: float | None


class FrameWriter(ABC):
    """Frames that a thread writes; adding one waits only while the queue is full.

    Args:
        path: Where they go.
        limit: How many frames may be queued, at least 1.
        live: Whether frames are left out when the queue is full, and the thread has a lower priority.

    Attributes:
        path: Where they go.
        frames: How many frames were added.
        waited: How many of them had to wait for the thread; 0 if they are live.
        waited_s: How long they waited in total, in seconds.
        left_out: How many live frames were left out because the queue was full.
    """

    def __init__(self, path: Path, limit: int, live: bool) -> None:
        self.path = path
        self.frames = 0
        self.waited = 0
        self.waited_s = 0.0
        self.left_out = 0
        self._live = live
        self._queue: Queue[Shot | None] = Queue(limit)
        self._error: RecorderError | None = None
        self._closed = False
        self._ended = False
        self._progress = 0
        self._until: float | None = None
        self._thread = threading.Thread(target=self._run, name=f"recorder {path.name}", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def error(self) -> RecorderError | None:
        """Why nothing can be written any more, and what of it can be used; None while it can be."""
        return self._error

    @property
    def is_full(self) -> bool:
        """Whether the next frame would wait or be left out."""
        return self._queue.full()

    def close(self, until: float | None = None) -> None:
        """Wait until every queued frame is written, and close the file; a second call does nothing.

        Args:
            until: When the last live frame ends, in its seconds; by default one frame after it came.

        Raises:
            RecorderError: Not every frame could be written. Or the disk hangs: nothing was written for half a
                minute.
        """
        if self._closed:
            return
        self._closed, self._until = True, until
        self._end()
        if self._error is not None:
            raise self._error

    @abstractmethod
    def _write(self) -> None:
        """Write what `_next` returns until that is None; in the thread."""

    @abstractmethod
    def _broken(self, error: Exception) -> RecorderError:
        """The error that a caller gets for one in `_write`; in the thread."""

    def _takes(self) -> bool:
        """Whether a frame may be added now; a live one without room is counted.

        Raises:
            RecorderError: An earlier frame could not be written, or this is closed.
        """
        if self._error is not None:
            raise self._error
        if self._closed:
            raise RecorderError(f"{self.path} is closed; add frames before close()")
        # No other thread puts frames in, so a queue that has room now has room after the copy.
        if self._live and self.is_full:
            self.left_out += 1
            return False
        return True

    def _put(self, frame: Pixels, at: float | None) -> None:
        self.frames += 1
        shot = Shot(frame.copy(), at)
        try:
            self._queue.put_nowait(shot)
        except Full:
            started = time.perf_counter()
            self._queue.put(shot)
            self.waited += 1
            self.waited_s += time.perf_counter() - started

    def _next(self) -> Shot | None:
        shot = self._queue.get()
        self._ended = shot is None
        self._progress += 1
        return shot

    def _run(self) -> None:
        if self._live:
            _lower_priority()
        # An error that stops this thread must reach the caller, which would otherwise wait for ever.
        try:
            self._write()
        except Exception as error:
            self._error = self._broken(error)
        while not self._ended:
            self._next()

    def _end(self) -> None:
        """End the thread, and wait for it while it makes progress."""
        asked = False
        while True:
            before = self._progress
            if asked:
                self._thread.join(PATIENCE)
                if not self._thread.is_alive():
                    return
            else:
                with suppress(Full):
                    self._queue.put(None, timeout=PATIENCE)
                    asked = True
                    continue
            if self._progress == before:
                self._error = RecorderError(
                    f"{self.path} is incomplete: nothing could be written for {PATIENCE:g} s, so the disk "
                    "seems to hang; what was written before can be used"
                )
                return


def _lower_priority() -> None:
    """Lower the priority of this thread, on systems where threads have one."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
