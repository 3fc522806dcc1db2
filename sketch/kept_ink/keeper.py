"""Keep the ink of a sketch on disk: restore it at the start, and pass every change to the writer."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sketch.ink.history import Change
from sketch.ink.ink import Ink, Stroke
from sketch.kept_ink.format import SUFFIX, KeptFile, read
from sketch.kept_ink.lock import FileLock
from sketch.kept_ink.writer import MOST_BYTES, Whole, Writer, unkept

RETRY_SECONDS = 2.0
CLOSING_SECONDS = 5.0


class KeptInk:
    """Keeps an ink in a file: restores what is there, then writes every change in a thread.

    Only opening, `flush` and `close` wait for the disk. Problems with the disk never raise: `poll` returns a
    message, and writing is tried again. Call from one thread.

    Args:
        path: The file; its folder is made if needed.
        ink: Gets the strokes of the file, unless it already has strokes.
        retry_seconds: How long to wait after a failed write.
        unfinished: The number of strokes of inks that are not closed yet. If the process is killed, the next
            run reports how many there were.
    """

    def __init__(
        self,
        path: Path,
        ink: Ink,
        retry_seconds: float = RETRY_SECONDS,
        unfinished: Callable[[], int] = lambda: 0,
    ) -> None:
        self._path = path
        self._count_unfinished = unfinished
        self._handed = 0
        self._messages: list[str] = []
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._ink = ink
        self._count = len(ink)
        found = self._opened()
        self.keeps = found is not None
        if found is None:
            return
        self._unfinished = found.unfinished
        self._writer = Writer(path, self._lock, found, retry_seconds)
        ink.watcher = self._changed
        drawn = bool(ink.strokes)
        if not drawn:
            ink.strokes.extend(found.strokes)
            ink.revision += 1
            self._count = len(ink)
            if found.unfinished:
                self._messages.append(_unfinished_line(found.unfinished))
        if drawn or found.damaged:
            self._hand_over(Whole(tuple(ink.strokes)))

    @property
    def unsaved(self) -> int:
        """Changes that are not known to be on disk."""
        return self._handed - self._writer.done if self.keeps else 0

    def poll(self, ink: Ink) -> list[str]:
        """Check the sketch's ink, which may have been replaced; return messages for the user."""
        messages, self._messages = self._messages, []
        if not self.keeps:
            return messages
        if ink is not self._ink:
            self._ink.watcher, self._ink, ink.watcher = None, ink, self._changed
            self._hand_over(Whole(tuple(ink.strokes)))
        elif len(ink) != self._count:
            # It was changed without its methods.
            self._hand_over(Whole(tuple(ink.strokes)))
        elif self._count_unfinished() != self._unfinished:
            self._hand_over(Change(self._count))
        return messages + self._writer.messages()

    def flush(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Wait, at most `timeout` seconds, until all is on disk; return whether it is."""
        ends = time.monotonic() + timeout
        while self.unsaved and time.monotonic() < ends:
            time.sleep(0.002)
        return not self.unsaved

    def close(self, timeout: float = CLOSING_SECONDS) -> list[str]:
        """Write what waits, within `timeout` seconds, and end; return messages for the user."""
        messages = self.poll(self._ink)
        if self.keeps:
            self._ink.watcher = None
            ended = self._writer.close(timeout)
            messages += self._writer.messages()
            if self.unsaved:
                messages.append(f"{self.unsaved} changes to the ink could not be saved to {self._path}")
            if not ended:
                return messages
        self._lock.release()
        return messages

    def _changed(self, change: Change[Stroke]) -> None:
        fits = self._count + len(change.after) - len(change.before) == len(self._ink)
        self._hand_over(change if fits else Whole(tuple(self._ink.strokes)))

    def _hand_over(self, handed: Change[Stroke] | Whole) -> None:
        self._count = len(self._ink)
        self._handed += 1
        self._unfinished = self._count_unfinished()
        self._writer.put(handed, self._unfinished)

    def _opened(self) -> KeptFile | None:
        """The content of the file, which is renamed if damaged; None if the ink is not to be kept."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            mine = self._lock.acquire()
        except OSError as error:
            self._messages.append(unkept(self._path, error))
            return self._found()
        found = self._found()
        if not mine:
            self._messages.append(
                f"another run of this sketch keeps its ink in {self._path}; the ink of this run is not kept"
            )
            self._ink.strokes.extend(found.strokes if found and not self._ink.strokes else ())
            return None
        if found is not None and found.damaged:
            self._set_aside(len(found.strokes))
            return KeptFile(found.strokes, damaged=True)
        return found

    def _found(self) -> KeptFile | None:
        try:
            if not self._path.exists():
                return KeptFile([])
            if self._path.stat().st_size > 4 * MOST_BYTES:
                return KeptFile([], damaged=True)
            found = read(self._path.read_bytes())
        except OSError as error:
            self._messages.append(
                f"the kept ink {self._path} cannot be read ({error.strerror}); check the file"
            )
            return None
        if found.newer:
            self._messages.append(
                f"{self._path.name} was made by a newer Inkloop; it stays as it is, and the ink of this run "
                "is not kept; update with: pip install -U inkloop"
            )
            return None
        return found

    def _set_aside(self, rescued: int) -> None:
        aside = self._path.with_name(f"{self._path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{SUFFIX}")
        with suppress(OSError):
            self._path.replace(aside)
            self._messages.append(
                f"the kept ink was damaged: {rescued} strokes were rescued; the old file is now {aside.name}"
            )


def _unfinished_line(count: int) -> str:
    kept = f"{count} unfinished strokes were kept" if count > 1 else "1 unfinished stroke was kept"
    return f"{kept}: the last run was killed before that ink was closed"
