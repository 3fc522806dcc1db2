"""Programs that run over a whole frame: those that come with Inkloop, and an author's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias, cast

import moderngl
import numpy as np

from sketch.render.buffers import vertex_array
from sketch.render.shaders import ShaderError, compile_program, load_program, shader_text

VERTEX = "frame.vert"

Drawable: TypeAlias = tuple[moderngl.Program, moderngl.VertexArray]
"""A program, and what draws it over everything."""

_GIVEN = ("picture", "size")


class Programs:
    """Programs by the fragment stage they have, each compiled when it is first asked for.

    Args:
        ctx: The context to compile in.

    Attributes:
        complaints: Of authors' shaders that were changed and do not compile: what is wrong, by file.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._shipped: dict[tuple[str, ...], Drawable] = {}
        self._own: dict[Path, Drawable] = {}
        self._written: dict[Path, int] = {}
        self.complaints: dict[Path, str] = {}

    def shipped(self, fragment: str, defines: tuple[str, ...] = ()) -> Drawable:
        """A program of Inkloop's own, by the file name of its fragment stage."""
        key = (fragment, *defines)
        if key not in self._shipped:
            self._shipped[key] = self._drawable(load_program(self._ctx, VERTEX, fragment, defines))
        return self._shipped[key]

    def own(self, path: Path, values: Mapping[str, Any]) -> Drawable:
        """An author's program, compiled again when its file was written since.

        Where a changed file does not compile, the last program that did stays, and `complaints` says why.

        Args:
            path: The file of the fragment stage.
            values: Uniforms that it is going to be handed.

        Raises:
            ShaderError: There is no such file, it does not compile, or it has no such uniform.
        """
        if not path.is_file():
            raise ShaderError(f"there is no shader {str(path)!r}")
        written = path.stat().st_mtime_ns
        if self._written.get(path) != written:
            self._written[path] = written
            self._compile(path)
        program = self._own[path][0]
        for name in values:
            if name not in program:
                has = [u for u in program if isinstance(program[u], moderngl.Uniform) and u not in _GIVEN]
                raise ShaderError(f"{path.name} uses no uniform {name!r}; it uses {', '.join(has) or 'none'}")
        return self._own[path]

    def release(self) -> None:
        """Give the GPU's resources back."""
        for drawable in (*self._shipped.values(), *self._own.values()):
            _release(drawable)
        self._shipped.clear()
        self._own.clear()
        self._written.clear()

    def _compile(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        try:
            program = compile_program(self._ctx, (VERTEX, shader_text(VERTEX)), (path.name, text))
        except ShaderError as error:
            if path not in self._own:
                del self._written[path]
                raise
            self.complaints[path] = str(error)
            return
        if path in self._own:
            _release(self._own.pop(path))
        self._own[path] = self._drawable(program)
        self.complaints.pop(path, None)

    def _drawable(self, program: moderngl.Program) -> Drawable:
        return (program, vertex_array(self._ctx, program))


def set_uniform(program: moderngl.Program, name: str, value: Any) -> None:
    """Hand a program a number, a tuple of them, or a float32 array."""
    if isinstance(value, np.ndarray):
        cast(Any, program[name]).write(value.tobytes())
    else:
        program[name] = value


def _release(drawable: Drawable) -> None:
    program, vertices = drawable
    vertices.release()
    program.release()
