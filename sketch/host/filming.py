"""Films of a window: the one that it began with, and those that a key begins and ends."""

from datetime import datetime
from functools import partial
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import moderngl

from sketch.host.camera import Camera
from sketch.host.live_film import LiveFilm
from sketch.resources import file_of
from sketch.sketch import Sketch


class Filming:
    """Films of a window: the one that it began with, and those that F9 begins and ends.

    Args:
        window: pyglet's window.
        context: Its OpenGL context.
        sketch: What is filmed.
        film: The film that begins with the window; the caller closes it.

    Attributes:
        camera: Takes the frames; None while nothing is filmed.
    """

    def __init__(self, window: Any, context: moderngl.Context, sketch: Sketch, film: LiveFilm | None) -> None:
        self._window = window
        self._context = context
        self._sketch = sketch
        self._film = film
        self._closing: list[Thread] = []
        self.camera = Camera(window, context, film) if film is not None else None

    def toggle(self, now: float) -> None:
        """Begin a film, or end the one that is filmed."""
        if self.camera is None:
            self._begin()
        else:
            self.end(now)

    def end(self, now: float, *, is_lost: bool = False) -> None:
        """End the film; what is queued is written in another thread.

        Args:
            now: When the last frame is no longer seen.
            is_lost: Whether the window was destroyed.
        """
        camera, film = self.camera, self._film
        if camera is None or film is None:
            return
        self.camera = self._film = None
        camera.end(now, is_lost=is_lost)
        camera.release()
        thread = Thread(target=film.close, name="closing a film")
        thread.start()
        self._closing.append(thread)
        self._sketch.send_message(f"the film {film.path} has ended")

    def release(self) -> None:
        """Wait until every film is written."""
        for thread in self._closing:
            thread.join()

    def _begin(self) -> None:
        from sketch.live.parameters_document import document_text

        sketch = self._sketch
        path = film_path(sketch.home, file_of(sketch).stem)
        self._film = LiveFilm(path, sketch.window.fps, sketch.send_message, partial(document_text, sketch))
        self.camera = Camera(self._window, self._context, self._film)
        sketch.send_message(f"filming to {path}; F9 ends it")


def film_path(home: Path, name: str) -> Path:
    """A file for a film that begins now, in the folder `films`; no other film has this name."""
    stem = f"{name}-{datetime.now():%Y%m%d-%H%M%S}"
    paths = (home / "films" / f"{stem}{f'-{number}' * (number > 1)}.mp4" for number in count(1))
    return next(path for path in paths if not path.exists())
