"""Textures to paint on, and the programs that put parts of them on a frame."""

from dataclasses import dataclass

import moderngl

from sketch.arrays import Floats
from sketch.render.gl.buffers import GrowingBuffer
from sketch.render.gl.programs import drawable


@dataclass(slots=True, eq=False)
class Surface:
    """A texture and the framebuffer that paints to it; `fresh` until the caller unsets it."""

    texture: moderngl.Texture
    framebuffer: moderngl.Framebuffer
    fresh: bool = True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return (self.texture.width, self.texture.height)

    @property
    def pixels(self) -> moderngl.Texture:
        """The texture, read pixel by pixel, which takes a software driver half as long."""
        self.texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return self.texture

    @property
    def smooth(self) -> moderngl.Texture:
        """The texture, interpolated between pixels."""
        self.texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        return self.texture

    def release(self) -> None:
        """Release both."""
        self.framebuffer.release()
        self.texture.release()


def new_surface(
    ctx: moderngl.Context, size: tuple[int, int], channels: int = 4, dtype: str = "f1"
) -> Surface:
    """A surface with undefined content.

    Args:
        ctx: The context to allocate in.
        size: In pixels.
        channels: Of a pixel.
        dtype: "f1" for 8 bits per channel, "f2" for 16 that keep faint light smooth, "f4" for floats.
    """
    texture = ctx.texture(size, channels, dtype=dtype)
    texture.repeat_x = texture.repeat_y = False
    return Surface(texture, ctx.framebuffer([texture]))


def of_size(ctx: moderngl.Context, surface: Surface | None, size: tuple[int, int]) -> Surface:
    """The given surface if it has this size, else a new one in its place."""
    if surface is not None and surface.size == size:
        return surface
    if surface is not None:
        surface.release()
    return new_surface(ctx, size)


def from_below(box: tuple[int, int, int, int], height: int) -> tuple[int, int, int, int]:
    """A rectangle as OpenGL takes it: left, bottom, width and height, rows counted from the bottom up.

    Args:
        box: Left, top, right, bottom, in pixels.
        height: Of the framebuffer, in pixels.
    """
    left, top, right, bottom = box
    return (left, height - bottom, right - left, bottom - top)


class BoxPainter:
    """Draws rectangles of a picture as large as the frame, pixel by pixel, at the place they have in it.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._drawable = drawable(ctx, "layers/layer.vert", "layers/layer.frag")
        self._boxes = GrowingBuffer(ctx)

    def paint(self, picture: Surface, boxes: Floats, opacity: float = 1.0) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            picture: Premultiplied colors.
            boxes: Float32 array of shape (n, 4): left, top, right, bottom, in pixels.
            opacity: Factor in 0..1 on all colors.
        """
        if not len(boxes):
            return
        program, vertices = self._drawable
        self._boxes.upload(boxes, boxes.nbytes)
        attribute = program["box"]
        assert isinstance(attribute, moderngl.Attribute)
        vertices.bind(attribute.location, "f", self._boxes.buffer, "4f", 0, 16, 1)
        program["size"] = picture.size
        program["color"] = (1.0, 1.0, 1.0, opacity)
        picture.texture.use(0)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(boxes))

    def release(self) -> None:
        """Release the GPU resources."""
        self._drawable.release()
        self._boxes.release()
