"""Collect what is drawn, and draw it in order in as few draw calls as possible."""

from collections.abc import Sequence
from pathlib import Path

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.ink.brush import BrushError
from sketch.ink.ink import Rgba
from sketch.render.gl.blend import BlendMode, set_blending, unset_blending
from sketch.render.gl.glsl import ShaderError
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import Box, Matrix
from sketch.render.shapes.fade import FadePainter
from sketch.render.shapes.painter import ShapePainter
from sketch.render.shapes.path_fill import PathPainter, PixelPath
from sketch.render.shapes.polygons import MeshPainter
from sketch.render.shapes.quads import Quad, QuadPainter
from sketch.render.strokes.buffers import RetainedStroke, StrokeBuffers
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.painter import StrokePainter
from sketch.render.strokes.rows import PixelBounds


class Batch:
    """Owns the painters. Consecutive shapes of one painter, blend mode and gradient are drawn in one call.

    Args:
        ctx: The context to draw in.
        size: Of the framebuffer, in pixels.

    Attributes:
        size: Of the framebuffer, in pixels.
        framebuffer: What is drawn into, or None between two frames, when nothing can be drawn.
        ground: The opaque color that fills the whole frame, or None once anything else was drawn.
    """

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int]) -> None:
        self.size = size
        self.framebuffer: moderngl.Framebuffer | None = None
        self.ground: Rgba | None = None
        self._ctx = ctx
        self._strokes = StrokePainter(ctx)
        self._shapes = ShapePainter(ctx)
        self._slanted = ShapePainter(ctx, "slanted")
        self._meshes = MeshPainter(ctx)
        self._paths = PathPainter(ctx)
        self._masks = QuadPainter(ctx, "shapes/mask.frag")
        self._pictures = QuadPainter(ctx, "shapes/picture.frag")
        self._mapped = QuadPainter(ctx, "shapes/mapped.frag")
        self._fades = FadePainter(ctx)
        self._pending: str | None = None
        self._blend: BlendMode = "alpha"
        self._gradient: PlacedGradient | None = None
        self._pending_strokes: list[PixelStroke] = []
        self._pending_shapes = bytearray()
        self._pending_meshes: list[Floats] = []

    def opened(self) -> moderngl.Framebuffer:
        """What is drawn into.

        Raises:
            RuntimeError: No frame has begun.
        """
        if self.framebuffer is None:
            raise RuntimeError("a canvas draws only between begin and end")
        return self.framebuffer

    def stroke(self, stroke: PixelStroke, blend: BlendMode) -> None:
        """Add a stroke."""
        self._strokes.check(stroke.look)
        self._expect("strokes", blend, None)
        self._pending_strokes.append(stroke)

    def shapes(
        self, rows: bytes, slanted: bool, blend: BlendMode, gradient: PlacedGradient | None = None
    ) -> None:
        """Add rows made by the functions in `shapes.painter`, whose axes may be slanted or not."""
        kind = "slanted" if slanted else "shapes"
        # Compared here as well as in `_expect`, whose call would make every shape slower.
        if kind is not self._pending or blend is not self._blend or gradient is not self._gradient:
            self._expect(kind, blend, gradient)
        self._pending_shapes += rows

    def mesh(self, vertices: Floats, blend: BlendMode, gradient: PlacedGradient | None = None) -> None:
        """Add triangles made by `convex_mesh`."""
        self._expect("meshes", blend, gradient)
        self._pending_meshes.append(vertices)

    @np.errstate(over="ignore", invalid="ignore")  # what overflows is far outside of the frame
    def path(
        self, path: PixelPath, color: Rgba, blend: BlendMode, gradient: PlacedGradient | None = None
    ) -> None:
        """Fill a path."""
        self.flush()
        target = self._ctx.fbo
        self._paths.sum_up(path, self.size)
        target.use()
        set_blending(self._ctx, blend)
        self._paths.fill(path, color, self.size, gradient)

    def fade(self, box: Box, fade: tuple[Rgba, Rgba]) -> None:
        """Fade what is in the framebuffer by a rectangle; see `shapes.fade`."""
        self.flush()
        unset_blending(self._ctx)
        self._fades.paint(box, fade, self.size)

    def mask(
        self,
        texture: moderngl.Texture,
        quad: Quad,
        color: Rgba,
        blend: BlendMode,
        gradient: PlacedGradient | None = None,
    ) -> None:
        """Draw one color, or a gradient, through a texture of coverage."""
        self.flush()
        set_blending(self._ctx, blend)
        self._masks.paint(texture, quad, color, self.size, gradient)

    def picture(
        self,
        texture: moderngl.Texture,
        quad: Quad,
        opacity: float,
        blend: BlendMode,
        fades: bool = False,
    ) -> None:
        """Draw a texture of premultiplied colors; `fades` dithers it, for a picture drawn again and again."""
        self.flush()
        set_blending(self._ctx, blend)
        self._pictures.paint(texture, quad, (float(fades), 0.0, 0.0, opacity), self.size)

    def mapped_picture(
        self, texture: moderngl.Texture, table: moderngl.Texture, quad: Quad, opacity: float, blend: BlendMode
    ) -> None:
        """Draw a texture by a table of 256 colors, both premultiplied: by its brightness, or by its class."""
        self.flush()
        set_blending(self._ctx, blend)
        self._mapped.paint(texture, quad, (0.0, 0.0, 0.0, opacity), self.size, table=table)

    def copy(self, texture: moderngl.Texture, size: tuple[int, int]) -> None:
        """Paint a texture, its first row at the bottom, over all of the framebuffer in use, of this size."""
        unset_blending(self._ctx)
        quad = Quad((0.0, 0.0), (size[0], 0.0, 0.0, size[1]))
        self._pictures.paint(texture, quad, (0.0, 0.0, 0.0, 1.0), size)

    @np.errstate(over="ignore", invalid="ignore")  # what overflows is far outside of the frame
    def strokes_now(
        self, strokes: Sequence[PixelStroke], blend: BlendMode, size: tuple[int, int]
    ) -> PixelBounds:
        """Draw strokes now, into the framebuffer in use, of this size; return the part they may touch."""
        return self._strokes.paint(strokes, size, blend)

    @property
    def brush_errors(self) -> dict[Path, ShaderError | BrushError]:
        """What is wrong with brushes whose last good version is in use, by their files."""
        return self._strokes.programs.errors

    def new_buffers(self) -> StrokeBuffers:
        """Buffers for a stroke that is kept."""
        return StrokeBuffers(self._ctx)

    @np.errstate(over="ignore", invalid="ignore")  # what overflows is far outside of the frame
    def kept_stroke(self, kept: RetainedStroke, matrix: Matrix, time: float, blend: BlendMode) -> None:
        """Draw a stroke that is kept on the GPU."""
        self.flush()
        self._strokes.paint_kept(kept, matrix, time, self.size, blend)

    @np.errstate(over="ignore", invalid="ignore")  # what overflows is far outside of the frame
    def flush(self) -> None:
        """Draw what is pending. Code that draws without this object calls it first."""
        self.ground = None
        if self._pending is None:
            return
        try:
            set_blending(self._ctx, self._blend)
            match self._pending:
                case "strokes":
                    self._strokes.paint(self._pending_strokes, self.size, self._blend)
                case "shapes":
                    self._shapes.paint(self._pending_shapes, self.size, self._gradient)
                case "slanted":
                    self._slanted.paint(self._pending_shapes, self.size, self._gradient)
                case _:
                    self._meshes.paint(np.concatenate(self._pending_meshes), self.size, self._gradient)
        finally:
            self.drop()

    def drop(self) -> None:
        """Forget what is pending."""
        self._pending = self._gradient = None
        self._pending_strokes.clear()
        self._pending_meshes.clear()
        self._pending_shapes = bytearray()  # not cleared: an array may still use the old one

    def release(self) -> None:
        """Release the GPU resources."""
        quads = (self._masks, self._pictures, self._mapped, self._fades)
        for painter in (self._strokes, self._shapes, self._slanted, self._meshes, self._paths, *quads):
            painter.release()

    def _expect(self, kind: str, blend: BlendMode, gradient: PlacedGradient | None) -> None:
        self.opened()
        self.ground = None
        if (kind, blend) != (self._pending, self._blend) or gradient is not self._gradient:
            self.flush()
            self._pending, self._blend, self._gradient = kind, blend, gradient
