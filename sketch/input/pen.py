"""Turn pointer events into stroke points, strokes and inks.

An ink is the strokes that belong together, such as a letter. It is closed by a pause with the pen up, or by a
stroke that starts too far from it. People who write slowly also pause within a letter: for a while after it
was closed, a stroke that starts within its reach opens the pointer's last ink again. If that stroke repeats
the first one of the ink, or is a whole letter that lies over it, the stroke begins an ink of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from sketch.ink.points import Points
from sketch.ink.polyline import Box, bounds, distance_to_box, lengths, resample_by_count
from sketch.input.events import PointerEvent
from sketch.input.sound import sound_event

# Below this size an ink does not show how large the writer writes: it may be the dot of an i.
SMALLEST_REACH = 60.0

# An event this many seconds ahead of the loop's clock comes from another clock; later events would wait for
# it.
AHEAD = 10.0

# Chosen so that one or two in a hundred later strokes of people's letters count as a repetition of the first
# one, and eight of ten letters that are drawn once more over themselves do.
REPEAT_POINTS = 16
REPEAT_OFFSET = 0.4
"""How far apart the centers of a stroke and its repetition may be, in sizes of the first: the second upright
of an H and the second bar of = are farther away."""

REPEAT_APART = 0.22
"""How far apart their points may be on average, with the centers aligned, in such sizes."""

REPEAT_LONGER = 1.6
"""How many times longer one of the two may be: the bowls of a B are longer than its upright."""

# Chosen so that at most nine in a thousand later strokes of people's letters, signs and drawings count as
# another letter; of letters that are written over another one, more than four in ten do.
OVER_OVERLAP = 0.5
"""The least share of the box of an ink and a stroke together that must lie in both of their boxes."""

OVER_LENGTH = 2.0
"""How long such a stroke is at least, in sizes of the ink: the second stroke of an x is shorter."""

OVER_MARGIN = 0.08
"""Margin of both boxes, in sizes of the ink: a straight line has no area."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokePoint:
    """A sample of a pen that is down: `point` has shape (4,); `first` if the pen touched down here."""

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
    """An ink is closed; its strokes, oldest first. `amends` if it was closed before with fewer strokes."""

    strokes: tuple[Points, ...]
    pointer_id: int
    amends: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class InkReopened:
    """The pointer continues an ink of these strokes: one that was closed, or one that was split off."""

    strokes: tuple[Points, ...]
    pointer_id: int


@dataclass(frozen=True, slots=True)
class OpenInk:
    """An ink that another stroke may still join.

    Attributes:
        pointer_id: Of its pointer.
        box: Left, top, right and bottom of its points, in logical pixels.
        left: The remaining share of the time in which a stroke may join it, 1..0.
        closed: Whether it is already closed, so that a stroke would open it again.
    """

    pointer_id: int
    box: Box
    left: float
    closed: bool


PenChange: TypeAlias = StrokePoint | StrokeDone | InkDone | InkReopened


@dataclass
class _Pen:
    """The state of one pointer."""

    began: float
    strokes: list[Points] = field(default_factory=list[Points])
    samples: list[Points] = field(default_factory=list[Points])
    lifted: float = 0.0
    closed: int = 0
    """The number of strokes when it was last closed; 0 before."""
    boxed: tuple[int, Box] | None = None
    """The number of strokes in the last measured box, and that box, which is needed in every frame."""

    @property
    def box(self) -> Box:
        """Bounding box of the strokes, at least one."""
        if self.boxed is None or self.boxed[0] != len(self.strokes):
            self.boxed = len(self.strokes), box_of(self.strokes)
        return self.boxed[1]

    @property
    def down(self) -> bool:
        return bool(self.samples)


class PenTracker:
    """Follows every pointer and turns its samples into changes.

    Args:
        pause: Seconds with the pen up after which an ink is closed.
        reach: How far from an ink's bounding box a stroke may start and still belong to it, as a multiple of
            the box's larger side.
        reopens: Seconds after it was closed in which a stroke within its reach opens an ink again; 0 for
            never.

    Attributes:
        dropped: How many events were dropped because of an impossible number.

    Raises:
        ValueError: A number is negative.
    """

    def __init__(self, pause: float = 0.7, reach: float = 1.0, reopens: float = 1.3) -> None:
        if pause < 0 or reach < 0 or reopens < 0:
            raise ValueError(
                f"pause, reach and reopens must be 0 or more; got {pause} s, {reach} and {reopens} s"
            )
        self.pause = pause
        self.reach = reach
        self.reopens = reopens
        self.dropped = 0
        self._pens: dict[int, _Pen] = {}
        self._closed: dict[int, _Pen] = {}
        self._last: dict[int, PointerEvent] = {}
        self._missed: set[int] = set()

    def accept(self, event: PointerEvent, now: float | None = None) -> PointerEvent | None:
        """Check an event's numbers, and make its pointer's times grow; accepting it twice changes nothing.

        Args:
            event: As a device or a player sent it.
            now: Seconds on the loop's clock, if known: a time far ahead of it is replaced by it.

        Returns:
            The event with its pressure in 0..1 and a time not before the pointer's last. None if a number is
            impossible; the event is counted in `dropped`. If that was a touch, the next sample becomes the
            touch; if it was a lift, the pen is lifted where it last was.
        """
        last = self._last.get(event.pointer_id)
        sound = sound_event(event)
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
        """Handle a pointer event; return what it changes, in order (nothing while the pen hovers)."""
        sound = self.accept(event)
        return [] if sound is None else self.follow(sound)

    def follow(self, event: PointerEvent) -> list[PenChange]:
        """Handle an event that `accept` returned; return what it changes, as `feed` does."""
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
        gone = [i for i, pen in self._closed.items() if now - pen.lifted > self.pause + self.reopens]
        for pointer_id in gone:
            del self._closed[pointer_id]
        over = [i for i, pen in self._pens.items() if not pen.down and now - pen.lifted > self.pause]
        return [self._close(pointer_id) for pointer_id in over]

    def close_lifted(self) -> list[PenChange]:
        """Close the inks whose pen is up, without waiting for the pause, and for good."""
        lifted = [pointer_id for pointer_id, pen in self._pens.items() if not pen.down]
        changes: list[PenChange] = [self._close(pointer_id) for pointer_id in lifted]
        self._closed.clear()
        return changes

    def open_inks(self, now: float) -> tuple[OpenInk, ...]:
        """The inks whose pen is up and that a stroke may still join, in the order in which they began."""
        waiting = [(i, pen) for i, pen in (self._pens | self._closed).items() if not pen.down]
        whole = max(self.pause + self.reopens, 1e-6)
        return tuple(
            OpenInk(i, pen.box, min(1.0, 1 - (now - pen.lifted) / whole), i not in self._pens)
            for i, pen in waiting
            if now - pen.lifted < whole
        )

    @property
    def unfinished(self) -> int:
        """How many strokes belong to inks that are not closed; those under a pen do not count."""
        return sum(len(pen.strokes) for pen in self._pens.values())

    def finish(self) -> list[PenChange]:
        """Close everything, including a stroke that is still being drawn, so that nothing is lost."""
        changes: list[PenChange] = []
        for pointer_id, pen in list(self._pens.items()):
            if pen.down:
                changes += self._dried(pen, pointer_id)
            changes.append(self._close(pointer_id))
        return changes

    def _down(self, event: PointerEvent) -> list[PenChange]:
        changes: list[PenChange] = []
        pointer_id = event.pointer_id
        pen = self._pens.get(pointer_id)
        if pen is not None and pen.down:
            # The release was never reported, as when another program took the pointer.
            changes += self._lift(pen, event)
            pen = self._pens[pointer_id]
        if pen is not None and (
            event.t - pen.lifted > self.pause or not within_reach(pen.strokes, event.x, event.y, self.reach)
        ):
            changes.append(self._close(pointer_id))
            self._last[pointer_id] = event
            pen = None
        if pen is None:
            pen = self._reopened(event)
            if pen.strokes:
                changes.append(InkReopened(tuple(pen.strokes), pointer_id))
            self._pens[pointer_id] = pen
        changes.append(self._sample(pen, event, first=True))
        return changes

    def _up(self, pen: _Pen, event: PointerEvent) -> list[PenChange]:
        changes: list[PenChange] = []
        last = pen.samples[-1]
        if (last[0], last[1]) != (np.float32(event.x), np.float32(event.y)):
            changes.append(self._sample(pen, event, first=False))
        return changes + self._lift(pen, event)

    def _sample(self, pen: _Pen, event: PointerEvent, first: bool) -> StrokePoint:
        point = np.array((event.x, event.y, event.t - pen.began, event.pressure), dtype=np.float32)
        pen.samples.append(point)
        return StrokePoint(point, event.pointer_id, first)

    def _lift(self, pen: _Pen, event: PointerEvent) -> list[PenChange]:
        changes = self._dried(pen, event.pointer_id)
        self._pens[event.pointer_id].lifted = event.t
        return changes

    def _dried(self, pen: _Pen, pointer_id: int) -> list[PenChange]:
        points = np.stack(pen.samples)
        pen.samples.clear()
        pen.strokes.append(points)
        changes: list[PenChange] = [StrokeDone(points, pointer_id)]
        opened_it = pen.closed and len(pen.strokes) == pen.closed + 1
        if opened_it and (repeats(pen.strokes[0], points) or draws_over(pen.strokes[:-1], points)):
            own = points - np.array((0, 0, points[0, 2], 0), dtype=np.float32)
            self._pens[pointer_id] = _Pen(pen.began + float(points[0, 2]), [own])
            changes.append(InkReopened((own,), pointer_id))
        return changes

    def _close(self, pointer_id: int) -> InkDone:
        self._last.pop(pointer_id, None)
        pen = self._pens.pop(pointer_id)
        amends, pen.closed = bool(pen.closed), len(pen.strokes)
        self._closed[pointer_id] = pen
        return InkDone(tuple(pen.strokes), pointer_id, amends)

    def _reopened(self, event: PointerEvent) -> _Pen:
        """The pointer's last ink if this stroke opens it again, else a new one."""
        last = self._closed.pop(event.pointer_id, None)
        # An earlier time comes from another clock.
        fresh = last is not None and 0 <= event.t - last.lifted <= self.pause + self.reopens
        if last is None or not fresh or not self.reopens:
            return _Pen(began=event.t)
        near = within_reach(last.strokes, event.x, event.y, self.reach)
        return last if near else _Pen(began=event.t)


def within_reach(strokes: Sequence[Points], x: float, y: float, reach: float) -> bool:
    """Whether a stroke that starts at a place may belong to an ink.

    Args:
        strokes: Of the ink, at least one.
        x: Of the place, in logical pixels.
        y: Of the place, in logical pixels.
        reach: How far it may be from the ink's bounding box, as a multiple of `ink_reach`.
    """
    return distance_to_box(box_of(strokes), x, y) <= reach * ink_reach(strokes)


def ink_reach(strokes: Sequence[Points]) -> float:
    """The larger side of the strokes' bounding box in logical pixels, at least `SMALLEST_REACH`."""
    left, top, right, bottom = box_of(strokes)
    return max(right - left, bottom - top, SMALLEST_REACH)


def box_of(strokes: Sequence[Points]) -> Box:
    """Left, top, right and bottom of at least one stroke."""
    return bounds(np.concatenate(strokes))


def repeats(first: Points, stroke: Points) -> bool:
    """Whether a stroke repeats another in the same direction: the same shape at the same place.

    Args:
        first: Shape (n, 4).
        stroke: Shape (n, 4).
    """
    ours, theirs = (resample_by_count(one[:, :2], REPEAT_POINTS) for one in (first, stroke))
    size = max(float(np.ptp(ours, axis=0).max()), SMALLEST_REACH)
    offset = theirs.mean(axis=0) - ours.mean(axis=0)
    apart = np.hypot(*(theirs - offset - ours).T).mean()
    shorter, longer = sorted(max(float(lengths(one)[-1]), SMALLEST_REACH) for one in (first, stroke))
    near = np.hypot(*offset) <= REPEAT_OFFSET * size and apart <= REPEAT_APART * size
    return bool(near and longer <= REPEAT_LONGER * shorter)


def draws_over(strokes: Sequence[Points], stroke: Points) -> bool:
    """Whether a stroke that opened an ink again is another letter, written over it.

    It is if it covers the place of the ink and is long: what completes a letter (a bar, a dot, the bowl of a
    B) covers a part of its place, or is a plain line.

    Args:
        strokes: Of the ink, at least one, each of shape (n, 4).
        stroke: Shape (n, 4).
    """
    size = ink_reach(strokes)
    if float(lengths(stroke[:, :2])[-1]) < OVER_LENGTH * size:
        return False
    grown = np.array((-1, -1, 1, 1)) * (OVER_MARGIN * size)
    ours, theirs = np.array(box_of(strokes)) + grown, np.array(box_of([stroke])) + grown
    shared = np.minimum(ours[2:], theirs[2:]) - np.maximum(ours[:2], theirs[:2])
    both = float(np.prod(np.maximum(shared, 0.0)))
    either = float(np.prod(ours[2:] - ours[:2]) + np.prod(theirs[2:] - theirs[:2])) - both
    return both >= OVER_OVERLAP * either
