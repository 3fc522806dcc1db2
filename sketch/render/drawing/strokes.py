"""Strokes for a canvas: plain lines, styled strokes, and strokes kept on the GPU."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.ink.curves import closed_from_middle
from sketch.ink.ink import Rgba
from sketch.ink.shape import Polyline
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.color import ColorLike, one_or_point_colors
from sketch.render.gradient import PlacedGradient, subdivided
from sketch.render.matrix import apply_to_points, mean_scale
from sketch.render.state import DrawingState
from sketch.render.strokes.brushes import brush_of
from sketch.render.strokes.buffers import RetainedStroke
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.pixels import GRADIENT_STEP, DrawnStroke, PointData, pixel_stroke, point_data
from sketch.scalars import number


class StrokeDrawing:
    """Turns strokes into pixels and adds them to a batch.

    Args:
        state: Style and coordinates.
        batch: What strokes are added to.
    """

    def __init__(self, state: DrawingState, batch: Batch) -> None:
        self._state = state
        self._batch = batch

    def polyline(self, points: ArrayLike, closed: bool | None, style: StrokeStyle) -> None:
        """See `Canvas.polyline`."""
        if closed is None:
            closed = isinstance(points, Polyline) and points.closed
        xy = checks.plane_points(points)[:, :2]
        if style is PLAIN:
            self.line_through(xy, closed)
            return
        self._batch.opened()
        xy, closed = _ring(xy, closed)
        if closed and (style.smooth or style.taper_start or style.taper_end):
            raise ValueError(f"a closed line has no ends to taper; `Polyline` smooths one; got {style}")
        now = self._state.style
        if now.line_width:
            brush = None if style.brush is None else brush_of(style.brush)
            drawn = DrawnStroke(xy, now.line_width, now.color, style, brush, gradient=now.gradient)
            stroke = pixel_stroke(drawn, self._state.matrix)
            self._batch.stroke(replace(stroke, closed=closed and not style.dash), now.blend)

    def line_through(self, xy: Floats, closed: bool = False) -> None:
        """A line of the line width through points of shape (n, 2)."""
        self.line(xy, self._state.style.line_width, None, closed)

    def line(
        self,
        xy: Floats,
        width: float | Floats,
        rgba: Rgba | Floats | None,
        closed: bool = False,
    ) -> None:
        """A line in the author's coordinates; without a color, in the current color or gradient."""
        self._batch.opened()
        if isinstance(width, float) and not width:
            return
        xy, closed = _ring(xy, closed)
        style, matrix = self._state.style, self._state.matrix
        radius = width * (mean_scale(matrix) / 2)
        pixels = apply_to_points(matrix, xy)
        if rgba is None and style.gradient is not None:
            stroke = _graded(pixels, radius, style.gradient, closed)
        else:
            stroke = PixelStroke(pixels, radius, style.color if rgba is None else rgba, closed)
        self._batch.stroke(stroke, style.blend)

    def stroke(
        self,
        points: ArrayLike,
        width: ArrayLike | None,
        color: ColorLike | ArrayLike | None,
        style: StrokeStyle,
        data: PointData | None,
        time: float,
    ) -> None:
        """See `Canvas.stroke`."""
        now = self._state.style
        # Most strokes are plain, and this is four times as fast.
        if style is PLAIN and data is None and not time:
            xy = checks.plane_points(points)
            widths = checks.widths(now.line_width if width is None else width, len(xy))
            self.line(xy, widths, None if color is None else one_or_point_colors(color, len(xy)))
            return
        self._batch.opened()
        drawn = self._drawn(points, width, color, style, data, time)
        if not isinstance(drawn.width, float) or drawn.width > 0:
            self._batch.stroke(pixel_stroke(drawn, self._state.matrix), now.blend)

    def keep(
        self,
        points: ArrayLike,
        width: ArrayLike | None,
        color: ColorLike | ArrayLike | None,
        style: StrokeStyle,
        data: PointData | None,
    ) -> RetainedStroke:
        """See `Canvas.keep_stroke`."""
        return RetainedStroke(self._batch.new_buffers(), self._drawn(points, width, color, style, data, 0.0))

    def kept(self, kept: RetainedStroke, time: float) -> None:
        """See `Canvas.kept_stroke`."""
        self._batch.opened()
        checks.check_kind(kept, RetainedStroke, "kept_stroke needs what keep_stroke returned")
        self._batch.kept_stroke(kept, self._state.matrix, number("time", time), self._state.style.blend)

    def _drawn(
        self,
        points: ArrayLike,
        width: ArrayLike | None,
        color: ColorLike | ArrayLike | None,
        style: StrokeStyle,
        data: PointData | None,
        time: float,
    ) -> DrawnStroke:
        xy = checks.plane_points(points)
        time = number("time", time)
        checks.check_kind(style, StrokeStyle, "style must be a StrokeStyle(...)")
        brush = None if style.brush is None else brush_of(style.brush)
        if data is not None and brush is None:
            raise ValueError("a stroke without a brush reads no data")
        now = self._state.style
        if width is None:
            width = brush.width if brush else now.line_width
        return DrawnStroke(
            xy,
            checks.widths(width, len(xy)),
            now.color if color is None else one_or_point_colors(color, len(xy)),
            style,
            brush,
            None if data is None else point_data(data, len(xy)),
            time,
            now.gradient if color is None else None,
        )


def _ring(xy: Floats, closed: bool) -> tuple[Floats, bool]:
    """The points of a line, and whether it is closed: only a line with two different points can be."""
    if closed and (xy != xy[0]).any():
        return closed_from_middle(xy), True
    return xy, False


def _graded(
    pixels: Floats,
    radius: float | Floats,
    gradient: PlacedGradient,
    closed: bool,
) -> PixelStroke:
    """A stroke with points added where the colors of a gradient need them."""
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float32), len(pixels))
    fine = subdivided(np.column_stack((pixels, radii)), GRADIENT_STEP)
    return PixelStroke(np.ascontiguousarray(fine[:, :2]), fine[:, 2], gradient.at(fine[:, :2]), closed)
