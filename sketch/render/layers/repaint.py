"""Repaint many strokes in slices, so that no frame waits for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sketch.ink.ink import Stroke
from sketch.ink.style import PLAIN
from sketch.render.layers.boxes import stroke_box
from sketch.render.layers.pictures import PaintStrokes, Picture
from sketch.render.matrix import mean_scale
from sketch.render.strokes.pixels import Piece, pieces_of
from sketch.render.strokes.rows import PixelBounds, meet

STROKE_COST = 32
"""Cost of a stroke in addition to its points, in thin points."""

POINT_PIXELS = 600
"""Pixels that are filled in the time of a thin point, without a GPU."""

TURN_COST = 8
"""Cost of a sharp turn, which later segments must look back at, in thin points."""

ENDLESS = 50_000
"""Points from which their number is a good enough estimate; more takes long to compute."""

PIECE = 2048
"""Segments of a long stroke that are painted together."""


def cost(stroke: Stroke, scale: float) -> int:
    """Cost of painting a stroke, in thin points, at this many pixels per logical pixel."""
    if len(stroke.points) > ENDLESS:
        return len(stroke.points)
    pixels = 2 * stroke.half_width * stroke.length * scale**2
    count = len(stroke.points) + STROKE_COST + TURN_COST * stroke.turns
    return count + int(pixels / POINT_PIXELS)


def next_slice(
    strokes: Sequence[Stroke],
    first: int,
    budget: int,
    cost_of: Callable[[Stroke], int],
    ends_before: Callable[[Stroke], bool] = lambda _: False,
) -> tuple[list[Stroke], int, int]:
    """Choose as many strokes as a budget allows, and at least one if it is more than 0.

    Args:
        strokes: To choose from, in order.
        first: Index to begin at.
        budget: Their cost in total.
        cost_of: Cost of a stroke; 0 leaves it out, and checking it costs 1.
        ends_before: Whether a stroke ends the slice before it, unless it is the first.

    Returns:
        The strokes, the index to continue at, and the budget that is left, which the last stroke may exceed.
    """
    taken: list[Stroke] = []
    at = first
    while at < len(strokes) and budget > 0 and (at == first or not ends_before(strokes[at])):
        expense = cost_of(strokes[at])
        if expense:
            taken.append(strokes[at])
        budget -= expense or 1
        at += 1
    return taken, at, budget


@dataclass(slots=True, eq=False)
class Repaint:
    """A repainting in progress.

    Attributes:
        picture: Painted on.
        strokes: To be painted, in order; more may be appended.
        within: The rectangle that is painted, None for all of the picture.
        done: How many strokes were processed.
        pieces: The pieces of the next stroke that are left, the first one last, if it is painted in pieces.
    """

    picture: Picture
    strokes: list[Stroke]
    within: PixelBounds | None = None
    done: int = 0
    pieces: list[Piece] = field(default_factory=list[Piece])

    @property
    def finished(self) -> bool:
        """Whether every stroke is painted."""
        return self.done == len(self.strokes)

    def advance(self, budget: int, paint: PaintStrokes) -> int:
        """Paint the next slice; return the budget that is left."""
        while budget > 0 and not self.finished:
            if not self.pieces and (stroke := self.strokes[self.done]).style is PLAIN:
                self.pieces = pieces_of(stroke, PIECE)[::-1] if self._cost(stroke) else []
            if self.pieces:
                budget = self._paint_pieces(budget, paint)
                continue
            taken, self.done, budget = next_slice(self.strokes, self.done, budget, self._cost, _is_long)
            self.picture.add(taken, paint, self.within)
        return budget

    def _paint_pieces(self, budget: int, paint: PaintStrokes) -> int:
        """Paint some of the stroke that is being painted in pieces."""
        while budget > 0 and self.pieces:
            piece = self.pieces.pop()
            expense = self._cost(piece)
            if expense:
                self.picture.add([piece], paint, self.within)
            budget -= expense or 1
        self.done += not self.pieces
        return budget

    def _cost(self, stroke: Stroke) -> int:
        matrix = self.picture.look.matrix
        if self.within is not None and not meet(stroke_box(stroke, matrix), self.within):
            return 0
        return cost(stroke, mean_scale(matrix))


def _is_long(stroke: Stroke) -> bool:
    return len(stroke.points) > 2 * PIECE and stroke.style is PLAIN
