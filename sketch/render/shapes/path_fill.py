"""Fill outlines of any form, exactly: every pixel gets the share of its square that lies inside.

For every edge, a shader adds up how much of each pixel lies to its right, counted down or up by the edge's
direction. The sum over all edges is the winding number of the pixel, from which the fill rule computes
coverage. There is no triangulation, so no outline is too thin, concave or self-crossing. The sums are
those of font rasterizers (as in Levien, 2016, "Inside the fastest font renderer in the world").
"""

import math
from dataclasses import dataclass
from typing import Any, cast

import moderngl
import numpy as np

from sketch.arrays import Floats
from sketch.ink.ink import Rgba
from sketch.ink.path import Path
from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.programs import ProgramVariants
from sketch.render.gl.shaders import load_program
from sketch.render.gl.surfaces import Surface, from_below, new_surface
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import Matrix, apply_to_points
from sketch.render.shapes.quads import Box


@dataclass(frozen=True, slots=True)
class PixelPath:
    """Outlines in the pixels of the framebuffer.

    Attributes:
        edges: Float32 array of shape (m, 5): x, y of an edge's start, x, y of its end, and the first whole
            pixel to the right of its outline. None of them is horizontal.
        bounds: Whole pixels around them: left, top, right, bottom.
        nonzero: The fill rule; else even-odd.
    """

    edges: Floats
    bounds: tuple[int, int, int, int]
    nonzero: bool


def pixel_path(path: Path, matrix: Matrix, size: tuple[int, int]) -> PixelPath | None:
    """Transform a path to the pixels of a framebuffer, or None where it lies outside of them."""
    rings = [apply_to_points(matrix, contour.points) for contour in path.contours]
    edges = np.concatenate([_edges(ring) for ring in rings])
    low, high = edges[:, :2].min(axis=0).tolist(), edges[:, :2].max(axis=0).tolist()
    left, top = max(math.floor(low[0]), 0), max(math.floor(low[1]), 0)
    right, bottom = min(math.ceil(high[0]), size[0]), min(math.ceil(high[1]), size[1])
    if left >= right or top >= bottom:
        return None
    return PixelPath(edges[edges[:, 1] != edges[:, 3]], (left, top, right, bottom), path.rule == "nonzero")


class PathPainter:
    """Fills paths, one at a time.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._buffer = GrowingBuffer(ctx)
        self._edges = load_program(ctx, "shapes/edges.vert", "shapes/edges.frag")
        self._vertices = vertex_array(ctx, self._edges, (self._buffer.buffer, "4f 1f/i", "edge", "right"))
        self._fills = ProgramVariants(ctx, ("shapes/quad.vert", "shapes/turns.frag"))
        self._turns: Surface | None = None

    def sum_up(self, path: PixelPath, size: tuple[int, int]) -> None:
        """Sum the edges of a path; leaves another framebuffer in use, and additive blending.

        Args:
            path: What to fill.
            size: Of the framebuffer that `fill` draws into, in pixels.
        """
        turns = self._turns_of(size).framebuffer
        turns.use()
        turns.viewport = (0, 0, *size)
        turns.clear(viewport=from_below(path.bounds, size[1]))
        self._ctx.enable_only(moderngl.BLEND)
        self._ctx.blend_func = cast(Any, moderngl.ADDITIVE_BLENDING)
        self._buffer.upload(path.edges, path.edges.nbytes)
        self._edges["size"] = size
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=len(path.edges))

    def fill(
        self, path: PixelPath, color: Rgba, size: tuple[int, int], gradient: PlacedGradient | None = None
    ) -> None:
        """Paint what `sum_up` summed, with the current blending into the current framebuffer."""
        left, top, right, bottom = path.bounds
        sides: Box = (right - left, 0.0, 0.0, bottom - top)
        program, vertices = self._fills.use(size, gradient)
        self._turns_of(size).texture.use(0)
        program["origin"] = (left, top)
        program["sides"] = sides
        program["color"] = color
        program["nonzero"] = path.nonzero
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Release the GPU resources."""
        for part in filter(None, (self._turns, self._fills, self._vertices, self._edges, self._buffer)):
            part.release()

    def _turns_of(self, size: tuple[int, int]) -> Surface:
        """A surface of sums, at least this large: its pixels are counted from the lower left corner."""
        wide, high = (0, 0) if self._turns is None else self._turns.size
        if self._turns is None or wide < size[0] or high < size[1]:
            if self._turns is not None:
                self._turns.release()
            self._turns = new_surface(self._ctx, (max(wide, size[0]), max(high, size[1])), 1, "f4")
        return self._turns


def _edges(ring: Floats) -> Floats:
    right = np.full((len(ring), 1), np.ceil(ring[:, 0].max()), dtype=np.float32)
    return np.hstack((ring, np.roll(ring, -1, axis=0), right))
