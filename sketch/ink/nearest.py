"""Find the line nearest to a place."""

import math
from collections.abc import Iterable
from typing import Protocol, TypeAlias

import numpy as np

from sketch.arrays import Doubles
from sketch.ink.points import Points

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in logical pixels."""


class Line(Protocol):
    """A line that `nearest_line` can choose."""

    @property
    def points(self) -> Points:
        """Shape (n, 2..4), n at least 1."""
        ...

    @property
    def box(self) -> Box:
        """The smallest box that holds the points."""
        ...

    @property
    def half_width(self) -> float:
        """Half the width where the line is widest."""
        ...


def distance_to_line(points: Points, x: float, y: float) -> float:
    """Distance from a place to the polyline through some points.

    Args:
        points: Shape (n, 2..4), n at least 1.
        x: Of the place, in logical pixels.
        y: Of the place, in logical pixels.

    Returns:
        Logical pixels, 0 on the line.
    """
    line: Doubles = points[:, :2] - np.array((x, y), dtype=np.float64)
    if len(line) == 1:
        return float(np.hypot(*line[0]))
    chord = np.diff(line, axis=0)
    square = np.maximum(np.einsum("ij,ij->i", chord, chord), 1e-12)
    share = np.clip(-np.einsum("ij,ij->i", line[:-1], chord) / square, 0, 1)
    away = line[:-1] + share[:, None] * chord
    return float(np.sqrt(np.einsum("ij,ij->i", away, away).min()))


def distance_to_box(box: Box, x: float, y: float) -> float:
    """Distance from a place to a rectangle; 0 inside it."""
    return math.hypot(max(box[0] - x, 0.0, x - box[2]), max(box[1] - y, 0.0, y - box[3]))


def nearest_line(lines: Iterable[Line], x: float, y: float, reach: float = math.inf) -> int | None:
    """The line whose paint is nearest to a place; the last of several equally near ones.

    Args:
        lines: To choose from.
        x: Of the place, in logical pixels.
        y: Of the place, in logical pixels.
        reach: How far away a line's paint may be, 0 or more.

    Returns:
        Its index, or None if no line is that near.
    """
    found, best = None, reach
    for index, line in enumerate(lines):
        if distance_to_box(line.box, x, y) - line.half_width > best:
            continue
        away = max(0.0, distance_to_line(line.points, x, y) - line.half_width)
        if away <= best:
            found, best = index, away
    return found
