"""Filled convex polygons as triangles with a soft edge of one pixel."""

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.arrays import Floats
from sketch.ink.ink import Rgba
from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.programs import ProgramVariants
from sketch.render.gradient import PlacedGradient

VERTEX_FLOATS = 7
"""x, y in pixels; coverage; red, green, blue, alpha, not premultiplied."""


def check_convex(points: Floats) -> None:
    """Refuse a polygon that is not convex.

    Args:
        points: Float32 array of shape (n, 2..4).

    Raises:
        ValueError: It has fewer than three points, turns both ways, or winds more than once.
    """
    if len(points) < 3:
        raise ValueError(f"a polygon needs at least 3 points; got {len(points)}")
    sides = _sides(points[:, :2].astype(np.float64))
    before = np.roll(sides, 1, axis=0)
    turns = np.arctan2(_cross(before, sides), np.einsum("ij,ij->i", before, sides))
    if (turns > 1e-4).any() and (turns < -1e-4).any():
        raise ValueError("a polygon must be convex; this one turns both ways")
    if abs(turns.sum()) > 2 * np.pi + 1e-2:
        raise ValueError("a polygon must be convex; this one winds more than once")


def convex_mesh(points: Floats, color: Rgba) -> Floats:
    """Triangles of a filled convex polygon whose opacity fades over one pixel across its outline.

    Args:
        points: Float32 array of shape (n, 2) in pixels, clockwise or counterclockwise.
        color: Not premultiplied.

    Returns:
        Float32 array of shape (3 m, 7), three rows per triangle; empty for a polygon without area.
    """
    sides = _sides(points)
    corners = points[np.hypot(sides[:, 0], sides[:, 1]) > 1e-3]
    if len(corners) < 3:
        return np.empty((0, VERTEX_FLOATS), dtype=np.float32)
    outward, depth = _outward(corners)
    inset = min(0.5, depth)
    inner, outer = corners - inset * outward, corners + 0.5 * outward
    coverage = min(1.0, 2 * inset)
    after_inner, after_outer = np.roll(inner, -1, axis=0), np.roll(outer, -1, axis=0)
    fan = np.stack((np.broadcast_to(inner[0], inner[1:-1].shape), inner[1:-1], inner[2:]), axis=1).reshape(
        -1, 2
    )
    rim = np.stack((inner, outer, after_outer, inner, after_outer, after_inner), axis=1).reshape(-1, 2)
    vertices = np.empty((len(fan) + len(rim), VERTEX_FLOATS), dtype=np.float32)
    vertices[:, :2] = np.concatenate((fan, rim))
    vertices[: len(fan), 2] = coverage
    vertices[len(fan) :, 2] = np.tile((coverage, 0, 0, coverage, 0, coverage), len(corners))
    vertices[:, 3:] = color
    return vertices


def _sides(points: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.roll(points, -1, axis=0) - points


def _cross(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.floating]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def _outward(corners: Floats) -> tuple[Floats, float]:
    """How corners move if all sides move out by a pixel; distance of the center from the nearest side."""
    sides = _sides(corners)
    unit = sides / np.hypot(sides[:, 0], sides[:, 1])[:, None]
    normal = np.column_stack((unit[:, 1], -unit[:, 0]))
    if _cross(np.roll(unit, 1, axis=0), unit).sum() < 0:
        normal = -normal
    before = np.roll(normal, 1, axis=0)
    # The corner of a needle would move without limit; four pixels are enough to hide its tip.
    stretch = np.maximum(1 + np.einsum("ij,ij->i", before, normal), 0.125)
    middle = corners.mean(axis=0)
    depth = float(np.abs(np.einsum("ij,ij->i", corners - middle, normal)).min())
    return ((before + normal) / stretch[:, None]).astype(np.float32), depth


class MeshPainter:
    """Draws triangles made by `convex_mesh`.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._buffer = GrowingBuffer(ctx)
        self._programs = ProgramVariants(ctx, ("meshes/mesh.vert", "meshes/mesh.frag"), self._bind)

    def paint(self, vertices: Floats, size: tuple[int, int], gradient: PlacedGradient | None = None) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            vertices: Float32 array of shape (3 m, 7).
            size: Of the framebuffer, in pixels.
            gradient: What to paint with instead of the vertices' colors, of which only alpha is used.
        """
        if len(vertices) == 0:
            return
        self._buffer.upload(vertices, vertices.nbytes)
        _, arrays = self._programs.use(size, gradient)
        arrays.render(moderngl.TRIANGLES, vertices=len(vertices))

    def release(self) -> None:
        """Release the GPU resources."""
        self._programs.release()
        self._buffer.release()

    def _bind(self, program: moderngl.Program) -> moderngl.VertexArray:
        return vertex_array(self._ctx, program, (self._buffer.buffer, "3f 4f", "place", "color"))
