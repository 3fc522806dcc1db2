"""What was done to a list, so that it can be undone and redone."""

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

STEPS = 1000
"""Changes that are kept; in a longer session the first ones can no longer be undone."""


@dataclass(frozen=True, slots=True, eq=False)
class Change(Generic[Item]):
    """Consecutive items that were replaced by others.

    Attributes:
        index: Where the first of them is, 0 or more.
        before: The items that were there.
        after: The items that are there instead.
    """

    index: int
    before: tuple[Item, ...] = ()
    after: tuple[Item, ...] = ()

    def reversed(self) -> "Change[Item]":
        """The change that undoes this one."""
        return Change(self.index, self.after, self.before)


class History(Generic[Item]):
    """The changes that led to a list, and those that were undone since the last new one.

    Args:
        steps: How many are kept, 1 or more; the oldest is dropped first.

    Raises:
        ValueError: Fewer than 1 step.
    """

    def __init__(self, steps: int = STEPS) -> None:
        if steps < 1:
            raise ValueError(f"a history needs at least 1 step; got {steps}")
        self._done: deque[Change[Item]] = deque(maxlen=steps)
        self._undone: list[Change[Item]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to redo."""
        return bool(self._undone)

    def note(self, change: Change[Item]) -> None:
        """Add a new change; changes that were undone before it can no longer be redone."""
        self._done.append(change)
        self._undone.clear()

    def undo(self) -> Change[Item] | None:
        """The change that undoes the last one, None if there is none."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1].reversed()

    def redo(self) -> Change[Item] | None:
        """The change that was undone last, None if there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1]
