"""Assemble shaders from files, and map a driver's messages back to these files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ReadInclude = Callable[[str, str], tuple[str, str]]
"""Find an included file: (name, file with the `#include`) to (file, text)."""

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
    """A shader is missing or does not compile; the message gives file, line and the driver's message."""


@dataclass(frozen=True, slots=True)
class Source:
    """One stage as it is compiled.

    Attributes:
        file: Its main file.
        lines: Its text with included files, by line.
        origins: The file and the line in it that each line comes from.
        files: Every file that was read for it.
    """

    file: str
    lines: tuple[str, ...]
    origins: tuple[tuple[str, int], ...]
    files: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text for the driver."""
        return "\n".join(self.lines) + "\n"


def assemble(file: str, text: str, read: ReadInclude, defines: Sequence[str] = ()) -> Source:
    """Replace the `#include` lines of a shader by the files, each file once.

    Args:
        file: Name of the shader in errors.
        text: Its text; without a `#version` in its first line it gets that of all shaders here.
        read: Finds included files.
        defines: Names that `#ifdef` finds defined.

    Raises:
        ShaderError: An included file is missing.
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
        # Without a version a driver assumes the oldest GLSL and refuses every `in` and `out`.
        lines.insert(0, VERSION)
        origins.insert(0, (file, 1))
    lines[1:1] = [f"#define {name}" for name in defines]
    origins[1:1] = [(file, 1)] * len(defines)
    return Source(file, tuple(lines), tuple(origins), tuple(seen))


class Declared(NamedTuple):
    """The declaration of a uniform.

    Attributes:
        type: The name of its type.
        length: Length of the array, 1 if it is not an array, 0 if the text does not give it.
    """

    type: str
    length: int = 1


def declared_uniforms(source: Source) -> dict[str, Declared]:
    """The uniforms that a stage declares, used or not."""
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
    """Rewrite a driver's log so that each error starts with its file and line.

    Args:
        log: What moderngl raised: a title, the stage, then the driver's lines.
        vertex: The vertex stage.
        fragment: The fragment stage.

    Returns:
        One line per error, such as "strokes.frag:12: error: …". A log without line numbers is kept whole.
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
    # Drivers may point past the end, where something is missing.
    file, number = stage.origins[min(max(line, 1), len(stage.origins)) - 1]
    return f"{file}:{number}"
