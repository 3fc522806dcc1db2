"""Presets: the values of parameters in a TOML file next to the sketch, a table each.

    [1]
    speed = 3.0
    ink = "#ffb454"

The file may be edited by hand while the sketch runs. A damaged one never ends a show: what can be read is
used, and a line says what cannot.
"""

import json
import math
import os
import re
import sys
import threading
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from sketch.live.parameters_kinds import plain
from sketch.resources import PACKAGE, file_of

LARGEST = 1 << 20
"""Bytes of a file; a larger one is not read."""

_HEADER = re.compile(r"^[ \t]*\[(?P<key>[^\[\]]*)\]", re.MULTILINE)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PATIENCE = 5.0


class PresetsError(Exception):
    """Presets cannot be read or written; the message is one line and says why."""


def presets_file(sketch: object, home: Path) -> Path:
    """The file for a sketch's presets: `NAME.presets.toml` next to `NAME.py`.

    For a sketch in an installed package, or one typed into a prompt, it is in `home`.
    """
    source = file_of(sketch)
    name = f"{source.stem if source.is_file() else 'sketch'}.presets.toml"
    installed = PACKAGE in source.parents or Path(sys.prefix).resolve() in source.parents
    return home / name if installed or not source.is_file() else source.with_name(name)


def read_presets(path: Path) -> dict[str, dict[str, Any]]:
    """The tables of a file by name; none if there is no file.

    Raises:
        PresetsError: It cannot be read, or it is not TOML.
    """
    try:
        if not path.exists():
            return {}
        if not path.is_file() or path.stat().st_size > LARGEST:
            raise PresetsError(f"{path.name} is no ordinary file of at most 1 MB: Inkloop does not read it")
        return _tables(path.read_bytes().decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise PresetsError(f"{path.name} cannot be read ({_why(error)}): mend it, or save a preset") from None


def _tables(text: str) -> dict[str, dict[str, Any]]:
    found = tomllib.loads(text)
    return {
        name: dict(_flat(cast(Mapping[str, Any], table)))
        for name, table in found.items()
        if isinstance(table, dict)
    }


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """The values of a table; those of tables in it have its name before theirs, as in "letters.hold"."""
    rows: list[tuple[str, Any]] = []
    for name, value in table.items():
        inner = isinstance(value, dict)
        rows += (
            _flat(cast(Mapping[str, Any], value), f"{prefix}{name}.")
            if inner
            else [(f"{prefix}{name}", value)]
        )
    return rows


def with_preset(text: str, name: str, values: Mapping[str, Any]) -> str:
    """The text of a file in which one table is another; the rest stays as it is written.

    Args:
        text: Valid TOML.
        name: Of the table.
        values: Its new values; what else the old table has stays.

    Raises:
        ValueError: The old table is written in another form.
    """
    before = tomllib.loads(text)
    table = {**_tables(text).get(name, {}), **{key: plain(value) for key, value in values.items()}}
    chunk = f"[{_key(name)}]\n" + "".join(f"{_key(key)} = {_toml(value)}\n" for key, value in table.items())
    for start, end in _places(text, name):
        head, tail = text[:start], text[end:]
        head = f"{head.rstrip()}\n\n" if head.strip() else ""
        new = f"{head}{chunk}" + (f"\n{tail.lstrip()}" if tail.strip() else "")
        with suppress(tomllib.TOMLDecodeError):
            found = tomllib.loads(new)
            # As texts, since NaN equals nothing.
            others = [{key: each[key] for key in each if key != name} for each in (before, found)]
            if repr(others[0]) == repr(others[1]) and repr(_tables(new).get(name)) == repr(table):
                return new
    raise ValueError(f"[{name}] is written in a form that Inkloop cannot exchange: write it as a table")


def _places(text: str, name: str) -> list[tuple[int, int]]:
    """Where a table may stand in a text, with the tables in it; at last, the end, for a new one.

    What looks like a header may be a line of a longer text.
    """
    headers = [*_HEADER.finditer(text)]
    firsts = [header["key"].split(".")[0].strip().strip("\"'") for header in headers]
    places: list[tuple[int, int]] = []
    for place, header in enumerate(headers):
        if firsts[place] == name:
            after = (headers[at].start() for at in range(place, len(headers)) if firsts[at] != name)
            places.append((header.start(), next(after, len(text))))
    return [*places, (len(text), len(text))]


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    # TOML has JSON's escapes, and forbids the control character DEL, which JSON writes as it is.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in cast(list[Any], value))}]"
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, int | float):
        return repr(value)
    # A date or a time, which only a hand writes.
    return value.isoformat() if hasattr(value, "isoformat") else _quoted(str(value))


class Presets:
    """The presets of a sketch. They are written in the background, so that no frame waits for a disk.

    Args:
        path: The file; it is read again when it has changed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tables: dict[str, dict[str, Any]] = {}
        self._lines: list[str] = []
        self._stamp: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._waiting: dict[str, dict[str, Any]] = {}
        self._writer: threading.Thread | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read the file again if it has changed and nothing waits to be written."""
        with self._lock:
            if self._waiting or self._writer is not None:
                return
            stamp = _stamp_of(self.path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            try:
                self.tables = read_presets(self.path)
            except PresetsError as error:
                # What was read before stays.
                self._lines.append(str(error))

    def save(self, name: str, values: Mapping[str, Any]) -> None:
        """Keep values under a name, and begin to write them; a message says when they are on the disk."""
        plain_values = {key: plain(value) for key, value in values.items()}
        self.tables[name] = {**self.tables.get(name, {}), **plain_values}
        with self._lock:
            self._waiting[name] = plain_values
            if self._writer is None:
                self._writer = threading.Thread(target=self._write, name="presets", daemon=True)
                self._writer.start()

    def messages(self) -> list[str]:
        """Messages for the user since the last call, a line each."""
        if not self._lines:
            return []
        with self._lock:
            lines, self._lines = self._lines, []
        return lines

    def close(self) -> list[str]:
        """Wait a moment until everything is written; return the last messages."""
        writer = self._writer
        if writer is not None:
            writer.join(_PATIENCE)
            if writer.is_alive():
                return [*self.messages(), f"{self.path.name} is not written yet: the disk seems to hang"]
        return self.messages()

    def _write(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._writer = None
                    return
                waiting, self._waiting = self._waiting, {}
            names = ", ".join(waiting)
            try:
                lines = write_presets(self.path, waiting)
                lines.append(f"preset {names} saved in {self.path.name}")
            except OSError as error:
                lines = [f"preset {names} is not on the disk ({_why(error)}), only in memory: save it again"]
            except Exception as error:  # the thread must not end with the others waiting
                lines = [f"preset {names} is not written ({_why(error)})"]
            stamp = _stamp_of(self.path)
            with self._lock:
                self._lines += lines
                self._stamp = stamp


def write_presets(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write tables into a file, whole or not at all; other tables and comments stay.

    A file that is damaged is renamed, never overwritten.

    Returns:
        Messages for the user.

    Raises:
        OSError: It cannot be written.
        PresetsError: There is something else than a file.
        ValueError: A table is written in a form that cannot be exchanged.
    """
    lines: list[str] = []
    text = ""
    if path.exists():
        try:
            read_presets(path)
            text = path.read_bytes().decode("utf-8-sig")
        except PresetsError:
            if not path.is_file():
                raise
            aside = _free(path)
            path.rename(aside)
            lines.append(f"{path.name} was damaged: Inkloop keeps it as {aside.name} and begins a new file")
    for name, values in tables.items():
        text = with_preset(text, name, values)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    return lines


def _free(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    return found


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _why(error: BaseException) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error or type(error).__name__).split())[:200]
