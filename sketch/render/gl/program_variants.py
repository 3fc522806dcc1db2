"""Two variants of a program: one for one color, one for gradients, compiled when first needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import moderngl
import numpy as np

from sketch.render.gl.shaders import load_program
from sketch.render.gradient import STEPS, Gradient, PlacedGradient

RAMP_UNIT = 1
"""The texture unit of gradients; pictures use the first."""

Bind = Callable[[moderngl.Program], moderngl.VertexArray]


@dataclass(slots=True, eq=False)
class _Twin:
    program: moderngl.Program
    vertices: moderngl.VertexArray


class ProgramVariants:
    """A program in two variants: for one color, and for gradients.

    Args:
        ctx: The context to draw in.
        stages: File names of the vertex and the fragment stage; both read `size`, the fragment stage has a
            part under `#ifdef GRADIENT`.
        bind: Makes the vertex array of a program.
        defines: Names that `#ifdef` finds defined in both.
    """

    def __init__(
        self, ctx: moderngl.Context, stages: tuple[str, str], bind: Bind, defines: tuple[str, ...] = ()
    ) -> None:
        self._ctx = ctx
        self._defines = defines
        self._stages = stages
        self._bind = bind
        self._plain = self._made(())
        self._graded: _Twin | None = None
        self._ramp: moderngl.Texture | None = None
        self._ramp_of: Gradient | None = None

    def use(
        self, size: tuple[int, int], gradient: PlacedGradient | None
    ) -> tuple[moderngl.Program, moderngl.VertexArray]:
        """The program to paint with and its vertex array; the painter sets its own uniforms.

        Args:
            size: Of the framebuffer, in pixels.
            gradient: What to paint with, or None for one color.
        """
        if gradient is None:
            twin = self._plain
        else:
            twin = self._graded = self._graded or self._made(("GRADIENT",))
            self._lay(twin.program, gradient)
        twin.program["size"] = size
        return twin.program, twin.vertices

    def release(self) -> None:
        """Release the GPU resources."""
        for twin in filter(None, (self._plain, self._graded)):
            twin.vertices.release()
            twin.program.release()
        if self._ramp is not None:
            self._ramp.release()

    def _made(self, defines: Sequence[str]) -> _Twin:
        program = load_program(self._ctx, *self._stages, (*self._defines, *defines))
        return _Twin(program, self._bind(program))

    def _lay(self, program: moderngl.Program, placed: PlacedGradient) -> None:
        if self._ramp is None:
            self._ramp = self._ctx.texture((STEPS, 1), 4, dtype="f4")
            self._ramp.repeat_x = self._ramp.repeat_y = False
        if self._ramp_of is not placed.gradient:
            self._ramp.write(np.ascontiguousarray(placed.gradient.ramp))
            self._ramp_of = placed.gradient
        self._ramp.use(RAMP_UNIT)
        program["ramp"] = RAMP_UNIT
        program["ramp_axes"] = placed.from_pixels[:4]
        program["ramp_origin"] = placed.from_pixels[4:]
        program["ramp_round"] = placed.gradient.round
