"""Rows of thousands of shapes at once, from arrays. The layout of a row is described in `painter`."""

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.render.matrix import Axes, apply_to_points
from sketch.render.shapes.painter import BOX, ELLIPSE, ROW_FLOATS, TRIANGLE


def ellipse_rows(axes: Axes, xy: Floats, half: Floats, line: ArrayLike, rgba: ArrayLike) -> Floats:
    """Ellipses.

    Args:
        axes: Of the matrix from the author's coordinates to pixels.
        xy: Centers, shape (n, 2).
        half: Half widths and heights, shape (n, 2).
        line: Width of the outline, 0 for filled shapes, one or shape (n,).
        rgba: One color or shape (n, 4), 0..1, not premultiplied.

    Returns:
        Float32 array of shape (n, 16).
    """
    rows = _rows(axes, ELLIPSE, xy, line, rgba)
    rows[:, 8:10] = half * np.array((axes.x, axes.y), dtype=np.float32)
    return rows


def box_rows(
    axes: Axes, corners: Floats, sizes: Floats, radius: ArrayLike, line: ArrayLike, rgba: ArrayLike
) -> Floats:
    """Rectangles.

    Args:
        axes: Of the matrix from the author's coordinates to pixels.
        corners: At the top left, shape (n, 2).
        sizes: Widths and heights, shape (n, 2); negative ones go to the left and upward.
        radius: Of their corners, one or shape (n,).
        line: As for `ellipse_rows`.
        rgba: As for `ellipse_rows`.

    Returns:
        Float32 array of shape (n, 16).
    """
    toward = (sizes * 0.5).astype(np.float32, copy=False)
    rows = _rows(axes, BOX, corners + toward, line, rgba)
    half = np.abs(toward)
    rows[:, 8:10] = half * np.array((axes.x, axes.y), dtype=np.float32)
    rows[:, 10] = np.minimum(radius, half.min(axis=1)) * axes.scale
    return rows


def line_rows(axes: Axes, start: Floats, end: Floats, width: ArrayLike, rgba: ArrayLike) -> Floats:
    """Straight lines with round ends.

    Args:
        axes: Of the matrix from the author's coordinates to pixels.
        start: Shape (n, 2).
        end: Shape (n, 2).
        width: One or shape (n,).
        rgba: One color or shape (n, 4), 0..1, not premultiplied.

    Returns:
        Float32 array of shape (n, 16).
    """
    a, b = apply_to_points(axes.matrix, start), apply_to_points(axes.matrix, end)
    along = b - a
    length = np.hypot(along[:, 0], along[:, 1])
    cos, sin = np.divide(along.T, length, out=np.zeros_like(along.T), where=length > 0)
    cos[length == 0] = 1
    half = np.asarray(width, dtype=np.float32) * np.float32(axes.scale / 2)
    rows = np.zeros((len(a), ROW_FLOATS), dtype=np.float32)
    rows[:, 0:2] = (a + b) / 2
    rows[:, 2] = BOX
    rows[:, 4], rows[:, 5], rows[:, 6], rows[:, 7] = cos, sin, -sin, cos
    rows[:, 8], rows[:, 9], rows[:, 10] = length / 2 + half, half, half
    rows[:, 12:] = rgba
    return rows


def triangle_rows(axes: Axes, corners: Floats, rgba: ArrayLike) -> Floats:
    """Filled triangles.

    Args:
        axes: Of the matrix from the author's coordinates to pixels.
        corners: Shape (n, 3, 2).
        rgba: One color or shape (n, 4), 0..1, not premultiplied.

    Returns:
        Float32 array of shape (n, 16).
    """
    pixels = apply_to_points(axes.matrix, corners.reshape(-1, 2)).reshape(-1, 3, 2)
    rows = np.zeros((len(pixels), ROW_FLOATS), dtype=np.float32)
    rows[:, 0:2] = pixels[:, 0]
    rows[:, 2] = TRIANGLE
    rows[:, 4:6] = pixels[:, 1] - pixels[:, 0]
    rows[:, 6:8] = pixels[:, 2] - pixels[:, 0]
    rows[:, 8:10] = 0.5
    rows[:, 12:] = rgba
    return rows


def _rows(axes: Axes, kind: float, xy: Floats, line: ArrayLike, rgba: ArrayLike) -> Floats:
    rows = np.zeros((len(xy), ROW_FLOATS), dtype=np.float32)
    rows[:, 0:2] = apply_to_points(axes.matrix, xy)
    rows[:, 2] = kind
    rows[:, 3] = np.asarray(line, dtype=np.float32) * np.float32(axes.scale)
    rows[:, 4:8] = axes.units
    rows[:, 12:] = rgba
    return rows
