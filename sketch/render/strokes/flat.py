"""Strokes that do not darken where they cross themselves: painted to a picture, which is drawn once."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import moderngl
import numpy as np

from sketch.render.gl.blend import BlendMode, set_blending
from sketch.render.gl.surfaces import BoxPainter, Surface, from_below, of_size
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.rows import PixelBounds, meet, pixel_bounds_of

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
        self._boxes = BoxPainter(ctx)
        self._picture: Surface | None = None

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
        self._picture = of_size(self._ctx, self._picture, size)
        picture = self._picture.framebuffer
        touched: list[PixelBounds] = []
        for group, boxes in _apart(strokes, look, size):
            picture.use()
            picture.viewport = (0, 0, *size)
            for box in boxes:
                picture.clear(viewport=from_below(box, size[1]))
            self._ctx.enable_only(moderngl.BLEND)
            self._ctx.blend_equation = cast(Any, _MAX)
            self._ctx.blend_func = cast(Any, (moderngl.ONE, moderngl.ONE))
            paint(group, look, size)
            target.use()
            set_blending(self._ctx, mode)
            self._boxes.paint(self._picture, np.array(boxes, dtype=np.float32))
            touched += boxes
        return touched

    def release(self) -> None:
        """Release the GPU resources."""
        for part in filter(None, (self._boxes, self._picture)):
            part.release()


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
        if any(meet(box, other) for other in groups[-1][1]):
            groups.append(([], []))
        groups[-1][0].append(stroke)
        groups[-1][1].append(box)
    return groups if groups[-1][0] else []
