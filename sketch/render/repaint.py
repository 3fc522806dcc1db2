"""Painting many strokes in slices, so that no frame waits for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sketch.ink.ink import Stroke
from sketch.render.boxes import meet, stroke_box
from sketch.render.matrix import mean_scale
from sketch.render.pictures import PaintStrokes, Picture
from sketch.render.stroke_rows import PixelBounds

STROKE_COST = 32
"""Thin points that are painted in the time that a stroke costs beside its points."""

POINT_PIXELS = 600
"""Pixels that are filled in the time that a thin point costs, without a GPU."""


def cost(stroke: Stroke, scale: float) -> int:
    """What painting a stroke costs, in thin points, at so many pixels a logical one."""
    pixels = 2 * stroke.half_width * stroke.length * scale**2
    return len(stroke.points) + STROKE_COST + int(pixels / POINT_PIXELS)


def next_slice(
    strokes: Sequence[Stroke], first: int, budget: int, cost_of: Callable[[Stroke], int]
) -> tuple[list[Stroke], int, int]:
    """Take as many strokes as a budget allows, and at least one if it is more than 0.

    Args:
        strokes: To take from, in order.
        first: Index to begin at.
        budget: What they may cost together.
        cost_of: What a stroke costs; 0 leaves it out, and looking at it costs 1.

    Returns:
        The strokes, the index to go on at, and the budget that is left, which the last stroke may overdraw.
    """
    taken: list[Stroke] = []
    at = first
    while at < len(strokes) and budget > 0:
        expense = cost_of(strokes[at])
        if expense:
            taken.append(strokes[at])
        budget -= expense or 1
        at += 1
    return taken, at, budget


@dataclass(slots=True, eq=False)
class Repaint:
    """A picture on its way.

    Attributes:
        picture: Painted on.
        strokes: To be painted, in order; more may be appended.
        within: The rectangle that is painted, None for all of the picture.
        done: How many strokes were looked at.
    """

    picture: Picture
    strokes: list[Stroke]
    within: PixelBounds | None = None
    done: int = 0

    @property
    def finished(self) -> bool:
        """Whether every stroke is painted."""
        return self.done == len(self.strokes)

    def advance(self, budget: int, paint: PaintStrokes) -> int:
        """Paint the next slice; return the budget that is left."""
        taken, self.done, left = next_slice(self.strokes, self.done, budget, self._cost)
        self.picture.add(taken, paint, self.within)
        return left

    def _cost(self, stroke: Stroke) -> int:
        matrix = self.picture.look.matrix
        if self.within is not None and not meet(stroke_box(stroke, matrix), self.within):
            return 0
        return cost(stroke, mean_scale(matrix))
