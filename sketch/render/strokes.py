"""Paints strokes: uploads their rows and draws the segments of a batch in few calls."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.render.buffers import GrowingBuffer, GrowingTexture, vertex_array
from sketch.render.shaders import load_program
from sketch.render.stroke_rows import ROW_FLOATS, Run, past_rows, runs_of

_ROW_BYTES = 4 * ROW_FLOATS
_COLUMN_BYTES = 16
_COLUMNS = ("place", "joint", "color")


class StrokePainter:
    """Draws rows made by `stroke_rows`.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        # A software driver runs even what a shader skips, so looking back has a program of its own.
        self._gentle = load_program(ctx, "strokes.vert", "strokes.frag")
        self._sharp = load_program(ctx, "strokes.vert", "strokes.frag", ("LOOK_BACK",))
        self._gentle_vertices = vertex_array(ctx, self._gentle)
        self._sharp_vertices = vertex_array(ctx, self._sharp)
        self._rows = GrowingBuffer(ctx)
        self._past = GrowingTexture(ctx)

    def paint(self, rows: NDArray[np.float32], size: tuple[int, int]) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            rows: Float32 array of shape (m, 12).
            size: Of the framebuffer, in pixels.
        """
        runs = runs_of(rows)
        if not runs:
            return
        self._rows.upload(rows, rows.nbytes)
        self._gentle["size"] = size
        if any(run.sharp for run in runs):
            self._sharp["size"] = size
            self._past.upload(past_rows(rows))
            self._past.texture.use(0)
        for run in runs:
            self._draw(run)

    def release(self) -> None:
        """Give the GPU's resources back."""
        parts = (
            self._gentle_vertices,
            self._sharp_vertices,
            self._gentle,
            self._sharp,
            self._rows,
            self._past,
        )
        for part in parts:
            part.release()

    def _draw(self, run: Run) -> None:
        vertices = self._sharp_vertices if run.sharp else self._gentle_vertices
        if run.sharp:
            self._sharp["first"] = run.first
        # OpenGL 3.3 cannot start at an instance other than the first, so the attributes start there instead.
        self._bind(vertices, run.first)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=run.count)

    def _bind(self, vertices: moderngl.VertexArray, first: int) -> None:
        """Read each row as the start of one segment and, one row on, as the end of the segment before."""
        for row, end in enumerate(("start", "end")):
            for column, name in enumerate(_COLUMNS):
                attribute = vertices.program[f"{end}_{name}"]
                if isinstance(attribute, moderngl.Attribute):
                    offset = (first + row) * _ROW_BYTES + column * _COLUMN_BYTES
                    vertices.bind(attribute.location, "f", self._rows.buffer, "4f", offset, _ROW_BYTES, 1)
