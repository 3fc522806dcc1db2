"""A polyline as an object: it knows whether it is closed, and has the functions on arrays of points."""

import math
from abc import ABC, abstractmethod
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.arrays import Doubles, Flags, Floats, all_finite
from sketch.ink import outline, polyline
from sketch.ink.outline import Nearest
from sketch.scalars import floats, number, whole

Transform: TypeAlias = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): x' = a x + c y + e and y' = b x + d y + f."""


class Movable(ABC):
    """What can be asked of and done to a polyline and a path alike; every method returns a new one."""

    __slots__ = ()

    @abstractmethod
    def all_inside(self, points: ArrayLike) -> Flags:
        """Whether each of many points, shape (m, 2), lies inside: shape (m,)."""

    @abstractmethod
    def transform(self, matrix: Transform) -> Self:
        """Every (x, y) becomes (a x + c y + e, b x + d y + f), of a matrix (a, b, c, d, e, f)."""

    def inside(self, x: float, y: float) -> bool:
        """Whether (x, y) lies inside, as `all_inside` says."""
        return bool(self.all_inside([floats(x=x, y=y)])[0])

    def translate(self, x: float, y: float) -> Self:
        """Moved by (x, y)."""
        x, y = floats(x=x, y=y)
        return self.transform((1, 0, 0, 1, x, y))

    def rotate(self, radians: float, about: tuple[float, float] = (0.0, 0.0)) -> Self:
        """Turned about a point, clockwise on the screen for positive angles."""
        radians = number("radians", radians)
        cos, sin = math.cos(radians), math.sin(radians)
        return self.transform(around((cos, sin, -sin, cos, 0, 0), about))

    def scale(self, x: float, y: float | None = None, about: tuple[float, float] = (0.0, 0.0)) -> Self:
        """Stretched from a point by x and y, or by x both ways."""
        x, y = floats(x=x, y=x if y is None else y)
        return self.transform(around((x, 0, 0, y, 0, 0), about))


class Polyline(Movable):
    """Points joined by straight lines, open or closed. It is immutable: every method returns a new one.

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
        all_finite("points", given)
        given.flags.writeable = False
        self._points: Floats = given
        self._closed = bool(closed)

    @property
    def points(self) -> Floats:
        """The points, read-only: shape (n, 2..4). A closed polyline does not repeat its first point."""
        return self._points

    @property
    def closed(self) -> bool:
        """Whether a last line leads back to the first point."""
        return self._closed

    def __len__(self) -> int:
        return len(self._points)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        # Lets every function on arrays of points take a polyline.
        return np.array(self._points, dtype=dtype) if copy else np.asarray(self._points, dtype=dtype)

    def __repr__(self) -> str:
        return f"Polyline({len(self)} points{', closed' if self._closed else ''})"

    @property
    def length(self) -> float:
        """Length, including the closing line."""
        return float(outline.arc_lengths(self._line())[-1])

    @property
    def perimeter(self) -> float:
        """Length when closed."""
        return float(outline.arc_lengths(self._outline())[-1])

    @property
    def area(self) -> float:
        """Area inside when closed, 0 or more; parts that run the other way are subtracted."""
        return abs(outline.signed_area(self._outline()))

    @property
    def clockwise(self) -> bool:
        """Whether it runs clockwise, as seen on the screen."""
        return outline.signed_area(self._outline()) > 0

    @property
    def centroid(self) -> tuple[float, float]:
        """The center of the area of a closed polyline, or of the line of an open one."""
        area = outline.centroid_of_area(self._outline()) if self._closed else None
        x, y = (outline.centroid_of_line(self._line()) if area is None else area).tolist()
        return (x, y)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return polyline.bounds(self._points)

    def resample_by_spacing(self, spacing: float) -> "Polyline":
        """Resample to this distance between points; the last step is shorter where needed.

        Raises:
            ValueError: The spacing is not more than 0.
        """
        return self._ring_of(polyline.resample_by_spacing(self._ring(), spacing))

    def resample_by_count(self, count: int) -> "Polyline":
        """Resample to this many points, evenly spread; at least 2, or 3 for a closed polyline.

        Raises:
            ValueError: The count is too small.
        """
        count = whole("count", count, 3 if self._closed else 2, polyline.MOST_POINTS - 1)
        return self._ring_of(polyline.resample_by_count(self._ring(), count + self._closed))

    def smooth(self, radius: int) -> "Polyline":
        """Replace each place by the mean of itself and its neighbours; the ends of an open polyline stay.

        Args:
            radius: How many neighbours on each side, 0 or more; for a closed polyline across its ends.

        Raises:
            ValueError: The radius is negative.
        """
        if not self._closed:
            return Polyline(polyline.smooth(self._points, radius))
        reach = min(whole("radius", radius, 0), (len(self) - 1) // 2)
        shifted = [np.roll(self._points, step, axis=0) for step in range(-reach, reach + 1)]
        return Polyline(np.mean(shifted, axis=0, dtype=np.float64), closed=True)

    def simplify(self, tolerance: float) -> "Polyline":
        """Leave out points that lie no farther than a tolerance from the line that is kept.

        Raises:
            ValueError: The tolerance is negative.
        """
        return self._ring_of(polyline.simplify(self._ring(), tolerance))

    def point_at_length(self, length: ArrayLike) -> Doubles:
        """The place at a distance along it: one number to shape (2,), shape (m,) to (m, 2).

        Less than 0 counts as 0 and more than its length as its length, as in openFrameworks and SVG. A
        closed polyline repeats instead.

        Raises:
            ValueError: A length is not finite.
            TypeError: It is not a number.
        """
        return self._along(outline.points_at, length, self.length)

    def tangent_at_length(self, length: ArrayLike) -> Doubles:
        """The unit vector along it at a distance; at a corner, of the next side.

        Raises:
            ValueError: A length is not finite, or all points are in one place.
        """
        return self._along(outline.tangents_at, length, self.length)

    def normal_at_length(self, length: ArrayLike) -> Doubles:
        """The unit vector to the right of its direction at a distance, as seen on the screen."""
        tangent = self.tangent_at_length(length)
        return np.stack((-tangent[..., 1], tangent[..., 0]), axis=-1)

    def point_at_percent(self, percent: ArrayLike) -> Doubles:
        """The place at a share of its length: 0 is the start, 1 the end, 0.5 the middle.

        Shares outside of 0..1 count as for `point_at_length`.
        """
        return self.point_at_length(self._length_of(percent))

    def tangent_at_percent(self, percent: ArrayLike) -> Doubles:
        """The unit vector along it at a share of its length, 0..1."""
        return self.tangent_at_length(self._length_of(percent))

    def normal_at_percent(self, percent: ArrayLike) -> Doubles:
        """The unit vector to the right of its direction at a share of its length, 0..1."""
        return self.normal_at_length(self._length_of(percent))

    def closest_point(self, x: float, y: float) -> Nearest:
        """The place on it nearest to (x, y): x, y, distance, length along it."""
        return outline.nearest(self._line(), *floats(x=x, y=y))

    def all_inside(self, points: ArrayLike) -> Flags:
        """Whether each of many points, shape (m, 2), lies inside when it is closed: shape (m,).

        Where it crosses itself, the even-odd rule decides.
        """
        return outline.winding(self._outline(), np.asarray(points, dtype=np.float64)) % 2 == 1

    def transform(self, matrix: Transform) -> "Polyline":
        """Every (x, y) becomes (a x + c y + e, b x + d y + f), of a matrix (a, b, c, d, e, f).

        Raises:
            ValueError: A number is not finite, or a place would be out of the range of float32.
        """
        a, b, c, d, e, f = six("matrix", matrix)
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

    def _along(self, function: Any, lengths: ArrayLike, full: float) -> Doubles:
        given = _numbers("length", lengths)
        walked = np.mod(given, full) if self._closed and full > 0 else np.clip(given, 0.0, full)
        found: Doubles = function(self._line(), np.atleast_1d(walked).ravel())
        return found.reshape(*given.shape, 2)

    def _length_of(self, percent: ArrayLike) -> Doubles:
        return _numbers("percent", percent) * self.length


def _numbers(name: str, values: ArrayLike) -> Doubles:
    given = np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be one number or many; got {values!r}")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} must be finite; got {values!r}")
    return given.astype(np.float64)


def six(name: str, matrix: Transform) -> Transform:
    """The six numbers of a transform.

    Raises:
        TypeError: They are not six numbers.
        ValueError: One is not finite.
    """
    if not isinstance(matrix, tuple | list | np.ndarray) or len(matrix) != 6:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"{name} must be six numbers (a, b, c, d, e, f); got {matrix!r}")
    a, b, c, d, e, f = (number(f"each number of {name}", each) for each in matrix)
    return (a, b, c, d, e, f)


def around(matrix: Transform, about: tuple[float, float]) -> Transform:
    """A transform about the origin, moved to another point."""
    a, b, c, d, _, _ = matrix
    if not isinstance(about, tuple | list | np.ndarray) or len(about) != 2:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"about must be two numbers (x, y); got {about!r}")
    x, y = floats(about_x=about[0], about_y=about[1])
    return (a, b, c, d, x - a * x - c * y, y - b * x - d * y)
