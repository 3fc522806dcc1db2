"""Pointer events to stroke points, strokes and inks.

An ink is the strokes that belong together, such as a letter. It is closed by a pause with the pen up, or by a
stroke that starts too far from it to be part of it.
"""

from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from sketch.ink.points import Points
from sketch.input.events import PointerEvent
from sketch.input.sound import sound_pointer

# Below this size an ink says nothing of how large the writer writes: it may be the dot of an i.
SMALLEST_REACH = 60.0

# An event this many seconds ahead of the loop's clock has another clock; later ones would all wait for it.
AHEAD = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class StrokePoint:
    """A sample of a pen that is down: `point` has shape (4,); `first` where the pen touches the paper."""

    point: Points
    pointer_id: int
    first: bool


@dataclass(frozen=True, slots=True, eq=False)
class StrokeDone:
    """The pen was lifted; `points` has shape (n, 4)."""

    points: Points
    pointer_id: int


@dataclass(frozen=True, slots=True, eq=False)
class InkDone:
    """An ink is closed; its strokes, oldest first."""

    strokes: tuple[Points, ...]
    pointer_id: int


PenChange: TypeAlias = StrokePoint | StrokeDone | InkDone


@dataclass
class _Pen:
    """What is known of one pointer."""

    began: float
    strokes: list[Points] = field(default_factory=list[Points])
    samples: list[Points] = field(default_factory=list[Points])
    lifted: float = 0.0

    @property
    def down(self) -> bool:
        return bool(self.samples)


class PenTracker:
    """Follows every pointer and says what its samples amount to.

    Args:
        pause: Seconds with the pen up after which an ink is closed.
        reach: How far from an ink's bounding box a stroke may start and still belong to it, as a multiple of
            the box's larger side.

    Attributes:
        dropped: How many events were left out because a number of theirs cannot be.

    Raises:
        ValueError: A number is negative.
    """

    def __init__(self, pause: float = 0.7, reach: float = 1.0) -> None:
        if pause < 0 or reach < 0:
            raise ValueError(f"pause and reach must be 0 or more; got {pause} s and {reach}")
        self.pause = pause
        self.reach = reach
        self.dropped = 0
        self._pens: dict[int, _Pen] = {}
        self._last: dict[int, PointerEvent] = {}
        self._missed: set[int] = set()

    def accept(self, event: PointerEvent, now: float | None = None) -> PointerEvent | None:
        """Make an event's numbers sound, and its pointer's times grow; an accepted event stays as it is.

        Args:
            event: As a device or a player gave it.
            now: Seconds on the loop's clock, where it is known: a time far ahead of it becomes it.

        Returns:
            The event with its pressure within 0..1 and a time not before the pointer's last. None if a number
            cannot be: the event is counted in `dropped`. Of a pen that touches down so, the next sample is
            where it touches; one that is lifted so is lifted where it last was.
        """
        last = self._last.get(event.pointer_id)
        sound = sound_pointer(event)
        if sound is None:
            self.dropped += 1
            if event.kind == "down":
                self._missed.add(event.pointer_id)
            if event.kind != "up" or last is None:
                return None
            sound = replace(event, x=last.x, y=last.y, t=last.t, pressure=last.pressure)
        if event.kind == "up":
            self._missed.discard(event.pointer_id)
        elif event.pointer_id in self._missed and sound.button == "left":
            self._missed.discard(event.pointer_id)
            sound = replace(sound, kind="down")
        if now is not None and sound.t > now + AHEAD:
            sound = replace(sound, t=now)
        if last is not None and sound.t < last.t:
            sound = replace(sound, t=last.t)
        self._last[event.pointer_id] = sound
        return sound

    def feed(self, event: PointerEvent) -> list[PenChange]:
        """Take a pointer event; give what it changes, in order (nothing while the pen hovers)."""
        sound = self.accept(event)
        return [] if sound is None else self._feed(sound)

    def _feed(self, event: PointerEvent) -> list[PenChange]:
        if event.kind == "down" and event.button in ("left", ""):
            return self._down(event)
        pen = self._pens.get(event.pointer_id)
        if pen is None or not pen.down:
            return []
        if event.kind == "move":
            return [self._sample(pen, event, first=False)]
        if event.kind == "up" and event.button in ("left", ""):
            return self._up(pen, event)
        return []

    def tick(self, now: float) -> list[PenChange]:
        """Close the inks whose pen has been up for longer than the pause, by the loop's clock."""
        over = [i for i, pen in self._pens.items() if not pen.down and now - pen.lifted > self.pause]
        return [self._close(pointer_id) for pointer_id in over]

    def close_lifted(self) -> list[PenChange]:
        """Close the inks whose pen is up, without waiting for the pause."""
        return [self._close(pointer_id) for pointer_id, pen in list(self._pens.items()) if not pen.down]

    def finish(self) -> list[PenChange]:
        """Close everything, also a stroke that is still being drawn, so that nothing drawn is lost."""
        changes: list[PenChange] = []
        for pointer_id, pen in list(self._pens.items()):
            if pen.down:
                changes.append(self._lift(pen, pointer_id))
            changes.append(self._close(pointer_id))
        return changes

    def _down(self, event: PointerEvent) -> list[PenChange]:
        changes: list[PenChange] = []
        pen = self._pens.get(event.pointer_id)
        if pen is not None and pen.down:
            # The release was never seen, as when another program took the pointer.
            changes.append(self._lift(pen, event.pointer_id))
            pen.lifted = event.t
        if pen is not None and self._begins_another(pen, event):
            changes.append(self._close(event.pointer_id))
            self._last[event.pointer_id] = event
            pen = None
        if pen is None:
            pen = self._pens[event.pointer_id] = _Pen(began=event.t)
        changes.append(self._sample(pen, event, first=True))
        return changes

    def _up(self, pen: _Pen, event: PointerEvent) -> list[PenChange]:
        changes: list[PenChange] = []
        last = pen.samples[-1]
        if (last[0], last[1]) != (np.float32(event.x), np.float32(event.y)):
            changes.append(self._sample(pen, event, first=False))
        changes.append(self._lift(pen, event.pointer_id))
        pen.lifted = event.t
        return changes

    def _sample(self, pen: _Pen, event: PointerEvent, first: bool) -> StrokePoint:
        point = np.array((event.x, event.y, event.t - pen.began, event.pressure), dtype=np.float32)
        pen.samples.append(point)
        return StrokePoint(point, event.pointer_id, first)

    def _lift(self, pen: _Pen, pointer_id: int) -> StrokeDone:
        points = np.stack(pen.samples)
        pen.samples.clear()
        pen.strokes.append(points)
        return StrokeDone(points, pointer_id)

    def _close(self, pointer_id: int) -> InkDone:
        self._last.pop(pointer_id, None)
        return InkDone(tuple(self._pens.pop(pointer_id).strokes), pointer_id)

    def _begins_another(self, pen: _Pen, event: PointerEvent) -> bool:
        if event.t - pen.lifted > self.pause:
            return True
        return distance_to_box(pen.strokes, event.x, event.y) > self.reach * ink_reach(pen.strokes)


def ink_reach(strokes: list[Points]) -> float:
    """The larger side of the strokes' bounding box, in logical pixels, but at least `SMALLEST_REACH`."""
    corners = np.concatenate(strokes)[:, :2]
    return max(float(np.ptp(corners, axis=0).max()), SMALLEST_REACH)


def distance_to_box(strokes: list[Points], x: float, y: float) -> float:
    """Distance in logical pixels from a point to the strokes' bounding box; 0 inside it."""
    corners = np.concatenate(strokes)[:, :2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(np.hypot(max(low[0] - x, 0.0, x - high[0]), max(low[1] - y, 0.0, y - high[1])))
