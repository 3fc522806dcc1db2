"""Points, strokes and inks: the arrays that reach Inkloop from a pen or a file."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from addon.arrays import Array, Floats
from addon.errors import PointsError
from addon.text import one_line

Points: TypeAlias = Floats
Strokes: TypeAlias = Sequence[Points]


def as_points(points: ArrayLike) -> Array:
    """Convert points to an array of numbers, of any shape; an array is returned as it is.

    Raises:
        PointsError: They are not real numbers, or do not fit into an array.
    """
    try:
        array = np.asarray(points)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise PointsError(f"points must be an array of shape (n, 4); got {one_line(repr(points))}") from error
    if array.dtype.kind not in "biuf":
        raise PointsError(f"points must be real numbers; got {array.dtype}: {one_line(repr(points))}")
    return array
