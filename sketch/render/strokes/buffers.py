"""The rows of strokes on the GPU."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import moderngl
import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.render.gl.buffers import GrowingBuffer, GrowingTexture
from sketch.render.matrix import Matrix, mean_scale
from sketch.render.strokes.joints import DATA_FLOATS, TRACE_FLOATS, PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.pixels import DrawnStroke, pixel_stroke, point_data
from sketch.render.strokes.programs import StrokeProgram
from sketch.render.strokes.rows import ROW_FLOATS, StrokeRows, laid_out

_FLOAT = 4  # bytes
_COLUMN = 4  # floats


class StrokeBuffers:
    """The rows of one batch on the GPU, with separate rows for brushes, so that either can be replaced alone.

    Args:
        ctx: The context to allocate in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self.rows = GrowingBuffer(ctx)
        self.traces = GrowingBuffer(ctx)
        self.data = GrowingBuffer(ctx)
        self.past = GrowingTexture(ctx)

    def upload(self, strokes: Sequence[PixelStroke], layout: StrokeRows) -> None:
        """Replace the rows of strokes and of their brush."""
        self.rows.upload(layout.rows, layout.rows.nbytes)
        if layout.look.brush is not None:
            traces = layout.picked(_joined(strokes, lambda stroke: stroke.traces, TRACE_FLOATS))
            self.traces.upload(traces, traces.nbytes)
            self.upload_data(layout.picked(_joined(strokes, lambda stroke: stroke.data, DATA_FLOATS)))

    def upload_data(self, data: Floats) -> None:
        """Replace only the author's data for each row, shape (m, 8)."""
        data = np.ascontiguousarray(data)
        self.data.upload(data, data.nbytes)

    def bind(self, made: StrokeProgram, first: int) -> None:
        """Bind each row as the start of a segment and the next row as its end."""
        kinds = (
            (self.rows, ("place", "joint", "color"), ROW_FLOATS),
            (self.traces, ("trace",), TRACE_FLOATS),
            (self.data, ("data", "own"), DATA_FLOATS),
        )
        for buffer, columns, floats in kinds:
            stride = floats * _FLOAT
            for row, end in enumerate(("start", "end")):
                for column, name in enumerate(columns):
                    attribute = made.attributes.get(f"{end}_{name}")
                    if attribute is not None:
                        offset = (first + row) * stride + column * _COLUMN * _FLOAT
                        made.vertices.bind(attribute, "f", buffer.buffer, "4f", offset, stride, 1)

    def release(self) -> None:
        """Release the memory."""
        for part in (self.rows, self.traces, self.data, self.past):
            part.release()


def _joined(
    strokes: Sequence[PixelStroke], part: Callable[[PixelStroke], Floats | None], columns: int
) -> Floats:
    """One array of a value of all strokes, zeros where a stroke has none."""
    parts: list[Floats] = []
    for stroke in strokes:
        given = part(stroke)
        parts.append(np.zeros((len(stroke.xy), columns), np.float32) if given is None else given)
    return np.ascontiguousarray(np.concatenate(parts))


class RetainedStroke:
    """A stroke on the GPU.

    Args:
        buffers: The buffers to keep it in; released with it.
        stroke: The stroke.
    """

    def __init__(self, buffers: StrokeBuffers, stroke: DrawnStroke) -> None:
        self.buffers = buffers
        self._stroke = stroke
        self._matrix: Matrix | None = None
        self._pixels: PixelStroke | None = None
        self._rows: StrokeRows | None = None

    def __len__(self) -> int:
        return len(self._stroke.points)

    def update(self, **data: ArrayLike) -> None:
        """Replace the data of its points for the brush; see `data` of `Canvas.stroke`. Writes one buffer.

        Raises:
            ValueError: A name, a shape or a number is wrong, or the stroke has no brush to read it.
        """
        if self._stroke.brush is None:
            raise ValueError("a stroke without a brush reads no data")
        given = point_data(data, len(self), self._stroke.data)
        self._stroke = replace(self._stroke, data=given)
        if self._matrix is not None and self._rows is not None:
            layout = self._stroke.layout(mean_scale(self._matrix))
            self.buffers.upload_data(self._rows.picked(layout.values(given)))

    def placed(self, matrix: Matrix, time: float) -> tuple[PixelStroke, StrokeRows]:
        """Its pixels and rows for a transform, laid out and uploaded again if that or the brush changed."""
        brush = self._stroke.brush.current() if self._stroke.brush else None
        if brush is not self._stroke.brush:
            self._stroke = replace(self._stroke, brush=brush)
            self._matrix = None
        if self._pixels is None or self._rows is None or matrix != self._matrix:
            self._pixels = pixel_stroke(self._stroke, matrix)
            nothing = isinstance(self._pixels.radius, float) and self._pixels.radius <= 0
            self._rows = laid_out([] if nothing else [self._pixels], self._pixels.look)
            if len(self._rows.rows):
                self.buffers.upload([self._pixels], self._rows)
            self._matrix = matrix
        look = self._pixels.look
        timed: StrokeLook = replace(look, time=time) if look.brush and time != look.time else look
        return replace(self._pixels, look=timed), replace(self._rows, look=timed)

    def release(self) -> None:
        """Release the GPU memory."""
        self.buffers.release()
