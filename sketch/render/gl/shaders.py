"""Find and compile shaders."""

from collections.abc import Sequence
from pathlib import Path

import moderngl

from sketch.render.gl.glsl import ShaderError, Source, assemble, explain

__all__ = ["ShaderError", "compile_program", "load_program", "shader_source", "shader_text"]

_SKETCH = Path(__file__).resolve().parents[2]
# An installed wheel carries the folder inside the package; a checkout has it next to the package.
_FOLDERS = (_SKETCH / "_data" / "shaders", _SKETCH.parent / "shaders")


def shader_text(name: str) -> str:
    """Read a shader that comes with Inkloop.

    Args:
        name: File name in the folder `shaders/`, such as "strokes/strokes.frag".

    Raises:
        ShaderError: There is no such file.
    """
    return shader_path(name).read_text(encoding="utf-8")


def shader_path(name: str) -> Path:
    """Path of a shader that comes with Inkloop.

    Raises:
        ShaderError: There is no such file.
    """
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return folder / name
    raise ShaderError(f"there is no shader {name!r} in {' or '.join(map(str, _FOLDERS))}")


def shader_source(name: str, defines: Sequence[str] = ()) -> Source:
    """A shader that comes with Inkloop, with its included files.

    Args:
        name: File name in the folder `shaders/`.
        defines: Names that `#ifdef` finds defined.

    Raises:
        ShaderError: A file is missing.
    """
    return assemble(name, shader_text(name), _own, defines)


def load_program(
    ctx: moderngl.Context, vertex: str, fragment: str, defines: Sequence[str] = ()
) -> moderngl.Program:
    """Compile two shaders that come with Inkloop into one program; the caller releases it.

    Args:
        ctx: The context to compile in.
        vertex: File name of the vertex stage.
        fragment: File name of the fragment stage.
        defines: Names that `#ifdef` finds defined in both stages.

    Raises:
        ShaderError: A file is missing, or the driver refuses one; the message names file and line.
    """
    return compile_program(ctx, shader_source(vertex, defines), shader_source(fragment, defines))


def compile_program(ctx: moderngl.Context, vertex: Source, fragment: Source) -> moderngl.Program:
    """Compile two assembled stages into one program; the caller releases it.

    Raises:
        ShaderError: The driver refuses one; the message names file and line.
    """
    try:
        return ctx.program(vertex_shader=vertex.text, fragment_shader=fragment.text)
    except moderngl.Error as error:
        raise ShaderError(explain(str(error), vertex, fragment)) from error


def _own(wanted: str, _: str) -> tuple[str, str]:
    return wanted, shader_text(wanted)
