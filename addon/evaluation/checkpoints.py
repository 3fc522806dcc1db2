"""Where in an ink answers are read: at equal steps of its pen-down travel, however the pen was sampled.

A pen reports rarely on a fast stretch, and often where it rests. So that an answer is read at half of the
travel and neither before nor after it, a sample is put there, on the line between its neighbors.
"""

from typing import NamedTuple

import numpy as np

from addon.arrays import Doubles
from addon.dataset.splits import Ints
from addon.features.points import Points, Strokes

STEPS = 20

CURVE = tuple(step / STEPS for step in range(STEPS + 1))
"""Shares of the travel at which answers are read."""


class Checkpoints(NamedTuple):
    """An ink with a sample at every share of `CURVE`.

    Attributes:
        strokes: Its strokes.
        places: Shape (STEPS + 1,): which of its points, counted over all strokes, is at each share.
        true: Shape (STEPS + 1,): its progress there; 1 everywhere for a dot, which is done at once.
    """

    strokes: list[Points]
    places: Ints
    true: Doubles


def marked(strokes: Strokes) -> Checkpoints:
    """Put samples where answers are read."""
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
    # Travel grows within strokes alone, so both neighbors belong to one.
    share = (wanted - travel[before]) / (travel[before + 1] - travel[before])
    return (points[before] + share[:, None] * (points[before + 1] - points[before])).astype(np.float32)


def travelled(strokes: Strokes) -> Doubles:
    """Pen-down travel after each point of an ink; shape (points,)."""
    steps: list[Doubles] = []
    for stroke in strokes:
        points = stroke[:, :2].astype(np.float64)
        moved = points[1:] - points[:-1]
        steps += [np.zeros(1), np.sqrt(np.square(moved).sum(axis=1))]
    return np.cumsum(np.concatenate(steps))
