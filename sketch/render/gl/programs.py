"""Compiled programs with their vertex arrays: over a whole frame, and in two variants of one program."""

from collections.abc import Callable
from typing import NamedTuple

import moderngl
import numpy as np

from sketch.render.gl.buffers import vertex_array
from sketch.render.gl.shaders import load_program
from sketch.render.gradient import STEPS, Gradient, PlacedGradient

VERTEX = "gl/frame.vert"

RAMP_UNIT = 1
"""The texture unit of gradients; pictures use the first."""

Bind = Callable[[moderngl.Program], moderngl.VertexArray]


class Drawable(NamedTuple):
    """A program, and the vertex array that draws with it."""

    program: moderngl.Program
    vertices: moderngl.VertexArray

    def release(self) -> None:
        """Release both."""
        self.vertices.release()
        self.program.release()


def drawable(
    ctx: moderngl.Context,
    vertex: str,
    fragment: str,
    defines: tuple[str, ...] = (),
    bind: Bind | None = None,
) -> Drawable:
    """Compile two shaders that come with Inkloop.

    Args:
        ctx: The context to compile in.
        vertex: File name of the vertex stage.
        fragment: File name of the fragment stage.
        defines: Names that `#ifdef` finds defined in both.
        bind: Makes the vertex array of the program; without it, the array reads no buffer.
    """
    program = load_program(ctx, vertex, fragment, defines)
    return Drawable(program, vertex_array(ctx, program) if bind is None else bind(program))


class Programs:
    """Programs over a whole frame by their fragment stage, each compiled when first needed.

    Args:
        ctx: The context to compile in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._shipped: dict[tuple[str, ...], Drawable] = {}

    def shipped(self, fragment: str, defines: tuple[str, ...] = ()) -> Drawable:
        """A program by the file name of its fragment stage."""
        key = (fragment, *defines)
        if key not in self._shipped:
            self._shipped[key] = drawable(self._ctx, VERTEX, fragment, defines)
        return self._shipped[key]

    def release(self) -> None:
        """Release the GPU resources."""
        for each in self._shipped.values():
            each.release()
        self._shipped.clear()


class ProgramVariants:
    """A program in two variants: for one color, and for gradients, compiled when first needed.

    Args:
        ctx: The context to draw in.
        stages: File names of the vertex and the fragment stage; both read `size`, the fragment stage has a
            part under `#ifdef GRADIENT`.
        bind: Makes the vertex array of a program; without it, the array reads no buffer.
        defines: Names that `#ifdef` finds defined in both.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        stages: tuple[str, str],
        bind: Bind | None = None,
        defines: tuple[str, ...] = (),
    ) -> None:
        self._ctx = ctx
        self._defines = defines
        self._stages = stages
        self._bind = bind
        self._plain = drawable(ctx, *stages, defines, bind)
        self._graded: Drawable | None = None
        self._ramp: moderngl.Texture | None = None
        self._ramp_of: Gradient | None = None

    def use(self, size: tuple[int, int], gradient: PlacedGradient | None) -> Drawable:
        """The program to paint with and its vertex array; the painter sets its own uniforms.

        Args:
            size: Of the framebuffer, in pixels.
            gradient: What to paint with, or None for one color.
        """
        variant = self._plain if gradient is None else self._for(gradient)
        variant.program["size"] = size
        return variant

    def release(self) -> None:
        """Release the GPU resources."""
        for part in filter(None, (self._plain, self._graded, self._ramp)):
            part.release()

    def _for(self, placed: PlacedGradient) -> Drawable:
        if self._graded is None:
            self._graded = drawable(self._ctx, *self._stages, (*self._defines, "GRADIENT"), self._bind)
        if self._ramp is None:
            self._ramp = self._ctx.texture((STEPS, 1), 4, dtype="f4")
            self._ramp.repeat_x = self._ramp.repeat_y = False
        if self._ramp_of is not placed.gradient:
            self._ramp.write(np.ascontiguousarray(placed.gradient.ramp))
            self._ramp_of = placed.gradient
        self._ramp.use(RAMP_UNIT)
        program = self._graded.program
        program["ramp"] = RAMP_UNIT
        program["ramp_axes"] = placed.from_pixels[:4]
        program["ramp_origin"] = placed.from_pixels[4:]
        program["ramp_round"] = placed.gradient.round
        return self._graded


def dither_moment(count: int) -> float:
    """The `count`-th `moment` of `dither.glsl`: the low-discrepancy sequence of the golden ratio."""
    return count * 0.6180339887498949 % 1.0
