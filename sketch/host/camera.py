"""Read the pictures of a window before they are shown."""

from typing import Any, cast

import moderngl
import numpy as np

from sketch.arrays import Pixels
from sketch.host.live_film import LiveFilm
from sketch.host.window_copy import WindowCopy

SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "gdi generic")


def draws_in_software(renderer: str) -> bool:
    """Whether this OpenGL renderer draws on the processor."""
    return any(name in renderer.lower() for name in SOFTWARE)


class Camera:
    """Reads the frames of a window that a film asks for, without waiting.

    On a GPU a picture is requested at one frame and read at the next, when it has arrived. On a processor
    there is nothing to wait for, and the copies in between would cost more than the reading.

    A picture is added to the film a frame after it was drawn. By then the system has reported a window that
    another program destroyed, of which a picture is garbage.

    Args:
        window: pyglet's window.
        context: Its OpenGL context.
        film: What gets the frames.
        at_once: Whether to read at once, straight from the window; by default the driver and the window
            decide.
    """

    def __init__(
        self, window: Any, context: moderngl.Context, film: LiveFilm, *, at_once: bool | None = None
    ) -> None:
        in_software = draws_in_software(context.info["GL_RENDERER"])
        self._context = context
        self._film = film
        self._at_once = in_software and not window.config.samples if at_once is None else at_once
        self._copy = WindowCopy(context)
        self._arriving: moderngl.Buffer | None = None
        self._asked: tuple[tuple[int, int], float] | None = None
        self._read_before: tuple[Pixels, float] | None = None
        if in_software:
            film.slow_down("the processor also draws")

    def take(self, size: tuple[int, int], now: float) -> None:
        """Take the picture of the window, of this size in pixels and seen at this second, if it is due."""
        self._fetch()
        if not self._film.wants(now):
            return
        if self._at_once:
            self._read_before = self._read(size), now
        else:
            self._ask(size, now)

    def end(self, now: float, *, is_lost: bool = False) -> None:
        """Add the last picture; the sketch ended at this second.

        Args:
            now: When the last picture is no longer seen.
            is_lost: Whether the window was destroyed, so that the last picture may be garbage.
        """
        if not is_lost:
            self._fetch()
        self._film.end(now)

    def release(self) -> None:
        """Release the GPU resources."""
        self._copy.release()
        if self._arriving is not None:
            self._arriving.release()

    def _read(self, size: tuple[int, int]) -> Pixels:
        from pyglet import gl

        opengl = cast(Any, gl)
        width, height = size
        pixels = np.empty((height, width, 4), np.uint8)
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, 0)
        opengl.glReadPixels(0, 0, width, height, gl.GL_RGBA, gl.GL_UNSIGNED_BYTE, pixels.ctypes.data)
        self._context.screen.use()
        return pixels[::-1]

    def _ask(self, size: tuple[int, int], now: float) -> None:
        volume = 4 * size[0] * size[1]
        if self._arriving is None or self._arriving.size != volume:
            if self._arriving is not None:
                self._arriving.release()
            self._arriving = self._context.buffer(reserve=volume)
        self._copy.take(size).read_into(self._arriving, components=4, alignment=1)
        self._asked = size, now

    def _fetch(self) -> None:
        if self._read_before is not None:
            (pixels, seen), self._read_before = self._read_before, None
            self._film.add(pixels, seen)
        if self._asked is None or self._arriving is None:
            return
        (width, height), asked = self._asked
        self._asked = None
        pixels = np.empty((height, width, 4), np.uint8)
        self._arriving.read_into(pixels)
        self._film.add(pixels[::-1], asked)
