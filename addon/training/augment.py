"""Data augmentation: vary inks as handwriting varies; all inks at once.

Ends of strokes are trimmed and samples are dropped; each ink is rotated, sheared, stretched and scaled as a
whole, and bent smoothly (after the elastic distortions of Simard, Steinkraus and Platt, 2003, with a few
random waves instead of smoothed noise); its strokes are shifted against each other.
"""

import numpy as np

from addon.arrays import Bools, Doubles, Ints
from addon.training.config import Augmentation
from addon.training.flat import FlatInks, kept

# Number of waves that bend an ink, and their most cycles in one scale.
WAVES = 3
CYCLES = 1.2

# Strokes with fewer samples are not trimmed; and the largest share that is trimmed at either end.
_TRIMMABLE = 6
_MOST_TRIMMED = 0.15


def augmented(inks: FlatInks, scale: float, settings: Augmentation, chance: np.random.Generator) -> FlatInks:
    """Vary every ink.

    Args:
        inks: The inks; not changed.
        scale: Typical size of an ink, the unit of the settings' lengths.
        settings: How much to vary.
        chance: The random generator.

    Returns:
        The same inks and strokes, some with fewer points.
    """
    inks = kept(inks, _remaining(inks, scale * settings.trimmed, settings.dropped, chance))
    points_of = np.add.reduceat(inks.stroke_sizes, np.cumsum(inks.ink_sizes) - inks.ink_sizes)
    points = _transformed(inks.points / scale, affine(len(points_of), settings, chance), points_of)
    shifts = settings.stroke_shift * chance.standard_normal((len(inks.stroke_sizes), 2))
    varied = points + _bending(points, points_of, settings.elastic, chance)
    varied += np.repeat(shifts, inks.stroke_sizes, axis=0)
    varied += settings.jitter * chance.standard_normal(points.shape)
    return inks._replace(points=varied * scale)


def affine(count: int, settings: Augmentation, chance: np.random.Generator) -> Doubles:
    """Matrices of shape (count, 2, 2), each a rotation × a slant × a stretch × a size."""
    turn, slant, aspect, size = chance.uniform(-1, 1, (4, count))
    angle = np.radians(settings.rotation) * turn
    cos, sin = np.cos(angle), np.sin(angle)
    wide = np.exp(settings.size * size + settings.aspect * aspect / 2)
    high = np.exp(settings.size * size - settings.aspect * aspect / 2)
    rotation = np.stack([cos, -sin, sin, cos], axis=-1).reshape(count, 2, 2)
    shape = np.stack([wide, settings.shear * slant * high, np.zeros(count), high], axis=-1)
    return rotation @ shape.reshape(count, 2, 2)


def _transformed(points: Doubles, matrices: Doubles, points_of: Ints) -> Doubles:
    a, b, c, d = np.repeat(matrices.reshape(-1, 4), points_of, axis=0).T
    x, y = points.T
    return np.stack([a * x + b * y, c * x + d * y], axis=-1)


def _bending(points: Doubles, points_of: Ints, elastic: float, chance: np.random.Generator) -> Doubles:
    count = len(points_of)
    x, y = points.T
    bent = np.zeros((2, len(points)))
    for _ in range(WAVES):
        cycles = 2 * np.pi * CYCLES * chance.uniform(-1, 1, (count, 2))
        phase = chance.uniform(0, 2 * np.pi, (count, 1))
        height = elastic * np.sqrt(2 / WAVES) * chance.standard_normal((count, 2))
        wave = np.repeat(np.concatenate([cycles, phase, height], axis=1), points_of, axis=0).T
        bent += wave[3:] * np.sin(wave[0] * x + wave[1] * y + wave[2])
    return bent.T


def _remaining(inks: FlatInks, longest: float, dropped: float, chance: np.random.Generator) -> Bools:
    sizes = inks.stroke_sizes
    starts = np.cumsum(sizes) - sizes
    share = np.repeat(dropped * chance.random(len(inks.ink_sizes)), inks.ink_sizes)
    keep = chance.random(len(inks.points)) >= np.repeat(share, sizes)
    keep[starts] = keep[starts + sizes - 1] = True
    keep &= _untrimmed(inks, starts, longest, chance)
    # A stroke that would have fewer than two points keeps all of them.
    thin = np.add.reduceat(keep.astype(np.int64), starts) < np.minimum(sizes, 2)
    return keep | np.repeat(thin, sizes)


def _untrimmed(inks: FlatInks, starts: Ints, longest: float, chance: np.random.Generator) -> Bools:
    sizes = inks.stroke_sizes
    move = np.diff(inks.points, axis=0, prepend=inks.points[:1])
    travel = np.cumsum(np.hypot(move[:, 0], move[:, 1]))
    began, ended = travel[starts], travel[starts + sizes - 1]
    most = np.where(sizes >= _TRIMMABLE, np.minimum(longest, _MOST_TRIMMED * (ended - began)), 0.0)
    head, tail = chance.random((2, len(starts))) * most
    return (travel >= np.repeat(began + head, sizes)) & (travel <= np.repeat(ended - tail, sizes))
