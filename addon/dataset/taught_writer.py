"""The thread that writes taught inks to the disk, so that no frame waits for it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TypeAlias

from addon.background.threads import end_at_exit
from addon.dataset import taught_file
from addon.dataset.taught_file import Record
from addon.errors import TaughtError

RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Committed:
    """Every change up to this number, in the order in which they were put, is on the disk."""

    number: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for the user."""

    message: str


@dataclass(frozen=True, slots=True)
class Recovered:
    """The examples of a file that could not be read before, and the number of unreadable rows."""

    records: list[Record]
    unreadable: int


Reply: TypeAlias = Committed | Notice | Recovered


class TaughtWriter:
    """Writes records in the order in which they are put, pending ones in one commit.

    Args:
        path: The file; its folder is created if needed.
        snapshot: Returns all records, for a new file. Called from the writer's thread.
        retry_seconds: Seconds to wait after a failure, unless a new record comes.
        unread: Whether an existing file could not be read; reading it is tried again.
    """

    def __init__(
        self,
        path: Path,
        snapshot: Callable[[], list[Record]],
        retry_seconds: float = RETRY_SECONDS,
        unread: bool = False,
    ) -> None:
        self.replies: SimpleQueue[Reply] = SimpleQueue()
        self._path = path
        self._snapshot = snapshot
        self._retry_seconds = retry_seconds
        self._changes: SimpleQueue[Record | None] = SimpleQueue()
        self._connection: sqlite3.Connection | None = None
        self._in_trouble = False
        self._unread = unread
        self._thread = threading.Thread(target=self._work, name="inkloop-taught", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, partial(self._changes.put, None))

    def put(self, record: Record) -> None:
        """Queue one change; returns at once."""
        self._changes.put(record)

    def close(self, timeout: float) -> bool:
        """Write what is pending within `timeout` seconds; returns whether the thread has ended."""
        self._changes.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _work(self) -> None:
        pending: list[Record] = []
        done = 0
        ending = False
        while not ending:
            ending = self._collect(pending)
            if self._unread:
                self._read_again()
            if pending and self._commit(pending):
                done += len(pending)
                pending.clear()
                self.replies.put(Committed(done))
        self._finish()

    def _collect(self, pending: list[Record]) -> bool:
        """Wait for changes until a retry is due; returns True if there will be no more."""
        try:
            change = self._changes.get(timeout=self._retry_seconds if pending or self._unread else None)
            while change is not None:
                pending.append(change)
                change = self._changes.get_nowait()
        except Empty:
            return False
        return True

    def _commit(self, pending: list[Record]) -> bool:
        try:
            self._write(pending)
        except sqlite3.Error as error:
            self._disconnect()
            return self._start_over() if is_damage(error) else self._trouble(str(error))
        except (OSError, TaughtError) as error:
            self._disconnect()
            return self._trouble(getattr(error, "strerror", None) or str(error))
        except Exception as error:  # this thread must not end silently: nothing would be saved any more
            self._disconnect()
            self._trouble(f"{type(error).__name__}: {error}")
            return self._write_each(pending)
        if self._in_trouble:
            self._in_trouble = False
            self.replies.put(Notice("what was taught is saved again"))
        return True

    def _write(self, records: list[Record]) -> None:
        # If the file was deleted, commits would still succeed, but be lost.
        if self._connection is not None and not self._path.exists():
            self._disconnect()
            records = self._snapshot()
        connection = self._connected()
        connection.execute("BEGIN IMMEDIATE")
        for record in records:
            taught_file.put(connection, record)
        connection.execute("COMMIT")

    def _write_each(self, records: list[Record]) -> bool:
        """Write the records one by one; returns False, as one of them fails: all are tried again."""
        for record in records:
            try:
                self._write([record])
            except Exception:  # already reported; the other records must reach the disk
                self._disconnect()
        return False

    def _read_again(self) -> None:
        """Try again to read a file that could not be read at the start."""
        try:
            if not self._path.exists():
                return
            records, unreadable = taught_file.read(self._path)
        except TaughtError:
            self._unread = False  # already reported, and waiting changes nothing
            return
        except sqlite3.Error as error:
            if not is_damage(error):
                return
            records, unreadable = taught_file.salvage(self._path), 0
            if not self._start_over(records):
                return
        except Exception:  # already reported at the start: Inkloop keeps trying
            return
        self._unread = False
        self.replies.put(Recovered(records, unreadable))

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = taught_file.connect(self._path)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _start_over(self, rescued: Sequence[Record] = ()) -> bool:
        """Move a damaged or foreign file aside and write all records into a new one."""
        try:
            aside = taught_file.move_aside(self._path)
            self._write([*rescued, *self._snapshot()])
        except (sqlite3.Error, OSError, TaughtError) as error:
            self._disconnect()
            return self._trouble(str(error))
        self.replies.put(
            Notice(f"the taught set was damaged; Inkloop wrote a new file, the old one is {aside.name}")
        )
        return True

    def _trouble(self, reason: str) -> bool:
        if not self._in_trouble:
            self._in_trouble = True
            self.replies.put(
                Notice(
                    f"what is taught cannot be saved ({reason}): free space or check {self._path.parent}; "
                    "Inkloop keeps it in memory and tries again"
                )
            )
        return False

    def _finish(self) -> None:
        try:
            if self._connection is not None:
                taught_file.purge(self._connection)
        except Exception:  # nothing may keep the sketch from ending
            pass  # the examples stay marked as removed, and are purged next time
        finally:
            self._disconnect()


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file itself is damaged or foreign, in contrast to a failing disk or missing access."""
    damaged = "malformed" in str(error) or "not a database" in str(error)
    return damaged or isinstance(error, taught_file.ForeignError)


def wait_reply(replies: "SimpleQueue[Reply]", deadline: float) -> Reply | None:
    """Wait for the next reply until `time.monotonic()` reaches the deadline; None if none came."""
    try:
        return replies.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        return None
