"""Painting many strokes in slices, so that no frame waits for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sketch.ink.ink import Stroke
from sketch.render.boxes import meet, stroke_box
from sketch.render.pictures import PaintStrokes, Picture
from sketch.render.stroke_rows import PixelBounds

STROKE_COST = 32
"""Points that are painted in the time that a stroke costs beside its points."""


def cost(stroke: Stroke) -> int:
    """What painting a stroke costs, in points."""
    return len(stroke.points) + STROKE_COST


def next_slice(
    strokes: Sequence[Stroke], first: int, budget: int, wanted: Callable[[Stroke], bool]
) -> tuple[list[Stroke], int, int]:
    """Take as many strokes as a budget allows, and at least one if it is more than 0.

    Args:
        strokes: To take from, in order.
        first: Index to begin at.
        budget: In points; a stroke that is left out costs 1.
        wanted: Which strokes to take.

    Returns:
        The strokes, the index to go on at, and the budget that is left, which the last stroke may overdraw.
    """
    taken: list[Stroke] = []
    at = first
    while at < len(strokes) and budget > 0:
        take = wanted(strokes[at])
        if take:
            taken.append(strokes[at])
        budget -= cost(strokes[at]) if take else 1
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
        taken, self.done, left = next_slice(self.strokes, self.done, budget, self._wants)
        self.picture.add(taken, paint, self.within)
        return left

    def _wants(self, stroke: Stroke) -> bool:
        return self.within is None or meet(stroke_box(stroke, self.picture.look.matrix), self.within)
