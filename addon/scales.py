"""Which scale taught inks are read at: their typical size, kept until that has moved far enough to matter."""

from collections.abc import Sequence
from math import log

from addon.features import typical_size

RESCALED = log(1.12)
"""From which change of the taught inks' typical size on, as a logarithm, all of them are read anew."""

LARGEST = 1e6


def wanted_scale(sizes: Sequence[float]) -> float:
    """The scale for inks of such sizes, at least one; in logical pixels."""
    return min(typical_size(sizes), LARGEST)


def moved(scale: float, wanted: float) -> bool:
    """Whether inks that are read at a scale are to be read anew at another."""
    return abs(log(wanted / scale)) >= RESCALED


def scale_after(sizes: Sequence[float]) -> float:
    """The scale in use after inks of such sizes, at least one, were taught one after the other."""
    scale = wanted_scale(sizes[:1])
    for count in range(2, len(sizes) + 1):
        wanted = wanted_scale(sizes[:count])
        scale = wanted if moved(scale, wanted) else scale
    return scale
