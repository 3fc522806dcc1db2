"""Paint one textured parallelogram: a line of text, an image, a layer that has to move."""

from dataclasses import dataclass

import moderngl

from sketch.ink.ink import Rgba
from sketch.render.gl.programs import RAMP_UNIT, ProgramVariants, dither_moment
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import Matrix, apply

Box = tuple[float, float, float, float]

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Quad:
    """The place of a texture.

    Attributes:
        origin: Place of the first corner of `part`, in pixels.
        sides: From there along the texture's width (x, y), and along its height (x, y), in pixels.
        part: Left, top, right and bottom of the visible part, 0..1 of the texture.
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
        fragment: File name of the fragment stage: "shapes/mask.frag", "shapes/picture.frag" or
            "shapes/mapped.frag".
    """

    def __init__(self, ctx: moderngl.Context, fragment: str) -> None:
        self._programs = ProgramVariants(ctx, ("shapes/quad.vert", fragment))
        self._painted = 0

    def paint(
        self,
        texture: moderngl.Texture,
        quad: Quad,
        color: Rgba,
        size: tuple[int, int],
        gradient: PlacedGradient | None = None,
        table: moderngl.Texture | None = None,
    ) -> None:
        """Draw with the current blending into the current framebuffer of this size in pixels.

        Only "shapes/mask.frag" uses a gradient, and then only the alpha of the color. "shapes/picture.frag"
        uses the alpha, and dithers where red is 1. "shapes/mapped.frag" uses the alpha and a table of colors.
        """
        program, vertices = self._programs.use(size, gradient)
        texture.use(0)
        if table is not None:
            table.use(RAMP_UNIT)
            program["colors"] = RAMP_UNIT
        program["origin"] = quad.origin
        program["sides"] = quad.sides
        program["color"] = color
        if "part" in program:  # a stage that reads pixel by pixel does not use it
            program["part"] = quad.part
        if "moment" in program:
            self._painted += 1
            program["moment"] = dither_moment(self._painted)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4)

    def release(self) -> None:
        """Release the GPU resources."""
        self._programs.release()
