"""Where the shaders are, and what is wrong with one that does not compile."""

import re
from collections.abc import Sequence
from pathlib import Path

import moderngl

_HERE = Path(__file__).resolve().parent
# An installed wheel carries the folder inside the package; a checkout has it beside the package.
_FOLDERS = (_HERE.parent / "_data" / "shaders", _HERE.parents[1] / "shaders")

_LINE_IN_LOG = re.compile(
    r"^\s*(?:ERROR:\s*)?\d+(?::(?P<colon>\d+)|\((?P<paren>\d+)\))(?:\(\d+\))?\s*:\s*(?P<message>.+)$"
)
"""Mesa writes `0:4(7): error: …`, NVIDIA `0(4) : error …`, Apple, AMD and Intel `ERROR: 0:4: …`."""


class ShaderError(RuntimeError):
    """A shader is missing or does not compile; the message names file and line in the driver's words."""


def shader_text(name: str) -> str:
    """Read a shader that comes with Inkloop.

    Args:
        name: File name in the folder `shaders/`, such as "strokes.frag".

    Raises:
        ShaderError: There is no such file.
    """
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise ShaderError(f"there is no shader {name!r} in {' or '.join(map(str, _FOLDERS))}")


def load_program(
    ctx: moderngl.Context, vertex: str, fragment: str, defines: Sequence[str] = ()
) -> moderngl.Program:
    """Compile two shaders that come with Inkloop into one program; whoever asked for it releases it.

    Args:
        ctx: The context to compile in.
        vertex: File name of the vertex stage.
        fragment: File name of the fragment stage.
        defines: Names that `#ifdef` finds defined in both stages.

    Raises:
        ShaderError: A file is missing, or the driver refuses one; says which line of which file.
    """
    stages = [(name, with_defines(shader_text(name), defines)) for name in (vertex, fragment)]
    return compile_program(ctx, stages[0], stages[1])


def with_defines(text: str, defines: Sequence[str]) -> str:
    """Define names after the first line, which has to say the version; line numbers stay as they were."""
    version, _, rest = text.partition("\n")
    return "\n".join([version, *(f"#define {name}" for name in defines), "#line 2", rest])


def compile_program(
    ctx: moderngl.Context, vertex: tuple[str, str], fragment: tuple[str, str]
) -> moderngl.Program:
    """Compile two stages, each given as its file name and its text.

    Raises:
        ShaderError: The driver refuses one; says which line of which file.
    """
    try:
        return ctx.program(vertex_shader=vertex[1], fragment_shader=fragment[1])
    except moderngl.Error as error:
        raise ShaderError(explain(str(error), vertex[0], fragment[0])) from error


def explain(log: str, vertex: str, fragment: str) -> str:
    """Rewrite a driver's log so that each complaint starts with the file and line it is about.

    Args:
        log: What moderngl raised: a title, the stage at fault, then the driver's lines.
        vertex: File name of the vertex stage.
        fragment: File name of the fragment stage.

    Returns:
        One line a complaint, as "strokes.frag:12: error: …". A log that names no line is kept whole.
    """
    file = (
        fragment
        if "fragment_shader" in log
        else vertex
        if "vertex_shader" in log
        else f"{vertex} + {fragment}"
    )
    found = [match for match in map(_LINE_IN_LOG.match, log.splitlines()) if match]
    if not found:
        return f"{file}: {log.strip()}"
    return "\n".join(
        f"{file}:{match['colon'] or match['paren']}: {match['message'].strip()}" for match in found
    )
