"""Thousands of shapes per call for a canvas, from arrays, at a fraction of what as many calls cost."""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.ink.curves import ellipse_points
from sketch.ink.ink import Rgba
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.color import ColorLike, one_or_point_colors
from sketch.render.drawing.strokes import StrokeDrawing
from sketch.render.shapes.arrays import box_rows, ellipse_rows, line_rows, triangle_rows
from sketch.render.state import DrawingState


class ShapeArrayDrawing:
    """Turns arrays into rows for the batch.

    Args:
        state: Style and coordinates.
        batch: What shapes are added to.
        strokes: Draws the outlines of circles that the matrix turns into ellipses.
    """

    def __init__(self, state: DrawingState, batch: Batch, strokes: StrokeDrawing) -> None:
        self._state = state
        self._batch = batch
        self._strokes = strokes

    @np.errstate(over="ignore", invalid="ignore")
    def circles(self, xy: ArrayLike, radius: ArrayLike, color: ColorLike | ArrayLike | None) -> None:
        """See `Canvas.circles`."""
        centers = checks.rows_of_points("xy", xy)
        axes, line = self._state.axes(), self._outline_width()
        radii = np.broadcast_to(checks.sizes("radius", radius, len(centers)), len(centers))
        colors = self._colors(color, len(centers))
        if line and axes.scale and not axes.even:
            self._outlines(centers, radii, None if color is None else colors)
            return
        half = np.repeat(radii[:, None], 2, axis=1)
        self._add(ellipse_rows(axes, centers, half, line, colors), color, self._shows())

    @np.errstate(over="ignore", invalid="ignore")
    def rects(
        self, xy: ArrayLike, size: ArrayLike, radius: ArrayLike, color: ColorLike | ArrayLike | None
    ) -> None:
        """See `Canvas.rects`."""
        corners = checks.rows_of_points("xy", xy)
        sizes = checks.pairs("size", size, len(corners))
        rounded = checks.sizes("radius", radius, len(corners))
        colors = self._colors(color, len(corners))
        rows = box_rows(self._state.axes(), corners, sizes, rounded, self._outline_width(), colors)
        self._add(rows, color, self._shows())

    @np.errstate(over="ignore", invalid="ignore")
    def lines(
        self,
        start: ArrayLike,
        end: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
    ) -> None:
        """See `Canvas.lines`."""
        starts, ends = checks.rows_of_points("start", start), checks.rows_of_points("end", end)
        if len(starts) != len(ends):
            raise ValueError(
                f"lines need as many ends as starts; got {len(starts)} starts and {len(ends)} ends"
            )
        given = self._state.style.line_width if width is None else width
        widths = checks.widths(given, max(len(starts), 1))
        rows = line_rows(self._state.axes(), starts, ends, widths, self._colors(color, len(starts)))
        self._add(rows, color, shown=not isinstance(widths, float) or widths > 0)

    @np.errstate(over="ignore", invalid="ignore")
    def triangles(self, corners: ArrayLike, color: ColorLike | ArrayLike | None) -> None:
        """See `Canvas.triangles`."""
        if not self._state.style.filled:
            raise ValueError("triangles are filled; outlines of triangles are drawn one by one")
        given = checks.triples("corners", corners)
        self._add(triangle_rows(self._state.axes(), given, self._colors(color, len(given))), color)

    def _outline_width(self) -> float:
        """The line width, or 0 where shapes are filled."""
        return 0.0 if self._state.style.filled else self._state.style.line_width

    def _shows(self) -> bool:
        return self._state.style.filled or self._state.style.line_width > 0

    def _outlines(self, centers: Floats, radii: Floats, colors: Rgba | Floats | None) -> None:
        """Circles that the matrix turns into ellipses, each as a line; without colors, in the current one."""
        scale, width = self._state.axes().scale, self._state.style.line_width
        for row, (x, y) in enumerate(centers.tolist()):
            points = ellipse_points(x, y, (float(radii[row]), float(radii[row])), scale)
            rgba = cast(Rgba, tuple(colors[row].tolist())) if isinstance(colors, np.ndarray) else colors
            self._strokes.line(points, width, rgba, closed=True)

    def _colors(self, color: ColorLike | ArrayLike | None, count: int) -> Rgba | Floats:
        return self._state.style.color if color is None else one_or_point_colors(color, count)

    def _add(self, rows: Floats, color: object, shown: bool = True) -> None:
        self._batch.opened()
        if not shown:
            return
        style = self._state.style
        gradient = style.gradient if color is None else None
        self._batch.shapes(rows.tobytes(), self._state.axes().slanted, style.blend, gradient)
