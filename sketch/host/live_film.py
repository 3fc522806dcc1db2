"""A film of a window, which costs the sketch little and never ends it."""

import logging
from collections.abc import Callable
from pathlib import Path

from sketch.arrays import Pixels
from sketch.host.frame_writer import RecorderError
from sketch.host.picture_files import PictureFiles, check_ending, open_recorder
from sketch.host.recorder import Recorder

log = logging.getLogger("inkloop")

AFFORDABLE = 30.0
"""Frames a second of a film if the processor draws, or if the encoder was too slow."""

_EARLY = 0.25
"""How early a frame of the window may come and still be taken, as a share of a frame of the film."""


class LiveFilm:
    """Adds frames of a window to a film until it can no longer be written.

    Args:
        path: Where the film goes.
        fps: Frames a second of the window, above 0; the film gets at most as many.
        tell: Takes the message about a film that cannot be written.
        document: As for `Recorder`.

    Raises:
        RecorderError: The file name is not that of a film. Later problems, such as a full disk, are passed to
            `tell` instead.
    """

    def __init__(
        self,
        path: Path,
        fps: float,
        tell: Callable[[str], None],
        document: Callable[[], str] | None = None,
    ) -> None:
        self._path = path
        self._fps = fps
        self._tell = tell
        self._next: float | None = None
        self._until: float | None = None
        self._film: Recorder | PictureFiles | None = None
        check_ending(path)
        try:
            self._film = open_recorder(path, fps, live=True, document=document)
        except RecorderError as error:
            tell(str(error))

    @property
    def path(self) -> Path:
        """Where it goes."""
        return self._path

    @property
    def fps(self) -> float:
        """The most frames a second that are taken."""
        return self._fps

    def slow_down(self, why: str) -> None:
        """Take at most 30 frames a second from now on, and log why."""
        if self._film is not None and self._fps > AFFORDABLE:
            self._fps = AFFORDABLE
            log.info("%s is filmed at %g frames a second: %s", self._path, self._fps, why)

    def wants(self, now: float) -> bool:
        """Whether to read and add the frame at this second; ask once for each frame.

        A frame that is due but has no room in the queue is counted: reading it would cost most.
        """
        film = self._film
        if film is None:
            return False
        if film.error is not None:
            self._give_up(film.error)
            return False
        if self._next is not None and now < self._next - _EARLY / self._fps:
            return False
        # In steps of the film, so that a window of 50 frames a second gives 30, not 25.
        step = 1 / self._fps
        self._next = self._next + step if self._next is not None and self._next + step > now else now + step
        if film.is_full:
            film.left_out += 1
            self.slow_down("encoding is too slow for more")
            return False
        return True

    def add(self, frame: Pixels, at: float) -> None:
        """Add a frame of shape (height, width, 3 or 4), the top row first, that was seen at this second."""
        if self._film is not None:
            try:
                self._film.add(frame, at)
            except RecorderError as error:
                self._give_up(error)

    def end(self, now: float) -> None:
        """Set when the sketch ended; the last frame is shown until then."""
        self._until = now

    def close(self) -> None:
        """Write what is queued, and log how the film ended."""
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
