"""Numbers of a Gaussian blur: how far to shrink the picture first, and the weight of each neighbour."""

import math
from dataclasses import dataclass

import numpy as np

from sketch.arrays import Floats

REACH = 6
"""Neighbours on each side that are added, as in blur.frag."""

_NARROWEST = 1.0
"""Least standard deviation, in pixels of the shrunk picture, that hides the shrinking."""


@dataclass(frozen=True, slots=True)
class BlurPlan:
    """How to blur: halve the size `halvings` times, then blur by `sigma` of the remaining pixels."""

    halvings: int
    sigma: float


def blur_plan(sigma: float) -> BlurPlan:
    """Choose the resolution for a blur of `sigma` pixels, more than 0.

    Shrinking averages boxes, and enlarging spreads every pixel as a triangle does; both blur, too, and their
    variance is subtracted from the rest.
    """
    halvings = max(0, math.floor(math.log2(sigma / _NARROWEST)))
    factor = 2**halvings
    spread = 0.0 if halvings == 0 else (factor**2 - 1) / 12 + factor**2 / 6
    return BlurPlan(halvings, math.sqrt(max(sigma**2 - spread, 0.01)) / factor)


def blur_weights(sigma: float) -> Floats:
    """Weights of a pixel and of its neighbours on one side, shape (REACH + 1,).

    With both sides they add up to 1. Each is the integral of the Gaussian over the pixel, which is exact for
    narrow blurs, too, and not its value in the middle.
    """
    edges = np.arange(REACH + 2) - 0.5
    below = np.array([math.erf(edge / (sigma * math.sqrt(2))) for edge in edges])
    area = np.diff(below)
    return (area / (2 * area.sum() - area[0])).astype(np.float32)
