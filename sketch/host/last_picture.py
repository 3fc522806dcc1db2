"""The last good picture of a window, for frames that fail."""

from collections.abc import Callable
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray


class LastPicture:
    """Keeps what a window showed last.

    Args:
        context: The window's.
        window: pyglet's window.
        fetch: Gives the picture that is on the screen, uint8 of shape (height, width, 3), the top row first,
            or None. With it no frame is copied: where the processor draws, a copy takes some milliseconds.
    """

    def __init__(
        self,
        context: moderngl.Context,
        window: Any,
        fetch: Callable[[], NDArray[np.uint8] | None] | None = None,
    ) -> None:
        self._context = context
        self._window = window
        self._fetch = fetch
        self._is_there = False
        self._is_copied = False
        self._copy: WindowCopy | None = None

    def keep(self, *, now: bool = False) -> None:
        """Take what was drawn for the next picture; the window is flipped after this.

        Args:
            now: Whether something else will be drawn over it, so that it cannot be fetched later.
        """
        self._is_there, self._is_copied = True, now or self._fetch is None
        if self._is_copied:
            self._sized().take()

    def texture(self) -> moderngl.Texture | None:
        """The picture, its first row at the bottom; None before there is one."""
        if not self._is_there:
            return None
        if not self._is_copied and self._fetch is not None:
            self._is_copied, found = True, self._fetch()
            if found is None:
                self._is_there = False
                return None
            self._sized().texture.write(_with_alpha(found[::-1]))
        return self._copy.texture if self._copy is not None else None

    def release(self) -> None:
        """Give the GPU's resources back."""
        if self._copy is not None:
            self._copy.release()

    def _sized(self) -> "WindowCopy":
        size = self._window.get_framebuffer_size()
        if self._copy is None or self._copy.size != size:
            self.release()
            self._copy = WindowCopy(self._context, size)
        return self._copy


def _with_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    return np.ascontiguousarray(np.dstack((pixels, np.full((height, width), 255, np.uint8))))


class WindowCopy:
    """A copy of a window's picture, which may have several samples a pixel and then cannot be read as it is.

    Args:
        context: The window's.
        size: Width and height in pixels, each at least 1.
    """

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        self.size = size
        self._context = context
        self.texture = context.texture(size, 4)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.framebuffer = context.framebuffer([self.texture])

    def take(self) -> None:
        """Copy what was drawn; the window's framebuffer is in use afterwards."""
        from pyglet import gl

        width, height = self.size
        # Not moderngl's copy: that takes a window to be as large as it was when it opened.
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, 0)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, self.framebuffer.glo)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        box = (0, 0, width, height)
        gl.glBlitFramebuffer(*box, *box, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        self._context.screen.use()

    def release(self) -> None:
        """Give the GPU's resources back."""
        self.framebuffer.release()
        self.texture.release()
