"""Paints one textured parallelogram: a line of text, an image, a layer."""

from dataclasses import dataclass

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.buffers import vertex_array
from sketch.render.matrix import Matrix, apply
from sketch.render.shaders import load_program

Box = tuple[float, float, float, float]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Quad:
    """Where a texture goes.

    Attributes:
        origin: Pixel that the first corner of `part` is put on.
        sides: From there along the picture's width (x, y), and along its height (x, y), in pixels.
        part: Left, top, right and bottom of what is shown, 0..1 of the texture.
    """

    origin: tuple[float, float]
    sides: Box
    part: Box = WHOLE


def quad_at(matrix: Matrix, x: float, y: float, width: float, height: float) -> Quad:
    """The upright rectangle with the corner (x, y), transformed to pixels."""
    a, b, c, d, _, _ = matrix
    return Quad(apply(matrix, x, y), (a * width, b * width, c * height, d * height))


class QuadPainter:
    """Draws textures one at a time.

    Args:
        ctx: The context to draw in.
        fragment: File name of the fragment stage: "mask.frag", "picture.frag" or "layer.frag".
    """

    def __init__(self, ctx: moderngl.Context, fragment: str) -> None:
        self._program = load_program(ctx, "quad.vert", fragment)
        self._vertices = vertex_array(ctx, self._program)

    def paint(self, texture: moderngl.Texture, quad: Quad, color: Rgba, size: tuple[int, int]) -> None:
        """Draw with the current blending into the current framebuffer of this size in pixels."""
        texture.use(0)
        self._program["size"] = size
        self._program["origin"] = quad.origin
        self._program["sides"] = quad.sides
        self._program["color"] = color
        if "part" in self._program:  # a stage that reads pixel by pixel has no use for it
            self._program["part"] = quad.part
        self._vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Give the GPU's resources back."""
        self._vertices.release()
        self._program.release()
