"""How points become rows of features: the columns of a row, and every number and limit that changes one.

A row is made every `spacing` of pen-down travel, so the speed of the hand does not matter. Two more rows
frame each stroke: one where the pen touches down and one where it lifts. The scale is known in advance, from
the taught inks, and never measured on the ink that is being drawn.

`streaming` makes the rows of a live pen, one sample at a time; `batch` makes those of finished inks, all of
them at once. The two are independent and agree to the last bit, except for the sign of a zero.

Columns of a row:

    x, y     position relative to the ink's first point, in scales
    dx, dy   step from the previous row: in spacings while the pen is down, in scales across a jump
    lift     1 on the row where the pen leaves the paper
    jump     1 on the first row of every stroke except the ink's first
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

COLUMNS = ("x", "y", "dx", "dy", "lift", "jump")

# Defaults for a recipe that leaves these values out.
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

    Lengths are relative to the scale, so inks in any unit give the same rows if the scale has the same unit.

    Attributes:
        scale: Typical size of an ink, the larger side of its bounding box, in the unit of the points: logical
            pixels for a sketch's pen; 1e-9..1e12. Taught inks decide it if there are any (see `scale`),
            otherwise the model's training does.
        spacing: Distance between two rows as a fraction of `scale`; 0.005..1.
        limit: Values of a row are clipped to this many scales or steps, so that a point at the edge of
            float32 stays finite in the network; 1..1e6.
        rows_per_sample: Most rows that one sample makes: a pen that jumps across the screen must not stall a
            frame; 1..4096.
        tolerance: A row may be made this fraction of a step early, so that rows fall on the same samples in
            any unit, however the points were rounded; 0..0.01.
        dot: Taught inks smaller than this fraction of the largest are ignored for the scale; 0..0.5.
        rescaled: If the taught inks' typical size and the scale in use differ by this factor or more, all
            inks are read again at the new scale; 1..100.

    Raises:
        ValueError: A value is outside its range, or not a number.
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
        """Distance between two rows, in the unit of the points."""
        return self.spacing * self.scale

    @property
    def slack(self) -> float:
        """How much earlier than at a full step a row may be made, in the unit of the points."""
        return self.tolerance * self.step

    @property
    def longest(self) -> float:
        """The longest move that one sample counts for, in the unit of the points."""
        return self.rows_per_sample * self.step


def recipe_from(document: Mapping[str, object]) -> FeatureRecipe:
    """Read a recipe from a model's description; values it leaves out have their defaults.

    Raises:
        KeyError: The scale or the spacing is missing.
        ValueError: A name is unknown, or a number is outside its range.
    """
    names = [each.name for each in fields(FeatureRecipe)]
    unknown = sorted(set(document) - set(names))
    if unknown:
        raise ValueError(
            f"its recipe has {unknown[0]!r}, which this Inkloop does not know; it knows {', '.join(names)}"
        )
    given: dict[str, Any] = {"scale": document["scale"], "spacing": document["spacing"], **document}
    return FeatureRecipe(**given)
