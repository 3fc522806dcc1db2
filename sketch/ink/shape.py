"""A polyline as an object: the functions on arrays of points, with what is closed remembered."""

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.ink import outline, polyline
from sketch.ink.outline import Doubles, Nearest

Floats = NDArray[np.float32]
Transform: TypeAlias = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a x + c y + e and y' = b x + d y + f."""


class Polyline:
    """Points joined by straight lines, open or closed. It never changes: every method gives a new one.

        wave = Polyline(points).resample_by_spacing(4).smooth(2)
        canvas.polyline(wave.translate(10, 0))

    Args:
        points: Shape (n, 2..4), n at least 1: x, y and, if there, time and pressure.
        closed: Whether a last line leads back to the first point.

    Raises:
        ValueError: The shape is another one, or a value is not finite.
    """

    __slots__ = ("_closed", "_points")

    def __init__(self, points: ArrayLike, closed: bool = False) -> None:
        given = np.array(points, dtype=np.float32)
        if given.ndim != 2 or len(given) == 0 or given.shape[1] not in (2, 3, 4):
            raise ValueError(f"a polyline needs points of shape (n, 2..4), n at least 1; got {given.shape}")
        if not np.isfinite(given).all():
            row = int(np.flatnonzero(~np.isfinite(given).all(axis=1))[0])
            raise ValueError(f"points must be finite; row {row} is {given[row].tolist()}")
        given.flags.writeable = False
        self._points: Floats = given
        self._closed = bool(closed)

    @property
    def points(self) -> Floats:
        """The points, read-only: shape (n, 2..4). A closed polyline does not repeat its first one."""
        return self._points

    @property
    def closed(self) -> bool:
        """Whether a last line leads back to the first point."""
        return self._closed

    def __len__(self) -> int:
        return len(self._points)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        # What takes an array of points takes a polyline.
        return np.array(self._points, dtype=dtype) if copy else np.asarray(self._points, dtype=dtype)

    def __repr__(self) -> str:
        return f"Polyline({len(self)} points{', closed' if self._closed else ''})"

    @property
    def length(self) -> float:
        """How long it is, the closing line included."""
        return float(outline.arc_lengths(self._line())[-1])

    @property
    def perimeter(self) -> float:
        """How long it is once closed."""
        return float(outline.arc_lengths(self._outline())[-1])

    @property
    def area(self) -> float:
        """The area it holds once closed, 0 or more; where it crosses itself, parts count against others."""
        return abs(outline.signed_area(self._outline()))

    @property
    def clockwise(self) -> bool:
        """Whether it goes round clockwise, as seen on the screen."""
        return outline.signed_area(self._outline()) > 0

    @property
    def centroid(self) -> tuple[float, float]:
        """The center of the area that a closed one holds, or of an open one's line."""
        area = outline.centroid_of_area(self._outline()) if self._closed else None
        x, y = (outline.centroid_of_line(self._line()) if area is None else area).tolist()
        return (x, y)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return polyline.bounds(self._points)

    def resample_by_spacing(self, spacing: float) -> "Polyline":
        """Points so far apart along it; the last step is shorter where it has to be.

        Raises:
            ValueError: The spacing is not more than 0.
        """
        return self._ring_of(polyline.resample_by_spacing(self._ring(), spacing))

    def resample_by_count(self, count: int) -> "Polyline":
        """So many points, evenly spread along it; at least 2, or 3 for a closed one.

        Raises:
            ValueError: The count is too small.
        """
        if self._closed and count < 3:
            raise ValueError(f"count must be at least 3 for a closed polyline; got {count!r}")
        return self._ring_of(polyline.resample_by_count(self._ring(), count + self._closed))

    def smooth(self, radius: int) -> "Polyline":
        """Each place becomes the mean of its neighbours' and itself; the ends of an open one stay.

        Args:
            radius: How many neighbours on each side, 0 or more; all round for a closed one.

        Raises:
            ValueError: The radius is negative.
        """
        if not self._closed:
            return Polyline(polyline.smooth(self._points, radius))
        if radius < 0:
            raise ValueError(f"radius must be 0 or more; got {radius!r}")
        reach = min(int(radius), (len(self) - 1) // 2)
        shifted = [np.roll(self._points, step, axis=0) for step in range(-reach, reach + 1)]
        return Polyline(np.mean(shifted, axis=0, dtype=np.float64), closed=True)

    def simplify(self, tolerance: float) -> "Polyline":
        """Leave out points that lie no farther than a tolerance from the line that is kept.

        Raises:
            ValueError: The tolerance is negative.
        """
        return self._ring_of(polyline.simplify(self._ring(), tolerance))

    def point_at_length(self, length: ArrayLike) -> Doubles:
        """The place so far along it: one number to shape (2,), shape (m,) to (m, 2).

        Raises:
            ValueError: The length is not in 0..length. A closed polyline goes round and round instead.
        """
        return self._along(outline.points_at, length, self.length)

    def tangent_at_length(self, length: ArrayLike) -> Doubles:
        """The unit vector along it at that place; at a corner, of the line that follows.

        Raises:
            ValueError: As for `point_at_length`; or all points are in one place.
        """
        return self._along(outline.tangents_at, length, self.length)

    def normal_at_length(self, length: ArrayLike) -> Doubles:
        """The unit vector to the right of the way at that place, as seen on the screen."""
        tangent = self.tangent_at_length(length)
        return np.stack((-tangent[..., 1], tangent[..., 0]), axis=-1)

    def point_at_percent(self, percent: ArrayLike) -> Doubles:
        """The place at a share of its length: 0 is the start, 1 the end, 0.5 the middle of the way."""
        return self.point_at_length(self._length_of(percent))

    def tangent_at_percent(self, percent: ArrayLike) -> Doubles:
        """The unit vector along it at a share of its length, 0..1."""
        return self.tangent_at_length(self._length_of(percent))

    def normal_at_percent(self, percent: ArrayLike) -> Doubles:
        """The unit vector to the right of the way at a share of its length, 0..1."""
        return self.normal_at_length(self._length_of(percent))

    def closest_point(self, x: float, y: float) -> Nearest:
        """The place on it nearest to (x, y): x, y, distance, length along it."""
        if not (math.isfinite(x) and math.isfinite(y)):
            raise ValueError(f"a point must be finite; got ({x!r}, {y!r})")
        return outline.nearest(self._line(), x, y)

    def inside(self, x: float, y: float) -> bool:
        """Whether (x, y) lies inside it once closed; where it crosses itself, inside every other part."""
        return bool(self.all_inside([(x, y)])[0])

    def all_inside(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether each of many points, shape (m, 2), lies inside: shape (m,)."""
        return outline.winding(self._outline(), np.asarray(points, dtype=np.float64)) % 2 == 1

    def translate(self, x: float, y: float) -> "Polyline":
        """Moved by (x, y)."""
        return self.transform((1, 0, 0, 1, x, y))

    def rotate(self, radians: float, about: tuple[float, float] = (0.0, 0.0)) -> "Polyline":
        """Turned about a point, clockwise on the screen for positive angles."""
        cos, sin = math.cos(radians), math.sin(radians)
        return self.transform(around((cos, sin, -sin, cos, 0, 0), about))

    def scale(self, x: float, y: float | None = None, about: tuple[float, float] = (0.0, 0.0)) -> "Polyline":
        """Stretched from a point by x and y, or by x both ways."""
        return self.transform(around((x, 0, 0, x if y is None else y, 0, 0), about))

    def transform(self, matrix: Transform) -> "Polyline":
        """Every (x, y) becomes (a x + c y + e, b x + d y + f), of a matrix (a, b, c, d, e, f).

        Raises:
            ValueError: A number is not finite, or a place would be beyond what float32 holds.
        """
        a, b, c, d, e, f = matrix
        x, y = self._points[:, :2].astype(np.float64).T
        moved = self._points.astype(np.float64)
        moved[:, 0], moved[:, 1] = a * x + c * y + e, b * x + d * y + f
        return Polyline(moved, self._closed)

    def _ring(self) -> Floats:
        return np.concatenate((self._points, self._points[:1])) if self._closed else self._points

    def _ring_of(self, points: Floats) -> "Polyline":
        return Polyline(points[:-1] if self._closed and len(points) > 1 else points, self._closed)

    def _line(self) -> Doubles:
        return self._ring()[:, :2].astype(np.float64)

    def _outline(self) -> Doubles:
        return np.concatenate((self._points, self._points[:1]))[:, :2].astype(np.float64)

    def _along(self, function: Any, lengths: ArrayLike, whole: float) -> Doubles:
        given = np.asarray(lengths, dtype=np.float64)
        slack = 1e-6 * whole
        if not np.isfinite(given).all():
            raise ValueError(f"a length must be finite; got {lengths!r}")
        if not self._closed and ((given < -slack) | (given > whole + slack)).any():
            raise ValueError(f"a length must be in 0..{whole:g}; got {given.min():g} to {given.max():g}")
        walked = np.mod(given, whole) if self._closed and whole > 0 else given
        found: Doubles = function(self._line(), np.atleast_1d(walked).ravel())
        return found.reshape(*given.shape, 2)

    def _length_of(self, percent: ArrayLike) -> Doubles:
        return np.asarray(percent, dtype=np.float64) * self.length


def around(matrix: Transform, about: tuple[float, float]) -> Transform:
    """A transform about the origin, done about another point."""
    a, b, c, d, _, _ = matrix
    x, y = about
    return (a, b, c, d, x - a * x - c * y, y - b * x - d * y)
