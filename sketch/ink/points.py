"""Points of a pen: the array that drawing and learning share.

points: float32 array of shape (n, 4)
    x, y      logical pixels, the origin at the top left corner, y growing downward
    t         seconds since the ink began, so pauses between its strokes are kept
    pressure  0..1, and 0.5 where the device reports none (as in W3C Pointer Events)
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats, all_finite

Points: TypeAlias = Floats
Strokes: TypeAlias = Sequence[Points]

DEFAULT_PRESSURE = 0.5


def as_points(values: ArrayLike) -> Points:
    """Convert values to points.

    Args:
        values: Array of shape (n, 2), (n, 3) or (n, 4): x, y, then t in seconds (0 when left out), then
            pressure (0.5 when left out). An empty sequence gives no points.

    Returns:
        A new float32 array of shape (n, 4).

    Raises:
        ValueError: The shape is another one, or a value is not finite.
    """
    given = np.asarray(values, dtype=np.float32)
    if given.size == 0:
        return np.empty((0, 4), dtype=np.float32)
    if given.ndim != 2 or given.shape[1] not in (2, 3, 4):
        raise ValueError(f"points need shape (n, 2), (n, 3) or (n, 4); got {given.shape}")
    all_finite("points", given)
    points = np.zeros((len(given), 4), dtype=np.float32)
    points[:, 3] = DEFAULT_PRESSURE
    points[:, : given.shape[1]] = given
    return points
