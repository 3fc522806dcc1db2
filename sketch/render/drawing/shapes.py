"""The words for single shapes: lines, circles, ellipses, rectangles, triangles, polygons, curves."""

import math
from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.ink.curves import arc_points, bezier_points, closed_from_middle, ellipse_points
from sketch.ink.ink import Rgba
from sketch.ink.shape import Polyline
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.gradient import PlacedGradient, subdivided
from sketch.render.matrix import Axes, apply_to_points, mean_scale, upright_box
from sketch.render.shapes.fade import fade_of, fades
from sketch.render.shapes.painter import box_row, ellipse_row, line_row, triangle_row
from sketch.render.shapes.polygons import check_convex, convex_mesh
from sketch.render.state import DrawingState
from sketch.render.strokes.brushes import brush_of
from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.pixels import DrawnStroke, pixel_stroke
from sketch.scalars import are_plain, floats, magnitude

_GRADIENT_STEP = 4.0  # pixels of a stroke over which a gradient's color is taken to change evenly


class Figures(DrawingState, ABC):
    """Draws one shape a call. Ten thousand of them are one draw call all the same."""

    _batch: Batch
    _kept: bool

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """A straight line of the line width, with round ends."""
        if not are_plain(x1, y1, x2, y2):
            x1, y1, x2, y2 = floats(x1=x1, y1=y1, x2=x2, y2=y2)
        style, axes = self._style, self._derived or self._axes()
        if not style.line_width:
            self._check_open()
            return
        self._shape(line_row(axes, x1, y1, x2, y2, style.line_width, style.color), axes)

    def polyline(self, points: ArrayLike, closed: bool | None = None, *, style: StrokeStyle = PLAIN) -> None:
        """A line of the line width through points, with round ends and corners; never filled.

        Args:
            points: Shape (n, 2..4), n at least 1, or a `Polyline`; only x and y matter.
            closed: Whether it goes back to its first point; if left out, as a `Polyline` says, else not.
            style: As for `stroke`.

        Raises:
            ValueError: A shape or a number is not as described, or a closed line is to be tapered or smooth.
        """
        if closed is None:
            closed = isinstance(points, Polyline) and points.closed
        xy = checks.plane_points(points)[:, :2]
        if style is PLAIN:
            self._line_through(xy, closed)
        else:
            self._styled(xy, closed and bool((xy != xy[0]).any()), style)

    def circle(self, x: float, y: float, radius: float) -> None:
        """A circle about (x, y); a negative radius is its magnitude."""
        if not are_plain(x, y, radius):
            x, y, radius = floats(x=x, y=y, radius=radius)
        if radius < 0:
            radius = -float(radius)  # of numpy's smallest integers the magnitude is itself negative
        style = self._style
        if style.filled:
            axes = self._derived or self._axes()
            self._shape(ellipse_row(axes, x, y, radius, radius, 0.0, style.color), axes)
        else:
            self._ellipse_outline(x, y, radius, radius)

    def ellipse(self, x: float, y: float, width: float, height: float) -> None:
        """An ellipse about (x, y), as wide and high as given; a negative size is its magnitude."""
        if not are_plain(x, y, width, height):
            x, y, width, height = floats(x=x, y=y, width=width, height=height)
        if width < 0 or height < 0:
            width, height = abs(float(width)), abs(float(height))
        style = self._style
        if style.filled:
            axes = self._derived or self._axes()
            self._shape(ellipse_row(axes, x, y, 0.5 * width, 0.5 * height, 0.0, style.color), axes)
        else:
            self._ellipse_outline(x, y, 0.5 * width, 0.5 * height)

    def rect(self, x: float, y: float, width: float, height: float, radius: float = 0.0) -> None:
        """A rectangle from its corner (x, y) to (x + width, y + height).

        Args:
            x: Left, or right where the width is negative.
            y: Top, or bottom where the height is negative.
            width: To the right; a negative one goes to the left.
            height: Downward; a negative one goes upward.
            radius: Of its corners; at most half of the shorter side has an effect, and a negative one is its
                magnitude.
        """
        if not are_plain(x, y, width, height, radius):
            x, y, width, height, radius = floats(x=x, y=y, width=width, height=height, radius=radius)
        style = self._style
        if style.filled:
            line = 0.0
        else:
            line = style.line_width
            if not line:
                self._check_open()
                return
        half, high = 0.5 * width, 0.5 * height
        if half < 0 or high < 0:
            x, y, half, high = x + min(width, 0.0), y + min(height, 0.0), abs(half), abs(high)
        rounded = min(abs(float(radius)), half, high) if radius else 0.0
        if self._kept and style.filled and not rounded and self._faded(x, y, 2 * half, 2 * high):
            return
        axes = self._derived or self._axes()
        self._shape(box_row(axes, x + half, y + high, half, high, rounded, line, style.color), axes)

    def _faded(self, x: float, y: float, width: float, height: float) -> bool:
        """Fade what is there, if that is what a rectangle does; whether it was."""
        style = self._style
        fade = fade_of(style.color, style.blend) if style.gradient is None else None
        box = upright_box(self._matrix, x, y, width, height) if fade else None
        if fade is None or box is None or not fades(box, self._batch.size):
            return False
        self._batch.fade(box, fade)
        return True

    def triangle(self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> None:
        """A triangle; its outline has round corners."""
        if not are_plain(x1, y1, x2, y2, x3, y3):
            x1, y1, x2, y2, x3, y3 = floats(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3)
        if self._style.filled:
            row = triangle_row(self._matrix, x1, y1, x2, y2, x3, y3, self._style.color)
            self._shape(row, self._derived or self._axes())
        else:
            self.polyline(((x1, y1), (x2, y2), (x3, y3)), closed=True)

    def polygon(self, points: ArrayLike) -> None:
        """A convex polygon; its outline has round corners. `path` takes the others.

        Args:
            points: Shape (n, 2..4), n at least 3, either way round.

        Raises:
            ValueError: It is not convex.
        """
        corners = checks.plane_points(points)
        check_convex(corners)
        style = self._style
        if style.filled:
            self._check_open()
            mesh = convex_mesh(apply_to_points(self._matrix, corners), style.color)
            self._batch.mesh(mesh, style.blend, style.gradient)
        else:
            self.polyline(corners, closed=True)

    def bezier(
        self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, x4: float, y4: float
    ) -> None:
        """A cubic Bézier curve from (x1, y1) to (x4, y4), a line of the line width; never filled."""
        x1, y1, x2, y2, x3, y3, x4, y4 = floats(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3, x4=x4, y4=y4)
        control = np.array(((x1, y1), (x2, y2), (x3, y3), (x4, y4)), dtype=np.float32)
        self._line_through(bezier_points(control, mean_scale(self._matrix)))

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> None:
        """A part of a circle about (x, y), a line of the line width; never filled: for a pie, see `PathPen`.

        Args:
            x: Center.
            y: Center.
            radius: Of the circle; a negative one is its magnitude.
            start: Angle at which it starts, in radians from the right; growing ones go clockwise.
            end: Angle at which it ends. More than a whole turn is a whole one.
        """
        x, y, start, end = floats(x=x, y=y, start=start, end=end)
        radius = magnitude("radius", radius)
        if abs(end - start) >= 2 * math.pi:
            self._ellipse_outline(x, y, radius, radius)
        else:
            self._line_through(arc_points(x, y, radius, start, end, mean_scale(self._matrix)))

    @abstractmethod
    def _check_open(self) -> None:
        """Refuse to draw outside a frame."""

    # A call is a tenth of what a shape costs: so axes are handed on, and asked for only where they changed.
    def _shape(self, rows: bytes, axes: Axes) -> None:
        self._check_open()
        style = self._style
        self._batch.shapes(rows, axes.slanted, style.blend, style.gradient)

    def _ellipse_outline(self, x: float, y: float, wide: float, high: float) -> None:
        style, axes = self._style, self._axes()
        if not style.line_width:
            self._check_open()
        elif wide == high and axes.even:
            self._shape(ellipse_row(axes, x, y, wide, high, style.line_width, style.color), axes)
        else:
            self._line_through(ellipse_points(x, y, (wide, high), axes.scale), closed=True)

    def _line_through(self, xy: NDArray[np.float32], closed: bool = False) -> None:
        if closed and len(xy) > 1 and (xy != xy[0]).any():
            self._stroke(closed_from_middle(xy), self._style.line_width, None, closed=True)
        else:
            self._stroke(xy, self._style.line_width, None)

    def _styled(self, xy: NDArray[np.float32], closed: bool, style: StrokeStyle) -> None:
        self._check_open()
        if closed and (style.smooth or style.taper_start or style.taper_end):
            raise ValueError(f"a closed line has no ends to taper; `Polyline` smooths one; got {style}")
        if not self._style.line_width:
            return
        now, brush = self._style, None if style.brush is None else brush_of(style.brush)
        drawn = DrawnStroke(
            closed_from_middle(xy) if closed else xy,
            *(now.line_width, now.color, style, brush),
            gradient=now.gradient,
        )
        stroke = pixel_stroke(drawn, self._matrix)
        self._batch.stroke(replace(stroke, closed=closed and not style.dash), now.blend)

    def _stroke(
        self,
        xy: NDArray[np.float32],
        width: float | NDArray[np.float32],
        rgba: Rgba | NDArray[np.float32] | None,
        closed: bool = False,
    ) -> None:
        """A stroke in author's coordinates; without a color, in the current color or gradient."""
        self._check_open()
        if isinstance(width, float) and not width:
            return
        radius = width * (mean_scale(self._matrix) / 2)
        pixels = apply_to_points(self._matrix, xy)
        style = self._style
        if rgba is None and style.gradient is not None:
            stroke = _graded(pixels, radius, style.gradient, closed)
        else:
            stroke = PixelStroke(pixels, radius, style.color if rgba is None else rgba, closed)
        self._batch.stroke(stroke, style.blend)


def _graded(
    pixels: NDArray[np.float32],
    radius: float | NDArray[np.float32],
    gradient: PlacedGradient,
    closed: bool,
) -> PixelStroke:
    """A stroke whose points, with enough of them put in between, have the colors of a gradient."""
    radii = np.broadcast_to(np.asarray(radius, dtype=np.float32), len(pixels))
    fine = subdivided(np.column_stack((pixels, radii)), _GRADIENT_STEP)
    return PixelStroke(np.ascontiguousarray(fine[:, :2]), fine[:, 2], gradient.at(fine[:, :2]), closed)
