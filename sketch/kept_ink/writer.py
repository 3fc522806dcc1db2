"""The thread that writes the changes of an ink to disk.

From time to time the file is rewritten without what was undone or cleared.
"""

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, NamedTuple

from sketch.ink.history import Change
from sketch.ink.ink import Stroke
from sketch.kept_ink.format import HEADER, KeptFile, record, size_of
from sketch.kept_ink.lock import FileLock

MOST_BYTES = 256 * 1024 * 1024
"""A larger ink is not kept: it would take seconds to read."""

SLACK_BYTES = 4 * 1024 * 1024
"""The file is rewritten when it is larger than twice the ink plus this."""

_PART = 256  # strokes in one record of a rewritten file


@dataclass(frozen=True, slots=True)
class Whole:
    """The whole ink, which replaces all earlier changes."""

    strokes: tuple[Stroke, ...]


class _Handed(NamedTuple):
    """A change, and the number of unfinished strokes after it."""

    change: Change[Stroke] | Whole
    unfinished: int


class Writer:
    """The thread that writes changes to disk, several at once if they wait.

    Args:
        path: The file.
        lock: Of the file; it is taken before the first change is written, if it is not held yet.
        found: The content of the file.
        retry_seconds: How long to wait after a failed write.

    Attributes:
        done: How many changes are on disk.
    """

    def __init__(self, path: Path, lock: FileLock, found: KeptFile, retry_seconds: float) -> None:
        self.done = 0
        self._path = path
        self._lock = lock
        self._retry_seconds = retry_seconds
        self._strokes = list(found.strokes)
        self._sizes = [size_of(stroke) for stroke in found.strokes]
        self._end = found.end
        self._unfinished = found.unfinished
        self._file: IO[bytes] | None = None
        self._in_trouble = not lock.held  # already reported
        self._too_large = False
        self._elsewhere = False
        self._queue: SimpleQueue[_Handed | None] = SimpleQueue()
        self._lines: SimpleQueue[str] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="inkloop-ink", daemon=True)
        self._thread.start()

    def put(self, change: Change[Stroke] | Whole, unfinished: int = 0) -> None:
        """Queue one change, and the number of unfinished strokes after it; return at once."""
        self._queue.put(_Handed(change, unfinished))

    def messages(self) -> list[str]:
        """Messages for the user since the last call."""
        return [self._lines.get_nowait() for _ in range(self._lines.qsize())]

    def close(self, timeout: float) -> bool:
        """Finish what waits, within `timeout` seconds; return whether the thread has ended."""
        self._queue.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        pending: list[_Handed] = []
        ending = False
        while not ending:
            ending = self._collect(pending)
            if pending and self._commit(pending):
                self.done += len(pending)
                pending.clear()
        self._close_file()

    def _collect(self, pending: list[_Handed]) -> bool:
        """Wait for changes, at most until a retry is due; return True if there will be no more."""
        try:
            handed = self._queue.get(timeout=self._retry_seconds if pending else None)
            while handed is not None:
                pending.append(handed)
                self._mirror(handed)
                handed = self._queue.get_nowait()
        except Empty:
            return False
        return True

    def _mirror(self, handed: _Handed) -> None:
        change, self._unfinished = handed
        if isinstance(change, Whole):
            self._strokes = list(change.strokes)
            self._sizes = [size_of(stroke) for stroke in change.strokes]
            return
        gone = slice(change.index, change.index + len(change.before))
        self._strokes[gone] = change.after
        self._sizes[gone] = [size_of(stroke) for stroke in change.after]

    def _commit(self, pending: Sequence[_Handed]) -> bool:
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
                self._lines.put(unkept(self._path, error))
            self._in_trouble = True
            return False
        except _HeldElsewhereError:
            if not self._elsewhere:
                self._lines.put(
                    f"another run of this sketch keeps its ink in {self._path}; "
                    "the ink of this run is not kept"
                )
            self._in_trouble = self._elsewhere = True
            return False
        if self._in_trouble:
            self._lines.put("the ink is kept again")
        self._in_trouble = self._elsewhere = False
        return True

    def _write(self, pending: Sequence[_Handed], live: int) -> None:
        if not self._lock.held:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._lock.acquire():
                raise _HeldElsewhereError
            # Another run may have written the file and ended since it was read.
            if self._path.exists() and self._path.stat().st_size != self._end:
                self._lock.release()
                raise _HeldElsewhereError
        records = [record(change, count) for change, count in pending if isinstance(change, Change)]
        fresh = self._file is None and not (self._end and self._path.exists())
        # Writing to a removed file would lose changes and report them as done.
        gone = self._file is not None and not self._path.exists()
        large = self._end > 2 * live + SLACK_BYTES
        if fresh or gone or large or self._in_trouble or len(records) < len(pending):
            self._rewrite()
            return
        if self._file is None:
            self._file = self._path.open("r+b", buffering=0)
            self._file.truncate(self._end)
            self._file.seek(self._end)
        data = b"".join(records)
        _put(self._file, data)
        self._end += len(data)

    def _rewrite(self) -> None:
        """Write the whole ink into a new file, then replace the old one by it."""
        self._close_file()
        new = self._path.with_name(self._path.name + ".new")
        with new.open("wb", buffering=0) as file:
            size = len(HEADER)
            file.write(HEADER)
            for at in range(0, len(self._strokes), _PART):
                data = record(Change(at, (), tuple(self._strokes[at : at + _PART])), self._unfinished)
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
    """Another run keeps the ink now."""


def _put(file: IO[bytes], data: bytes, sync: bool = True) -> None:
    view = memoryview(data)
    while len(view):
        view = view[file.write(view) :]
    if sync:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # Windows writes names by itself
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def unkept(path: Path, error: Exception) -> str:
    """The message about an ink that cannot be written."""
    reason = getattr(error, "strerror", None) or error
    return f"the ink cannot be saved ({reason}); free space or check {path.parent}; Inkloop tries again"
