"""The programs of strokes, assembled from files in the variants that strokes need."""

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import moderngl

from sketch.ink.brush import Brush, BrushError
from sketch.render.gl.buffers import vertex_array
from sketch.render.gl.glsl import ShaderError, assemble
from sketch.render.gl.shaders import compile_program, shader_text


@dataclass(slots=True)
class StrokeProgram:
    """A compiled variant: the location of each attribute, and the code of its brush."""

    program: moderngl.Program
    vertices: moderngl.VertexArray
    attributes: dict[str, int]
    code: str

    def release(self) -> None:
        """Release both."""
        self.vertices.release()
        self.program.release()


class StrokePrograms:
    """Compiles a variant when it is first needed and keeps it.

    Args:
        ctx: The context to compile in.

    Attributes:
        errors: What is wrong with a brush whose last good version is in use, by its file: the driver's
            message, or why it could not be read.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self.errors: dict[Path, ShaderError | BrushError] = {}
        self._ctx = ctx
        self._made: dict[tuple[Path | None, tuple[str, ...]], StrokeProgram] = {}
        self._refused: dict[tuple[Path, str], ShaderError] = {}

    def get(self, brush: Brush | None, defines: tuple[str, ...]) -> StrokeProgram:
        """The program for a brush, or for plain color, with names that `#ifdef` finds defined.

        Raises:
            ShaderError: The brush does not compile and never did; the message names file and line.
        """
        path = brush.path if brush else None
        made = self._made.get((path, defines))
        if brush is None or path is None:
            if made is None:
                made = self._made[None, defines] = self._compile(None, defines)
            return made
        if made is not None and made.code == brush.code:
            self._note(path, brush.error)
            return made
        return self._renewed(brush, path, defines, made)

    def release(self) -> None:
        """Release every program."""
        for made in self._made.values():
            made.release()
        self._made.clear()

    def _renewed(
        self, brush: Brush, path: Path, defines: tuple[str, ...], old: StrokeProgram | None
    ) -> StrokeProgram:
        """Compile new code; keep the old program if it does not compile."""
        error = self._refused.get((path, brush.code))
        if error is None:
            try:
                made = self._compile(brush, defines)
            except ShaderError as refused:
                error = self._refused[path, brush.code] = refused
            else:
                if old is not None:
                    old.release()
                self._note(path, brush.error)
                self._made[path, defines] = made
                return made
        if old is None:
            raise error
        self.errors[path] = error
        return old

    def _note(self, path: Path, error: BrushError | None) -> None:
        if error is None:
            self.errors.pop(path, None)
        else:
            self.errors[path] = error

    def _compile(self, brush: Brush | None, defines: tuple[str, ...]) -> StrokeProgram:
        program = compile_stroke(self._ctx, brush, defines)
        members = {name: program[name] for name in program}
        attributes = {n: m.location for n, m in members.items() if isinstance(m, moderngl.Attribute)}
        vertices = vertex_array(self._ctx, program)
        return StrokeProgram(program, vertices, attributes, brush.code if brush else "")


def compile_stroke(ctx: moderngl.Context, brush: Brush | None, defines: tuple[str, ...]) -> moderngl.Program:
    """Compile one variant; the caller releases it.

    Raises:
        ShaderError: The driver refuses it; the message names file and line.
    """
    names = (*defines, "BRUSH") if brush else defines

    def read(wanted: str, _: str) -> tuple[str, str]:
        if wanted == "brush":
            return (str(brush.path), brush.code) if brush else ("brush", "")
        return wanted, shader_text(wanted)

    vertex, fragment = (
        assemble(file, shader_text(file), read, names)
        for file in ("strokes/strokes.vert", "strokes/strokes.frag")
    )
    return compile_program(ctx, vertex, fragment)


def set_uniforms(variant: StrokeProgram, brush: Brush) -> None:
    """Set the uniforms of a brush.

    Raises:
        BrushError: A uniform is declared with another number of values.
    """
    program = variant.program
    for name, value in brush.uniforms:
        if name not in program:  # declared and not used
            continue
        uniform = cast(moderngl.Uniform, program[name])
        given = len(value) if isinstance(value, tuple) else 1
        if uniform.dimension != given:
            if variant.code != brush.code:
                continue  # the last good program keeps its own number
            raise BrushError(f"{brush.path}: the uniform {name!r} takes {uniform.dimension}; got {value!r}")
        uniform.value = value
