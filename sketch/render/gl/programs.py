"""Inkloop's programs that run over a whole frame."""

from typing import Any, TypeAlias, cast

import moderngl
import numpy as np

from sketch.render.gl.buffers import vertex_array
from sketch.render.gl.shaders import load_program

VERTEX = "gl/frame.vert"

Drawable: TypeAlias = tuple[moderngl.Program, moderngl.VertexArray]
"""A program, and the vertex array that draws it over the whole frame."""


class Programs:
    """Programs by their fragment stage, each compiled when first needed.

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
            self._shipped[key] = self._drawable(load_program(self._ctx, VERTEX, fragment, defines))
        return self._shipped[key]

    def release(self) -> None:
        """Release the GPU resources."""
        for program, vertices in self._shipped.values():
            vertices.release()
            program.release()
        self._shipped.clear()

    def _drawable(self, program: moderngl.Program) -> Drawable:
        return (program, vertex_array(self._ctx, program))


def dither_moment(count: int) -> float:
    """The `count`-th `moment` of `dither.glsl`: the low-discrepancy sequence of the golden ratio."""
    return count * 0.6180339887498949 % 1.0


def set_uniform(program: moderngl.Program, name: str, value: Any) -> None:
    """Set a uniform to a number, a tuple of numbers, or a float32 array."""
    if isinstance(value, np.ndarray):
        cast(Any, program[name]).write(value.tobytes())
    else:
        program[name] = value
