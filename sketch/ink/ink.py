"""Dry strokes, wet strokes, and the ink that holds both."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.ink.history import Change, History
from sketch.ink.outline import distance
from sketch.ink.points import Points, as_points
from sketch.ink.polyline import Box, bounds, distance_to_box, lengths, sharp_turns
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.scalars import number, short

Rgba: TypeAlias = tuple[float, float, float, float]
"""Red, green, blue and alpha, each in 0..1, not premultiplied."""

Color: TypeAlias = Rgba | Floats
"""One `Rgba` for a whole stroke, or a float32 array of shape (n, 4), one row per point."""

PAPER_WHITE: Rgba = (1.0, 1.0, 1.0, 1.0)


NO_POINTS: Points = as_points(())


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """The points between pen-down and pen-up, and how they look.

    Attributes:
        points: Float32 array of shape (n, 4), n at least 1.
        color: One color, or one per point: red, green, blue and alpha in 0..1, as `parse_color` returns them.
        width: Diameter of the line in logical pixels, one for the stroke or a float32 array of shape (n,);
            with 0 the stroke is kept but not drawn.
        style: Its caps, joins, dashes, tapers and brush.
        data: For its brush, by the names that `Canvas.stroke` knows: "progress", "class", ...
    """

    points: Points
    color: Color = PAPER_WHITE
    width: float | Floats = 6.0
    style: StrokeStyle = PLAIN
    data: Mapping[str, ArrayLike] | None = None
    _box: Box | None = field(default=None, init=False, repr=False)
    _length: float | None = field(default=None, init=False, repr=False)
    _turns: int | None = field(default=None, init=False, repr=False)

    @property
    def box(self) -> Box:
        """Left, top, right and bottom of the points, in logical pixels; computed once."""
        if self._box is None:
            object.__setattr__(self, "_box", bounds(self.points))
        return cast(Box, self._box)

    @property
    def length(self) -> float:
        """Length of the line through the points, in logical pixels; computed once."""
        if self._length is None:
            object.__setattr__(self, "_length", float(lengths(self.points)[-1]))
        return cast(float, self._length)

    @property
    def turns(self) -> int:
        """How many corners are so sharp, or so close, that the line overlaps there; computed once."""
        if self._turns is None:
            object.__setattr__(self, "_turns", sharp_turns(self.points, self.half_width))
        return cast(int, self._turns)

    @property
    def half_width(self) -> float:
        """Half the width where the stroke is widest, in logical pixels."""
        return float(np.max(np.abs(self.width))) / 2


class WetStroke:
    """A stroke that is still being drawn: it grows point by point, and its look may change every frame.

    Args:
        color: As for `Stroke`.
        width: Diameter in logical pixels at normal pressure and low speed.
        style: Its caps, joins, dashes, tapers and brush.

    Attributes:
        tip: Where the pen will be next, if that was predicted: points of shape (n, 4) that are drawn after
            the others, with the width and color of the last one, and are not part of the stroke.
    """

    def __init__(self, color: Color = PAPER_WHITE, width: float = 6.0, style: StrokeStyle = PLAIN) -> None:
        self.color = color
        self.style = style
        self.width: float | Floats = width
        self.tip: Points = NO_POINTS
        self._buffer = np.empty((64, 4), dtype=np.float32)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def points(self) -> Points:
        """The points so far: a read-only view of shape (n, 4)."""
        view = self._buffer[: self._count]
        view.flags.writeable = False
        return view

    def add(self, point: Points) -> None:
        """Append one point of shape (4,)."""
        if self._count == len(self._buffer):
            grown = np.empty((2 * len(self._buffer), 4), dtype=np.float32)
            grown[: self._count] = self._buffer
            self._buffer = grown
        self._buffer[self._count] = point
        self._count += 1

    def dried(self) -> Stroke:
        """The stroke so far, without its tip, in new arrays."""
        return Stroke(self.points.copy(), self.color, self.width, self.style)

    def with_tip(self) -> Stroke:
        """The stroke to draw, with its tip."""
        more = len(self.tip)
        if not more:
            return Stroke(self.points, self.color, self.width, self.style)
        color = self.color if isinstance(self.color, tuple) else _lengthened(self.color, more)
        width = _lengthened(self.width, more) if isinstance(self.width, np.ndarray) else self.width
        return Stroke(np.concatenate((self.points, self.tip)), color, width, self.style)


def _check(stroke: object) -> None:
    if not isinstance(stroke, Stroke):
        raise TypeError(f"an ink takes a Stroke, such as Stroke(as_points(points)); got {short(stroke)}")
    if len(as_points(stroke.points)) == 0:
        raise ValueError("a stroke needs at least one point")
    if not isinstance(stroke.width, np.ndarray) or stroke.width.ndim == 0:
        number("width", stroke.width)
    elif not np.isfinite(stroke.width).all():
        raise ValueError("the widths of a stroke must be finite")


def _lengthened(rows: Floats, more: int) -> Floats:
    """An array whose last row is repeated."""
    return np.concatenate((rows, np.repeat(rows[-1:], more, axis=0)))


@dataclass(eq=False)
class Ink:
    """Everything drawn: dry strokes in order, and the wet stroke of every pointer that is down.

    An ink is a layer, too: a sketch may have several and draw them in any order, each with its own opacity
    and blend mode (see `Canvas.ink`).

    What the methods below do to the dry strokes can be undone, step by step, and redone until something new
    is done. A painter may keep a picture of `strokes`: as long as `revision` stays the same, strokes were
    only appended to the end.

    Attributes:
        strokes: The dry strokes, oldest first. Change them with the methods below.
        wet: The stroke being drawn, by pointer id.
        revision: Grows when anything but an append happened to `strokes`.
        history: What can be undone and redone; `History(steps)` says how much is kept.
        watcher: Called after every change of `strokes`; may be None.
    """

    strokes: list[Stroke] = field(default_factory=list[Stroke])
    wet: dict[int, WetStroke] = field(default_factory=dict[int, WetStroke])
    revision: int = 0
    history: History[Stroke] = field(default_factory=History[Stroke], repr=False)
    watcher: Callable[[Change[Stroke]], object] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.strokes)

    def __iter__(self) -> Iterator[Stroke]:
        return iter(self.strokes)

    def add(self, stroke: Stroke) -> None:
        """Append a dry stroke.

        Raises:
            ValueError: It has no points, or a point or a width that is not finite.
            TypeError: Its width is not a number.
        """
        _check(stroke)
        self._change(Change(len(self.strokes), (), (stroke,)))

    def finish(self, pointer_id: int) -> Stroke:
        """Dry the wet stroke of a pointer and return it.

        Raises:
            KeyError: That pointer is not drawing.
        """
        stroke = self.wet.pop(pointer_id).dried()
        self.add(stroke)
        return stroke

    def replace(self, index: int, stroke: Stroke) -> None:
        """Replace a stroke by another, such as the same one in another color.

        Raises:
            IndexError: There is no such stroke.
            ValueError: As for `add`.
            TypeError: As for `add`.
        """
        _check(stroke)
        index = self._at(index)
        self._change(Change(index, (self.strokes[index],), (stroke,)))

    def remove(self, index: int = -1) -> Stroke:
        """Remove one stroke, the last by default, and return it.

        Raises:
            IndexError: There is no such stroke.
        """
        index = self._at(index)
        stroke = self.strokes[index]
        self._change(Change(index, (stroke,)))
        return stroke

    def erase(self, x: float, y: float, reach: float = 10.0) -> Stroke | None:
        """Remove the stroke nearest to a place, the topmost of several, and return it.

        Args:
            x: Of the place, in logical pixels.
            y: Of the place, in logical pixels.
            reach: How far from the stroke's edge the place may be; beyond that nothing is erased.

        Raises:
            ValueError: The reach is negative or not a number.
        """
        index = self.nearest(x, y, reach)
        return None if index is None else self.remove(index)

    def nearest(self, x: float, y: float, reach: float = math.inf) -> int | None:
        """Index of the dry stroke nearest to a place, the topmost of several; None if none is in reach.

        Raises:
            ValueError: The reach is negative or not a number.
        """
        if not reach >= 0:
            raise ValueError(f"reach must be 0 or more logical pixels; got {reach!r}")
        found, best = None, reach
        for index, stroke in enumerate(self.strokes):
            if distance_to_box(stroke.box, x, y) - stroke.half_width > best:
                continue
            line = stroke.points[:, :2].astype(np.float64)
            away = max(0.0, distance(line, x, y) - stroke.half_width)
            if away <= best:
                found, best = index, away
        return found

    def clear(self) -> None:
        """Remove every stroke, dry and wet; only the dry ones can be restored by `undo`."""
        self.wet.clear()
        if self.strokes:
            self._change(Change(0, tuple(self.strokes)))

    def undo(self) -> bool:
        """Undo the last change of the dry strokes; return False if there is none."""
        change = self.history.undo()
        self._apply(change)
        return change is not None

    def redo(self) -> bool:
        """Redo what was undone last; return False if nothing was, or something new was done since."""
        change = self.history.redo()
        self._apply(change)
        return change is not None

    def _at(self, index: int) -> int:
        """The index, counted from the start."""
        count = len(self.strokes)
        if not -count <= index < count:
            raise IndexError(f"there is no stroke {index}; the ink has {count}")
        return index % count

    def _change(self, change: Change[Stroke]) -> None:
        self._apply(change)
        self.history.note(change)

    def _apply(self, change: Change[Stroke] | None) -> None:
        if change is None:
            return
        appended = change.index == len(self.strokes)
        self.strokes[change.index : change.index + len(change.before)] = change.after
        self.revision += not appended
        if self.watcher is not None:
            self.watcher(change)
