"""Inks varied as a hand varies them, so that a few examples stand for many; all inks at once.

Each ink is turned, slanted, stretched and resized as a whole; the plane it lies on is bent smoothly (after
the elastic distortions of Simard, Steinkraus and Platt, 2003, with a few random waves for smoothed noise);
its strokes move against each other; ends go missing and samples are left out.
"""

import numpy as np
from numpy.typing import NDArray

from addon.training.config import Augmentation
from addon.training.flat import FlatInks, kept

# Waves that bend the plane, and how many of their lengths fit into one scale, at most.
WAVES = 3
CYCLES = 1.2

# Strokes of fewer samples than this keep their ends: there is nothing to trim between them.
_TRIMMABLE = 6

Floats = NDArray[np.float64]


def augmented(inks: FlatInks, scale: float, settings: Augmentation, chance: np.random.Generator) -> FlatInks:
    """A variation of every ink.

    Args:
        inks: The inks, left as they are.
        scale: Typical size of an ink, in which the settings' lengths are measured.
        settings: How much to vary.
        chance: Where the variation comes from.

    Returns:
        As many inks of as many strokes, some with fewer points.
    """
    stroke_of = np.repeat(np.arange(len(inks.stroke_sizes)), inks.stroke_sizes)
    ink_of = np.repeat(np.arange(len(inks.ink_sizes)), inks.ink_sizes)[stroke_of]
    points = _transformed(inks.points / scale, ink_of, affine(len(inks.ink_sizes), settings, chance))
    points = points + _bending(points, ink_of, settings, chance)
    points = points + _shifts(inks, settings, chance)[stroke_of]
    points = points + settings.jitter * chance.standard_normal(points.shape)
    varied = inks._replace(points=points * scale)
    return kept(varied, _remaining(varied, stroke_of, scale, settings, chance))


def affine(count: int, settings: Augmentation, chance: np.random.Generator) -> Floats:
    """Matrices of shape (count, 2, 2), each a rotation × a slant × a stretch × a size."""
    turn, slant, aspect, size = chance.uniform(-1, 1, (4, count))
    angle = np.radians(settings.rotation) * turn
    cos, sin = np.cos(angle), np.sin(angle)
    wide = np.exp(settings.size * size + settings.aspect * aspect / 2)
    high = np.exp(settings.size * size - settings.aspect * aspect / 2)
    rotation = np.stack([cos, -sin, sin, cos], axis=-1).reshape(count, 2, 2)
    shape = np.stack([wide, settings.shear * slant * high, np.zeros(count), high], axis=-1)
    return rotation @ shape.reshape(count, 2, 2)


def _transformed(points: Floats, ink_of: NDArray[np.int64], matrices: Floats) -> Floats:
    (a, b), (c, d) = matrices.transpose(1, 2, 0)[:, :, ink_of]
    x, y = points.T
    return np.stack([a * x + b * y, c * x + d * y], axis=-1)


def _bending(
    points: Floats, ink_of: NDArray[np.int64], settings: Augmentation, chance: np.random.Generator
) -> Floats:
    if settings.elastic == 0:
        return np.zeros_like(points)
    count = int(ink_of[-1]) + 1
    x, y = points.T
    bent = np.zeros_like(points)
    for _ in range(WAVES):
        along_x, along_y = (2 * np.pi * CYCLES * chance.uniform(-1, 1, (2, count)))[:, ink_of]
        phase = chance.uniform(0, 2 * np.pi, count)[ink_of]
        height = settings.elastic * np.sqrt(2 / WAVES) * chance.standard_normal((count, 2))
        bent += height[ink_of] * np.sin(along_x * x + along_y * y + phase)[:, None]
    return bent


def _shifts(inks: FlatInks, settings: Augmentation, chance: np.random.Generator) -> Floats:
    return settings.stroke_shift * chance.standard_normal((len(inks.stroke_sizes), 2))


def _remaining(
    inks: FlatInks,
    stroke_of: NDArray[np.int64],
    scale: float,
    settings: Augmentation,
    chance: np.random.Generator,
) -> NDArray[np.bool_]:
    starts = np.cumsum(inks.stroke_sizes) - inks.stroke_sizes
    ends = starts + inks.stroke_sizes - 1
    keep = _untrimmed(inks, stroke_of, starts, ends, scale * settings.trimmed, chance)
    share = np.repeat(settings.dropped * chance.random(len(inks.ink_sizes)), inks.ink_sizes)
    dropped = chance.random(len(keep)) < share[stroke_of]
    dropped[starts] = dropped[ends] = False
    keep &= ~dropped
    # A stroke that would be left with less than a line keeps all it had.
    thin = np.add.reduceat(keep.astype(np.int64), starts) < np.minimum(inks.stroke_sizes, 2)
    return keep | thin[stroke_of]


def _untrimmed(
    inks: FlatInks,
    stroke_of: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    most: float,
    chance: np.random.Generator,
) -> NDArray[np.bool_]:
    move = np.diff(inks.points, axis=0, prepend=inks.points[:1])
    travel = np.cumsum(np.hypot(move[:, 0], move[:, 1]))
    length = travel[ends] - travel[starts]
    longest = np.where(inks.stroke_sizes >= _TRIMMABLE, np.minimum(most, 0.15 * length), 0.0)
    head, tail = chance.random((2, len(starts))) * longest
    since, left = travel - travel[starts][stroke_of], travel[ends][stroke_of] - travel
    return (since >= head[stroke_of]) & (left >= tail[stroke_of])
