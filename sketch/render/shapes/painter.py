"""Circles, rectangles, lines and triangles: rows of numbers, all of them drawn in one call.

A row is 16 floats:

    origin x, origin y, kind, line width      pixels; a line width of 0 means filled
    x axis (x, y), y axis (x, y)              one step along the shape's own axes, in pixels on the screen
    half width, half height, corner radius, 0 in the shape's own coordinates
    red, green, blue, alpha                   0..1, not premultiplied

The axes of ellipses and boxes have length 1, so their own coordinates are in pixels, turned and perhaps
slanted. Rows are packed one by one here and by the thousand in `arrays`.

Consecutive rows are one draw call, divided where small, plain shapes can be drawn as points.
"""

import math
from dataclasses import dataclass
from struct import Struct

import moderngl
import numpy as np

from sketch.arrays import Flags, Floats
from sketch.ink.ink import Rgba
from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.programs import Bind, ProgramVariants
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import Axes, Matrix, apply

ROW_FLOATS = 16
ELLIPSE, BOX, TRIANGLE = 0.0, 1.0, 2.0

LARGEST_DOT = 64.0
"""Pixels up to which a shape is drawn as a point. Drivers allow more, but then filling dominates the cost."""


_FRINGE = 0.6  # as in dots.vert
_WORTH_A_CALL = 64
"""Cost of a draw call, in shapes."""

_pack = Struct(f"{ROW_FLOATS}f").pack


def ellipse_row(axes: Axes, x: float, y: float, wide: float, high: float, line: float, color: Rgba) -> bytes:
    """An ellipse about (x, y).

    Args:
        axes: Of the matrix from the author's coordinates to pixels.
        x: Center.
        y: Center.
        wide: Half width.
        high: Half height.
        line: Width of the outline, 0 for a filled shape.
        color: Not premultiplied.
    """
    # Written out, since this runs for every shape, and helper calls would double its cost.
    (a, b, c, d, e, f), (along, down, along_y, down_y), x_scale, y_scale, scale, _, _ = axes
    center_x, center_y = a * x + c * y + e, b * x + d * y + f
    wide, high = wide * x_scale, high * y_scale
    red, green, blue, alpha = color
    try:
        return _pack(
            center_x, center_y, ELLIPSE, line * scale, along, down, along_y, down_y,
            wide, high, 0.0, 0.0, red, green, blue, alpha,
        )  # fmt: skip
    except OverflowError:
        raise _too_far() from None


def box_row(
    axes: Axes, x: float, y: float, wide: float, high: float, radius: float, line: float, color: Rgba
) -> bytes:
    """A rectangle about (x, y) with rounded corners; the rest as for `ellipse_row`."""
    (a, b, c, d, e, f), (along, down, along_y, down_y), x_scale, y_scale, scale, _, _ = axes
    center_x, center_y = a * x + c * y + e, b * x + d * y + f
    wide, high = wide * x_scale, high * y_scale
    red, green, blue, alpha = color
    try:
        return _pack(
            center_x, center_y, BOX, line * scale, along, down, along_y, down_y,
            wide, high, radius * scale, 0.0, red, green, blue, alpha,
        )  # fmt: skip
    except OverflowError:
        raise _too_far() from None


def line_row(axes: Axes, x1: float, y1: float, x2: float, y2: float, width: float, color: Rgba) -> bytes:
    """A straight line with round ends: a box with fully rounded corners, turned along the line."""
    start_x, start_y = apply(axes.matrix, x1, y1)
    end_x, end_y = apply(axes.matrix, x2, y2)
    along, down = end_x - start_x, end_y - start_y
    length = math.hypot(along, down)
    half = width * axes.scale / 2
    cos, sin = (along / length, down / length) if length > 0 else (1.0, 0.0)
    try:
        return _pack(
            *((start_x + end_x) / 2, (start_y + end_y) / 2, BOX, 0.0),
            *(cos, sin, -sin, cos),
            *(length / 2 + half, half, half, 0.0),
            *color,
        )
    except OverflowError:
        raise _too_far() from None


def triangle_row(
    matrix: Matrix, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float, color: Rgba
) -> bytes:
    """A filled triangle: its own origin is one corner, and its axes are the two sides from there."""
    a, b, c, d, e, f = matrix
    x1, y1 = 0.0 + x1, 0.0 + y1  # numpy's small integers would wrap around below 0
    along, down, along_third, down_third = x2 - x1, y2 - y1, x3 - x1, y3 - y1
    red, green, blue, alpha = color
    try:
        return _pack(
            a * x1 + c * y1 + e, b * x1 + d * y1 + f, TRIANGLE, 0.0,
            a * along + c * down, b * along + d * down,
            a * along_third + c * down_third, b * along_third + d * down_third,
            0.5, 0.5, 0.0, 0.0, red, green, blue, alpha,
        )  # fmt: skip
    except OverflowError:
        raise _too_far() from None


def _too_far() -> ValueError:
    return ValueError("a shape must stay within 3.4e38 in pixels as well, the range of the GPU's numbers")


@dataclass(frozen=True, slots=True)
class ShapeRun:
    """Consecutive shapes that are drawn in one call.

    Attributes:
        first: Index of its first shape.
        count: Number of shapes.
        dots: Whether they are drawn as points, or as quads.
        discs: Whether all of them are discs drawn as points.
    """

    first: int
    count: int
    dots: bool
    discs: bool = False


def shape_runs(rows: Floats, size: tuple[int, int], largest: float) -> list[ShapeRun]:
    """Divide shapes, in order, into as few runs as are worth their calls.

    Args:
        rows: Float32 array of shape (n, 16).
        size: Of the framebuffer, in pixels.
        largest: Largest point that the driver draws, in pixels.

    Returns:
        Runs that contain every row once; one run of quads if small and large shapes alternate too often.
    """
    count = len(rows)
    if count < _WORTH_A_CALL:
        return [ShapeRun(0, count, False)] if count else []
    dots = dot_rows(rows, size, largest)
    starts = np.flatnonzero(np.diff(dots, prepend=~dots[:1]))
    if len(starts) * _WORTH_A_CALL > count:
        return [ShapeRun(0, count, False)]
    ends = [*starts[1:].tolist(), count]
    return [
        ShapeRun(start, end - start, bool(dots[start]), bool(dots[start]) and _are_discs(rows[start:end]))
        for start, end in zip(starts.tolist(), ends, strict=True)
    ]


def _are_discs(rows: Floats) -> bool:
    """Whether all shapes of some filled rows are circles."""
    return bool((rows[:, 2] == ELLIPSE).all() and (rows[:, 8] == rows[:, 9]).all())


def dot_rows(rows: Floats, size: tuple[int, int], largest: float) -> Flags:
    """Which rows may be points: filled, with sharp corners, small, and with their center in the frame.

    OpenGL drops points whose center is not in the frame, even if a part of them is.
    """
    # Contiguous columns: numpy is several times as fast on them as on every sixteenth number.
    x, y, kind, line, ax, ay, bx, by, wide, high, radius = np.ascontiguousarray(rows[:, :11].T)
    wide, high = np.maximum(wide, 0.5), np.maximum(high, 0.5)
    reach_x, reach_y = np.abs(ax) * wide + np.abs(bx) * high, np.abs(ay) * wide + np.abs(by) * high
    triangle = kind == TRIANGLE
    if triangle.any():
        left, right = np.minimum(np.minimum(ax, bx), 0), np.maximum(np.maximum(ax, bx), 0)
        top, bottom = np.minimum(np.minimum(ay, by), 0), np.maximum(np.maximum(ay, by), 0)
        x[triangle] += ((left + right) / 2)[triangle]
        y[triangle] += ((top + bottom) / 2)[triangle]
        reach_x[triangle] = ((right - left) / 2)[triangle]
        reach_y[triangle] = ((bottom - top) / 2)[triangle]
    inside = (x >= 0) & (x <= size[0]) & (y >= 0) & (y <= size[1])
    small = 2 * (np.maximum(reach_x, reach_y) + _FRINGE) <= largest
    return inside & small & (line == 0) & (radius == 0)


class ShapePainter:
    """Draws rows made by the functions above.

    Args:
        ctx: The context to draw in.
        stages: Names its shaders: "shapes" where the axes of every row cross at a right angle, "slanted",
            which is slower, where they do not.
    """

    def __init__(self, ctx: moderngl.Context, stages: str = "shapes") -> None:
        self._ctx = ctx
        self._rows = GrowingBuffer(ctx)
        self._quads = ProgramVariants(
            ctx, (f"shapes/{stages}.vert", f"shapes/{stages}.frag"), self._bound("/i")
        )
        self._dots: dict[bool, ProgramVariants] = {}
        self._largest = 0.0
        if stages == "shapes":
            dots, bind = ("shapes/dots.vert", "shapes/dots.frag"), self._bound("/v")
            self._dots[False] = ProgramVariants(ctx, dots, bind)
            self._dots[True] = ProgramVariants(ctx, dots, bind, ("DISCS",))
            self._largest = min(float(ctx.info["GL_POINT_SIZE_RANGE"][1]), LARGEST_DOT)

    def paint(self, rows: bytearray, size: tuple[int, int], gradient: PlacedGradient | None = None) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            rows: Packed floats, 64 bytes per shape.
            size: Of the framebuffer, in pixels.
            gradient: What to paint with instead of the rows' colors, of which only alpha is used.
        """
        floats = np.frombuffer(rows, dtype=np.float32).reshape(-1, ROW_FLOATS)
        for run in shape_runs(floats, size, self._largest):
            self._draw(floats[run.first : run.first + run.count], run, size, gradient)

    def release(self) -> None:
        """Release the GPU resources."""
        for part in (self._quads, *self._dots.values(), self._rows):
            part.release()

    def _draw(
        self, rows: Floats, run: ShapeRun, size: tuple[int, int], gradient: PlacedGradient | None
    ) -> None:
        self._rows.upload(rows, rows.nbytes)
        if not run.dots:
            _, vertices = self._quads.use(size, gradient)
            vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(rows))
            return
        _, vertices = self._dots[run.discs].use(size, gradient)
        self._ctx.enable(moderngl.PROGRAM_POINT_SIZE)
        vertices.render(moderngl.POINTS, vertices=len(rows))
        self._ctx.disable(moderngl.PROGRAM_POINT_SIZE)

    def _bound(self, step: str) -> Bind:
        """Read the rows one a vertex, "/v", or one an instance, "/i"."""

        def bind(program: moderngl.Program) -> moderngl.VertexArray:
            columns = ("place", "axes", "extent", "color")
            # A driver removes attributes that a program does not read.
            layout = " ".join("4f" if name in program else "16x" for name in columns)
            read = [name for name in columns if name in program]
            return vertex_array(self._ctx, program, (self._rows.buffer, layout + step, *read))

        return bind
