"""Equal steps along many strokes at once: how many rows, in which order, at which points.

All strokes of all inks are in one array, one after the other; nothing here loops over points.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from addon.arrays import Bools, Doubles, Ints

Number = TypeVar("Number", np.int64, np.float64)


class Layout(NamedTuple):
    """Which points belong to which stroke and ink.

    Attributes:
        starts: Shape (strokes,): the first point of each stroke.
        sizes: Shape (strokes,): its number of points.
        ink_of_stroke: Shape (strokes,).
        first_strokes: Shape (inks,): the first stroke of each ink.
    """

    starts: Ints
    sizes: Ints
    ink_of_stroke: Ints
    first_strokes: Ints

    @property
    def ends(self) -> Ints:
        """Shape (strokes,): the last point of each stroke."""
        return self.starts + self.sizes - 1

    @property
    def first_points(self) -> Ints:
        """Shape (inks,): the first point of each ink."""
        return self.starts[self.first_strokes]


class Path(NamedTuple):
    """How far the pen has travelled at each point; all of shape (n,).

    Attributes:
        lengths: Distance from the previous point, 0 where the pen touches down.
        along: Distance since the stroke began.
        made: Number of whole steps within `along`.
    """

    lengths: Doubles
    along: Doubles
    made: Ints


class Order(NamedTuple):
    """The rows in the order in which a live pen makes them; all of shape (rows,).

    Attributes:
        sample: The point that completes the row.
        step: Which step of its stroke the row is, where it is `moving`.
        touch: The pen touches down on this row.
        lift: The pen is lifted on this row.
    """

    sample: Ints
    step: Ints
    touch: Bools
    lift: Bools

    @property
    def moving(self) -> Bools:
        """Rows at whole steps between touch and lift."""
        return ~(self.touch | self.lift)


def lay_out(stroke_sizes: Ints, ink_sizes: Ints) -> Layout:
    """Make a layout from the points of each stroke and the strokes of each ink, both at least 1."""
    ink_of_stroke = np.repeat(np.arange(len(ink_sizes)), ink_sizes)
    return Layout(_before(stroke_sizes), stroke_sizes, ink_of_stroke, _before(ink_sizes))


def walk(points: Doubles, layout: Layout, step: float, longest: float, slack: float = 0.0) -> Path:
    """Follow the strokes through points of shape (n, 2).

    Args:
        points: The points.
        layout: Which stroke each belongs to.
        step: Distance between two rows.
        longest: A longer move counts as this long.
        slack: A step may be this much short.
    """
    lengths = np.minimum(arc_lengths(points, layout), longest)
    along = _summed_by_stroke(lengths, layout)
    return Path(lengths, along, _whole_steps(along + slack, step))


def arc_lengths(points: Doubles, layout: Layout) -> Doubles:
    """Distance of each point from the previous one, shape (n,); 0 where the pen touches down."""
    move = np.diff(points, axis=0, prepend=points[:1])
    lengths = np.sqrt(move[:, 0] * move[:, 0] + move[:, 1] * move[:, 1])
    lengths[layout.starts] = 0.0
    return lengths


def order_rows(layout: Layout, path: Path) -> Order:
    """List the rows. Each point gives, in this order: a touch row, the rows at whole steps, a lift row."""
    touches, lifts = _marked(layout.starts, path), _marked(layout.ends, path)
    new = np.where(touches, 0, np.diff(path.made, prepend=0))
    counts = touches.astype(np.int64) + new + lifts
    sample = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(sample)) - _before(counts)[sample]
    touch = touches[sample] & (rank == 0)
    lift = lifts[sample] & (rank == counts[sample] - 1)
    return Order(sample, path.made[sample] - new[sample] + rank + 1, touch, lift)


def place_rows(points: Doubles, path: Path, order: Order, step: float) -> tuple[Doubles, Doubles]:
    """The position of each row, shape (rows, 2), and its distance along its stroke, shape (rows,)."""
    sample, moving = order.sample, order.moving
    target = order.step * step
    before = np.where(moving, sample - 1, sample)
    length = np.where(moving, path.lengths[sample], 1.0)
    fraction = np.where(moving, (target - path.along[before]) / length, 0.0)
    at = points[before] + (points[sample] - points[before]) * fraction[:, None]
    # A row within the slack is early: the pen has travelled no further than its sample.
    return at, np.minimum(np.where(moving, target, np.inf), path.along[sample])


def travel_before(layout: Layout, path: Path) -> Doubles:
    """Pen-down travel of its ink before each stroke, shape (strokes,)."""
    before = _before(path.along[layout.ends])
    return before - before[layout.first_strokes[layout.ink_of_stroke]]


def _before(sizes: NDArray[Number]) -> NDArray[Number]:
    sums = np.zeros_like(sizes)
    np.cumsum(sizes[:-1], out=sums[1:])
    return sums


def _marked(indices: Ints, path: Path) -> Bools:
    marks = np.zeros(len(path.made), dtype=bool)
    marks[indices] = True
    return marks


def _summed_by_stroke(lengths: Doubles, layout: Layout) -> Doubles:
    # Stroke by stroke: one cumulative sum minus the starts would round differently.
    along = np.empty_like(lengths)
    for start, size in zip(layout.starts.tolist(), layout.sizes.tolist(), strict=True):
        np.cumsum(lengths[start : start + size], out=along[start : start + size])
    return along


def _whole_steps(along: Doubles, step: float) -> Ints:
    # The largest k with k * step <= along, slack included, by the same comparison as in `streaming`.
    made = np.floor(along / step).astype(np.int64)
    made += (made + 1) * step <= along
    made -= made * step > along
    return made
