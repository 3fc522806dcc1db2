"""Paints strokes: uploads their rows and draws every segment of a batch in one call."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.render.buffers import GrowingBuffer, GrowingTexture
from sketch.render.shaders import load_program
from sketch.render.stroke_rows import ROW_FLOATS, looks_back, past_rows

_ROW_BYTES = 4 * ROW_FLOATS
_ATTRIBUTES = ("place", "joint", "color")


class StrokePainter:
    """Draws rows made by `stroke_rows`.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = load_program(ctx, "strokes.vert", "strokes.frag")
        self._rows = GrowingBuffer(ctx)
        self._past = GrowingTexture(ctx)
        self._vertices = self._bind()

    def paint(self, rows: NDArray[np.float32], size: tuple[int, int]) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            rows: Float32 array of shape (m, 12).
            size: Of the framebuffer, in pixels.
        """
        if len(rows) < 2:
            return
        if self._rows.upload(rows, rows.nbytes):
            self._vertices.release()
            self._vertices = self._bind()
        if looks_back(rows):
            self._past.upload(past_rows(rows))
        self._past.texture.use(0)
        self._program["size"] = size
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(rows) - 1)

    def release(self) -> None:
        """Give the GPU's resources back."""
        self._vertices.release()
        self._rows.release()
        self._past.release()
        self._program.release()

    def _bind(self) -> moderngl.VertexArray:
        """Read each row as the start of one segment and, one row on, as the end of the segment before."""
        vertices = self._ctx.vertex_array(self._program, [])
        for row, end in enumerate(("start", "end")):
            for column, name in enumerate(_ATTRIBUTES):
                attribute = self._program.get(f"{end}_{name}", None)
                if isinstance(attribute, moderngl.Attribute):
                    offset = row * _ROW_BYTES + column * 16
                    vertices.bind(attribute.location, "f", self._rows.buffer, "4f", offset, _ROW_BYTES, 1)
        return vertices
