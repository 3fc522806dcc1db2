"""The samples of the inks being written: enough to feed another model from the first point."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from addon.errors import PointsError
from addon.inference.predictor import STILL, UNPRESSED, Sample

KEPT_POINTERS = 32
"""A touch screen gives each touch a new number: beyond this many, those whose ink is closed are forgotten."""


KEPT_UNTOLD = 32
"""Most earlier inks of a pointer that wait for an engine to report their end."""


@dataclass(slots=True)
class PointerInk:
    """The ink of one pointer: its samples in order, None for each lift.

    Attributes:
        samples: Oldest first.
        closed: Whether it is finished.
        begin_heard: Whether an engine has reported that it begins.
        end_heard: Whether an engine has reported that it is finished.
    """

    samples: list[Sample] = field(default_factory=list[Sample])
    closed: bool = False
    begin_heard: bool = False
    end_heard: bool = False


class ReplayBuffer:
    """The last ink of every pointer, and earlier ones whose end no engine has reported yet."""

    def __init__(self) -> None:
        self._inks: dict[int, PointerInk] = {}
        self._before: dict[int, list[PointerInk]] = {}

    def __iter__(self) -> Iterator[tuple[int, PointerInk]]:
        return iter(self._inks.items())

    def untold(self, pointer_id: int) -> list[PointerInk]:
        """The earlier inks of a pointer whose end no engine has reported yet, oldest first."""
        return self._before.get(pointer_id, [])

    def add(self, pointer_id: int, x: float, y: float, t: float = STILL, pressure: float = UNPRESSED) -> bool:
        """Add a sample of a pen that is down; True if it begins an ink.

        Raises:
            PointsError: It is not finite; nothing has changed.
        """
        if not (isfinite(x) and isfinite(y)):
            raise PointsError(f"a pen sample must be finite; got x={x}, y={y}")
        ink = self._inks.get(pointer_id)
        if ink is not None and not ink.closed:
            ink.samples.append((x, y, t, pressure))
            return False
        # Removed and inserted again, so that the pointers are in the order in which they began.
        before = self._inks.pop(pointer_id, None)
        if before is not None and not before.end_heard:
            # Limited, because the caller may never take an engine's news.
            self._before[pointer_id] = [*self.untold(pointer_id)[-KEPT_UNTOLD + 1 :], before]
        self._inks[pointer_id] = PointerInk([(x, y, t, pressure)])
        return True

    def reopen(self, pointer_id: int, samples: list[Sample]) -> None:
        """Set the samples of the pointer's ink, all of them finite; the ink continues."""
        before = self._inks.pop(pointer_id, None)
        # An ink whose begin was reported does not begin again when another model takes over.
        heard = before is not None and before.begin_heard
        self._inks[pointer_id] = PointerInk(samples, begin_heard=heard)

    def lift(self, pointer_id: int) -> bool:
        """Record that the pen left the paper; False if it was not on it."""
        ink = self._inks.get(pointer_id)
        if ink is None or ink.closed or ink.samples[-1] is None:
            return False
        ink.samples.append(None)
        return True

    def close(self, pointer_id: int) -> bool:
        """Finish the ink: the pointer's next sample begins another. False if no ink is open."""
        ink = self._inks.get(pointer_id)
        if ink is None or ink.closed:
            return False
        ink.closed = True
        return True

    def hear_begin(self, pointer_id: int) -> None:
        """Record that an engine reported the begin of the oldest ink whose begin was not reported."""
        for ink in self._all(pointer_id):
            if not ink.begin_heard:
                ink.begin_heard = True
                return

    def hear_end(self, pointer_id: int) -> None:
        """Record that an engine reported the end of the oldest ink whose end was not reported."""
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
        """Forget the oldest closed inks beyond `KEPT_POINTERS`; returns their pointers."""
        surplus = len(self._inks) - KEPT_POINTERS
        if surplus <= 0:
            return []
        gone = [pointer_id for pointer_id, ink in self._inks.items() if ink.closed][:surplus]
        for pointer_id in gone:
            del self._inks[pointer_id]
            self._before.pop(pointer_id, None)
        return gone
