"""Read an author's arrays as float32: clamped where that is harmless, else refused by name.

Single numbers are read by `sketch.scalars`.
"""

from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats, all_finite
from sketch.scalars import short


def check_kind(value: object, kind: type, rule: str) -> None:
    """Refuse a value of another type.

    Args:
        value: As the author gave it.
        kind: What it must be.
        rule: How the message begins, such as "mesh needs a Mesh".

    Raises:
        TypeError: It is of another type.
    """
    if not isinstance(value, kind):
        raise TypeError(f"{rule}; got {short(value)}")


def as_floats(name: str, values: ArrayLike) -> Floats:
    """Read an array as float32, not copied when it is one; numbers out of its range become infinite.

    Raises:
        TypeError: It holds something other than numbers, or rows of different lengths.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float32:
        return cast(Floats, values)
    try:
        given = np.asarray(values)
        if given.dtype.kind not in "biufO":
            raise TypeError(f"an array of {given.dtype}")
        with np.errstate(over="ignore"):
            return given.astype(np.float32, copy=False)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(
            f"{name} must be numbers in rows of equal length; got {short(cast(object, values))}"
        ) from None


def plane_points(points: ArrayLike) -> Floats:
    """Read points of shape (n, 2..4), n at least 1, of which only x and y matter here.

    Returns:
        A float32 array of the same shape, not copied when it is one already.

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats("points", points)
    if given.ndim != 2 or given.shape[0] == 0 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"points need shape (n, 2), (n, 3) or (n, 4) with n at least 1; got {given.shape}")
    if not np.isfinite(given[:, :2]).all():
        row = int(np.flatnonzero(~np.isfinite(given[:, :2]).all(axis=1))[0])
        raise ValueError(f"points must be finite, as float32; row {row} is {np.asarray(points)[row]}")
    return given


def rows_of_points(name: str, points: ArrayLike) -> Floats:
    """Read points of shape (n, 2..4), n at least 0, as x and y: a float32 array of shape (n, 2).

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats(name, points)
    if given.size == 0:
        return np.empty((0, 2), dtype=np.float32)
    if given.ndim != 2 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"{name} needs shape (n, 2), (n, 3) or (n, 4); got {given.shape}")
    return all_finite(name, given[:, :2])


def triples(name: str, corners: ArrayLike) -> Floats:
    """Read corners of triangles, shape (n, 3, 2) or (3 n, 2), as a float32 array of shape (n, 3, 2).

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats(name, corners)
    if given.size == 0:
        return np.empty((0, 3, 2), dtype=np.float32)
    flat = given.ndim == 2 and given.shape[1] == 2 and given.shape[0] % 3 == 0
    if not flat and (given.ndim != 3 or given.shape[1:] != (3, 2)):
        raise ValueError(f"{name} needs shape (n, 3, 2) or (3 n, 2); got {given.shape}")
    return all_finite(name, given.reshape(-1, 3, 2))


def sizes(name: str, values: ArrayLike, count: int) -> Floats:
    """Read one size, or `count` sizes, as magnitudes: float32 of shape () or (count,).

    Raises:
        ValueError: The shape is another one, or a number is not finite.
        TypeError: It is not numbers.
    """
    return np.abs(_shaped(name, values, ((), (count,))))


def pairs(name: str, values: ArrayLike, count: int) -> Floats:
    """Read one pair of numbers, or `count` pairs, as a float32 array of shape (count, 2).

    Raises:
        ValueError: The shape is another one, or a number is not finite.
        TypeError: It is not numbers.
    """
    pairs_or_pair = _shaped(name, values, ((2,), (count, 2)))
    return np.ascontiguousarray(np.broadcast_to(pairs_or_pair, (count, 2)))


def _shaped(name: str, values: ArrayLike, shapes: tuple[tuple[int, ...], ...]) -> Floats:
    given = as_floats(name, values)
    if given.shape not in shapes:
        raise ValueError(f"{name} needs shape {' or '.join(map(str, shapes))}; got {given.shape}")
    if not np.isfinite(given).all():
        raise ValueError(f"{name} must be finite; got {given.min()} to {given.max()}")
    return given


def widths(width: ArrayLike, count: int) -> float | Floats:
    """Read one width, or one per point, as magnitudes.

    Returns:
        A number, or a float32 array of shape (count,); 0 where every width is 0 and nothing is drawn.

    Raises:
        ValueError: The shape is another one, or a width is not finite.
        TypeError: It is not numbers.
    """
    given = as_floats("width", width)
    if given.shape not in ((), (count,)):
        raise ValueError(f"width must be one number or have shape ({count},); got shape {given.shape}")
    low, high = given.min(), given.max()
    if not (low > -np.inf and high < np.inf):  # NaN is neither
        raise ValueError(f"width must be finite; got {low} to {high}")
    if low < 0:
        given = np.abs(given)
    return float(given) if given.ndim == 0 else given if low < 0 or high > 0 else 0.0
