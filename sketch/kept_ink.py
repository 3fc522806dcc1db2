r"""The ink of a sketch that asks for it, kept on the disk while it is drawn.

    b"inkloop ink 1\n", then records, one for each change of the ink, in order:
    size     uint32, bytes of the change
    check    uint32, CRC-32 of the four bytes of the size
    change   see `encoded`
    check    uint32, CRC-32 of the change

Numbers are little-endian. A process that is killed leaves at most a last record that is cut off; the next run
leaves it out. Now and then the file is written once more without what was undone or cleared. A lock on a file
beside it keeps a second run of the same sketch from writing to it.
"""

import errno
import json
import os
import struct
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from sketch.ink.brush import Brush, BrushError
from sketch.ink.history import Change
from sketch.ink.ink import Color, Ink, Stroke
from sketch.ink.points import as_points
from sketch.ink.style import StrokeStyle

MAGIC = b"inkloop ink "
FORMAT = 1
HEADER = MAGIC + f"{FORMAT}\n".encode()
SUFFIX = ".ink"

MOST_BYTES = 256 * 1024 * 1024
"""An ink that takes more than this is not kept: it would take seconds to read."""

SLACK_BYTES = 4 * 1024 * 1024
"""The file is written once more when it is larger than twice the ink and this."""

RETRY_SECONDS = 2.0
CLOSING_SECONDS = 5.0

_PART = 256  # strokes in one record of a file that is written once more
_SIZE = struct.Struct("<II")
_CHECK = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Found:
    """What is in a file.

    Attributes:
        strokes: The ink.
        end: Up to where the file is whole, in bytes.
        damaged: Whether something comes after that which was not merely cut off.
        newer: Whether a newer Inkloop made it, so that nothing of it was read.
    """

    strokes: list[Stroke]
    end: int = 0
    damaged: bool = False
    newer: bool = False


def encoded(change: Change[Stroke]) -> bytes:
    """A change as bytes: a uint32, so many bytes of JSON, then float32 arrays in the order it names them."""
    arrays: list[bytes] = []
    document = {
        "at": change.index,
        "gone": len(change.before),
        "new": [_described(stroke, arrays) for stroke in change.after],
    }
    text = json.dumps(document, default=float).encode()
    return b"".join((_CHECK.pack(len(text)), text, *arrays))


def applied(strokes: list[Stroke], data: bytes) -> None:
    """Make the change that `encoded` wrote.

    Raises:
        ValueError: It is no such change, or does not fit these strokes.
    """
    try:
        (size,) = _CHECK.unpack_from(data)
        document = json.loads(data[4 : 4 + size])
        values = np.frombuffer(data, dtype="<f4", offset=4 + size).astype(np.float32)
        at, gone = int(document["at"]), int(document["gone"])
        new: list[Stroke] = []
        for described in document["new"]:
            stroke, values = _stroke(described, values)
            new.append(stroke)
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError(f"this is no change of an ink: {error}") from error
    if not (0 <= at <= at + gone <= len(strokes)) or len(values):
        raise ValueError("this change does not fit the ink")
    strokes[at : at + gone] = new


def _described(stroke: Stroke, arrays: list[bytes]) -> dict[str, Any]:
    def kept(values: Any) -> list[int]:
        array = np.ascontiguousarray(values, dtype="<f4")
        arrays.append(array.tobytes())
        return list(array.shape)

    style = {name: value for name, value in _style_values(stroke.style).items() if value is not None}
    color = {"color": list(stroke.color)} if isinstance(stroke.color, tuple) else {}
    width = {} if isinstance(stroke.width, np.ndarray) else {"width": float(stroke.width)}
    described: dict[str, Any] = {"points": kept(stroke.points), **color, **width, "style": style}
    if not color:
        described["colors"] = kept(stroke.color)
    if not width:
        described["widths"] = kept(stroke.width)
    described["data"] = {name: kept(values) for name, values in _numbers(stroke).items()}
    return described


def _numbers(stroke: Stroke) -> dict[str, NDArray[np.float32]]:
    """A stroke's data for its brush, without what is no number."""
    numbers: dict[str, NDArray[np.float32]] = {}
    for name, values in (stroke.data or {}).items():
        with suppress(TypeError, ValueError):
            numbers[name] = np.asarray(values, dtype=np.float32)
    return numbers


def _style_values(style: StrokeStyle) -> dict[str, Any]:
    values = {each.name: getattr(style, each.name) for each in fields(style)}
    brush = style.brush
    if isinstance(brush, Brush):
        values["brush"] = {"path": str(brush.path), "uniforms": dict(brush.uniforms)}
    return values


def _stroke(described: dict[str, Any], values: NDArray[np.float32]) -> tuple[Stroke, NDArray[np.float32]]:
    def taken(shape: Sequence[int]) -> NDArray[np.float32]:
        nonlocal values
        count = int(np.prod(shape)) if len(shape) else 1
        if count > len(values) or min(shape, default=0) < 0:
            raise ValueError("an array is cut off")
        mine, values = values[:count].reshape(tuple(shape)), values[count:]
        return mine

    points = as_points(taken(described["points"]))
    if not len(points):
        raise ValueError("a stroke needs at least one point")
    plain = tuple(float(channel) for channel in described.get("color", ()))
    color = cast(Color, taken(described["colors"]) if "colors" in described else plain)
    width = taken(described["widths"]) if "widths" in described else float(described["width"])
    data = {name: taken(shape) for name, shape in described["data"].items()}
    style = dict(described["style"])
    style["dash"] = tuple(style.get("dash", ()))
    style["brush"] = _brush(style.get("brush"))
    return Stroke(points, color, width, StrokeStyle(**style), data or None), values


def _brush(kept: Any) -> Brush | str | None:
    if not isinstance(kept, dict):
        return cast("str | None", kept)
    described = cast(dict[str, Any], kept)
    # A brush whose files are gone leaves its strokes in plain color: the drawing is worth more.
    with suppress(BrushError):
        given = cast(dict[str, float | list[float]], described["uniforms"])
        uniforms = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return Brush.load(described["path"]).with_uniforms(**uniforms)
    return None


def record(change: Change[Stroke]) -> bytes:
    """A change as it stands in the file."""
    data = encoded(change)
    size = _CHECK.pack(len(data))
    return b"".join((size, _CHECK.pack(zlib.crc32(size)), data, _CHECK.pack(zlib.crc32(data))))


def read(data: bytes) -> Found:
    """What is in a file's bytes."""
    if not data.startswith(HEADER):
        if HEADER.startswith(data):  # killed before the first line was whole
            return Found([])
        version = data[len(MAGIC) :].split(b"\n", 1)[0]
        newer = data.startswith(MAGIC) and version.isdigit() and int(version[:9]) > FORMAT
        return Found([], damaged=not newer, newer=newer)
    strokes: list[Stroke] = []
    end = len(HEADER)
    while len(data) - end >= _SIZE.size:
        size, check = _SIZE.unpack_from(data, end)
        start, stop = end + _SIZE.size, end + _SIZE.size + size
        if check != zlib.crc32(data[end : end + 4]):
            return Found(strokes, end, damaged=True)
        if stop + 4 > len(data):
            return Found(strokes, end)
        body = data[start:stop]
        if _CHECK.unpack_from(data, stop) != (zlib.crc32(body),):
            return Found(strokes, end, damaged=True)
        try:
            applied(strokes, body)
        except ValueError:
            return Found(strokes, end, damaged=True)
        end = stop + 4
    return Found(strokes, end)


@dataclass(frozen=True, slots=True)
class _Whole:
    """The ink as it is, whatever was handed over before."""

    strokes: tuple[Stroke, ...]


_Handed: TypeAlias = Change[Stroke] | _Whole | None


class KeptInk:
    """Keeps an ink in a file: puts back what is there, and then writes every change in a thread of its own.

    Nothing here waits for the disk, except opening, `flush` and `close`, and no trouble with the disk raises:
    it is told by `poll`, and writing is tried again. Call from one thread.

    Args:
        path: The file; its folder is made if need be.
        ink: Takes what the file holds, unless something is drawn in it already.
        retry_seconds: How long to wait after a failed write.
    """

    def __init__(self, path: Path, ink: Ink, retry_seconds: float = RETRY_SECONDS) -> None:
        self._path = path
        self._handed = 0
        self._messages: list[str] = []
        self._lock = _Lock(path.with_name(path.name + ".lock"))
        self._ink = ink
        self._count = len(ink)
        found = self._opened()
        self.keeps = found is not None
        if found is None:
            return
        self._writer = _Writer(path, self._lock, found, retry_seconds)
        ink.watcher = self._changed
        drawn = bool(ink.strokes)
        if not drawn:
            ink.strokes.extend(found.strokes)
            ink.revision += 1
            self._count = len(ink)
        if drawn or found.damaged:
            self._hand_over(_Whole(tuple(ink.strokes)))

    @property
    def unsaved(self) -> int:
        """Changes that are not known to be on the disk."""
        return self._handed - self._writer.done if self.keeps else 0

    def poll(self, ink: Ink) -> list[str]:
        """Look at the sketch's ink, which may be another one by now; what the user should be told."""
        messages, self._messages = self._messages, []
        if not self.keeps:
            return messages
        if ink is not self._ink:
            self._ink.watcher, self._ink, ink.watcher = None, ink, self._changed
            self._hand_over(_Whole(tuple(ink.strokes)))
        elif len(ink) != self._count:
            # Changed past its methods.
            self._hand_over(_Whole(tuple(ink.strokes)))
        return messages + self._writer.said()

    def flush(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Wait, at most `timeout` seconds, until all is on the disk; whether it is."""
        ends = time.monotonic() + timeout
        while self.unsaved and time.monotonic() < ends:
            time.sleep(0.002)
        return not self.unsaved

    def close(self, timeout: float = CLOSING_SECONDS) -> list[str]:
        """Write what waits, within `timeout` seconds, and end; what the user should be told."""
        messages = self.poll(self._ink)
        if self.keeps:
            self._ink.watcher = None
            ended = self._writer.close(timeout)
            messages += self._writer.said()
            if self.unsaved:
                messages.append(f"{self.unsaved} changes to the ink could not be saved to {self._path}")
            if not ended:
                return messages
        self._lock.release()
        return messages

    def _changed(self, change: Change[Stroke]) -> None:
        fits = self._count + len(change.after) - len(change.before) == len(self._ink)
        self._hand_over(change if fits else _Whole(tuple(self._ink.strokes)))

    def _hand_over(self, handed: Change[Stroke] | _Whole) -> None:
        self._count = len(self._ink)
        self._handed += 1
        self._writer.put(handed)

    def _opened(self) -> Found | None:
        """What the file holds, moved aside if it is damaged; None if nothing is to be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            mine = self._lock.acquire()
        except OSError as error:
            self._messages.append(_unkept(self._path, error))
            return self._found()
        found = self._found()
        if not mine:
            self._messages.append(
                f"another run of this sketch keeps its ink in {self._path}; what is drawn here is not kept"
            )
            self._ink.strokes.extend(found.strokes if found and not self._ink.strokes else ())
            return None
        if found is not None and found.damaged:
            self._set_aside(len(found.strokes))
            return Found(found.strokes, damaged=True)
        return found

    def _found(self) -> Found | None:
        try:
            if not self._path.exists():
                return Found([])
            if self._path.stat().st_size > 4 * MOST_BYTES:
                return Found([], damaged=True)
            found = read(self._path.read_bytes())
        except OSError as error:
            self._messages.append(
                f"the kept ink {self._path} cannot be read ({error.strerror}); check the file"
            )
            return None
        if found.newer:
            self._messages.append(
                f"{self._path.name} was made by a newer Inkloop; it stays as it is, and what is drawn is not "
                "kept: update with: pip install -U inkloop"
            )
            return None
        return found

    def _set_aside(self, rescued: int) -> None:
        aside = self._path.with_name(f"{self._path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{SUFFIX}")
        with suppress(OSError):
            self._path.replace(aside)
            self._messages.append(
                f"the kept ink was damaged: {rescued} strokes were rescued, the old file is {aside.name}"
            )


class _Writer:
    """The thread that brings changes to the disk, several at once if they wait."""

    def __init__(self, path: Path, lock: "_Lock", found: Found, retry_seconds: float) -> None:
        self.done = 0
        self._path = path
        self._lock = lock
        self._retry_seconds = retry_seconds
        self._strokes = list(found.strokes)
        self._sizes = [_size(stroke) for stroke in found.strokes]
        self._end = found.end
        self._file: IO[bytes] | None = None
        self._in_trouble = not lock.held  # told already
        self._too_large = False
        self._elsewhere = False
        self._queue: SimpleQueue[_Handed] = SimpleQueue()
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="inkloop-ink", daemon=True)
        self._thread.start()

    def put(self, handed: Change[Stroke] | _Whole) -> None:
        """Hand over one change; returns at once."""
        self._queue.put(handed)

    def said(self) -> list[str]:
        """What the user should be told since the last call."""
        return [self._lines.get_nowait() for _ in range(self._lines.qsize())]

    def close(self, timeout: float) -> bool:
        """Finish what waits, within `timeout` seconds; whether the thread has ended."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        pending: list[Change[Stroke] | _Whole] = []
        ending = False
        while not ending:
            ending = self._collect(pending)
            if pending and self._commit(pending):
                self.done += len(pending)
                pending.clear()
        self._close_file()

    def _collect(self, pending: list[Change[Stroke] | _Whole]) -> bool:
        """Wait for changes, not longer than until a retry is due; True if there will be no more."""
        try:
            handed = self._queue.get(timeout=self._retry_seconds if pending else None)
            while handed is not None:
                pending.append(handed)
                self._mirror(handed)
                handed = self._queue.get_nowait()
        except Empty:
            return False
        return True

    def _mirror(self, handed: Change[Stroke] | _Whole) -> None:
        if isinstance(handed, _Whole):
            self._strokes = list(handed.strokes)
            self._sizes = [_size(stroke) for stroke in handed.strokes]
            return
        gone = slice(handed.index, handed.index + len(handed.before))
        self._strokes[gone] = handed.after
        self._sizes[gone] = [_size(stroke) for stroke in handed.after]

    def _commit(self, pending: Sequence[Change[Stroke] | _Whole]) -> bool:
        live = sum(self._sizes)
        if live > MOST_BYTES:
            self._close_file()
            if not self._too_large:
                self._lines.put(
                    f"the ink is larger than {MOST_BYTES >> 20} MB and is no longer kept; clear some of it"
                )
            self._too_large = True
            return False
        self._too_large = False
        try:
            self._write(pending, live)
        except (OSError, TypeError, ValueError) as error:
            self._close_file()
            if not self._in_trouble:
                self._lines.put(_unkept(self._path, error))
            self._in_trouble = True
            return False
        except _HeldElsewhereError:
            self._lines.put(
                f"another run of this sketch keeps its ink in {self._path}; this one's is not kept"
            )
            self._in_trouble = True
            return False
        if self._in_trouble:
            self._lines.put("what is drawn is kept again")
        self._in_trouble = False
        return True

    def _write(self, pending: Sequence[Change[Stroke] | _Whole], live: int) -> None:
        if not self._lock.held:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._lock.acquire():
                raise _HeldElsewhereError
            # Another run may have drawn, and ended, since the file was read.
            if self._path.exists() and self._path.stat().st_size != self._end:
                self._lock.release()
                raise _HeldElsewhereError
        changes = [handed for handed in pending if isinstance(handed, Change)]
        fresh = self._file is None and not (self._end and self._path.exists())
        # A file that someone removed would take changes into nowhere, and report them as done.
        gone = self._file is not None and not self._path.exists()
        large = self._end > 2 * live + SLACK_BYTES
        if fresh or gone or large or self._in_trouble or len(changes) < len(pending):
            self._rewrite()
            return
        if self._file is None:
            self._file = self._path.open("r+b", buffering=0)
            self._file.truncate(self._end)
            self._file.seek(self._end)
        data = b"".join(map(record, changes))
        _put(self._file, data)
        self._end += len(data)

    def _rewrite(self) -> None:
        """Write the ink as it is into a new file, which then takes the old one's place."""
        self._close_file()
        new = self._path.with_name(self._path.name + ".new")
        with new.open("wb", buffering=0) as file:
            size = len(HEADER)
            file.write(HEADER)
            for at in range(0, len(self._strokes), _PART):
                data = record(Change(at, (), tuple(self._strokes[at : at + _PART])))
                _put(file, data, sync=False)
                size += len(data)
            os.fsync(file.fileno())
        new.replace(self._path)
        _sync_folder(self._path.parent)
        self._end = size
        self._file = self._path.open("r+b", buffering=0)
        self._file.seek(size)

    def _close_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


class _HeldElsewhereError(Exception):
    """Another run has begun to keep the ink meanwhile."""


class _Lock:
    """A lock on a file, which the system lets go of however the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    @property
    def held(self) -> bool:
        """Whether it is ours."""
        return self._file is not None

    def acquire(self) -> bool:
        """Take it; False if another run has it.

        Raises:
            OSError: The file cannot be opened.
        """
        if self._file is not None:
            return True
        file = self._path.open("ab")
        try:
            _lock_file(file)
        except OSError as error:
            file.close()
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK):
                return False
            raise
        self._file = file
        return True

    def release(self) -> None:
        """Let go of it."""
        if self._file is not None:
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    def _lock_file(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

    def _sync_folder(folder: Path) -> None:
        """Windows writes names by itself."""
else:
    import fcntl

    def _lock_file(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _sync_folder(folder: Path) -> None:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _put(file: IO[bytes], data: bytes, sync: bool = True) -> None:
    view = memoryview(data)
    while len(view):
        view = view[file.write(view) :]
    if sync:
        os.fsync(file.fileno())


def _size(stroke: Stroke) -> int:
    """About how many bytes a stroke takes in the file."""
    numbers = 4 * len(stroke.points)
    numbers += 0 if isinstance(stroke.color, tuple) else stroke.color.size
    numbers += stroke.width.size if isinstance(stroke.width, np.ndarray) else 0
    numbers += sum(int(np.size(values)) for values in (stroke.data or {}).values())
    return 4 * numbers + 320


def _unkept(path: Path, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return f"what is drawn cannot be kept ({reason}): free space or check {path.parent}; it is tried again"
