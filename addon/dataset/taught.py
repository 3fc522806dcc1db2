"""The taught set: the inks a user taught, each with its label. What is shown as saved is never lost."""

import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import Empty
from typing import TypeAlias

import numpy as np

from addon.dataset import taught_file
from addon.dataset.taught_file import Record
from addon.dataset.taught_writer import (
    RETRY_SECONDS,
    Notice,
    Recovered,
    Reply,
    TaughtWriter,
    is_damage,
    wait_reply,
)
from addon.errors import PointsError, TaughtError
from addon.features.points import Points, Strokes, as_points
from addon.text import one_line

CLOSING_SECONDS = 5.0

LARGEST_ID = 2**53
"""Microseconds since 1970, in the year 2255."""


@dataclass(slots=True, eq=False)
class Example:
    """One taught ink.

    Attributes:
        id: Unique and increasing.
        label: Its class, any text.
        strokes: Each float32 of shape (n, 4), n at least 1, read-only; `amend` replaces them.
        saved: Whether its current state is on the disk; changed only by the store.
    """

    id: int
    label: str
    strokes: tuple[Points, ...]
    saved: bool = False


def frozen(examples: Iterable[Example]) -> tuple[Example, ...]:
    """Copies of examples as they are now; a store changes its own when they are relabelled."""
    return tuple(map(replace, examples))


Changed: TypeAlias = Callable[[tuple[Example, ...]], None]


class TaughtStore:
    """The taught set of one recogniser, in memory and, a moment later, on the disk.

    Nothing here waits for the disk, except opening, `flush` and `close`, and a failing disk raises nothing:
    there is a message, the examples stay in memory, and writing is tried again. Call from one thread.

    Args:
        path: The SQLite file; its folder is created if needed.
        retry_seconds: Seconds to wait after a failed write.
        changed: Called with all examples, oldest first, at the start and after every change.
    """

    def __init__(
        self, path: Path, retry_seconds: float = RETRY_SECONDS, changed: Changed = lambda examples: None
    ) -> None:
        self._changed = changed
        self._messages: list[str] = []
        self._examples: list[Example] = []
        self._removed: list[Example] = []
        self._last_id = 0
        self._handed_over = 0
        self._committed = 0
        self._touched: list[tuple[int, Example]] = []
        self._path = path
        self._unread = False
        rewrite = self._open(path)
        self._writer = TaughtWriter(path, self._records, retry_seconds, self._unread)
        for example in [*self._examples, *self._removed] if rewrite else []:
            self._hand_over(example, example in self._removed)
        changed(self.examples)

    @property
    def examples(self) -> tuple[Example, ...]:
        """All examples, oldest first."""
        return tuple(self._examples)

    @property
    def labels(self) -> dict[str, int]:
        """Number of examples of each label, in the order in which the labels were first taught."""
        counts: dict[str, int] = {}
        for example in self._examples:
            counts[example.label] = counts.get(example.label, 0) + 1
        return counts

    @property
    def unsaved(self) -> int:
        """Number of changes that are not confirmed to be on the disk."""
        return self._handed_over - self._committed

    def teach(self, label: str, strokes: Strokes) -> Example:
        """Add one example; returns at once, and `saved` turns True when it is on the disk.

        Args:
            label: Any text that is not blank.
            strokes: At least one, each of shape (n, 4), n at least 1; copied.

        Raises:
            ValueError: The label is blank or not Unicode text.
            PointsError: There is no stroke, or one is empty, of another shape, or not finite in x or y.
        """
        _check_label(label)
        self._last_id = max(self._last_id + 1, time.time_ns() // 1000)
        example = Example(self._last_id, label, checked_strokes(strokes))
        self._examples.append(example)
        return self._note(example)

    def amend(self, example: Example, strokes: Strokes) -> Example:
        """Replace the strokes of an example, whose ink was continued after it was taught.

        Args:
            example: A taught example.
            strokes: As for `teach`.

        Raises:
            ValueError: It is not taught.
            PointsError: As for `teach`.
        """
        found = self._examples[self._place(example)]
        found.strokes = checked_strokes(strokes)
        return self._note(found)

    def begun_by(self, label: str, strokes: Strokes) -> Example | None:
        """The newest example of a label whose strokes are the first of these strokes; None if there is none.

        Args:
            label: The label.
            strokes: As `checked_strokes` gives them; they are compared point by point.
        """
        own = (one for one in reversed(self._examples) if one.label == label)
        return next((one for one in own if _begins(one.strokes, strokes)), None)

    def remove_last(self) -> Example | None:
        """Remove the last example; it can be restored until the store is closed. None if there is none."""
        return self.forget(self._examples[-1]) if self._examples else None

    def forget(self, example: Example) -> Example:
        """Remove one example; it can be restored until the store is closed.

        Raises:
            ValueError: It is not taught, or was removed.
        """
        found = self._examples[self._place(example)]
        # A new list: the writer's thread may be reading the old one.
        self._examples = [one for one in self._examples if one is not found]
        self._removed.append(found)
        return self._note(found, removed=True)

    def relabel(self, example: Example, label: str) -> Example:
        """Give one example another label.

        Args:
            example: A taught example.
            label: Any text that is not blank.

        Raises:
            ValueError: It is not taught, or the label is blank or not Unicode text.
        """
        _check_label(label)
        found = self._examples[self._place(example)]
        if found.label != label:
            found.label = label
            self._note(found)
        return found

    def restore(self) -> Example | None:
        """Restore the example that was removed last, in its old place; None if there is none."""
        if not self._removed:
            return None
        example = self._removed.pop()
        # A new list, not one sorted in place: the writer's thread may be reading it.
        self._examples = sorted([*self._examples, example], key=lambda one: one.id)
        return self._note(example)

    def poll(self) -> list[str]:
        """Process the writer's replies, once a frame; returns messages for the user since the last call."""
        try:
            while True:
                self._take(self._writer.replies.get_nowait())
        except Empty:
            messages, self._messages = self._messages, []
            return messages

    def flush(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Wait at most `timeout` seconds until everything is on the disk; returns whether it is."""
        deadline = time.monotonic() + timeout
        while self.unsaved:
            reply = wait_reply(self._writer.replies, deadline)
            if reply is None:
                return False
            self._take(reply)
        return True

    def close(self, timeout: float = CLOSING_SECONDS) -> bool:
        """Write what is pending within `timeout` seconds and end; returns whether all is on the disk."""
        ended = self._writer.close(timeout)
        messages = self.poll()
        if self.unsaved:
            messages.append(f"{self.unsaved} changes to the taught set could not be saved")
        self._messages = messages
        return ended and not self.unsaved

    def _place(self, example: Example) -> int:
        for place, one in enumerate(self._examples):
            if one.id == example.id:
                return place
        raise ValueError(f"the example of {example.label!r} is not taught, or was removed")

    def _take(self, reply: Reply) -> None:
        if isinstance(reply, Notice):
            self._messages.append(reply.message)
            return
        if isinstance(reply, Recovered):
            self._take_found(reply)
            return
        self._committed = reply.number
        latest = {id(example): number for number, example in self._touched}
        for _, example in self._touched:
            example.saved = latest[id(example)] <= self._committed
        self._touched = [entry for entry in self._touched if entry[0] > self._committed]

    def _take_found(self, found: Recovered) -> None:
        known = {one.id for one in (*self._examples, *self._removed)}
        new = [record for record in found.records if record.id not in known]
        self._examples = list(self._examples)  # a copy: the writer's thread may be reading the old one
        self._remember(new)
        self._examples = sorted(self._examples, key=lambda one: one.id)
        self._report_unreadable(found.unreadable)
        self._messages.append(f"the taught set can be read again: {len(new)} examples are there")
        self._changed(self.examples)

    def _report_unreadable(self, unreadable: int) -> None:
        if unreadable:
            self._messages.append(
                f"{unreadable} taught examples of {self._path.name} cannot be read and are left out"
            )

    def _note(self, example: Example, removed: bool = False) -> Example:
        self._hand_over(example, removed)
        self._changed(self.examples)
        return example

    def _hand_over(self, example: Example, removed: bool) -> None:
        self._handed_over += 1
        example.saved = False
        self._touched.append((self._handed_over, example))
        self._writer.put(Record(example.id, example.label, example.strokes, removed))

    def _records(self) -> list[Record]:
        kept = [Record(one.id, one.label, one.strokes, False) for one in tuple(self._examples)]
        return kept + [Record(one.id, one.label, one.strokes, True) for one in tuple(self._removed)]

    def _open(self, path: Path) -> bool:
        """Read an existing file; returns True if its examples must be written into a new one."""
        try:
            if not path.exists():
                return False
            records, unreadable = self._read(path)
        except TaughtError as error:
            self._messages.append(f"{error}")
            return False
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                return self._recover(path, error)
            self._cannot_open(str(error))
            return False
        except OSError as error:
            self._cannot_open(error.strerror or str(error))
            return False
        self._report_unreadable(unreadable)
        self._remember(records)
        return False

    def _read(self, path: Path) -> tuple[list[Record], int]:
        try:
            return taught_file.read(path)
        except sqlite3.OperationalError:
            # On a full or read-only disk SQLite cannot write the files it needs for reading; read a copy.
            try:
                return taught_file.read_only(path)
            except (OSError, sqlite3.OperationalError):
                pass
            raise

    def _cannot_open(self, reason: str) -> None:
        self._unread = True
        self._messages.append(
            f"the taught set {self._path} cannot be opened ({reason}); check the file and the disk, "
            "Inkloop keeps trying"
        )

    def _recover(self, path: Path, why: sqlite3.Error) -> bool:
        records = taught_file.salvage(path)
        self._remember(records)
        reason = f"{why}" if isinstance(why, taught_file.ForeignError) else "it was damaged"
        try:
            aside = taught_file.move_aside(path)
        except OSError as error:
            self._messages.append(
                f"the taught set {path} is left as it is ({reason}; it cannot be moved: {error.strerror}); "
                f"{len(records)} examples were read"
            )
            return False
        self._messages.append(
            f"the taught set was moved aside ({reason}): {len(records)} examples were recovered, "
            f"the old file is {aside.name}"
        )
        return True

    def _remember(self, records: Iterable[Record]) -> None:
        for record in records:
            example = Example(record.id, record.label, record.strokes, saved=True)
            (self._removed if record.removed else self._examples).append(example)
            # A larger id was not made here, and counting on from it could overflow SQLite's integers.
            if record.id < LARGEST_ID:
                self._last_id = max(self._last_id, record.id)


def _begins(ours: Strokes, theirs: Strokes) -> bool:
    # Data without times or pressure has NaN there.
    return len(ours) < len(theirs) and all(map(partial(np.array_equal, equal_nan=True), ours, theirs))


def _check_label(label: object) -> None:
    if not isinstance(label, str):
        raise TypeError(f"a label must be text, as {str(label)!r} is; got {label!r}")
    if not label.strip():
        raise ValueError("an example needs a label; choose one before drawing")
    if len(label) > taught_file.MOST_LABEL:
        raise ValueError(f"a label may have {taught_file.MOST_LABEL} characters; this one has {len(label)}")
    try:
        label.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"a label must be Unicode text; got {label!r}") from error


def checked_strokes(strokes: Strokes) -> tuple[Points, ...]:
    """Check the strokes of an example and copy them to read-only float32 arrays.

    Raises:
        PointsError: There are none or too many, or one is empty, of another shape, not numbers, or not finite
            in x or y.
    """
    if isinstance(strokes, str | bytes) or not isinstance(strokes, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise PointsError(f"strokes must be a list of arrays of shape (n, 4); got {one_line(repr(strokes))}")
    copies = [np.array(as_points(stroke), dtype=np.float32) for stroke in strokes]
    if not copies:
        raise PointsError("an example needs at least one stroke; got none")
    for copy in copies:
        if copy.ndim != 2 or copy.shape[1] != 4 or not len(copy):
            raise PointsError(f"each stroke must have the shape (n, 4), n at least 1; got {copy.shape}")
        if not np.isfinite(copy[:, :2]).all():
            raise PointsError("x and y of every point must be finite; this ink has one that is not")
        copy.flags.writeable = False
    if len(copies) > taught_file.MOST_STROKES or sum(map(len, copies)) > taught_file.MOST_POINTS:
        raise PointsError(
            f"an example may have {taught_file.MOST_STROKES} strokes and {taught_file.MOST_POINTS} points; "
            f"got {len(copies)} and {sum(map(len, copies))}"
        )
    return tuple(copies)
