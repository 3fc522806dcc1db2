"""Polylines: arrays of points in, new arrays of points out.

A polyline is an array of shape (n, 2), (n, 3) or (n, 4): x, y, and, if there, time and pressure. All
functions here except `bounds` also take one without points and return it.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Doubles, Floats, all_finite
from sketch.ink.outline import arc_lengths, interpolated
from sketch.scalars import number, whole

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom, in logical pixels."""

_TIME = 2

MOST_POINTS = 10_000_000
"""Points that a line may get; more would fill the memory."""


def lengths(points: ArrayLike) -> Floats:
    """Distance of each point from the first along the line.

    Args:
        points: Shape (n, 2..4).

    Returns:
        Float32 array of shape (n,), 0 at the first point, the whole length at the last.
    """
    return arc_lengths(_polyline(points)).astype(np.float32)


def resample_by_spacing(points: ArrayLike, spacing: float) -> Floats:
    """Put points at even distances along the line; time and pressure are interpolated.

    Args:
        points: Shape (n, 2..4).
        spacing: Between two points along the line, more than 0.

    Returns:
        Float32 array of shape (m, 2..4) that starts at the first point and ends at the last, the last step
        shorter than the others where needed.

    Raises:
        ValueError: The spacing is not more than 0, or so short that there would be more points than
            `MOST_POINTS`; or the points are not a polyline.
        TypeError: The spacing is not a number.
    """
    given, spacing = spacing, number("spacing", spacing)
    if spacing <= 0:
        raise ValueError(f"spacing must be more than 0; got {given!r}")
    line = _polyline(points)
    if len(line) == 0:
        return line.astype(np.float32)
    along = arc_lengths(line)
    if float(along[-1]) / spacing > MOST_POINTS:
        raise ValueError(
            f"spacing must be {along[-1] / MOST_POINTS:g} or more here, for {MOST_POINTS} points at most; "
            f"got {given!r}"
        )
    count = math.ceil(float(along[-1]) / spacing)
    wanted = np.minimum(np.linspace(0, count * spacing, count + 1), along[-1])
    return interpolated(wanted, along, line).astype(np.float32)


def resample_by_count(points: ArrayLike, count: int) -> Floats:
    """Spread a number of points evenly along the line; time and pressure are interpolated.

    Args:
        points: Shape (n, 2..4).
        count: How many, from 2, since both ends are kept, to `MOST_POINTS`.

    Returns:
        Float32 array of shape (count, 2..4).

    Raises:
        ValueError: The count is out of range, or the points are not a polyline.
        TypeError: The count is not a whole number.
    """
    count = whole("count", count, 2, MOST_POINTS)
    line = _polyline(points)
    if len(line) == 0:
        return line.astype(np.float32)
    along = arc_lengths(line)
    return interpolated(np.linspace(0, float(along[-1]), count), along, line).astype(np.float32)


def smooth(points: ArrayLike, radius: int) -> Floats:
    """Replace each place by the mean of itself and its neighbours on both sides; times and both ends stay.

    Args:
        points: Shape (n, 2..4).
        radius: Neighbours on each side, 0 or more; fewer near the ends, as many on one side as on the other.

    Returns:
        Float32 array of the same shape.

    Raises:
        ValueError: The radius is negative, or the points are not a polyline.
        TypeError: The radius is not a whole number.
    """
    radius = whole("radius", radius, 0)
    line = _polyline(points)
    index = np.arange(len(line))
    reach = np.minimum(np.minimum(index, index[::-1]), min(radius, len(line)))
    # Cumulative sums: the sum over any window is the difference of two of them.
    sums = np.concatenate((np.zeros((1, line.shape[1])), np.cumsum(line, axis=0)))
    smoothed = (sums[index + reach + 1] - sums[index - reach]) / (2 * reach + 1)[:, None]
    still = reach == 0
    smoothed[still] = line[still]
    if line.shape[1] > _TIME:
        smoothed[:, _TIME] = line[:, _TIME]
    return smoothed.astype(np.float32)


def simplify(points: ArrayLike, tolerance: float) -> Floats:
    """Leave out points that hardly change the line.

    The method is that of Ramer (1972) and of Douglas and Peucker (1973), with the distance to the segment
    instead of to the infinite line, so that a line that turns back on itself keeps its turn.

    Args:
        points: Shape (n, 2..4).
        tolerance: How far a point left out may lie from the line that is kept, 0 or more.

    Returns:
        Float32 array of shape (m, 2..4): some of the points, in order, both ends among them.

    Raises:
        ValueError: The tolerance is less than 0, or the points are not a polyline.
        TypeError: The tolerance is not a number.
    """
    if number("tolerance", tolerance) < 0:
        raise ValueError(f"tolerance must be 0 or more; got {tolerance!r}")
    line = _polyline(points)
    kept = np.zeros(len(line), dtype=bool)
    kept[:1] = kept[-1:] = True
    pieces = [(0, len(line) - 1)]
    while pieces:
        first, last = pieces.pop()
        if last - first < 2:
            continue
        away = _distances(line[first + 1 : last, :2], line[first, :2], line[last, :2])
        farthest = first + 1 + int(np.argmax(away))
        if away[farthest - first - 1] > tolerance:
            kept[farthest] = True
            pieces += [(first, farthest), (farthest, last)]
    return line[kept].astype(np.float32)


def bounds(points: ArrayLike) -> Box:
    """The smallest upright rectangle that holds every point.

    Args:
        points: Shape (n, 2..4), n at least 1.

    Returns:
        Left, top, right, bottom.

    Raises:
        ValueError: There are no points, or they are not a polyline.
    """
    line = _polyline(points)
    if len(line) == 0:
        raise ValueError("a polyline with no points has no bounds")
    left, top = line[:, :2].min(axis=0).tolist()
    right, bottom = line[:, :2].max(axis=0).tolist()
    return (left, top, right, bottom)


def distance_to_box(box: Box, x: float, y: float) -> float:
    """Distance from a place to a rectangle; 0 inside it."""
    return math.hypot(max(box[0] - x, 0.0, x - box[2]), max(box[1] - y, 0.0, y - box[3]))


def _polyline(points: ArrayLike) -> Doubles:
    """Read points in double precision, which keeps sums along long lines exact enough."""
    try:
        given = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"points must be numbers in rows of equal length; got {str(points)[:80]}") from None
    if given.size == 0:
        return np.empty((0, given.shape[1] if given.ndim == 2 and given.shape[1] in (2, 3, 4) else 2))
    if given.ndim != 2 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"points need shape (n, 2), (n, 3) or (n, 4); got {given.shape}")
    return all_finite("points", given)


def _distances(points: Doubles, start: Doubles, end: Doubles) -> Doubles:
    """How far points are from the segment between two others."""
    chord = end - start
    square = float(chord @ chord)
    share = np.clip((points - start) @ chord / square, 0, 1) if square > 0 else np.zeros(len(points))
    away = points - start - share[:, None] * chord
    return np.hypot(away[:, 0], away[:, 1])


def sharp_turns(points: ArrayLike, half_width: float) -> int:
    """Count the corners where a line so wide overlaps itself.

    Args:
        points: Shape (n, 2..4).
        half_width: In the same unit.

    Returns:
        How many corners turn by 90 degrees or more, or have their inner side past half of a segment.
    """
    step = np.diff(np.asarray(points, dtype=np.float64)[:, :2], axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    step, length = step[length > 0], length[length > 0]
    before, after = step[:-1], step[1:]
    cos = (before * after).sum(axis=1) / (length[:-1] * length[1:])
    reach = half_width * np.sqrt((1 - cos).clip(0) / (1 + cos).clip(1e-6))
    return int(((cos <= 0) | (reach > np.minimum(length[:-1], length[1:]) / 2)).sum())
