"""The last good picture of a window, for frames that fail."""

from typing import Any

import moderngl


class LastPicture:
    """Keeps what a window showed last.

    Args:
        context: The window's.
        window: pyglet's window.
        by_software: Whether the processor draws. A copy of every frame takes it some milliseconds, so the
            picture is then fetched from the screen, where it still is, once it is asked for.
    """

    def __init__(self, context: moderngl.Context, window: Any, *, by_software: bool) -> None:
        self._context = context
        self._window = window
        self._on_screen = by_software
        self._is_there = False
        self._is_copied = False
        self._copy: WindowCopy | None = None

    def keep(self, *, now: bool = False) -> None:
        """Take what was drawn for the next picture; the window is flipped after this.

        Args:
            now: Whether something else will be drawn over it, so that it cannot be fetched later.
        """
        self._is_there, self._is_copied = True, now or not self._on_screen
        if self._is_copied:
            self._take(front=False)

    def texture(self) -> moderngl.Texture | None:
        """The picture, its first row at the bottom; None before there is one."""
        if not self._is_there:
            return None
        if not self._is_copied:
            self._take(front=True)
            self._is_copied = True
        assert self._copy is not None
        return self._copy.texture

    def release(self) -> None:
        """Give the GPU's resources back."""
        if self._copy is not None:
            self._copy.release()

    def _take(self, *, front: bool) -> None:
        size = self._window.get_framebuffer_size()
        if self._copy is None or self._copy.texture.size != size:
            self.release()
            self._copy = WindowCopy(self._context, size)
        self._copy.take(front=front)


class WindowCopy:
    """A copy of a window's picture, which may have several samples a pixel and then cannot be read as it is.

    Args:
        context: The window's.
        size: Width and height in pixels, each at least 1.
    """

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        self._context = context
        self.texture = context.texture(size, 4)
        self.texture.repeat_x = self.texture.repeat_y = False
        self.framebuffer = context.framebuffer([self.texture])

    def take(self, *, front: bool = False) -> None:
        """Copy what was drawn, or, from the front, what is on the screen."""
        from pyglet import gl

        width, height = self.texture.size
        # Not moderngl's copy: that takes a window to be as large as it was when it opened.
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, 0)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, self.framebuffer.glo)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        gl.glReadBuffer(gl.GL_FRONT if front else gl.GL_BACK)
        box = (0, 0, width, height)
        gl.glBlitFramebuffer(*box, *box, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        gl.glReadBuffer(gl.GL_BACK)
        self._context.screen.use()

    def release(self) -> None:
        """Give the GPU's resources back."""
        self.framebuffer.release()
        self.texture.release()
