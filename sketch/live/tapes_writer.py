"""Append a tape to its file, in a thread: the frame only appends to a queue."""

import hashlib
import os
import threading
from collections import deque
from pathlib import Path

from sketch.input.events import FilesEvent
from sketch.live.tapes_entries import (
    DroppedFiles,
    Entry,
    Header,
    TapeError,
)
from sketch.live.tapes_format import (
    header_line,
    record_line,
)

EVERY = 0.2
"""Seconds between two writes: what a killed process loses at most, and a little for the write."""

MOST_WAITING = 1_000_000
"""Entries that wait for a disk that hangs; the tape ends with more."""

LARGEST_HASHED = 256 * 1024 * 1024
"""Bytes of a dropped file; the content of a larger one is not known later."""


class TapeWriter:
    """Appends to a new tape; its first entry is the header.

    Args:
        path: The file; its folder is made if needed.

    Raises:
        TapeError: There is such a file, or it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._queue: deque[Entry | Header] = deque()
        self._failure = ""
        self._left_out = 0
        self._ending = threading.Event()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        try:
            if path.exists():
                raise TapeError(f"there is a tape {path} already: name another file, or remove it")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise TapeError(f"the tape {path} cannot be written ({error.strerror or error})") from None
        self._thread = threading.Thread(target=self._work, name="inkloop-tape", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> str:
        """Why nothing more is written, in one line; empty while it is."""
        return self._failure

    def put(self, entry: Entry | Header) -> None:
        """Append an entry; returns at once."""
        self._queue.append(entry)

    def close(self, timeout: float = 10.0) -> None:
        """Write what waits, and close the file; waits at most `timeout` seconds."""
        self._ending.set()
        self._thread.join(timeout)

    def _work(self) -> None:
        while not self._ending.wait(EVERY):
            self._drain()
        self._drain()
        try:
            if not self._failure:
                os.fsync(self._file)
            os.close(self._file)
        except OSError as error:
            self._fail(error)

    def _drain(self) -> None:
        count = len(self._queue)
        if count > MOST_WAITING and not self._failure:
            self._failure = f"the tape {self.path} ends here: the disk is too slow for it"
        if self._failure:
            self._queue.clear()
            return
        parts: list[bytes] = []
        for _ in range(count):
            entry = self._queue.popleft()
            try:
                parts.append(line_of(entry))
            except (TypeError, ValueError):  # a number that is not finite, or an object: no part of a tape
                self._left_out += 1
        if parts:
            self._write(b"".join(parts))

    def _write(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        self._failure = (
            f"the tape {self.path} ends here ({error.strerror or error}); what was written can be replayed"
        )


def line_of(entry: Entry | Header) -> bytes:
    """The line of an entry; what was dropped is read, since a replay compares it.

    Raises:
        TypeError: It holds what JSON has no form for.
        ValueError: A number of it is not finite.
    """
    if isinstance(entry, Header):
        return header_line(entry)
    if isinstance(entry, FilesEvent):
        entry = DroppedFiles(entry, tuple(hash_of(Path(each)) for each in entry.paths))
    return record_line(entry)


def hash_of(path: Path) -> str:
    """SHA-256 of a file in hex; empty if it is none, is too large or cannot be read."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_HASHED:
            return ""
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return ""
