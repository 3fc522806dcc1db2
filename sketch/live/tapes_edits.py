"""Edits of a sketch's files in a tape: written as they are swapped in, and swapped in again by a replay."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sketch.live.looking import Event, problem_row
from sketch.live.reload import Watching
from sketch.live.tapes_entries import (
    MOST_BYTES,
    MOST_FILES,
    PART,
    Edit,
    SourceContents,
    TapeError,
)
from sketch.live.versions import IncompleteError, Version, version_of
from sketch.live.warming import ShaderGate

NAMED = frozenset({".frag", ".vert", ".glsl", ".geom", ".toml"})
"""Suffixes of the files that a sketch reads by their names."""


def source_files(sketch: Path) -> list[Path]:
    """The files that reload follows: a sketch, what it imported from its folder, and what these files name.

    A shader, a brush or a TOML file counts if its name stands in the text of another file that counts.
    Nothing else in the folder is for others to see.

    Args:
        sketch: The sketch's file.
    """
    folder = sketch.resolve().parent
    modules = [Path(str(getattr(each, "__file__", ""))) for each in [*sys.modules.values()]]
    found = {sketch.resolve(), *(each for each in modules if each.suffix == ".py" and _name_in(folder, each))}
    left = {file for file in _in_folder(folder) if file.suffix in NAMED}
    texts = "".join(map(_text, found))
    while named := {file for file in left if file.name in texts}:
        found |= named
        left -= named
        texts += "".join(map(_text, named))
    return sorted(file for file in found if not file.is_symlink())


def _in_folder(folder: Path) -> Iterator[Path]:
    """The files in a folder, and in the folders in it."""
    with suppress(OSError):
        places = [
            folder,
            *(each for each in sorted(folder.iterdir()) if each.is_dir() and not each.is_symlink()),
        ]
        for place in places:
            yield from (file for file in sorted(place.iterdir()) if file.is_file())


def sources(sketch: Path) -> tuple[list[SourceContents], list[str]]:
    """The files of a sketch, as they are before a show.

    Returns:
        The parts, and a line if not all have room.
    """
    folder = sketch.resolve().parent
    parts: list[SourceContents] = []
    total = 0
    for count, file in enumerate(source_files(sketch)):
        data = _bytes(file)
        total += len(data)
        if total > MOST_BYTES or count == MOST_FILES:
            return parts, [f"{sketch.name} has more files than a tape holds: a replay with --code lacks some"]
        name = _name_in(folder, file) or file.name
        parts += [SourceContents(name, data[at : at + PART]) for at in range(0, max(1, len(data)), PART)]
    return parts, []


class RecordedFiles:
    """Reports what was saved, as another does, and writes it to a tape; see `Watching`.

    Args:
        watching: Reports it.
        folder: Of the sketch; what is outside of it is not written.
        put: Takes each edit, on the frame's thread.
    """

    def __init__(self, watching: Watching, folder: Path, put: Callable[[Edit], None]) -> None:
        self._watching = watching
        self._folder = folder
        self._put = put

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        """Follow a module."""
        self._watching.follow(file, source, needs, folder)

    def take(self) -> list[list[Event]]:
        """What was saved since the last call."""
        taken = self._watching.take()
        for events in taken:
            for kind, value in events:
                edit = self._edit(kind, value)
                if edit is not None:
                    self._put(edit)
        return taken

    def close(self) -> None:
        """Stop."""
        self._watching.close()

    def _edit(self, kind: str, value: Any) -> Edit | None:
        if kind in ("known", "dead"):
            return None
        path = {"version": lambda: value.file, "toml": lambda: value[1], "problem": lambda: value[0]}
        name = _name_in(self._folder, path.get(kind, lambda: value)())
        if name is None:
            return None
        text = value.source if kind == "version" else _text(self._folder / name) if kind == "toml" else ""
        return Edit(kind, name, text, value[1:] if kind == "problem" else ())


class RecordedGate(ShaderGate):
    """Decides which shaders and brushes are read again, and writes those to a tape.

    Args:
        gate: Decides.
        folder: Of the sketch; what is outside of it is not written.
        put: Takes each edit, on the frame's thread.
    """

    def __init__(self, gate: ShaderGate, folder: Path, put: Callable[[Edit], None]) -> None:
        self._gate = gate
        self._folder = folder
        self._put = put
        self._written: dict[Path, bytes] = {}

    def __call__(self, kind: str, files: tuple[Path, ...], paths: tuple[Path, ...]) -> bool:
        """Whether files may be read in this frame."""
        may = self._gate(kind, files, paths)
        for path in paths if may else ():
            name = _name_in(self._folder, path)
            data = _bytes(path) if name else b""
            if name and data and self._written.get(path) != data:
                self._written[path] = data
                self._put(Edit("file", name, data.decode("utf-8", "replace"), ()))
        return may

    def start(self) -> None:
        """Get ready."""
        self._gate.start()

    def between_frames(self) -> bool:
        """Decide for the next frame."""
        return self._gate.between_frames()

    def close(self) -> None:
        """Stop."""
        self._gate.close()


class TapeFiles:
    """The edits of a tape, in place of a process that watches; see `Watching`.

    Args:
        folder: Of the sketch's files, where those of the tape are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._needs: dict[str, str] = {}
        self._known: list[Event] = []
        self._edits: list[Edit] = []

    def bring(self, edits: Iterable[Edit]) -> None:
        """Let the next `take` report these edits."""
        self._edits += edits

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        """Follow a module."""
        self._needs[file] = needs
        try:
            version = version_of(file, source)
        except (SyntaxError, ValueError, IncompleteError):
            version = Version(file, source, ())
        self._known.append(("known", version))

    def take(self) -> list[list[Event]]:
        """The edits of this frame, as if they were saved at once."""
        known, self._known = self._known, []
        edits, self._edits = self._edits, []
        events = [event for edit in edits for event in self._event(edit)]
        return [each for each in (known, events) if each]

    def close(self) -> None:
        """Nothing is running."""

    def _event(self, edit: Edit) -> list[Event]:
        path = self._folder / edit.name
        file = str(path)
        match edit.kind:
            case "version":
                write_source(path, edit.text.encode("utf-8", "surrogatepass"))
                try:
                    return [("version", version_of(file, edit.text, self._needs.get(file, "")))]
                except (SyntaxError, ValueError, IncompleteError, RecursionError) as error:
                    return [("problem", problem_row(file, error))]
            case "toml":
                write_source(path, edit.text.encode("utf-8", "surrogatepass"))
                return [("toml", (f"file:{edit.name}", file))]
            case "problem":
                return [("problem", (file, *edit.problem))]
            case "gone":
                return [("gone", file)]
            case _:
                return []


class TapeGate(ShaderGate):
    """Lets shaders and brushes be read again in the frame in which they were.

    Args:
        folder: Of the sketch's files, where those of the tape are written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_new = False

    def bring(self, edits: Iterable[Edit]) -> None:
        """Write what is read again in this frame."""
        for edit in edits:
            if edit.kind == "file":
                write_source(self._folder / edit.name, edit.text.encode("utf-8"))
                self._is_new = True

    def __call__(self, kind: str, files: tuple[Path, ...], paths: tuple[Path, ...]) -> bool:
        """They differ only because the tape says so."""
        return True

    def start(self) -> None:
        """Nothing is compiled elsewhere."""

    def between_frames(self) -> bool:
        """Whether something is read for the first time in this frame."""
        is_new, self._is_new = self._is_new, False
        return is_new

    def close(self) -> None:
        """Nothing is running."""


def unpack(contents: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a sketch into a folder.

    Raises:
        TapeError: They cannot be written.
    """
    try:
        for name, data in contents.items():
            write_source(folder / name, data)
    except (OSError, ValueError) as error:
        raise TapeError(f"the sketch's files in the tape cannot be unpacked ({error})") from None


def write_source(path: Path, data: bytes) -> None:
    """Write a file, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _name_in(folder: Path, path: object) -> str | None:
    try:
        return Path(str(path)).resolve().relative_to(folder.resolve()).as_posix()
    except (ValueError, OSError):
        return None


def _text(path: Path) -> str:
    return _bytes(path).decode("utf-8", "replace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
