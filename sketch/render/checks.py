"""Refusals that name what was given and what is allowed."""

import math
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float32]

LARGEST = 3.4e38
"""What the GPU's numbers reach."""


def are_finite(*values: float) -> bool:
    """Whether these are surely finite numbers that float32 has, at a fraction of the cost of `finite`.

    Numbers so large that their sum is beyond it are not sure.
    """
    try:
        return -LARGEST < sum(values) < LARGEST
    except (TypeError, ValueError):
        return False


def finite(**values: float) -> None:
    """Refuse numbers that are not finite.

    Raises:
        TypeError: A value is not a number.
        ValueError: A value is NaN or infinite.
    """
    for name, value in values.items():
        try:
            fine = math.isfinite(value)
        except TypeError:
            raise TypeError(f"{name} must be a number; got {value!r}") from None
        if not fine:
            raise ValueError(f"{name} must be finite; got {value!r}")
        if abs(value) > LARGEST:
            raise ValueError(f"{name} must be within {LARGEST}, which the GPU's numbers reach; got {value!r}")


def not_negative(**values: float) -> None:
    """Refuse numbers below zero, and those that are not finite."""
    finite(**values)
    for name, value in values.items():
        if value < 0:
            raise ValueError(f"{name} must be 0 or more; got {value!r}")


def positive(**values: float) -> None:
    """Refuse zero, numbers below it, and those that are not finite."""
    finite(**values)
    for name, value in values.items():
        if value <= 0:
            raise ValueError(f"{name} must be more than 0; got {value!r}")


def share(**values: float) -> None:
    """Refuse numbers outside 0..1."""
    finite(**values)
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must be in 0..1; got {value!r}")


def as_floats(values: ArrayLike) -> NDArray[np.float32]:
    """Read an array as float32, not copied when it is one; what float32 does not reach becomes infinite."""
    if isinstance(values, np.ndarray) and values.dtype == np.float32:
        return cast(Floats, values)
    with np.errstate(over="ignore"):
        return np.asarray(values, dtype=np.float32)


def plane_points(points: ArrayLike) -> NDArray[np.float32]:
    """Read points of shape (n, 2..4), n at least 1, of which only x and y matter here.

    Returns:
        A float32 array of the same shape, not copied when it is one already.

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats(points)
    if given.ndim != 2 or given.shape[0] == 0 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"points need shape (n, 2), (n, 3) or (n, 4) with n at least 1; got {given.shape}")
    if not np.isfinite(given[:, :2]).all():
        row = int(np.flatnonzero(~np.isfinite(given[:, :2]).all(axis=1))[0])
        raise ValueError(f"points must be finite, as float32; row {row} is {np.asarray(points)[row]}")
    return given


def rows_of_points(name: str, points: ArrayLike) -> NDArray[np.float32]:
    """Read points of shape (n, 2..4), n at least 0, as x and y: a float32 array of shape (n, 2).

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats(points)
    if given.size == 0:
        return np.empty((0, 2), dtype=np.float32)
    if given.ndim != 2 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"{name} needs shape (n, 2), (n, 3) or (n, 4); got {given.shape}")
    return all_finite(name, given[:, :2])


def triples(name: str, corners: ArrayLike) -> NDArray[np.float32]:
    """Read corners of triangles, shape (n, 3, 2) or (3 n, 2), as a float32 array of shape (n, 3, 2).

    Raises:
        ValueError: The shape is another one, or a coordinate is not finite.
    """
    given = as_floats(corners)
    if given.size == 0:
        return np.empty((0, 3, 2), dtype=np.float32)
    flat = given.ndim == 2 and given.shape[1] == 2 and given.shape[0] % 3 == 0
    if not flat and (given.ndim != 3 or given.shape[1:] != (3, 2)):
        raise ValueError(f"{name} needs shape (n, 3, 2) or (3 n, 2); got {given.shape}")
    return all_finite(name, given.reshape(-1, 3, 2))


def all_finite(name: str, given: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an array of at least one row, or refuse one with a number that is not finite.

    Raises:
        ValueError: A number is NaN or infinite, in float32.
    """
    if not np.isfinite(given).all():
        row = int(np.flatnonzero(~np.isfinite(given).reshape(len(given), -1).all(axis=1))[0])
        raise ValueError(f"{name} must be finite; row {row} is {given[row].tolist()}")
    return given


def numbers(name: str, values: ArrayLike, count: int) -> NDArray[np.float32]:
    """Read one number of 0 or more, or `count` of them: a float32 array of shape () or (count,).

    Raises:
        ValueError: The shape is another one, or a number is negative or not finite.
    """
    return _not_negative(name, values, ((), (count,)))


def pairs(name: str, values: ArrayLike, count: int) -> NDArray[np.float32]:
    """Read one pair of numbers of 0 or more, or `count` pairs, as a float32 array of shape (count, 2).

    Raises:
        ValueError: The shape is another one, or a number is negative or not finite.
    """
    pairs_or_pair = _not_negative(name, values, ((2,), (count, 2)))
    return np.ascontiguousarray(np.broadcast_to(pairs_or_pair, (count, 2)))


def _not_negative(name: str, values: ArrayLike, shapes: tuple[tuple[int, ...], ...]) -> NDArray[np.float32]:
    given = as_floats(values)
    if given.shape not in shapes:
        raise ValueError(f"{name} needs shape {' or '.join(map(str, shapes))}; got {given.shape}")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError(f"{name} must be finite and 0 or more; got {given.min()} to {given.max()}")
    return given


def widths(width: ArrayLike, count: int) -> float | NDArray[np.float32]:
    """Read one positive width, or one a point.

    Returns:
        A number, or a float32 array of shape (count,).

    Raises:
        ValueError: The shape is another one, or a width is not more than 0.
    """
    given = as_floats(width)
    if given.shape not in ((), (count,)):
        raise ValueError(f"width must be one number or have shape ({count},); got shape {given.shape}")
    if not (given.min() > 0 and given.max() < np.inf):  # NaN is neither
        raise ValueError(f"widths must be finite and more than 0; got {given.min()} to {given.max()}")
    return float(given) if given.ndim == 0 else given
