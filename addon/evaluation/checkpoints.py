"""Checkpoints of an ink, where answers are read: at equal steps of its pen-down travel.

A pen reports few samples where it is fast, and many where it rests. So that an answer can be read at exactly
half of the travel, a sample is inserted there, on the line between its neighbors.
"""

from typing import NamedTuple

import numpy as np

from addon.arrays import Doubles
from addon.dataset.splits import Ints
from addon.features.points import Points, Strokes
from addon.features.resampling import arc_lengths, lay_out

STEPS = 20

CURVE = tuple(step / STEPS for step in range(STEPS + 1))
"""Shares of the travel at which answers are read."""


class Checkpoints(NamedTuple):
    """An ink with a sample at every share of `CURVE`.

    Attributes:
        strokes: Its strokes.
        places: Shape (STEPS + 1,): index of the point at each share, counted over all strokes.
        true: Shape (STEPS + 1,): the true progress there; 1 everywhere for a dot, which is complete at once.
    """

    strokes: list[Points]
    places: Ints
    true: Doubles


def marked(strokes: Strokes) -> Checkpoints:
    """Insert samples where answers are read."""
    points = np.concatenate([np.asarray(stroke, dtype=np.float32) for stroke in strokes])
    travel = travelled(strokes)
    total = float(travel[-1])
    wanted = np.array(CURVE) * total
    before = np.maximum(np.searchsorted(travel, wanted, side="right") - 1, 0)
    missing = travel[before] < wanted
    new = _between(points, travel, before[missing], wanted[missing])
    ends = np.cumsum([len(stroke) for stroke in strokes])
    ends = ends + np.searchsorted(before[missing], ends, side="left")
    true = np.array(CURVE) if total > 0 else np.ones(len(CURVE))
    made = np.insert(points, before[missing] + 1, new, axis=0)
    return Checkpoints(np.split(made, ends[:-1]), (before + np.cumsum(missing)).astype(np.int64), true)


def _between(points: Points, travel: Doubles, before: Ints, wanted: Doubles) -> Points:
    # Travel only grows within strokes, so both neighbors belong to the same one.
    share = (wanted - travel[before]) / (travel[before + 1] - travel[before])
    return (points[before] + share[:, None] * (points[before + 1] - points[before])).astype(np.float32)


def travelled(strokes: Strokes) -> Doubles:
    """Pen-down travel after each point of an ink; shape (points,)."""
    points = np.concatenate([stroke[:, :2] for stroke in strokes]).astype(np.float64)
    layout = lay_out(np.array(list(map(len, strokes))), np.array([len(strokes)]))
    return np.cumsum(arc_lengths(points, layout))
