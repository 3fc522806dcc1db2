"""A texture that Mesa copies to a window as memory, since both have one byte order and one order of rows."""

from typing import Any

import moderngl


class WindowTexture:
    """A picture in the byte order and the row order of a window, with a framebuffer to copy it from or into.

    Args:
        context: The window's, which is current.
        size: Width and height in pixels.

    Attributes:
        size: Width and height in pixels.
        name: OpenGL's number of the texture.
        framebuffer: That of the framebuffer.
    """

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        gl = self._gl = opengl()
        self.size = size
        texture, framebuffer = gl.GLuint(), gl.GLuint()
        gl.glGenTextures(1, texture)
        gl.glBindTexture(gl.GL_TEXTURE_2D, texture)
        # An internal format without a size takes the byte order of the data, here that of the window.
        order = gl.GL_BGRA, gl.GL_UNSIGNED_INT_8_8_8_8_REV
        gl.glTexImage2D(gl.GL_TEXTURE_2D, 0, gl.GL_RGBA, *size, 0, *order, None)
        gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MIN_FILTER, gl.GL_NEAREST)
        gl.glTexParameteri(gl.GL_TEXTURE_2D, gl.GL_TEXTURE_MAG_FILTER, gl.GL_NEAREST)
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)
        gl.glGenFramebuffers(1, framebuffer)
        gl.glBindFramebuffer(gl.GL_FRAMEBUFFER, framebuffer)
        gl.glFramebufferTexture2D(gl.GL_FRAMEBUFFER, gl.GL_COLOR_ATTACHMENT0, gl.GL_TEXTURE_2D, texture, 0)
        context.screen.use()
        self.name, self.framebuffer = int(texture.value), int(framebuffer.value)

    def write(self, pixels: Any, box: tuple[int, int, int, int]) -> None:
        """Give a place of a picture to the driver.

        Args:
            pixels: The whole picture, uint8 of shape (height, width, 4): blue, green, red, alpha.
            box: Left, top, right and bottom of the place in pixels.
        """
        gl = self._gl
        left, top, right, bottom = box
        gl.glBindTexture(gl.GL_TEXTURE_2D, self.name)
        gl.glPixelStorei(gl.GL_UNPACK_ALIGNMENT, 4)
        gl.glPixelStorei(gl.GL_UNPACK_ROW_LENGTH, self.size[0])
        order = gl.GL_BGRA, gl.GL_UNSIGNED_INT_8_8_8_8_REV
        place = left, top, right - left, bottom - top
        first = pixels.ctypes.data + 4 * (top * self.size[0] + left)
        gl.glTexSubImage2D(gl.GL_TEXTURE_2D, 0, *place, *order, first)
        gl.glPixelStorei(gl.GL_UNPACK_ROW_LENGTH, 0)
        gl.glBindTexture(gl.GL_TEXTURE_2D, 0)

    def copy(self, size: tuple[int, int], margin: int) -> None:
        """Copy the picture to the top left corner of a window of this size, upside down, as a window is."""
        gl = self._gl
        width = min(self.size[0], size[0] - margin)
        height = min(self.size[1], size[1] - margin)
        if width <= 0 or height <= 0:
            return
        gl.glBindFramebuffer(gl.GL_READ_FRAMEBUFFER, self.framebuffer)
        gl.glBindFramebuffer(gl.GL_DRAW_FRAMEBUFFER, 0)
        gl.glDisable(gl.GL_SCISSOR_TEST)
        top = size[1] - margin
        target = margin, top, margin + width, top - height
        gl.glBlitFramebuffer(0, 0, width, height, *target, gl.GL_COLOR_BUFFER_BIT, gl.GL_NEAREST)

    def release(self) -> None:
        """Delete both."""
        gl = self._gl
        gl.glDeleteFramebuffers(1, gl.GLuint(self.framebuffer))
        gl.glDeleteTextures(1, gl.GLuint(self.name))


def opengl() -> Any:
    """OpenGL's functions, for what moderngl has none."""
    from pyglet import gl

    return gl
