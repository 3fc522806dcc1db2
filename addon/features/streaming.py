"""Rows of features from a live pen, one sample at a time."""

from math import isfinite, sqrt
from typing import NamedTuple, TypeAlias

from addon.errors import PointsError
from addon.features.recipe import FeatureRecipe

Row: TypeAlias = tuple[float, ...]


class Trail(NamedTuple):
    """The state of a live ink between two samples; made by `advance` and `lift`.

    Attributes:
        x0, y0: The ink's first point.
        x, y: The last sample.
        row_x, row_y: Where the last row was made.
        along: Pen-down travel of this stroke so far, in logical pixels.
        made: Rows made along this stroke, without its first row.
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


def advance(recipe: FeatureRecipe, trail: Trail | None, x: float, y: float) -> tuple[list[Row], Trail]:
    """Take one sample of a pen that is down.

    Args:
        recipe: Scale and spacing.
        trail: The state after the previous sample; None before the first.
        x: Logical pixels.
        y: Logical pixels, growing downward.

    Returns:
        The rows this sample completes, oldest first (often none), and the trail for the next call.

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
    """Lift the pen from the paper at its last position.

    Returns:
        One row (none if the pen was already up), and the trail for the next call.
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
