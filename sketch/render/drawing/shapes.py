"""Single shapes for a canvas: lines, circles, ellipses, rectangles, triangles, polygons, curves, paths."""

import math

import numpy as np
from numpy.typing import ArrayLike

from sketch.ink.curves import arc_points, bezier_points, ellipse_points
from sketch.ink.path import Path
from sketch.ink.style import PLAIN
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.drawing.strokes import StrokeDrawing
from sketch.render.matrix import apply_to_points, mean_scale, upright_box
from sketch.render.shapes.fade import fade_of, fades
from sketch.render.shapes.painter import box_row, ellipse_row, line_row, triangle_row
from sketch.render.shapes.path_fill import pixel_path
from sketch.render.shapes.polygons import check_convex, convex_mesh
from sketch.render.state import DrawingState
from sketch.render.targets import Targets
from sketch.scalars import are_plain, floats, magnitude


class ShapeDrawing:
    """Turns one shape per call into a row for the batch. Ten thousand of them are one draw call.

    A Python call is a tenth of what a shape costs, so the shapes that sketches draw most write straight into
    the batch, which refuses them outside a frame.

    Args:
        state: Style and coordinates.
        batch: What shapes are added to.
        targets: Tells whether a rectangle fades what earlier frames drew.
        strokes: Draws outlines and curves.
    """

    def __init__(self, state: DrawingState, batch: Batch, targets: Targets, strokes: StrokeDrawing) -> None:
        self._state = state
        self._batch = batch
        self._targets = targets
        self._strokes = strokes

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        """See `Canvas.line`."""
        if not are_plain(x1, y1, x2, y2):
            x1, y1, x2, y2 = floats(x1=x1, y1=y1, x2=x2, y2=y2)
        state = self._state
        style, axes = state.style, state.known_axes or state.axes()
        if not style.line_width:
            self._batch.opened()
            return
        row = line_row(axes, x1, y1, x2, y2, style.line_width, style.color)
        self._batch.shapes(row, axes.slanted, style.blend, style.gradient)

    def circle(self, x: float, y: float, radius: float) -> None:
        """See `Canvas.circle`."""
        if not are_plain(x, y, radius):
            x, y, radius = floats(x=x, y=y, radius=radius)
        if radius < 0:
            radius = -float(radius)  # of numpy's smallest integers the magnitude is itself negative
        state = self._state
        style = state.style
        if style.filled:
            axes = state.known_axes or state.axes()
            row = ellipse_row(axes, x, y, radius, radius, 0.0, style.color)
            self._batch.shapes(row, axes.slanted, style.blend, style.gradient)
        else:
            self._ellipse_outline(x, y, radius, radius)

    def ellipse(self, x: float, y: float, width: float, height: float) -> None:
        """See `Canvas.ellipse`."""
        if not are_plain(x, y, width, height):
            x, y, width, height = floats(x=x, y=y, width=width, height=height)
        if width < 0 or height < 0:
            width, height = abs(float(width)), abs(float(height))
        state = self._state
        style = state.style
        if style.filled:
            axes = state.known_axes or state.axes()
            row = ellipse_row(axes, x, y, 0.5 * width, 0.5 * height, 0.0, style.color)
            self._batch.shapes(row, axes.slanted, style.blend, style.gradient)
        else:
            self._ellipse_outline(x, y, 0.5 * width, 0.5 * height)

    def rect(self, x: float, y: float, width: float, height: float, radius: float) -> None:
        """See `Canvas.rect`."""
        if not are_plain(x, y, width, height, radius):
            x, y, width, height, radius = floats(x=x, y=y, width=width, height=height, radius=radius)
        state = self._state
        style = state.style
        if style.filled:
            line = 0.0
        else:
            line = style.line_width
            if not line:
                self._batch.opened()
                return
        half, high = 0.5 * width, 0.5 * height
        if half < 0 or high < 0:
            x, y, half, high = x + min(width, 0.0), y + min(height, 0.0), abs(half), abs(high)
        rounded = min(abs(float(radius)), half, high) if radius else 0.0
        may_fade = self._targets.current.kept and style.filled and not rounded
        if may_fade and self._faded(x, y, 2 * half, 2 * high):
            return
        axes = state.known_axes or state.axes()
        row = box_row(axes, x + half, y + high, half, high, rounded, line, style.color)
        self._batch.shapes(row, axes.slanted, style.blend, style.gradient)

    def triangle(self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> None:
        """See `Canvas.triangle`."""
        if not are_plain(x1, y1, x2, y2, x3, y3):
            x1, y1, x2, y2, x3, y3 = floats(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3)
        state = self._state
        style = state.style
        if style.filled:
            row = triangle_row(state.matrix, x1, y1, x2, y2, x3, y3, style.color)
            self._batch.shapes(row, state.axes().slanted, style.blend, style.gradient)
        else:
            self._strokes.polyline(((x1, y1), (x2, y2), (x3, y3)), True, PLAIN)

    def polygon(self, points: ArrayLike) -> None:
        """See `Canvas.polygon`."""
        corners = checks.plane_points(points)
        check_convex(corners)
        style = self._state.style
        if style.filled:
            self._batch.opened()
            mesh = convex_mesh(apply_to_points(self._state.matrix, corners), style.color)
            self._batch.mesh(mesh, style.blend, style.gradient)
        else:
            self._strokes.polyline(corners, True, PLAIN)

    def bezier(
        self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, x4: float, y4: float
    ) -> None:
        """See `Canvas.bezier`."""
        x1, y1, x2, y2, x3, y3, x4, y4 = floats(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3, x4=x4, y4=y4)
        control = np.array(((x1, y1), (x2, y2), (x3, y3), (x4, y4)), dtype=np.float32)
        self._strokes.line_through(bezier_points(control, mean_scale(self._state.matrix)))

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> None:
        """See `Canvas.arc`."""
        x, y, start, end = floats(x=x, y=y, start=start, end=end)
        radius = magnitude("radius", radius)
        if abs(end - start) >= 2 * math.pi:
            self._ellipse_outline(x, y, radius, radius)
        else:
            scale = mean_scale(self._state.matrix)
            self._strokes.line_through(arc_points(x, y, radius, start, end, scale))

    def path(self, path: Path) -> None:
        """See `Canvas.path`."""
        checks.check_kind(path, Path, "path needs a Path")
        self._batch.opened()
        style = self._state.style
        if not style.filled:
            for contour in path.contours:
                self._strokes.line_through(contour.points[:, :2], closed=True)
            return
        placed = pixel_path(path, self._state.matrix, self._batch.size)
        if placed is not None:
            self._batch.path(placed, style.color, style.blend, style.gradient)

    def _faded(self, x: float, y: float, width: float, height: float) -> bool:
        """Fade what is there, if that is what a rectangle does; return whether it was."""
        style = self._state.style
        fade = fade_of(style.color, style.blend) if style.gradient is None else None
        box = upright_box(self._state.matrix, x, y, width, height) if fade else None
        if fade is None or box is None or not fades(box, self._batch.size):
            return False
        self._batch.fade(box, fade)
        return True

    def _ellipse_outline(self, x: float, y: float, wide: float, high: float) -> None:
        style, axes = self._state.style, self._state.axes()
        if not style.line_width:
            self._batch.opened()
        elif wide == high and axes.even:
            row = ellipse_row(axes, x, y, wide, high, style.line_width, style.color)
            self._batch.shapes(row, axes.slanted, style.blend, style.gradient)
        else:
            self._strokes.line_through(ellipse_points(x, y, (wide, high), axes.scale), closed=True)
