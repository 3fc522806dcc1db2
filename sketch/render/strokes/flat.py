"""Strokes that do not darken where they cross themselves: painted to a picture, which is drawn once."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import moderngl
import numpy as np

from sketch.render.gl.blend import BlendMode, set_blending
from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.shaders import load_program
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.rows import PixelBounds, pixel_bounds_of

PaintAlike = Callable[[Sequence[PixelStroke], StrokeLook, tuple[int, int]], PixelBounds]

# glBlendEquation's name for the maximum of both colors; moderngl's stub lacks it.
_MAX = 0x8008


class FlatPicture:
    """One picture as large as the frame, made when first needed.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = load_program(ctx, "layers/layer.vert", "layers/layer.frag")
        self._vertices = vertex_array(ctx, self._program)
        self._boxes = GrowingBuffer(ctx)
        self._picture: moderngl.Framebuffer | None = None

    def paint(
        self,
        strokes: Sequence[PixelStroke],
        look: StrokeLook,
        size: tuple[int, int],
        mode: BlendMode,
        paint: PaintAlike,
    ) -> list[PixelBounds]:
        """Draw strokes of one look into the framebuffer in use, each as one layer of paint.

        Args:
            strokes: In order.
            look: The look of all of them.
            size: Of the framebuffer, in pixels.
            mode: How each stroke is combined with what is already drawn.
            paint: Draws strokes of one look with the current blending.

        Returns:
            The part of the frame that each stroke may touch.
        """
        target = self._ctx.fbo
        picture = self._of(size)
        touched: list[PixelBounds] = []
        for group, boxes in _apart(strokes, look, size):
            picture.use()
            picture.viewport = (0, 0, *size)
            for left, top, right, bottom in boxes:
                picture.clear(viewport=(left, size[1] - bottom, right - left, bottom - top))
            self._ctx.enable_only(moderngl.BLEND)
            self._ctx.blend_equation = cast(Any, _MAX)
            self._ctx.blend_func = cast(Any, (moderngl.ONE, moderngl.ONE))
            paint(group, look, size)
            target.use()
            set_blending(self._ctx, mode)
            self._put_down(picture, boxes, size)
            touched += boxes
        return touched

    def release(self) -> None:
        """Release the GPU resources."""
        for part in (self._vertices, self._boxes, self._program):
            part.release()
        self._drop()

    def _put_down(
        self, picture: moderngl.Framebuffer, boxes: Sequence[PixelBounds], size: tuple[int, int]
    ) -> None:
        rows = np.array(boxes, dtype=np.float32)
        self._boxes.upload(rows, rows.nbytes)
        attribute = self._program["box"]
        assert isinstance(attribute, moderngl.Attribute)
        self._vertices.bind(attribute.location, "f", self._boxes.buffer, "4f", 0, 16, 1)
        self._program["size"] = size
        self._program["color"] = (1.0, 1.0, 1.0, 1.0)
        _texture(picture).use(0)
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(boxes))

    def _drop(self) -> None:
        if self._picture is not None:
            texture = _texture(self._picture)
            self._picture.release()
            texture.release()
            self._picture = None

    def _of(self, size: tuple[int, int]) -> moderngl.Framebuffer:
        if self._picture is None or self._picture.size != size:
            target = self._ctx.fbo
            self._drop()
            self._picture = self._ctx.framebuffer([self._ctx.texture(size, 4)])
            target.use()
        return self._picture


def _texture(picture: moderngl.Framebuffer) -> moderngl.Texture:
    return cast(moderngl.Texture, picture.color_attachments[0])


def _apart(
    strokes: Sequence[PixelStroke], look: StrokeLook, size: tuple[int, int]
) -> list[tuple[list[PixelStroke], list[PixelBounds]]]:
    """Divide strokes, in order, into groups in which none touches another, with the visible part of each."""
    groups: list[tuple[list[PixelStroke], list[PixelBounds]]] = [([], [])]
    for stroke in strokes:
        left, top, right, bottom = pixel_bounds_of(stroke, look)
        box = (max(left, 0), max(top, 0), min(right, size[0]), min(bottom, size[1]))
        if box[0] >= box[2] or box[1] >= box[3]:
            continue
        if any(_overlap(box, other) for other in groups[-1][1]):
            groups.append(([], []))
        groups[-1][0].append(stroke)
        groups[-1][1].append(box)
    return groups if groups[-1][0] else []


def _overlap(one: PixelBounds, other: PixelBounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
