"""The words for many shapes at once, from arrays."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.ink.curves import closed_from_middle, ellipse_points
from sketch.ink.ink import Rgba
from sketch.render import checks
from sketch.render.color import ColorLike, parse_color, point_colors
from sketch.render.drawing.shapes import Figures
from sketch.render.shapes.arrays import box_rows, ellipse_rows, line_rows, triangle_rows

Floats = NDArray[np.float32]


class Crowds(Figures):
    """Draws thousands of shapes a call, at a fraction of what as many calls cost."""

    @np.errstate(over="ignore", invalid="ignore")
    def circles(self, xy: ArrayLike, radius: ArrayLike, color: ColorLike | ArrayLike | None = None) -> None:
        """Circles, in order, filled or outlined.

        Args:
            xy: Centers, shape (n, 2..4); only x and y matter.
            radius: One number or shape (n,); negative ones are their magnitude.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                or gradient if left out.

        Raises:
            ValueError: A shape or a number is not as described.
            TypeError: What should be numbers is something else.
        """
        centers = checks.rows_of_points("xy", xy)
        axes, line = self._axes(), self._line()
        radii = np.broadcast_to(checks.sizes("radius", radius, len(centers)), len(centers))
        colors = self._colors(color, len(centers))
        if line and axes.scale and not axes.even:
            self._outlines(centers, radii, None if color is None else colors)
            return
        half = np.repeat(radii[:, None], 2, axis=1)
        self._shapes(ellipse_rows(axes, centers, half, line, colors), color, self._outlines_show())

    @np.errstate(over="ignore", invalid="ignore")
    def rects(
        self,
        xy: ArrayLike,
        size: ArrayLike,
        radius: ArrayLike = 0.0,
        color: ColorLike | ArrayLike | None = None,
    ) -> None:
        """Rectangles, in order, filled or outlined.

        Args:
            xy: Top left corners, shape (n, 2..4).
            size: Width and height: one pair, or shape (n, 2); negative ones go to the left and upward.
            radius: Of their corners, one number or shape (n,); negative ones are their magnitude.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        corners = checks.rows_of_points("xy", xy)
        sizes = checks.pairs("size", size, len(corners))
        rounded = checks.sizes("radius", radius, len(corners))
        colors = self._colors(color, len(corners))
        rows = box_rows(self._axes(), corners, sizes, rounded, self._line(), colors)
        self._shapes(rows, color, self._outlines_show())

    @np.errstate(over="ignore", invalid="ignore")
    def lines(
        self,
        start: ArrayLike,
        end: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
    ) -> None:
        """Straight lines with round ends, in order.

        Args:
            start: Shape (n, 2..4).
            end: Shape (n, 2..4).
            width: One number or shape (n,), negative ones their magnitude; the line width if left out. Lines
                of width 0 are not drawn.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        starts, ends = checks.rows_of_points("start", start), checks.rows_of_points("end", end)
        if len(starts) != len(ends):
            raise ValueError(
                f"lines need as many ends as starts; got {len(starts)} starts and {len(ends)} ends"
            )
        given = checks.widths(self._style.line_width if width is None else width, max(len(starts), 1))
        rows = line_rows(self._axes(), starts, ends, given, self._colors(color, len(starts)))
        self._shapes(rows, color, shown=not isinstance(given, float) or given > 0)

    @np.errstate(over="ignore", invalid="ignore")
    def triangles(self, corners: ArrayLike, color: ColorLike | ArrayLike | None = None) -> None:
        """Filled triangles, in order.

        Args:
            corners: Shape (n, 3, 2), or (3 n, 2), three rows a triangle.
            color: As for `circles`.

        Raises:
            ValueError: A shape or a number is not as described, or `no_fill` is on: outlines of triangles
                are drawn one by one.
        """
        if not self._style.filled:
            raise ValueError("triangles are filled; outlines of triangles are drawn one by one")
        given = checks.triples("corners", corners)
        self._shapes(triangle_rows(self._axes(), given, self._colors(color, len(given))), color)

    def _line(self) -> float:
        return 0.0 if self._style.filled else self._style.line_width

    def _outlines_show(self) -> bool:
        return self._style.filled or self._style.line_width > 0

    def _outlines(self, centers: Floats, radii: Floats, colors: Rgba | Floats | None) -> None:
        """Circles that the transform makes ellipses, each as a line; without colors, in the current one."""
        scale, wide = self._axes().scale, self._style.line_width
        for row, (x, y) in enumerate(centers.tolist()):
            points = ellipse_points(x, y, (float(radii[row]), float(radii[row])), scale)
            rgba = cast(Rgba, tuple(colors[row].tolist())) if isinstance(colors, np.ndarray) else colors
            closed = bool(radii[row] > 0)
            self._stroke(closed_from_middle(points) if closed else points[:1], wide, rgba, closed)

    def _shapes(self, rows: Floats, color: object, shown: bool = True) -> None:
        self._check_open()
        if not shown:
            return
        style = self._style
        gradient = style.gradient if color is None else None
        self._batch.shapes(rows.tobytes(), self._axes().slanted, style.blend, gradient)

    def _colors(self, color: ColorLike | ArrayLike | None, count: int) -> Rgba | Floats:
        """One color or one a row, 0..1."""
        if color is None:
            return self._style.color
        if isinstance(color, str) or not _is_row(color):
            return parse_color(cast(ColorLike, color))
        if isinstance(color, tuple) and not any(map(_is_row, color)):
            return parse_color(cast(tuple[float, ...], color))
        return point_colors(cast(ArrayLike, color), count)


def _is_row(part: object) -> bool:
    return isinstance(part, Sequence) or getattr(part, "ndim", 0) > 0
