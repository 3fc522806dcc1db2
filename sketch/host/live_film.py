"""A film of a window: it lasts as long as the show, costs it little, and never ends it."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sketch.host.recorder import Recorder, RecorderError, check_name

log = logging.getLogger("inkloop")

AFFORDABLE = 30.0
"""Frames a second of a film where the processor draws, or where the encoder was behind."""

_EARLY = 0.25
"""Part of a film's frame by which one of the window may come early and still be taken."""


class LiveFilm:
    """Takes frames of a window into a film until that cannot be written.

    Args:
        path: Where the film goes.
        fps: Frames a second that the window is to have, above 0; the film gets as many at most.
        tell: Takes the one line about a film that cannot be written.

    Raises:
        RecorderError: The file is called like no film. A disk that is full, and what else may happen in a
            show, is told instead.
    """

    def __init__(self, path: Path, fps: float, tell: Callable[[str], None]) -> None:
        self._path = path
        self._fps = fps
        self._tell = tell
        self._next: float | None = None
        self._until: float | None = None
        self._film: Recorder | None = None
        check_name(path)
        try:
            self._film = Recorder(path, fps=fps, live=True)
        except RecorderError as error:
            tell(str(error))

    @property
    def fps(self) -> float:
        """Frames a second that are taken at most."""
        return self._fps

    def slow_down(self, why: str) -> None:
        """Take 30 frames a second at most, from now on, and say why in the log."""
        if self._film is not None and self._fps > AFFORDABLE:
            self._fps = AFFORDABLE
            log.info("%s is filmed at %g frames a second: %s", self._path, self._fps, why)

    def wants(self, now: float) -> bool:
        """Whether the frame of this second is to be read and added; asked once for each.

        A frame that the film was to have, and has no room for, is counted: reading it costs most.
        """
        film = self._film
        if film is None:
            return False
        if film.error is not None:
            self._give_up(film.error)
            return False
        if self._next is not None and now < self._next - _EARLY / self._fps:
            return False
        # By the film's own step, so that a window of 50 frames a second gives 30, not 25.
        step = 1 / self._fps
        self._next = self._next + step if self._next is not None and self._next + step > now else now + step
        if film.is_full:
            film.left_out += 1
            self.slow_down("encoding takes too long for more")
            return False
        return True

    def add(self, frame: NDArray[np.uint8], at: float) -> None:
        """Take a frame of shape (height, width, 3 or 4), the top row first, that was seen at this second."""
        if self._film is not None:
            try:
                self._film.add(frame, at)
            except RecorderError as error:
                self._give_up(error)

    def end(self, now: float) -> None:
        """Note when the show ended; the last frame stands until then."""
        self._until = now

    def close(self) -> None:
        """Write what is queued, and say how the film ended."""
        film = self._film
        if film is None:
            return
        try:
            film.close(self._until)
        except RecorderError as error:
            log.warning("%s", error)
        if film.left_out:
            every = film.frames + film.left_out
            log.info("the film %s left out %d of %d frames", self._path, film.left_out, every)

    def _give_up(self, error: RecorderError) -> None:
        self._film = None
        self._tell(str(error))
