"""Find the files that a sketch asks for: pictures, fonts, shaders, brushes.

A relative path is searched next to the file of the running sketch, then in the current folder, so a sketch
finds its files wherever it is started from.
"""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from sketch.scalars import as_path

_running: list[Path] = []
"""Folders of the running sketches, the innermost last.

One list for the process, like the current folder: code that asks for a file, such as a class or a thread,
often has no access to the sketch."""

_PACKAGE = Path(__file__).resolve().parent


Gate: TypeAlias = Callable[[str, tuple[Path, ...], tuple[Path, ...]], bool]
"""Takes what is drawn with the files ("shader" or "brush"), the files that name it, and every file it was
read from; returns whether they may be read again in this frame."""

_gates: list[Gate] = []
"""Of the running sketches, the innermost last; one list for the process, as for the folders."""


class MissingAssetError(FileNotFoundError):
    """A file was not found; the message names every place that was searched."""


@contextmanager
def asset_folder(folder: Path | None) -> Generator[None]:
    """Search a folder first within a `with` block; None changes nothing."""
    if folder is None:
        yield
        return
    _running.append(folder)
    try:
        yield
    finally:
        _running.remove(folder)


def asset_path(path: str | os.PathLike[str]) -> Path:
    """Find a file that a sketch asks for.

        film = Video(sketch.asset_path("film.mp4"))

    Args:
        path: Absolute, or relative to the sketch's file or else to the current folder.

    Returns:
        An existing file or folder.

    Raises:
        MissingAssetError: It does not exist; the message names the places that were searched.
        TypeError: The path is neither a text nor a `Path`.
    """
    path = as_path("a file's path", path)
    tried: list[Path] = []
    for folder in _folders():
        candidate = folder / path
        if candidate not in tried:
            tried.append(candidate)
        if _exists(candidate):
            return candidate
    raise MissingAssetError(f"there is no file {' or '.join(map(str, tried))}")


def written(path: Path) -> tuple[int, int] | None:
    """The time a file was written, in nanoseconds, and its size in bytes; None if it does not exist."""
    try:
        found = path.stat()
    except (OSError, ValueError):  # the latter for a name with a zero in it
        return None
    return found.st_mtime_ns, found.st_size


@contextmanager
def reading_gate(gate: Gate) -> Generator[None]:
    """Ask a function within a `with` block before files that were saved are read again."""
    _gates.append(gate)
    try:
        yield
    finally:
        _gates.remove(gate)


def may_be_read(kind: str, files: tuple[Path, ...], paths: tuple[Path, ...]) -> bool:
    """Whether files that were saved may be read again in this frame; see `Gate`."""
    return not _gates or _gates[-1](kind, files, paths)


def _folders() -> list[Path]:
    found = _running[-1:]
    if not found:
        # A script that Python runs may ask for pictures before it calls `run`.
        main = getattr(sys.modules.get("__main__"), "__file__", None)
        source = Path(main).resolve() if main else None
        if source and _PACKAGE not in source.parents and Path(sys.prefix).resolve() not in source.parents:
            found = [source.parent]
    return [*found, Path.cwd()]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero in it
        return False
