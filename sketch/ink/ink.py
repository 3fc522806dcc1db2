"""A stroke that is done, a stroke that is still wet, and the ink that holds both."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sketch.ink.points import Points, as_points

Rgba: TypeAlias = tuple[float, float, float, float]
"""Red, green, blue and alpha, each in 0..1, not premultiplied."""

Color: TypeAlias = Rgba | NDArray[np.float32]
"""One `Rgba` for a whole stroke, or a float32 array of shape (n, 4), one row a point."""

PAPER_WHITE: Rgba = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """The points between pen-down and pen-up, and how they look.

    Attributes:
        points: Float32 array of shape (n, 4), n at least 1.
        color: One color, or one a point.
        width: Diameter of the line in logical pixels, one for the stroke or a float32 array of shape (n,).
    """

    points: Points
    color: Color = PAPER_WHITE
    width: float | NDArray[np.float32] = 6.0


class WetStroke:
    """A stroke that is still being drawn: it grows by a point at a time, and its look may change every frame.

    Args:
        color: As for `Stroke`.
        width: Diameter in logical pixels where the pen neither presses nor hurries.
    """

    def __init__(self, color: Color = PAPER_WHITE, width: float = 6.0) -> None:
        self.color = color
        self.width: float | NDArray[np.float32] = width
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
        """The stroke as it stands, in arrays of its own."""
        return Stroke(self.points.copy(), self.color, self.width)


@dataclass(eq=False)
class Ink:
    """Everything drawn: finished strokes in order, and the wet one of every pointer that is down.

    A painter may keep a picture of `strokes`: as long as `revision` stays the same, strokes were only
    appended to the end.

    Attributes:
        strokes: The finished strokes, oldest first. Change them through the methods below.
        wet: The stroke being drawn, by pointer id.
        revision: Grows when anything but an append happened to `strokes`.
    """

    strokes: list[Stroke] = field(default_factory=list[Stroke])
    wet: dict[int, WetStroke] = field(default_factory=dict[int, WetStroke])
    revision: int = 0

    def __len__(self) -> int:
        return len(self.strokes)

    def __iter__(self) -> Iterator[Stroke]:
        return iter(self.strokes)

    def add(self, stroke: Stroke) -> None:
        """Append a finished stroke.

        Raises:
            ValueError: It has no points, or one that is not finite.
        """
        if len(as_points(stroke.points)) == 0:
            raise ValueError("a stroke needs at least one point")
        self.strokes.append(stroke)

    def finish(self, pointer_id: int) -> Stroke:
        """Dry the wet stroke of a pointer and return it.

        Raises:
            KeyError: That pointer is not drawing.
        """
        stroke = self.wet.pop(pointer_id).dried()
        self.add(stroke)
        return stroke

    def replace(self, index: int, stroke: Stroke) -> None:
        """Put another stroke, such as the same one in another color, in the place of one."""
        self.strokes[index] = stroke
        self.revision += 1

    def remove(self, index: int = -1) -> Stroke:
        """Take one stroke away, the last unless told otherwise, and return it.

        Raises:
            IndexError: There is no such stroke.
        """
        stroke = self.strokes.pop(index)
        self.revision += 1
        return stroke

    def clear(self) -> None:
        """Forget every stroke, the wet ones too."""
        self.strokes.clear()
        self.wet.clear()
        self.revision += 1
