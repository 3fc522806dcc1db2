"""Points of a pen to rows of features: causal, at equal steps of distance.

A row is made every `spacing` of pen-down travel, so the speed of the hand does not matter. Two rows frame
each stroke besides: one where the pen touches down and one where it lifts. Scale is known beforehand (from
the taught inks), never measured on the ink being drawn.

`advance` and `lift` make the rows of a live pen, one sample at a time; `ink_rows` makes those of finished
inks, vectorised over all of them at once (by `addon.features.resampling`). The two are independent and
agree to the last bit, the sign of a zero aside.

Columns of a row:

    x, y     position relative to the ink's first point, in scales
    dx, dy   step from the row before: in spacings while the pen is down, in scales across a jump
    lift     1 on the row where the pen leaves the paper
    jump     1 on the first row of every stroke but the ink's first
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite, sqrt
from statistics import median
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from addon.arrays import Array, Bools, Doubles, Floats, Ints
from addon.errors import PointsError
from addon.features.resampling import Order, lay_out, order_rows, place_rows, travel_before, walk
from addon.text import one_line

Points: TypeAlias = Floats
Strokes: TypeAlias = Sequence[Points]
Rows: TypeAlias = Floats
Row: TypeAlias = tuple[float, float, float, float, float, float]

COLUMNS = ("x", "y", "dx", "dy", "lift", "jump")

# The values of today, which a recipe that says nothing of them has.
LIMIT = 50.0
ROWS_PER_SAMPLE = 64
TOLERANCE = 1e-4
DOT = 1 / 200
RESCALED = 1.12

SMALLEST_SCALE, LARGEST_SCALE = 1e-9, 1e12

_RANGES: dict[str, tuple[float, float]] = {
    "scale": (SMALLEST_SCALE, LARGEST_SCALE),
    "spacing": (0.005, 1.0),
    "limit": (1.0, 1e6),
    "rows_per_sample": (1, 4096),
    "tolerance": (0.0, 0.01),
    "dot": (0.0, 0.5),
    "rescaled": (1.0, 100.0),
}


@dataclass(frozen=True, slots=True)
class FeatureRecipe:
    """All numbers that turn points into rows; a model carries the ones it was trained with.

    Nothing here is in pixels but by the scale: inks in any unit give the same rows, if their scale is given,
    or taken from taught inks, in the same unit.

    Attributes:
        scale: Typical size of an ink, the larger side of its bounding box, in the unit of the points: logical
            pixels for a sketch's pen; 1e-9..1e12. Taught inks decide it where there are any (`typical_size`),
            else the model's training does.
        spacing: Distance between two rows as a fraction of `scale`; 0.005..1.
        limit: Rows are kept within so many scales or steps, so that a point at the edge of float32 stays
            finite in the network; 1..1e6.
        rows_per_sample: So many rows one sample gives at most: a pen that teleports must not stall a frame;
            1..4096.
        tolerance: A row is made this fraction of a step early, so that one that falls on a sample falls there
            in any unit, however its points were rounded; 0..0.01.
        dot: A taught ink smaller than this fraction of the largest says nothing of the scale; 0..0.5.
        rescaled: From which factor between the taught inks' typical size and the scale in use on all of them
            are read with the new one; 1..100.

    Raises:
        ValueError: A number lies outside its range, or is none.
    """

    scale: float
    spacing: float = 1 / 16
    limit: float = LIMIT
    rows_per_sample: int = ROWS_PER_SAMPLE
    tolerance: float = TOLERANCE
    dot: float = DOT
    rescaled: float = RESCALED

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
                raise ValueError(f"{name} must be {low:g}..{high:g}; got {value!r}")
        if self.rows_per_sample != int(self.rows_per_sample):
            raise ValueError(f"rows_per_sample must be a whole number; got {self.rows_per_sample!r}")

    @property
    def step(self) -> float:
        """Distance between two rows in the unit of the points."""
        return self.spacing * self.scale

    @property
    def slack(self) -> float:
        """How much of a step may be missing where a row is made, in the unit of the points."""
        return self.tolerance * self.step

    @property
    def longest(self) -> float:
        """What one sample counts for at most, in the unit of the points."""
        return self.rows_per_sample * self.step


def recipe_from(document: Mapping[str, object]) -> FeatureRecipe:
    """A recipe as a model's description gives it; what it leaves out has today's value.

    Raises:
        KeyError: The scale or the spacing is missing.
        ValueError: It names what is unknown here, or a number lies outside its range.
    """
    names = [each.name for each in fields(FeatureRecipe)]
    unknown = sorted(set(document) - set(names))
    if unknown:
        raise ValueError(
            f"its recipe has {unknown[0]!r}, which this Inkloop does not know; it knows {', '.join(names)}"
        )
    given: dict[str, Any] = {"scale": document["scale"], "spacing": document["spacing"], **document}
    return FeatureRecipe(**given)


class Trail(NamedTuple):
    """Where a live ink stands; made by `advance` and `lift`, never by hand.

    Attributes:
        x0, y0: The ink's first point.
        x, y: The last sample.
        row_x, row_y: Where the last row was made.
        along: Pen-down travel since the stroke began, in logical pixels.
        made: Rows made along this stroke, its first row left out.
        travel: Pen-down travel of the ink before this stroke.
        down: Whether the pen is on the paper.
    """

    x0: float
    y0: float
    x: float
    y: float
    row_x: float
    row_y: float
    along: float
    made: int
    travel: float
    down: bool


def as_points(points: ArrayLike) -> Array:
    """Points as an array of numbers, of whatever shape; the array itself if it is one.

    Raises:
        PointsError: They are no real numbers, or no array can hold them.
    """
    try:
        array = np.asarray(points)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise PointsError(f"points must be an array of shape (n, 4); got {one_line(repr(points))}") from error
    if array.dtype.kind not in "biuf":
        raise PointsError(f"points must be real numbers; got {array.dtype}: {one_line(repr(points))}")
    return array


def advance(recipe: FeatureRecipe, trail: Trail | None, x: float, y: float) -> tuple[list[Row], Trail]:
    """Take one sample of a pen that is down.

    Args:
        recipe: Scale and spacing.
        trail: Where the ink stands; None before its first sample.
        x: Logical pixels.
        y: Logical pixels, growing downward.

    Returns:
        The rows this sample completes, oldest first (often none), and the trail to hand in next.

    Raises:
        PointsError: The sample is not finite.
    """
    if not (isfinite(x) and isfinite(y)):
        raise PointsError(f"a pen sample must be finite; got x={x}, y={y}")
    if trail is None:
        return [(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)], Trail(x, y, x, y, x, y, 0.0, 0, 0.0, True)
    if not trail.down:
        row = _row(recipe, trail, x, y, recipe.scale, 0.0, 1.0)
        travel = trail.travel + trail.along
        return [row], Trail(trail.x0, trail.y0, x, y, x, y, 0.0, 0, travel, True)
    return _along(recipe, trail, x, y)


def lift(recipe: FeatureRecipe, trail: Trail) -> tuple[list[Row], Trail]:
    """Take the pen off the paper where it is.

    Returns:
        One row (none if the pen was up already), and the trail to hand in next.
    """
    if not trail.down:
        return [], trail
    row = _row(recipe, trail, trail.x, trail.y, recipe.step, 1.0, 0.0)
    return [row], trail._replace(row_x=trail.x, row_y=trail.y, down=False)


def _along(recipe: FeatureRecipe, trail: Trail, x: float, y: float) -> tuple[list[Row], Trail]:
    x0, y0, from_x, from_y, row_x, row_y, along, made, travel, _ = trail
    step = recipe.step
    across, downward = x - from_x, y - from_y
    length = min(sqrt(across * across + downward * downward), recipe.longest)
    end = along + length
    reach = end + recipe.slack
    if (made + 1) * step > reach:
        return [], Trail(x0, y0, x, y, row_x, row_y, end, made, travel, True)
    rows: list[Row] = []
    scale, limit = recipe.scale, recipe.limit
    while (made + 1) * step <= reach:
        made += 1
        fraction = (made * step - along) / length
        at_x, at_y = from_x + across * fraction, from_y + downward * fraction
        rows.append(
            (
                _bounded((at_x - x0) / scale, limit),
                _bounded((at_y - y0) / scale, limit),
                _bounded((at_x - row_x) / step, limit),
                _bounded((at_y - row_y) / step, limit),
                0.0,
                0.0,
            )
        )
        row_x, row_y = at_x, at_y
    return rows, Trail(x0, y0, x, y, row_x, row_y, end, made, travel, True)


def _row(recipe: FeatureRecipe, trail: Trail, x: float, y: float, unit: float, up: float, jump: float) -> Row:
    return (
        _bounded((x - trail.x0) / recipe.scale, recipe.limit),
        _bounded((y - trail.y0) / recipe.scale, recipe.limit),
        _bounded((x - trail.row_x) / unit, recipe.limit),
        _bounded((y - trail.row_y) / unit, recipe.limit),
        up,
        jump,
    )


def _bounded(value: float, limit: float) -> float:
    return -limit if value < -limit else limit if value > limit else value


@dataclass(frozen=True, slots=True)
class RowTable:
    """The rows of several finished inks, one after the other.

    Attributes:
        rows: Float32 array of shape (r, 6), the columns of `COLUMNS`.
        offsets: Int64 array of shape (inks + 1,): ink i has rows offsets[i]:offsets[i + 1].
        travel: Float64 array of shape (r,): pen-down travel of the ink at each row, in logical pixels.
        sample: Int64 array of shape (r,): index, within the ink, of the sample that completed each row.
    """

    rows: Rows
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
    """As `ink_rows`, for points that lie in one array already.

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
) -> Rows:
    moved = np.diff(at, axis=0, prepend=at[:1])
    moved[begins] = 0.0
    unit = np.where(order.touch, recipe.scale, recipe.step)[:, None]
    rows = np.empty((len(at), len(COLUMNS)), dtype=np.float32)
    rows[:, 0:2] = np.clip((at - origin) / recipe.scale, -recipe.limit, recipe.limit)
    rows[:, 2:4] = np.clip(moved / unit, -recipe.limit, recipe.limit)
    rows[:, 4] = order.lift
    rows[:, 5] = order.touch & ~begins
    return rows


def ink_size(ink: Strokes) -> float:
    """The larger side of an ink's bounding box, in the unit of the points."""
    every = np.concatenate([np.asarray(stroke)[:, :2] for stroke in ink])
    return float(np.ptp(every.astype(np.float64), axis=0).max())


def typical_size(sizes: Sequence[float], dot: float = DOT, otherwise: float = 1.0) -> float:
    """The median of sizes in any unit, dots left out.

    Args:
        sizes: At least one, each at least 0.
        dot: What is smaller than this fraction of the largest is a dot.
        otherwise: The answer if all of them are 0, which says nothing of the unit.
    """
    smallest = dot * max(sizes)
    drawn = [size for size in sizes if size >= smallest and size > 0]
    return median(drawn) if drawn else otherwise
