"""Read a version of a module, in the process of the sketch or in the one that watches its files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import decode_source
from pathlib import Path
from typing import Any, TypeAlias

from sketch.live.statements import Part, parts_of

Stamp: TypeAlias = tuple[int, int, int] | None


class IncompleteError(Exception):
    """A file has nothing in it, or not the sketch that is running: it may be half saved."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a module's source.

    Attributes:
        file: Its path, as tracebacks name it.
        source: The text.
        parts: Its statements.
    """

    file: str
    source: str
    parts: tuple[Part, ...]

    def row(self) -> tuple[Any, ...]:
        """The version as plain values, which marshal can write."""
        return (self.file, self.source, [part.row() for part in self.parts])

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Version":
        """The version that `row` wrote."""
        file, source, parts = row
        return cls(file, source, tuple(map(Part.of_row, parts)))


def read_version(file: str, needs: str = "") -> Version:
    """Read a module as it is on the disk.

    Args:
        file: Its path.
        needs: A class that it must define, or "setup or draw".

    Raises:
        OSError: It cannot be read.
        SyntaxError: It is not Python.
        ValueError: It is not text.
        IncompleteError: It is empty or does not define what it must.
    """
    return version_of(file, decode_source(Path(file).read_bytes()), needs)


def version_of(file: str, source: str, needs: str = "") -> Version:
    """A version of this text; the rest as for `read_version`."""
    parts = parts_of(source, file)
    names = {name for part in parts for name in part.names}
    if not source.strip():
        raise IncompleteError(f"{os.path.basename(file)} is empty")
    if needs and not names.intersection(needs.split(" or ")) and "*" not in names:
        raise IncompleteError(f"{os.path.basename(file)} no longer defines {needs}, which is running")
    return Version(file, source, parts)


def stamp_of(file: str) -> Stamp:
    """What changes when a file is written or replaced; None without a file."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)
