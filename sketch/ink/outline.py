"""Measure a line or the outline of a shape: places along it, its inside, its area.

Everything here takes float64 arrays of shape (n, 2), n at least 1. A closed outline has its first point again
at the end.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sketch.arrays import Doubles, Floats, Ints


class Nearest(NamedTuple):
    """The place on a line that is nearest to a point.

    Attributes:
        x: Where it is.
        y: Where it is.
        distance: How far the point is from it.
        length: Its distance along the line.
    """

    x: float
    y: float
    distance: float
    length: float


def arc_lengths(points: Doubles | Floats) -> Doubles:
    """Distance of each point from the first along a line of shape (n, 2..4), n at least 0: shape (n,)."""
    xy = np.asarray(points[:, :2], dtype=np.float64)
    steps = np.diff(xy, axis=0, prepend=xy[:1])
    return np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))


def interpolated(at: NDArray[Any], where: NDArray[Any], rows: NDArray[Any]) -> Doubles:
    """Interpolate every column of rows, shape (n, k), from the places `where` to `at`: shape (len(at), k)."""
    columns: list[Doubles] = [np.interp(at, where, column) for column in rows.T]
    return np.column_stack(columns)


def points_at(line: Doubles, lengths: Doubles) -> Doubles:
    """The places at these distances along the line, shape (m,) to (m, 2)."""
    return interpolated(lengths, arc_lengths(line), line)


def tangents_at(line: Doubles, lengths: Doubles) -> Doubles:
    """Unit vectors along the line at these distances, shape (m,) to (m, 2); at a corner, of the next side.

    Raises:
        ValueError: The line has no length, so it has no direction.
    """
    along = arc_lengths(line)
    if along[-1] == 0:
        raise ValueError("a line whose points are all in one place has no direction")
    steps = np.diff(line, axis=0)
    moving = np.flatnonzero(np.diff(along) > 0)
    segment = moving[np.clip(np.searchsorted(along[moving], lengths, "right") - 1, 0, None)]
    return steps[segment] / np.hypot(steps[segment, 0], steps[segment, 1])[:, None]


def nearest(line: Doubles, x: float, y: float) -> Nearest:
    """The place on the line that is nearest to (x, y)."""
    places, away = _nearest_of_each(line, x, y)
    best = int(np.argmin(away))
    on_segment = float(np.hypot(*(places[best] - line[best])))
    found = places[best].tolist()
    return Nearest(found[0], found[1], float(away[best]), float(arc_lengths(line)[best]) + on_segment)


def distance(line: Doubles, x: float, y: float) -> float:
    """The distance from (x, y) to the line."""
    return float(_nearest_of_each(line, x, y)[1].min())


def _nearest_of_each(line: Doubles, x: float, y: float) -> tuple[Doubles, Doubles]:
    """The place on each segment that is nearest to (x, y), shape (n - 1, 2), and its distance."""
    if len(line) == 1:
        return line, np.hypot(*(line - (x, y)).T)
    start, steps = line[:-1], np.diff(line, axis=0)
    square = np.einsum("ij,ij->i", steps, steps)
    share = np.einsum("ij,ij->i", (x, y) - start, steps) / np.maximum(square, 1e-300)
    places = start + np.clip(share, 0, 1)[:, None] * steps
    away = places - (x, y)
    return places, np.sqrt(np.einsum("ij,ij->i", away, away))


def winding(outline: Doubles, points: Doubles) -> Ints:
    """How often a closed outline goes round each point, clockwise on the screen counting up.

    The method counts the edges that cross a ray to the left of the point, each by its direction, as in Sunday
    (2001, "Inclusion of a point in a polygon").

    Args:
        outline: Shape (n, 2), the first point again at the end.
        points: Shape (m, 2).

    Returns:
        Shape (m,). A point on an edge counts with one of its sides.

    Raises:
        ValueError: The points have another shape.
    """
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points need shape (m, 2); got {points.shape}")
    total = np.zeros(len(points), dtype=np.int64)
    x, y = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(outline[:-1].tolist(), outline[1:].tolist(), strict=True):
        if y1 == y2:
            continue
        crosses = (y >= min(y1, y2)) & (y < max(y1, y2))
        left = x1 + (y - y1) * ((x2 - x1) / (y2 - y1)) < x
        total += np.where(crosses & left, -1 if y2 > y1 else 1, 0)
    return total


def signed_area(outline: Doubles) -> float:
    """The area inside a closed outline by the shoelace formula, positive if clockwise on the screen."""
    centered = outline - outline[0]  # far from the origin the products would lose precision
    x, y = centered[:, 0], centered[:, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def centroid_of_area(outline: Doubles) -> Doubles | None:
    """The center of the area inside a closed outline, shape (2,), or None where the area is close to 0."""
    centered = outline - outline[0]
    cross = centered[:-1, 0] * centered[1:, 1] - centered[1:, 0] * centered[:-1, 1]
    doubled = cross.sum()
    extent = float(np.abs(centered).max())
    if abs(doubled) <= 1e-12 * extent * extent:
        return None
    return outline[0] + ((centered[:-1] + centered[1:]) * cross[:, None]).sum(axis=0) / (3 * doubled)


def centroid_of_line(line: Doubles) -> Doubles:
    """The center of a line, each side weighted by its length, shape (2,)."""
    lengths = np.diff(arc_lengths(line))
    if lengths.sum() == 0:
        return line[0]
    return np.average((line[:-1] + line[1:]) / 2, axis=0, weights=lengths)
