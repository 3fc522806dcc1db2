"""Circles, rectangles, lines and triangles: rows of numbers, all of them drawn in one call.

A row is 16 floats:

    origin x, origin y, kind, line width      pixels; a line width of 0 means filled
    x axis (x, y), y axis (x, y)              where one step in the shape's own frame leads on the screen
    half width, half height, corner radius, 0 in the shape's own frame
    red, green, blue, alpha                   0..1, not premultiplied

The axes of ellipses and boxes have length 1, so their own frame measures in pixels, turned and perhaps
slanted.
"""

import math
from array import array

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.buffers import GrowingBuffer, vertex_array
from sketch.render.matrix import Matrix, apply, mean_scale
from sketch.render.shaders import load_program

ROW_FLOATS = 16
ELLIPSE, BOX, TRIANGLE = 0.0, 1.0, 2.0

Row = tuple[float, ...]


def ellipse_row(
    matrix: Matrix, x: float, y: float, half: tuple[float, float], line: float, color: Rgba
) -> Row:
    """An ellipse about (x, y).

    Args:
        matrix: From the author's coordinates to pixels.
        x: Center.
        y: Center.
        half: Half width and half height.
        line: Width of the outline, 0 for a filled shape.
        color: Not premultiplied.
    """
    return _row(matrix, ELLIPSE, (x, y), (*half, 0.0), line, color)


def box_row(
    matrix: Matrix, x: float, y: float, half: tuple[float, float], radius: float, line: float, color: Rgba
) -> Row:
    """A rectangle about (x, y) with rounded corners; the rest as for `ellipse_row`."""
    return _row(matrix, BOX, (x, y), (*half, radius), line, color)


def line_row(
    matrix: Matrix, start: tuple[float, float], end: tuple[float, float], width: float, color: Rgba
) -> Row:
    """A straight line with round ends, which is a box rounded as far as it goes, turned along the line."""
    x1, y1 = apply(matrix, *start)
    x2, y2 = apply(matrix, *end)
    length = math.hypot(x2 - x1, y2 - y1)
    half = width * mean_scale(matrix) / 2
    cos, sin = ((x2 - x1) / length, (y2 - y1) / length) if length > 0 else (1.0, 0.0)
    return (
        *((x1 + x2) / 2, (y1 + y2) / 2, BOX, 0.0),
        *(cos, sin, -sin, cos),
        *(length / 2 + half, half, half, 0.0),
        *color,
    )


def triangle_row(
    matrix: Matrix, a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], color: Rgba
) -> Row:
    """A filled triangle: its frame has the origin in one corner and an axis along each side from there."""
    ax, ay = apply(matrix, *a)
    bx, by = apply(matrix, *b)
    cx, cy = apply(matrix, *c)
    return (ax, ay, TRIANGLE, 0.0, bx - ax, by - ay, cx - ax, cy - ay, 0.5, 0.5, 0.0, 0.0, *color)


def _row(
    matrix: Matrix,
    kind: float,
    center: tuple[float, float],
    extent: tuple[float, float, float],
    line: float,
    color: Rgba,
) -> Row:
    a, b, c, d, _, _ = matrix
    x_scale, y_scale = math.hypot(a, b), math.hypot(c, d)
    if x_scale == 0 or y_scale == 0:
        return (0.0,) * ROW_FLOATS  # squeezed to nothing: no axes, and the shader draws none
    scale = mean_scale(matrix)
    return (
        *(*apply(matrix, *center), kind, line * scale),
        *(a / x_scale, b / x_scale, c / y_scale, d / y_scale),
        *(extent[0] * x_scale, extent[1] * y_scale, extent[2] * scale, 0.0),
        *color,
    )


class ShapePainter:
    """Draws rows made by the functions above.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = load_program(ctx, "shapes.vert", "shapes.frag")
        self._rows = GrowingBuffer(ctx)
        self._vertices = self._bind()

    def paint(self, rows: "array[float]", size: tuple[int, int]) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            rows: Floats, 16 a shape.
            size: Of the framebuffer, in pixels.
        """
        if not rows:
            return
        self._rows.upload(rows, 4 * len(rows))
        self._program["size"] = size
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(rows) // ROW_FLOATS)

    def release(self) -> None:
        """Give the GPU's resources back."""
        self._vertices.release()
        self._rows.release()
        self._program.release()

    def _bind(self) -> moderngl.VertexArray:
        names = ("place", "axes", "extent", "color")
        return vertex_array(self._ctx, self._program, (self._rows.buffer, "4f 4f 4f 4f/i", *names))
