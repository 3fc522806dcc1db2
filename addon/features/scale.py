"""Which scale taught inks are read at: their typical size, kept until that has moved far enough to matter."""

from collections.abc import Sequence
from math import log

from addon.errors import PointsError
from addon.features.recipe import DOT, LARGEST_SCALE, RESCALED, SMALLEST_SCALE, Strokes, ink_size, typical_size


def wanted_scale(sizes: Sequence[float], dot: float = DOT, otherwise: float = 1.0) -> float:
    """The scale for inks of such sizes, at least one; in the unit of the points.

    Args:
        sizes: Of the inks.
        dot: As in a recipe.
        otherwise: The scale if there are only dots, of which none says how large the other signs will be.
    """
    return min(max(typical_size(sizes, dot, otherwise), SMALLEST_SCALE), LARGEST_SCALE)


def ink_scale(inks: Sequence[Strokes], dot: float = DOT) -> float:
    """`wanted_scale` of inks.

    Raises:
        PointsError: There is no ink.
    """
    if not inks:
        raise PointsError("there is no ink to take the scale from")
    return wanted_scale(list(map(ink_size, inks)), dot)


def moved(scale: float, wanted: float, rescaled: float = RESCALED) -> bool:
    """Whether inks that are read at a scale are to be read with another one: from a factor `rescaled` on."""
    return abs(log(wanted / scale)) >= log(rescaled)


def scale_after(sizes: Sequence[float]) -> float:
    """The scale in use after inks of such sizes, at least one, were taught one after the other."""
    scale = wanted_scale(sizes[:1])
    for count in range(2, len(sizes) + 1):
        wanted = wanted_scale(sizes[:count])
        scale = wanted if moved(scale, wanted) else scale
    return scale
