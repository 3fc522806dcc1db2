"""Paint the bands of strokes."""

from dataclasses import dataclass

import moderngl

from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.shaders import load_program
from sketch.render.strokes.bands import BAND_FLOATS, Bands, bandable, bands, outline_of
from sketch.render.strokes.rows import Run, StrokeRows, runs_of

_FLOAT = 4  # bytes

_WORTH = 0.8
"""Bands per segment above which segments are drawn one by one: a segment with two round ends is two bands."""

_FEW = 2048
"""Segments up to which making bands costs more than it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class BandRuns:
    """Rows of strokes divided into runs that are drawn as bands and runs that are not."""

    bands: Bands
    runs: list[Run]

    @property
    def alone(self) -> bool:
        """Whether everything is drawn as bands."""
        return all(run.banded for run in self.runs)


class BandPainter:
    """Draws bands.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._program = load_program(ctx, "strokes/bands.vert", "strokes/bands.frag")
        self._vertices = vertex_array(ctx, self._program)
        self._buffer = GrowingBuffer(ctx)

    def laid_out(self, layout: StrokeRows, thin: float) -> BandRuns | None:
        """Make bands of rows and upload them; None if that is not worth its cost.

        Args:
            layout: Rows of strokes.
            thin: Radius in pixels below which a line is not drawn as a band.
        """
        if not layout.even or layout.look.brush is not None or layout.look.shape is not None:
            return None
        rows = layout.drawn
        if len(rows) <= _FEW:
            return None
        line = outline_of(rows)
        able = bandable(line, thin)
        runs = runs_of(rows, able)
        if not any(run.banded for run in runs):
            return None
        made = bands(rows, line, able)
        if len(made.rows) > _WORTH * able.sum():
            return None
        self._buffer.upload(made.rows, made.rows.nbytes)
        return BandRuns(made, runs)

    def draw(self, made: Bands, run: Run, size: tuple[int, int]) -> None:
        """Draw a run of what was uploaded last, with the current blending into the current framebuffer."""
        first, count = made.between(run.first, run.first + run.count)
        if count == 0:
            return
        self._program["size"] = size
        stride = BAND_FLOATS * _FLOAT
        for column, name in enumerate(("start", "middle", "end", "sides", "color")):
            attribute = self._program[name]
            assert isinstance(attribute, moderngl.Attribute)
            offset = first * stride + 16 * column
            self._vertices.bind(attribute.location, "f", self._buffer.buffer, "4f", offset, stride, 1)
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=count)

    def release(self) -> None:
        """Release the GPU resources."""
        for part in (self._vertices, self._buffer, self._program):
            part.release()
