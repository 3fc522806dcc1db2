"""Types of arrays that drawing uses, and the check that their numbers are finite."""

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Indices: TypeAlias = NDArray[np.intp]
Flags: TypeAlias = NDArray[np.bool_]
Pixels: TypeAlias = NDArray[np.uint8]

Numbers = TypeVar("Numbers", Floats, Doubles)


def all_finite(name: str, given: Numbers) -> Numbers:
    """Return an array of at least one row, or refuse it for a number that is not finite.

    Raises:
        ValueError: A number is NaN or infinite; the message gives its row.
    """
    if not np.isfinite(given).all():
        row = int(np.flatnonzero(~np.isfinite(given).reshape(len(given), -1).all(axis=1))[0])
        raise ValueError(f"{name} must be finite; row {row} is {given[row].tolist()}")
    return given
