"""Gathers what is drawn and hands it to the painters in as few draw calls as keep its order."""

from array import array
from collections.abc import Sequence

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.ink.ink import Rgba
from sketch.render.blend import BlendMode, set_blending
from sketch.render.meshes import MeshPainter
from sketch.render.quads import Quad, QuadPainter
from sketch.render.shapes import ShapePainter
from sketch.render.stroke_rows import PixelBounds, PixelStroke, pixel_bounds, stroke_rows
from sketch.render.strokes import StrokePainter


class Batch:
    """Owns the painters. What comes in a row for the same painter and blend mode is drawn in one call.

    Args:
        ctx: The context to draw in.
        size: Of the framebuffer, in pixels.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int]) -> None:
        self.size = size
        self._ctx = ctx
        self._strokes = StrokePainter(ctx)
        self._shapes = ShapePainter(ctx)
        self._meshes = MeshPainter(ctx)
        self._masks = QuadPainter(ctx, "mask.frag")
        self._pictures = QuadPainter(ctx, "picture.frag")
        self._layers = QuadPainter(ctx, "layer.frag")
        self._pending: tuple[str, BlendMode] | None = None
        self._pending_strokes: list[PixelStroke] = []
        self._pending_shapes = array("f")
        self._pending_meshes: list[NDArray[np.float32]] = []

    def stroke(self, stroke: PixelStroke, blend: BlendMode) -> None:
        """Add a stroke."""
        self._expect("strokes", blend)
        self._pending_strokes.append(stroke)

    def shape(self, row: tuple[float, ...], blend: BlendMode) -> None:
        """Add a row made by one of the functions in `shapes`."""
        self._expect("shapes", blend)
        self._pending_shapes.extend(row)

    def mesh(self, vertices: NDArray[np.float32], blend: BlendMode) -> None:
        """Add triangles made by `convex_mesh`."""
        self._expect("meshes", blend)
        self._pending_meshes.append(vertices)

    def mask(self, texture: moderngl.Texture, quad: Quad, color: Rgba, blend: BlendMode) -> None:
        """Draw one color through a texture of coverage."""
        self.flush()
        set_blending(self._ctx, blend)
        self._masks.paint(texture, quad, color, self.size)

    def picture(self, texture: moderngl.Texture, quad: Quad, opacity: float, blend: BlendMode) -> None:
        """Draw a texture of premultiplied colors."""
        self.flush()
        set_blending(self._ctx, blend)
        self._pictures.paint(texture, quad, (1.0, 1.0, 1.0, opacity), self.size)

    def layer(self, texture: moderngl.Texture, quad: Quad, opacity: float, blend: BlendMode) -> None:
        """Draw a texture as large as the frame, pixel on pixel, within a rectangle."""
        self.flush()
        set_blending(self._ctx, blend)
        self._layers.paint(texture, quad, (1.0, 1.0, 1.0, opacity), self.size)

    def strokes_now(self, strokes: Sequence[PixelStroke], blend: BlendMode) -> PixelBounds:
        """Draw strokes at once, into whichever framebuffer is in use; return the part they may touch."""
        rows = stroke_rows(strokes)
        set_blending(self._ctx, blend)
        self._strokes.paint(rows, self.size)
        return pixel_bounds(rows)

    def flush(self) -> None:
        """Draw what is pending."""
        if self._pending is None:
            return
        kind, blend = self._pending
        try:
            set_blending(self._ctx, blend)
            if kind == "strokes":
                self._strokes.paint(stroke_rows(self._pending_strokes), self.size)
            elif kind == "shapes":
                self._shapes.paint(self._pending_shapes, self.size)
            else:
                self._meshes.paint(np.concatenate(self._pending_meshes), self.size)
        finally:
            self.drop()

    def drop(self) -> None:
        """Forget what is pending."""
        self._pending = None
        self._pending_strokes.clear()
        self._pending_meshes.clear()
        del self._pending_shapes[:]

    def release(self) -> None:
        """Give the GPU's resources back."""
        quads = (self._masks, self._pictures, self._layers)
        for painter in (self._strokes, self._shapes, self._meshes, *quads):
            painter.release()

    def _expect(self, kind: str, blend: BlendMode) -> None:
        if self._pending != (kind, blend):
            self.flush()
            self._pending = (kind, blend)
