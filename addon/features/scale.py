"""Scaling of features: the typical size of the taught inks, kept until it has changed enough to matter."""

from collections.abc import Sequence
from math import log
from statistics import median

import numpy as np

from addon.errors import PointsError
from addon.features.points import Strokes
from addon.features.recipe import DOT, LARGEST_SCALE, RESCALED, SMALLEST_SCALE


def ink_size(ink: Strokes) -> float:
    """The larger side of an ink's bounding box, in the unit of the points."""
    every = np.concatenate([np.asarray(stroke)[:, :2] for stroke in ink])
    return float(np.ptp(every.astype(np.float64), axis=0).max())


def typical_size(sizes: Sequence[float], dot: float = DOT, otherwise: float = 1.0) -> float:
    """The median of sizes in any unit, without dots.

    Args:
        sizes: At least one, each at least 0.
        dot: An ink smaller than this fraction of the largest is a dot.
        otherwise: The result if all sizes are 0.
    """
    smallest = dot * max(sizes)
    drawn = [size for size in sizes if size >= smallest and size > 0]
    return median(drawn) if drawn else otherwise


def wanted_scale(sizes: Sequence[float], dot: float = DOT, otherwise: float = 1.0) -> float:
    """The scale for inks of these sizes (at least one), in the unit of the points.

    Args:
        sizes: Of the inks.
        dot: As in a recipe.
        otherwise: The scale if there are only dots, which do not show how large other signs will be.
    """
    return min(max(typical_size(sizes, dot, otherwise), SMALLEST_SCALE), LARGEST_SCALE)


def ink_scale(inks: Sequence[Strokes], dot: float = DOT) -> float:
    """The scale for inks (see `wanted_scale`).

    Raises:
        PointsError: There is no ink.
    """
    if not inks:
        raise PointsError("there is no ink to take the scale from")
    return wanted_scale(list(map(ink_size, inks)), dot)


def moved(scale: float, wanted: float, rescaled: float = RESCALED) -> bool:
    """Whether a wanted scale differs from the one in use by a factor of `rescaled` or more."""
    return abs(log(wanted / scale)) >= log(rescaled)


def scale_after(sizes: Sequence[float]) -> float:
    """The scale in use after inks of these sizes (at least one) were taught one after the other."""
    scale = wanted_scale(sizes[:1])
    for count in range(2, len(sizes) + 1):
        wanted = wanted_scale(sizes[:count])
        scale = wanted if moved(scale, wanted) else scale
    return scale
