"""Look at the files of a running sketch, and report those that were saved."""

import os
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from sketch.failures import QuietError
from sketch.live.versions import IncompleteError, Stamp, Version, read_version, stamp_of, version_of

PATIENCE = 0.3
"""Seconds after its last change in which a file that does not compile may still be half saved."""

PAUSE = 0.01

Event: TypeAlias = tuple[Literal["known", "version", "toml", "problem", "gone", "dead"], Any]
"""What happened: "known" and "version" with the row of a `Version`, "toml" with the name by which it is read
and its path, "problem" with the row of `problem_row`, "gone" with a path, "dead" with a message."""


@dataclass(slots=True)
class _File:
    name: str
    needs: str
    stamp: Stamp
    source: str | None
    due: float | None = None
    event: Event | None = None
    is_reported: bool = False


class Looker:
    """Knows the files of a sketch and what was last read from them.

    Args:
        send: Takes what was saved at the same time.
        now: Seconds on a clock.
        pause: Waits so many seconds.
    """

    def __init__(
        self,
        send: Callable[[list[Event]], None],
        now: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._send = send
        self._now = now
        self._pause = pause
        self._modules: dict[str, _File] = {}
        self._tomls: dict[str, _File] = {}

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        """Follow a module, and the TOML files that its texts name.

        Args:
            file: Its path.
            source: Its text as it was loaded.
            needs: As for `read_version`.
            folder: Where a relative name of a TOML file is looked for.
        """
        known = _File("", needs, stamp_of(file), source)
        # A file that was saved since it was loaded is read at the next look.
        if _text(file) != source:
            known.stamp = None
        self._modules[file] = known
        try:
            version = version_of(file, source)
        except (SyntaxError, ValueError, IncompleteError):
            version = Version(file, source, ())
        self._follow_tomls(version, folder)
        self._send([("known", version.row())])

    def folders(self) -> list[str]:
        """The folders of all files."""
        return sorted({os.path.dirname(file) or "." for file in [*self._modules, *self._tomls]})

    def look(self) -> None:
        """Read what was saved; wait for a file that is half saved."""
        while True:
            events = [*self._look_at(self._modules, self._read), *self._look_at(self._tomls, self._read_toml)]
            if events:
                self._send(events)
            if all(each.due is None for each in [*self._modules.values(), *self._tomls.values()]):
                return
            self._pause(PAUSE)

    def _look_at(
        self, files: dict[str, _File], read: Callable[[str, _File], Event | None]
    ) -> Iterable[Event]:
        for path, file in [*files.items()]:
            stamp = stamp_of(path)
            if stamp != file.stamp:
                file.stamp, file.due = stamp, self._now() + PATIENCE
                event = read(path, file)
                if event is None or event[0] in ("version", "toml"):
                    file.due, file.is_reported = None, False
                    if event is not None:
                        yield event
                file.event = event
            elif file.due is not None and self._now() >= file.due:
                file.due, file.is_reported = None, True
                if file.event is not None:
                    yield file.event

    def _read(self, path: str, file: _File) -> Event | None:
        """Read a module: a version, a problem, or None if it is what it was."""
        try:
            version = read_version(path, file.needs)
        except FileNotFoundError:
            return ("gone", path)
        except (SyntaxError, ValueError, IncompleteError, OSError, RecursionError, MemoryError) as error:
            return ("problem", problem_row(path, error))
        if version.source == file.source and not file.is_reported:
            return None
        file.source = version.source
        folder = next((os.path.dirname(each) for each in self._modules), "")
        self._follow_tomls(version, folder)
        return ("version", version.row())

    def _read_toml(self, path: str, file: _File) -> Event | None:
        try:
            text = Path(path).read_text(encoding="utf-8")
            if not text.strip():
                raise IncompleteError(f"{os.path.basename(path)} is empty")
            tomllib.loads(text)
        except FileNotFoundError:
            return ("gone", path)
        except (ValueError, IncompleteError, OSError, RecursionError) as error:
            return ("problem", problem_row(path, error))
        if text == file.source and not file.is_reported:
            return None
        file.source = text
        return ("toml", (file.name, path))

    def _follow_tomls(self, version: Version, folder: str) -> None:
        names = {name for part in version.parts for name in part.reads | part.later}
        for name in names:
            if name.startswith("file:"):
                path = os.path.join(folder, name.removeprefix("file:"))
                if path not in self._tomls:
                    self._tomls[path] = _File(name, "", stamp_of(path), _text(path))


def _text(path: str) -> str | None:
    """The text of a file; None if there is none."""
    from importlib.util import decode_source

    try:
        return decode_source(Path(path).read_bytes())
    except (OSError, ValueError, SyntaxError):
        return None


def problem_row(path: str, error: BaseException) -> tuple[Any, ...]:
    """An error in a file, as plain values: path, kind, message, and the place of a syntax error."""
    if isinstance(error, SyntaxError):
        place = (error.lineno, error.offset, error.text, error.end_lineno, error.end_offset)
        return (path, type(error).__name__, error.msg, place)
    return (path, type(error).__name__, str(error), None)


class SavedError(QuietError):
    """A file that was saved cannot be used; the message says why."""


def problem_of(row: tuple[Any, ...]) -> tuple[str, Exception]:
    """The path and the error that `problem_row` wrote."""
    path, kind, message, place = row
    if place is not None:
        known = {"IndentationError": IndentationError, "TabError": TabError}
        return path, known.get(kind, SyntaxError)(message, (path, *place))
    return path, SavedError(message)
