"""Rows of features from finished inks, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from addon.arrays import Bools, Doubles, Floats, Ints
from addon.errors import PointsError
from addon.features.points import Strokes
from addon.features.recipe import COLUMNS, FeatureRecipe
from addon.features.resampling import Order, lay_out, order_rows, place_rows, travel_before, walk


@dataclass(frozen=True, slots=True)
class RowTable:
    """The rows of several finished inks, one after the other.

    Attributes:
        rows: Float32 array of shape (r, 6), the columns of `COLUMNS`.
        offsets: Int64 array of shape (inks + 1,): ink i has rows offsets[i]:offsets[i + 1].
        travel: Float64 array of shape (r,): pen-down travel of the ink at each row, in logical pixels.
        sample: Int64 array of shape (r,): index, within the ink, of the sample that completed each row.
    """

    rows: Floats
    offsets: Ints
    travel: Doubles
    sample: Ints


def ink_rows(recipe: FeatureRecipe, inks: Sequence[Strokes]) -> RowTable:
    """Make the rows of finished inks, all at once.

    Args:
        recipe: Scale and spacing.
        inks: Each a sequence of strokes, each stroke points of shape (n, 2..4), n at least 1.

    Raises:
        PointsError: There is no ink, an ink has no stroke, a stroke has no points, or a point is not finite.
    """
    strokes = [stroke for ink in inks for stroke in ink]
    if not strokes or not all(len(ink) for ink in inks) or not all(len(stroke) for stroke in strokes):
        raise PointsError("every ink needs a stroke and every stroke a point")
    points = np.concatenate([np.asarray(stroke)[:, :2] for stroke in strokes]).astype(np.float64)
    if not np.isfinite(points).all():
        raise PointsError("points must be finite; this ink has one that is not")
    stroke_sizes = np.array([len(stroke) for stroke in strokes])
    ink_sizes = np.array([len(ink) for ink in inks])
    return flat_rows(recipe, points, stroke_sizes, ink_sizes)


def flat_rows(
    recipe: FeatureRecipe,
    points: Doubles,
    stroke_sizes: Ints,
    ink_sizes: Ints,
) -> RowTable:
    """Make the rows of finished inks whose points are already in one array.

    Args:
        recipe: Scale and spacing.
        points: Float64 array of shape (n, 2), finite, all strokes of all inks one after the other.
        stroke_sizes: Points of each stroke, at least 1, summing to n.
        ink_sizes: Strokes of each ink, at least 1, summing to the number of strokes.
    """
    layout = lay_out(stroke_sizes, ink_sizes)
    path = walk(points, layout, recipe.step, recipe.longest, recipe.slack)
    order = order_rows(layout, path)
    at, along = place_rows(points, path, order, recipe.step)
    stroke = np.repeat(np.arange(len(stroke_sizes)), stroke_sizes)[order.sample]
    ink = layout.ink_of_stroke[stroke]
    first = layout.first_points[ink]
    rows = _columns(recipe, points[first], at, order, begins=order.touch & (order.sample == first))
    offsets = np.concatenate(([0], np.cumsum(np.bincount(ink, minlength=len(ink_sizes)))))
    return RowTable(rows, offsets, travel_before(layout, path)[stroke] + along, order.sample - first)


def _columns(
    recipe: FeatureRecipe,
    origin: Doubles,
    at: Doubles,
    order: Order,
    begins: Bools,
) -> Floats:
    moved = np.diff(at, axis=0, prepend=at[:1])
    moved[begins] = 0.0
    unit = np.where(order.touch, recipe.scale, recipe.step)[:, None]
    rows = np.empty((len(at), len(COLUMNS)), dtype=np.float32)
    rows[:, 0:2] = np.clip((at - origin) / recipe.scale, -recipe.limit, recipe.limit)
    rows[:, 2:4] = np.clip(moved / unit, -recipe.limit, recipe.limit)
    rows[:, 4] = order.lift
    rows[:, 5] = order.touch & ~begins
    return rows
