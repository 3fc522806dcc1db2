"""Curves as polylines fine enough to show no corners."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.arrays import Doubles, Floats, Indices

TOLERANCE = 0.05
"""Pixels by which a polyline may miss its curve."""

MOST_PIECES = 1 << 12
"""Pieces of one curve: enough up to a radius of 170 000 pixels; more would fill the memory."""

_MOST_OF_SEGMENT = 64
"""Pieces of one segment; more cannot be seen, and the longest segments of float32 would take millions."""

_MOST_OF_ALL = 200_000
"""Pieces of one curve, but at least one per segment: points very far apart would fill the memory."""


def bezier_points(control: Floats, pixels: float) -> Floats:
    """Sample a cubic Bézier curve evenly in its parameter.

    The number of pieces is Wang's bound for a given error (G. Wang, 1984, "The subdivision method for finding
    the intersection between two Bézier curves or surfaces"), so flat curves take few pieces.

    Args:
        control: Float32 array of shape (4, 2).
        pixels: How many pixels one unit of the control points is.

    Returns:
        Float32 array of shape (n, 2), both ends exact.
    """
    wide = control.astype(np.float64)
    bend = np.abs(wide[2:] - 2 * wide[1:-1] + wide[:-2]).max(axis=0)
    pieces = _pieces(math.sqrt(6 * math.hypot(*bend.tolist()) * pixels / (8 * TOLERANCE)))
    t = np.linspace(0, 1, pieces + 1, dtype=np.float32)[:, None]
    return _bezier(control, t)


def ellipse_points(x: float, y: float, half: tuple[float, float], pixels: float) -> Floats:
    """Sample an ellipse about (x, y); the first point is not repeated at the end.

    Args:
        x: Center.
        y: Center.
        half: Half width and half height.
        pixels: How many pixels one unit is.

    Returns:
        Float32 array of shape (n, 2).
    """
    radius = max(*half) * pixels
    # A chord of a circle of radius r misses it by r (1 - cos(pi / n)), about r (pi / n)^2 / 2.
    count = _pieces(math.pi * math.sqrt(radius / (2 * TOLERANCE)), 12)
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    return np.column_stack((x + half[0] * np.cos(angle), y + half[1] * np.sin(angle))).astype(np.float32)


def closed_from_middle(points: Floats) -> Floats:
    """Close a polyline in the middle of its longest side, where both ends meet without a corner.

    Args:
        points: Float32 array of shape (n, 2), not all in one place.

    Returns:
        Float32 array of shape (n + 2, 2) that starts and ends at the same place.
    """
    sides = np.roll(points, -1, axis=0) - points
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    longest = int(np.argmax(lengths))
    middle = points[longest] + sides[longest] / 2
    return np.vstack((middle, np.roll(points, -longest - 1, axis=0), middle))


def arc_points(
    x: float, y: float, radius: float, start: float, end: float, pixels: float, least: int = 1
) -> Floats:
    """Sample a part of a circle about (x, y).

    Args:
        x: Center.
        y: Center.
        radius: 0 or more.
        start: Angle at which it starts, in radians.
        end: Angle at which it ends.
        pixels: How many pixels one unit is.
        least: Least number of pieces.

    Returns:
        Float32 array of shape (n, 2), n at least 2, both ends exact.
    """
    turn = abs(end - start)
    round_ = _pieces(math.pi * math.sqrt(radius * pixels / (2 * TOLERANCE)), 12)
    count = _pieces(round_ * turn / (2 * math.pi), least)
    angle = np.linspace(start, end, count + 1)
    return np.column_stack((x + radius * np.cos(angle), y + radius * np.sin(angle))).astype(np.float32)


def _pieces(wanted: float, least: int = 1) -> int:
    """A number of pieces within what memory allows."""
    return max(least, math.ceil(wanted)) if wanted < MOST_PIECES else MOST_PIECES


def curve_through(points: ArrayLike, tolerance: float = 0.1) -> tuple[Floats, Doubles]:
    """Sample the smooth curve through points.

    It is the Catmull–Rom spline of Barry and Goldman (1988, "A recursive evaluation algorithm for a class of
    Catmull–Rom splines") with the centripetal parametrization, for which Yuksel, Schaefer and Keyser (2011,
    "Parameterization and applications of Catmull–Rom curves") prove that no segment has a cusp or crosses
    itself. A point moves the curve only over two segments on each side, so a wet stroke changes behind the
    pen only in its last two.

    Args:
        points: Shape (n, 2..4), n at least 1; only x and y matter. A point that repeats the previous one
            has no effect on the curve.
        tolerance: How far the returned polyline may lie from the curve, more than 0.

    Returns:
        The places, float32 of shape (m, 2), every given point among them; and where among the given points
        each one lies, float64 of shape (m,): 2.5 is halfway from the third point to the fourth.

    Raises:
        ValueError: The points have another shape or are not finite, or the tolerance is not more than 0.
    """
    xy = np.asarray(points, dtype=np.float64)
    if xy.ndim != 2 or len(xy) == 0 or xy.shape[1] not in (2, 3, 4) or not np.isfinite(xy).all():
        raise ValueError(f"points need shape (n, 2..4), n at least 1, and finite numbers; got {xy.shape}")
    if not tolerance > 0:
        raise ValueError(f"tolerance must be more than 0; got {tolerance!r}")
    xy = xy[:, :2]
    kept = np.flatnonzero(np.append(True, (np.diff(xy, axis=0) != 0).any(axis=1)))
    if len(kept) < 3:
        return xy[kept].astype(np.float32), kept.astype(np.float64)
    control = _control_points(xy[kept])
    segment, share = _steps(control, tolerance)
    places = _bezier(control[segment], share[:, None])
    # Given points are copied, so that rounding moves none of them.
    at_point = share == 0
    places[at_point] = xy[kept][segment[at_point]]
    at = kept[segment] + share * np.diff(kept)[segment]
    return np.vstack((places, xy[kept[-1:]])).astype(np.float32), np.append(at, kept[-1])


def _control_points(xy: Doubles) -> Doubles:
    """Bézier control points of every segment, shape (n - 1, 4, 2)."""
    padded = np.vstack((2 * xy[:1] - xy[1:2], xy, 2 * xy[-1:] - xy[-2:-1]))
    chord = np.diff(padded, axis=0)
    # Centripetal: the parameter grows with the square root of the chord.
    step = np.sqrt(np.hypot(chord[:, 0], chord[:, 1]))[:, None]
    slope = chord / step
    before, after = step[:-1], step[1:]
    # The derivative that Barry and Goldman's pyramid gives at each point.
    tangent = (slope[:-1] * after + slope[1:] * before) / (before + after)
    inner = step[1:-1]
    start, end = xy[:-1], xy[1:]
    return np.stack((start, start + tangent[:-1] * inner / 3, end - tangent[1:] * inner / 3, end), axis=1)


def _steps(control: Doubles, tolerance: float) -> tuple[Indices, Doubles]:
    """Cut every segment into as many pieces as its bend needs, by Wang's bound (1984): segment and 0..1."""
    bend = control[:, 2:] - 2 * control[:, 1:3] + control[:, :2]
    worst = np.hypot(bend[..., 0], bend[..., 1]).max(axis=1)
    wanted = np.clip(np.sqrt(6 * worst / (8 * tolerance)), 1, _MOST_OF_SEGMENT)
    pieces = np.ceil(wanted * min(1.0, _MOST_OF_ALL / wanted.sum())).astype(int)
    segment = np.repeat(np.arange(len(control)), pieces)
    within = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return segment, within / pieces[segment]


def _bezier(control: NDArray[Any], t: NDArray[Any]) -> NDArray[Any]:
    """Places on cubic curves of control points of shape (..., 4, 2)."""
    u = 1 - t
    first, second, third, last = (control[..., index, :] for index in range(4))
    return u**3 * first + 3 * u**2 * t * second + 3 * u * t**2 * third + t**3 * last
