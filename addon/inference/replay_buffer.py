"""What the pens did in the inks being written: enough to feed another model from the first point."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from addon.errors import PointsError
from addon.inference.predictor import Sample

KEPT_POINTERS = 32
"""A touch screen numbers every touch anew: beyond so many, those whose ink is closed are forgotten."""


KEPT_UNTOLD = 32
"""Inks of a pointer whose end is awaited, at most."""


@dataclass(slots=True)
class PointerInk:
    """The ink of one pointer: its samples in order, None for each lift.

    Attributes:
        samples: Oldest first.
        closed: Whether it is finished.
        begin_heard: Whether an engine has told that it begins.
        end_heard: Whether one has told that it is finished.
    """

    samples: list[Sample] = field(default_factory=list[Sample])
    closed: bool = False
    begin_heard: bool = False
    end_heard: bool = False


class ReplayBuffer:
    """The last ink of every pointer, and those before it of which an engine still has to tell the end."""

    def __init__(self) -> None:
        self._inks: dict[int, PointerInk] = {}
        self._before: dict[int, list[PointerInk]] = {}

    def __iter__(self) -> Iterator[tuple[int, PointerInk]]:
        return iter(self._inks.items())

    def untold(self, pointer_id: int) -> list[PointerInk]:
        """The inks before the last one of a pointer of which the end is not told yet, oldest first."""
        return self._before.get(pointer_id, [])

    def add(self, pointer_id: int, x: float, y: float) -> bool:
        """Take a sample of a pen that is down; True if it begins an ink.

        Raises:
            PointsError: It is not finite; nothing has changed.
        """
        if not (isfinite(x) and isfinite(y)):
            raise PointsError(f"a pen sample must be finite; got x={x}, y={y}")
        ink = self._inks.get(pointer_id)
        if ink is not None and not ink.closed:
            ink.samples.append((x, y))
            return False
        # Taken out and put in again, so that the pointers stand in the order in which they began.
        before = self._inks.pop(pointer_id, None)
        if before is not None and not before.end_heard:
            # Bounded: nobody may ever ask.
            self._before[pointer_id] = [*self.untold(pointer_id)[-KEPT_UNTOLD + 1 :], before]
        self._inks[pointer_id] = PointerInk([(x, y)])
        return True

    def reopen(self, pointer_id: int, samples: list[Sample]) -> None:
        """The pointer's ink is made of these samples, all of them finite, and goes on."""
        before = self._inks.pop(pointer_id, None)
        # An ink whose begin was heard does not begin once more when another model takes over.
        told = before is not None and before.begin_heard
        self._inks[pointer_id] = PointerInk(samples, begin_heard=told)

    def lift(self, pointer_id: int) -> bool:
        """The pen left the paper; False if it was not on it."""
        ink = self._inks.get(pointer_id)
        if ink is None or ink.closed or ink.samples[-1] is None:
            return False
        ink.samples.append(None)
        return True

    def close(self, pointer_id: int) -> bool:
        """The ink is finished: the pointer's next sample begins another. False if there is none."""
        ink = self._inks.get(pointer_id)
        if ink is None or ink.closed:
            return False
        ink.closed = True
        return True

    def hear_begin(self, pointer_id: int) -> None:
        """An engine tells that the oldest ink begins of which that was not told."""
        for ink in self._all(pointer_id):
            if not ink.begin_heard:
                ink.begin_heard = True
                return

    def hear_end(self, pointer_id: int) -> None:
        """An engine tells the end of the oldest ink of which that was not told."""
        before = self._before.get(pointer_id)
        if before:
            before.pop(0)
            if not before:
                del self._before[pointer_id]
        elif pointer_id in self._inks:
            self._inks[pointer_id].end_heard = True

    def _all(self, pointer_id: int) -> list[PointerInk]:
        last = self._inks.get(pointer_id)
        return [*self.untold(pointer_id), *([] if last is None else [last])]

    def forget_oldest(self) -> list[int]:
        """Forget the oldest closed inks beyond `KEPT_POINTERS`; their pointers."""
        surplus = len(self._inks) - KEPT_POINTERS
        if surplus <= 0:
            return []
        gone = [pointer_id for pointer_id, ink in self._inks.items() if ink.closed][:surplus]
        for pointer_id in gone:
            del self._inks[pointer_id]
            self._before.pop(pointer_id, None)
        return gone
