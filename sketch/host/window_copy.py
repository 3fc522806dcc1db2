"""A copy of a window's picture in a texture of the same size."""

import moderngl
import numpy as np

from sketch.arrays import Pixels


class WindowCopy:
    """A copy of a window's picture, which may have several samples a pixel and then cannot be read as it is.

    Args:
        context: The window's.

    Attributes:
        texture: The copy, its first row at the bottom; None before there is one.
        framebuffer: The same copy, to read from.
    """

    def __init__(self, context: moderngl.Context) -> None:
        self.texture: moderngl.Texture | None = None
        self.framebuffer: moderngl.Framebuffer | None = None
        self._size = (0, 0)
        self._context = context

    def take(self, size: tuple[int, int]) -> moderngl.Framebuffer:
        """Copy what was drawn; the window's framebuffer is in use afterwards.

        Args:
            size: Width and height of the window in pixels, each at least 1.

        Returns:
            The copy, valid until the next.
        """
        from pyglet import gl

        _, copy = self._sized(size)
        box = (0, 0, *size)
        # Not moderngl's copy, which uses the size that the window had when it opened.
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, 0)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, copy.glo)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        gl.glBlitFramebuffer(*box, *box, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)
        self._context.screen.use()
        return copy

    def write(self, pixels: Pixels) -> None:
        """Replace the copy by a picture of shape (height, width, 3), the top row first."""
        height, width = pixels.shape[:2]
        alpha = np.full((height, width), 255, np.uint8)
        texture, _ = self._sized((width, height))
        texture.write(np.ascontiguousarray(np.dstack((pixels, alpha))[::-1]))

    def release(self) -> None:
        """Release the GPU resources."""
        for resource in (self.framebuffer, self.texture):
            if resource is not None:
                resource.release()
        self.framebuffer = self.texture = None

    def _sized(self, size: tuple[int, int]) -> tuple[moderngl.Texture, moderngl.Framebuffer]:
        if self.texture is None or self.framebuffer is None or self._size != size:
            self.release()
            self._size = size
            self.texture = self._context.texture(size, 4)
            self.texture.repeat_x = self.texture.repeat_y = False
            self.framebuffer = self._context.framebuffer([self.texture])
        return self.texture, self.framebuffer
