"""The rows of strokes on the GPU."""

from collections.abc import Callable, Sequence

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.render.gl.buffers import GrowingBuffer, GrowingTexture
from sketch.render.strokes.joints import DATA_FLOATS, TRACE_FLOATS, PixelStroke
from sketch.render.strokes.programs import StrokeProgram
from sketch.render.strokes.rows import ROW_FLOATS, StrokeRows

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
