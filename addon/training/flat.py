"""Many inks in three flat arrays, without a Python object for each."""

from typing import NamedTuple

import numpy as np

from addon.arrays import Bools, Doubles, Ints


class FlatInks(NamedTuple):
    """All strokes of all inks, one after the other.

    Attributes:
        points: Float64 array of shape (n, 2).
        stroke_sizes: Int64 array: points of each stroke, at least 1.
        ink_sizes: Int64 array: strokes of each ink, at least 1.
    """

    points: Doubles
    stroke_sizes: Ints
    ink_sizes: Ints


def gather(inks: FlatInks, indices: Ints) -> FlatInks:
    """The inks at `indices`, in that order; an index may occur several times."""
    strokes = ranges(_starts(inks.ink_sizes)[indices], inks.ink_sizes[indices])
    points = ranges(_starts(inks.stroke_sizes)[strokes], inks.stroke_sizes[strokes])
    return FlatInks(inks.points[points], inks.stroke_sizes[strokes], inks.ink_sizes[indices])


def kept(inks: FlatInks, keep: Bools) -> FlatInks:
    """Keep only the marked points, at least one of every stroke."""
    sizes = np.add.reduceat(keep.astype(np.int64), _starts(inks.stroke_sizes))
    return FlatInks(inks.points[keep], sizes, inks.ink_sizes)


def ranges(starts: Ints, sizes: Ints) -> Ints:
    """The integers start, start + 1, … of each range, one range after the other."""
    return np.arange(int(sizes.sum())) + np.repeat(starts - _starts(sizes), sizes)


def _starts(sizes: Ints) -> Ints:
    return np.cumsum(sizes) - sizes
