"""A stroke that stays on the GPU between frames, and is recolored by replacing one buffer."""

from dataclasses import replace

from numpy.typing import ArrayLike

from sketch.render.matrix import Matrix, mean_scale
from sketch.render.strokes.buffers import StrokeBuffers
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.pixels import DrawnStroke, pixel_stroke, point_data
from sketch.render.strokes.rows import StrokeRows, laid_out


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
