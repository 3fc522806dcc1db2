"""Curves as polylines fine enough to show no corners."""

import math

import numpy as np

from sketch.arrays import Floats

TOLERANCE = 0.05
"""Pixels by which a polyline may miss its curve."""

MOST_PIECES = 1 << 12
"""Pieces of one curve: enough up to a radius of 170 000 pixels; more would fill the memory."""


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
    u = 1 - t
    return u**3 * control[0] + 3 * u**2 * t * control[1] + 3 * u * t**2 * control[2] + t**3 * control[3]


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
        points: Float32 array of shape (n, 2).

    Returns:
        Float32 array of shape (n + 2, 2) that starts and ends at the same place; unchanged if no point
        differs.
    """
    sides = np.roll(points, -1, axis=0) - points
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    longest = int(np.argmax(lengths))
    if lengths[longest] == 0:
        return points
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
