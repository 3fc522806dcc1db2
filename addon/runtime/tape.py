"""What the pens did in the inks being written: enough to feed another model from the first point."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from addon.errors import PointsError
from addon.runtime.predictor import Sample

KEPT_POINTERS = 32
"""A touch screen numbers every touch anew: beyond so many, those whose ink is closed are forgotten."""


@dataclass(slots=True)
class PointerInk:
    """The ink of one pointer: its samples in order, None for each lift."""

    samples: list[Sample] = field(default_factory=list[Sample])
    closed: bool = False


class InkTape:
    """The last ink of every pointer."""

    def __init__(self) -> None:
        self._inks: dict[int, PointerInk] = {}

    def __iter__(self) -> Iterator[tuple[int, PointerInk]]:
        return iter(self._inks.items())

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
        self._inks.pop(pointer_id, None)
        self._inks[pointer_id] = PointerInk([(x, y)])
        return True

    def reopen(self, pointer_id: int, samples: list[Sample]) -> None:
        """The pointer's ink is made of these samples and goes on.

        Raises:
            PointsError: One is not finite; nothing has changed.
        """
        for sample in samples:
            if sample is not None and not (isfinite(sample[0]) and isfinite(sample[1])):
                raise PointsError(f"a pen sample must be finite; got x={sample[0]}, y={sample[1]}")
        self._inks.pop(pointer_id, None)
        self._inks[pointer_id] = PointerInk(samples)

    def lift(self, pointer_id: int) -> bool:
        """The pen left the paper; False if it was not on it."""
        ink = self._inks.get(pointer_id)
        if ink is None or ink.closed or ink.samples[-1] is None:
            return False
        ink.samples.append(None)
        return True

    def close(self, pointer_id: int) -> None:
        """The ink is finished: the pointer's next sample begins another."""
        ink = self._inks.get(pointer_id)
        if ink is not None:
            ink.closed = True

    def forget_oldest(self) -> list[int]:
        """Forget the oldest closed inks beyond `KEPT_POINTERS`; their pointers."""
        surplus = len(self._inks) - KEPT_POINTERS
        if surplus <= 0:
            return []
        gone = [pointer_id for pointer_id, ink in self._inks.items() if ink.closed][:surplus]
        for pointer_id in gone:
            del self._inks[pointer_id]
        return gone
