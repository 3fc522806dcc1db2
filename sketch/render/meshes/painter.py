"""Paint meshes and rectangles: in the colors of their vertices, with a texture, or by an author's shader."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from weakref import ref

import moderngl
from numpy.typing import NDArray

from sketch.arrays import Floats
from sketch.render.gl.buffers import GrowingBuffer, vertex_array
from sketch.render.gl.glsl import Declared, ShaderError
from sketch.render.gl.programs import Drawable, drawable
from sketch.render.gl.shaders import compile_program
from sketch.render.gl.uniforms import set_uniform
from sketch.render.matrix import Matrix
from sketch.render.meshes.shader import VERTEX, Shader

Numbers = Mapping[str, NDArray[Any]]

VERTEX_FLOATS = 8
"""x, y in the author's coordinates; texture coordinates; red, green, blue, alpha, not premultiplied."""

_KINDS = {
    "triangles": moderngl.TRIANGLES,
    "triangle_strip": moderngl.TRIANGLE_STRIP,
    "triangle_fan": moderngl.TRIANGLE_FAN,
}


@dataclass(slots=True, eq=False)
class _Compiled:
    owner: "ref[Shader]"
    version: int
    drawable: Drawable
    declared: Mapping[str, Declared]
    numbers: Numbers


class ShadedPainter:
    """Draws vertices as triangles.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._buffer = GrowingBuffer(ctx)
        self._plain = drawable(ctx, VERTEX, "meshes/textured.frag", (), self._bound)
        self._textured = drawable(ctx, VERTEX, "meshes/textured.frag", ("TEXTURED",), self._bound)
        self._compiled: dict[int, _Compiled] = {}

    def paint(
        self,
        vertices: Floats,
        mode: str,
        matrix: Matrix,
        size: tuple[int, int],
        texture: moderngl.Texture | None = None,
    ) -> None:
        """Draw with the current blending into the current framebuffer.

        Args:
            vertices: Float32 array of shape (m, 8).
            mode: "triangles", "triangle_strip" or "triangle_fan".
            matrix: From the author's coordinates to pixels.
            size: Of the framebuffer, in pixels.
            texture: Premultiplied; tinted by the vertices' colors.
        """
        if texture is not None:
            texture.use(0)
        self._draw(self._plain if texture is None else self._textured, vertices, mode, matrix, size)

    def shade(
        self,
        vertices: Floats,
        mode: str,
        matrix: Matrix,
        size: tuple[int, int],
        shader: Shader,
        pictures: Mapping[str, moderngl.Texture],
    ) -> None:
        """Draw by an author's shader, which `ready` compiled; the rest as for `paint`."""
        compiled = self._compiled[id(shader)]
        program = compiled.drawable.program
        for unit, (name, texture) in enumerate(pictures.items()):
            if name in program:
                texture.use(unit)
                program[name] = unit
        for name, numbers in compiled.numbers.items():
            set_uniform(program, name, numbers)
        self._draw(compiled.drawable, vertices, mode, matrix, size)

    def ready(self, shader: Shader) -> None:
        """Compile a shader that is new or was changed.

        If a changed shader does not compile or fit its uniforms, the last good version stays in use and
        `shader.error` says why.

        Raises:
            ShaderError: A new shader does not compile.
        """
        shader.refresh()
        kept = self._compiled.get(id(shader))
        if kept is not None and kept.owner() is not shader:
            self._compiled.pop(id(shader)).drawable.release()  # a shader that is gone had the same address
            kept = None
        if kept is None or kept.version != shader.version:
            kept = self._renewed(shader, kept)
        # Uniforms that were set for a newer version may not fit the last good one.
        with suppress(ValueError, TypeError):
            kept.numbers = shader.numbers(kept.declared)

    def forget(self) -> None:
        """Release the shaders that are gone: not in a finalizer, which may have no context."""
        for key in [key for key, compiled in self._compiled.items() if compiled.owner() is None]:
            self._compiled.pop(key).drawable.release()

    def release(self) -> None:
        """Release the GPU resources."""
        for compiled in self._compiled.values():
            compiled.drawable.release()
        self._compiled.clear()
        for part in (self._plain, self._textured, self._buffer):
            part.release()

    def _renewed(self, shader: Shader, kept: _Compiled | None) -> _Compiled:
        try:
            made = self._made(shader)
        except (ShaderError, ValueError, TypeError) as error:
            if kept is None:
                raise
            if isinstance(error, ShaderError):
                kept.version = shader.version  # not tried again until the file changes
            shader.error = str(error)
            return kept
        if kept is not None:
            kept.drawable.release()
        shader.error = None
        self._compiled[id(shader)] = made
        return made

    def _made(self, shader: Shader) -> _Compiled:
        declared = shader.declared
        numbers = shader.numbers(declared)
        program = compile_program(self._ctx, *shader.stages)
        drawn = Drawable(program, self._bound(program))
        return _Compiled(ref(shader), shader.version, drawn, declared, numbers)

    def _bound(self, program: moderngl.Program) -> moderngl.VertexArray:
        # A stage that does not use an attribute does not have it, and its bytes are skipped.
        layout = (("point", "2f", "8x"), ("texcoord", "2f", "8x"), ("color", "4f", "16x"))
        used = [(name, size) for name, size, _ in layout if name in program]
        form = " ".join(size if name in program else gap for name, size, gap in layout)
        return vertex_array(self._ctx, program, (self._buffer.buffer, form, *(name for name, _ in used)))

    def _draw(
        self,
        drawn: Drawable,
        vertices: Floats,
        mode: str,
        matrix: Matrix,
        size: tuple[int, int],
    ) -> None:
        if len(vertices) == 0:
            return
        program, arrays = drawn
        self._buffer.upload(vertices, vertices.nbytes)
        for name, value in (("frame_size", size), ("frame_axes", matrix[:4]), ("frame_origin", matrix[4:])):
            if name in program:
                program[name] = value
        arrays.render(_KINDS[mode], vertices=len(vertices))
