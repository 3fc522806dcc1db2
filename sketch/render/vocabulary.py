"""The words an author draws with."""

from abc import ABC

from numpy.typing import ArrayLike

from sketch.render import checks
from sketch.render.color import ColorLike
from sketch.render.crowds import Crowds
from sketch.render.imagery import Imagery


class Vocabulary(Crowds, Imagery, ABC):
    """The drawing calls of a canvas; whoever inherits owns the frame and the resources they name."""

    def stroke(
        self, points: ArrayLike, width: ArrayLike | None = None, color: ColorLike | ArrayLike | None = None
    ) -> None:
        """A stroke with round ends and joins, whose width and color may change from point to point.

        Args:
            points: Shape (n, 2..4), n at least 1; one point makes a dot.
            width: Diameter in logical pixels, one number or shape (n,); the line width if left out.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                or gradient if left out.

        Raises:
            ValueError: A shape or a number is not as described.
        """
        xy = checks.plane_points(points)
        given = checks.widths(self._style.line_width if width is None else width, len(xy))
        self._stroke(xy, given, None if color is None else self._colors(color, len(xy)))
