"""Paints strokes: uploads their rows and draws every segment of a batch in one call."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.render.buffers import GrowingBuffer, GrowingTexture, vertex_array
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
        self._gentle = load_program(ctx, "strokes.vert", "strokes.frag")
        self._sharp = load_program(ctx, "strokes.vert", "strokes.frag", ("LOOK_BACK",))
        self._rows = GrowingBuffer(ctx)
        self._past = GrowingTexture(ctx)
        self._vertices = [self._bind(self._gentle), self._bind(self._sharp)]

    def paint(self, rows: NDArray[np.float32], size: tuple[int, int]) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            rows: Float32 array of shape (m, 12).
            size: Of the framebuffer, in pixels.
        """
        if len(rows) < 2:
            return
        if self._rows.upload(rows, rows.nbytes):
            for vertices in self._vertices:
                vertices.release()
            self._vertices = [self._bind(self._gentle), self._bind(self._sharp)]
        sharp = looks_back(rows)
        if sharp:
            self._past.upload(past_rows(rows))
            self._past.texture.use(0)
        vertices = self._vertices[sharp]
        vertices.program["size"] = size
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(rows) - 1)

    def release(self) -> None:
        """Give the GPU's resources back."""
        for part in (*self._vertices, self._rows, self._past, self._gentle, self._sharp):
            part.release()

    def _bind(self, program: moderngl.Program) -> moderngl.VertexArray:
        """Read each row as the start of one segment and, one row on, as the end of the segment before."""
        vertices = vertex_array(self._ctx, program)
        for row, end in enumerate(("start", "end")):
            for column, name in enumerate(_ATTRIBUTES):
                attribute = program.get(f"{end}_{name}", None)
                if isinstance(attribute, moderngl.Attribute):
                    offset = row * _ROW_BYTES + column * 16
                    vertices.bind(attribute.location, "f", self._rows.buffer, "4f", offset, _ROW_BYTES, 1)
        return vertices
