"""The last good picture of a window, for frames that fail."""

from collections.abc import Callable
from typing import Any

import moderngl

from sketch.arrays import Pixels
from sketch.host.window_copy import WindowCopy


class LastPicture:
    """The last good picture of a window.

    Args:
        context: The window's.
        window: pyglet's window.
        fetch: Returns the picture on the screen, uint8 of shape (height, width, 3), the top row first, or
            None. With it no frame is copied: on a processor, a copy takes some milliseconds.
    """

    def __init__(
        self,
        context: moderngl.Context,
        window: Any,
        fetch: Callable[[], Pixels | None] | None = None,
    ) -> None:
        self._window = window
        self._fetch = fetch
        self._is_there = False
        self._is_copied = False
        self._copy = WindowCopy(context)

    def keep(self, *, now: bool = False) -> None:
        """Keep what was drawn; the window is flipped after this.

        Args:
            now: Whether something else will be drawn over it, so that it cannot be fetched later.
        """
        self._is_there, self._is_copied = True, now or self._fetch is None
        if self._is_copied:
            self._copy.take(self._window.get_framebuffer_size())

    def texture(self) -> moderngl.Texture | None:
        """The picture, its first row at the bottom; None before there is one."""
        if not self._is_there:
            return None
        if not self._is_copied and self._fetch is not None:
            self._is_copied, found = True, self._fetch()
            if found is None:
                self._is_there = False
                return None
            self._copy.write(found)
        return self._copy.texture

    def release(self) -> None:
        """Release the GPU resources."""
        self._copy.release()


class LastFrame:
    """The last good picture of a framebuffer without a window.

    Args:
        context: Its context.
        target: The framebuffer.
    """

    def __init__(self, context: moderngl.Context, target: moderngl.Framebuffer) -> None:
        self._context = context
        self._target = target
        self._texture = context.texture(target.size, 4)
        self._copy = context.framebuffer([self._texture])
        self._is_there = False

    def keep(self, *, now: bool = False) -> None:
        """Keep what was drawn."""
        self._context.copy_framebuffer(self._copy, self._target)
        self._is_there = True

    def texture(self) -> moderngl.Texture | None:
        """The picture, its first row at the bottom; None before there is one."""
        return self._texture if self._is_there else None

    def release(self) -> None:
        """Release the GPU resources."""
        self._copy.release()
        self._texture.release()
