"""Shader text put together from files, and what a driver says about it led back to them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ReadInclude = Callable[[str, str], tuple[str, str]]
"""Finds what `#include` asks for: (name, file it stands in) to (file, text)."""

VERSION = "#version 330 core"

_INCLUDE = re.compile(r'^\s*#\s*include\s*["<](?P<name>[^">]+)[">]\s*(?://.*)?$')
_VERSION = re.compile(r"^\s*#\s*version\b")
_UNIFORM = re.compile(
    r"(?:^|;)\s*uniform\s+(?:(?:lowp|mediump|highp)\s+)?(?P<type>\w+)\s+(?P<names>[^;]+)(?=;)"
)
_CONSTANT = re.compile(
    r"^\s*(?:#\s*define\s+|const\s+u?int\s+)(?P<name>\w+)\s*=?\s*(?P<value>\d+)u?\s*;?\s*(?://.*)?$"
)
_LINE_IN_LOG = re.compile(
    r"^\s*(?:ERROR:\s*)?\d+(?::(?P<colon>\d+)|\((?P<paren>\d+)\))(?:\(\d+\))?\s*:\s*(?P<message>.+)$"
)
"""Mesa writes `0:4(7): error: …`, NVIDIA `0(4) : error …`, Apple, AMD and Intel `ERROR: 0:4: …`."""


class ShaderError(RuntimeError):
    """A shader is missing or does not compile; the message names file and line in the driver's words."""


@dataclass(frozen=True, slots=True)
class Source:
    """One stage as it is compiled.

    Attributes:
        file: The file it was written in.
        lines: Its text, what it includes pasted in, by line.
        origins: The file and the line there that each of them comes from.
        files: Every file that had a part in it.
    """

    file: str
    lines: tuple[str, ...]
    origins: tuple[tuple[str, int], ...]
    files: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the driver reads."""
        return "\n".join(self.lines) + "\n"


def assemble(file: str, text: str, read: ReadInclude, defines: Sequence[str] = ()) -> Source:
    """Paste in what a shader includes, each file once, however often it is asked for.

    Args:
        file: What errors call the shader.
        text: Its text; the first line says the version, or it is that of every shader here.
        read: Finds what it includes.
        defines: Names that `#ifdef` finds defined.

    Raises:
        ShaderError: A file that it includes is missing.
    """
    lines: list[str] = []
    origins: list[tuple[str, int]] = []
    seen = [file]

    def paste(name: str, content: str) -> None:
        for number, line in enumerate(content.splitlines(), 1):
            asked = _INCLUDE.match(line)
            if asked is None:
                lines.append(line)
                origins.append((name, number))
                continue
            try:
                found, inside = read(asked["name"], name)
            except ShaderError as error:
                raise ShaderError(f"{name}:{number}: {error}") from error
            if found not in seen:
                seen.append(found)
                paste(found, inside)

    paste(file, text)
    if not any(map(_VERSION.match, lines)):
        # Without one a driver takes the text for the oldest GLSL and complains of every `in` and `out`.
        lines.insert(0, VERSION)
        origins.insert(0, (file, 1))
    lines[1:1] = [f"#define {name}" for name in defines]
    origins[1:1] = [(file, 1)] * len(defines)
    return Source(file, tuple(lines), tuple(origins), tuple(seen))


class Declared(NamedTuple):
    """A uniform as it is declared.

    Attributes:
        type: The name of its type.
        length: How long the array is, 1 if it is none, 0 if the text does not tell.
    """

    type: str
    length: int = 1


def declared_uniforms(source: Source) -> dict[str, Declared]:
    """The uniforms that a stage declares, each on a line of its own or several of a type, used or not."""
    found: dict[str, Declared] = {}
    constants = {match["name"]: match["value"] for match in map(_CONSTANT.match, source.lines) if match}
    for line in source.lines:
        for match in _UNIFORM.finditer(line):
            for each in match["names"].split(","):
                name, _, rest = each.split("=")[0].strip().partition("[")
                length = rest.partition("]")[0].strip() or "1"
                length = constants.get(length, length)
                found[name.strip()] = Declared(match["type"], int(length) if length.isdigit() else 0)
    return found


def explain(log: str, vertex: Source, fragment: Source) -> str:
    """Rewrite a driver's log so that each complaint starts with the file and line it is about.

    Args:
        log: What moderngl raised: a title, the stage at fault, then the driver's lines.
        vertex: The vertex stage.
        fragment: The fragment stage.

    Returns:
        One line a complaint, as "strokes.frag:12: error: …". A log that names no line is kept whole.
    """
    stage = fragment if "fragment_shader" in log else vertex if "vertex_shader" in log else None
    found = [match for match in map(_LINE_IN_LOG.match, log.splitlines()) if match]
    if stage is None or not found:
        return f"{stage.file if stage else f'{vertex.file} + {fragment.file}'}: {log.strip()}"
    return "\n".join(
        f"{_origin(stage, int(match['colon'] or match['paren']))}: {match['message'].strip()}"
        for match in found
    )


def _origin(stage: Source, line: int) -> str:
    # Drivers may point past the end, at what is missing there.
    file, number = stage.origins[min(max(line, 1), len(stage.origins)) - 1]
    return f"{file}:{number}"
