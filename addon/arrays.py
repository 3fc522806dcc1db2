"""The types of arrays, each under one name.

A name says only what an element is; a docstring gives the shape. `addon.features.points.Points` are the
points of a stroke.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Texts: TypeAlias = NDArray[np.str_]
Pixels: TypeAlias = NDArray[np.uint8]

Tensors: TypeAlias = Mapping[str, Array]
"""Arrays by name, as a model takes and gives them; any fixed-size type, no objects."""
