"""Affine transforms of the plane, small enough to be tuples of numbers."""

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from sketch.arrays import Floats

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a x + c y + e and y' = b x + d y + f."""

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right and bottom."""

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def multiply(outer: Matrix, inner: Matrix) -> Matrix:
    """The transform that applies `inner` first and `outer` after it."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f)


def translation(x: float, y: float) -> Matrix:
    """Move by (x, y)."""
    return (1.0, 0.0, 0.0, 1.0, x, y)


def rotation(radians: float) -> Matrix:
    """Turn about the origin; with y growing downward a positive angle turns clockwise."""
    cos, sin = math.cos(radians), math.sin(radians)
    return (cos, sin, -sin, cos, 0.0, 0.0)


def scaling(x: float, y: float) -> Matrix:
    """Stretch by x and y about the origin."""
    return (x, 0.0, 0.0, y, 0.0, 0.0)


def inverse(matrix: Matrix) -> Matrix | None:
    """The inverse of a transform, None if it flattens the plane."""
    a, b, c, d, e, f = matrix
    area = a * d - b * c
    if area == 0:
        return None
    return (d / area, -b / area, -c / area, a / area, (c * f - d * e) / area, (b * e - a * f) / area)


def upright_box(matrix: Matrix, x: float, y: float, width: float, height: float) -> Box | None:
    """Transform a box; None if the matrix turns it by anything but quarter turns."""
    a, b, c, d, _, _ = matrix
    small = 1e-6 * (abs(a) + abs(b) + abs(c) + abs(d))
    if not (abs(b) <= small and abs(c) <= small) and not (abs(a) <= small and abs(d) <= small):
        return None
    x1, y1 = apply(matrix, x, y)
    x2, y2 = apply(matrix, x + width, y + height)
    return (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))


def mean_scale(matrix: Matrix) -> float:
    """The mean factor on lengths: the square root of the factor on areas."""
    a, b, c, d, _, _ = matrix
    return math.sqrt(abs(a * d - b * c))


def keeps_circles(matrix: Matrix) -> bool:
    """Whether circles stay circles: turned, mirrored, moved and scaled evenly, nothing else."""
    a, b, c, d, _, _ = matrix
    near = 1e-9 * (abs(a) + abs(b))
    return abs(a - d) + abs(b + c) <= near or abs(a + d) + abs(b - c) <= near


def apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    """Transform one point."""
    a, b, c, d, e, f = matrix
    return (a * x + c * y + e, b * x + d * y + f)


def apply_to_points(matrix: Matrix, points: Floats) -> Floats:
    """Transform the first two columns of (n, 2..4) points into a float32 array of shape (n, 2).

    Raises:
        ValueError: A point is out of the range of float32 afterwards.
    """
    if matrix == IDENTITY:
        return np.array(points[:, :2])  # a copy: the author may change the array that was given
    a, b, c, d, e, f = matrix
    with np.errstate(over="ignore", invalid="ignore"):
        linear = np.array(((a, b), (c, d)), dtype=np.float32)
        pixels = points[:, :2] @ linear + np.array((e, f), dtype=np.float32)
    if not np.isfinite(pixels).all():
        raise ValueError(f"points must stay within 3.4e38, in pixels as well; the transform is {matrix}")
    return pixels


class Axes(NamedTuple):
    """What a shape needs to know about a matrix.

    Attributes:
        matrix: The matrix itself.
        units: Directions of the x axis and the y axis: two vectors of length 1, or 0 if the matrix is flat.
        x: Length of the x axis.
        y: Length of the y axis.
        scale: The mean factor on lengths.
        slanted: Whether the axes do not cross at a right angle.
        even: Whether circles stay circles.
    """

    matrix: Matrix
    units: tuple[float, float, float, float]
    x: float
    y: float
    scale: float
    slanted: bool
    even: bool


def axes_of(matrix: Matrix) -> Axes:
    """Compute the axes of a matrix."""
    a, b, c, d, _, _ = matrix
    x, y = math.hypot(a, b), math.hypot(c, d)
    if x == 0 or y == 0:
        return Axes(matrix, (0.0, 0.0, 0.0, 0.0), x, y, 0.0, slanted=False, even=False)
    units = (a / x, b / x, c / y, d / y)
    slanted = abs(units[0] * units[2] + units[1] * units[3]) > 1e-6
    return Axes(matrix, units, x, y, mean_scale(matrix), slanted, keeps_circles(matrix))
