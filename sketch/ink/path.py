"""Shapes of any outline, with holes, and the pen that draws their outlines."""

import math
from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Flags, Floats
from sketch.ink import outline
from sketch.ink.curves import arc_points, bezier_points
from sketch.ink.shape import Movable, Polyline, Transform
from sketch.scalars import floats, magnitude, one_of, short

Rule: TypeAlias = Literal["evenodd", "nonzero"]
RULES: tuple[Rule, ...] = get_args(Rule)

MOST_TURNS = 16
"""Turns that one arc makes at most."""

_FINE = 4.0
"""Curves are sampled so finely that no corner shows at up to this many pixels per unit."""


class Path(Movable):
    """A filled shape: one or more closed outlines. It is immutable: every method returns a new one.

        ring = Path([outer, inner])  # the inner outline is a hole
        pie = PathPen().move_to(0, 0).arc(0, 0, 40, 0, 5).path()

    Args:
        contours: Polylines, or arrays of shape (n, 2..4), n at least 3 each; all count as closed.
        rule: Which parts are inside: "evenodd", those that an odd number of outlines goes round; or
            "nonzero", those that outlines go round more often one way than the other.

    Raises:
        ValueError: There is no contour, one has fewer than 3 points or a value that is not finite, or the
            rule is unknown.
    """

    __slots__ = ("_contours", "_rule")

    def __init__(self, contours: Iterable[Polyline | ArrayLike], rule: Rule = "evenodd") -> None:
        one_of("rule", rule, RULES)
        if not isinstance(contours, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"a path takes a sequence of contours, such as Path([outline]); got {short(contours)}"
            )
        closed = tuple(
            Polyline(contour.points if isinstance(contour, Polyline) else contour, closed=True)
            for contour in contours
        )
        if not closed:
            raise ValueError("a path needs at least one contour")
        for index, contour in enumerate(closed):
            if len(contour) < 3:
                raise ValueError(f"a contour needs at least 3 points; contour {index} has {len(contour)}")
        self._contours = closed
        self._rule: Rule = rule

    @property
    def contours(self) -> tuple[Polyline, ...]:
        """The outlines, closed."""
        return self._contours

    @property
    def rule(self) -> Rule:
        """Which parts are inside."""
        return self._rule

    def __repr__(self) -> str:
        return f"Path({len(self._contours)} contours, {self._rule})"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        lefts, tops, rights, bottoms = zip(*(contour.bounds for contour in self._contours), strict=True)
        return (min(lefts), min(tops), max(rights), max(bottoms))

    @property
    def perimeter(self) -> float:
        """The length of all outlines."""
        return sum(contour.perimeter for contour in self._contours)

    def all_inside(self, points: ArrayLike) -> Flags:
        """Whether each of many points, shape (m, 2), is filled: shape (m,)."""
        given = np.asarray(points, dtype=np.float64)
        turns = np.zeros(len(given), dtype=np.int64)
        for contour in self._contours:
            ring = np.concatenate((contour.points, contour.points[:1]))
            turns += outline.winding(ring[:, :2].astype(np.float64), given)
        return turns % 2 == 1 if self._rule == "evenodd" else turns != 0

    def transform(self, matrix: Transform) -> "Path":
        """Every (x, y) becomes (a x + c y + e, b x + d y + f), of a matrix (a, b, c, d, e, f)."""
        return Path([contour.transform(matrix) for contour in self._contours], self._rule)


class PathPen:
    """Draws the outlines of a path, line by line and curve by curve; each call returns the pen."""

    def __init__(self) -> None:
        self._contours: list[list[Floats]] = []

    def move_to(self, x: float, y: float) -> "PathPen":
        """Begin an outline at (x, y). The previous one is closed."""
        self._contours.append([_points(floats(x=x, y=y))])
        return self

    def line_to(self, x: float, y: float) -> "PathPen":
        """A straight line to (x, y)."""
        self._open().append(_points(floats(x=x, y=y)))
        return self

    def quadratic_to(self, x1: float, y1: float, x2: float, y2: float) -> "PathPen":
        """A quadratic Bézier curve to (x2, y2), drawn towards (x1, y1)."""
        x1, y1, x2, y2 = floats(x1=x1, y1=y1, x2=x2, y2=y2)
        x, y = self._here()
        toward = ((x + 2 * x1) / 3, (y + 2 * y1) / 3)
        return self.curve_to(*toward, (x2 + 2 * x1) / 3, (y2 + 2 * y1) / 3, x2, y2)

    def curve_to(self, x1: float, y1: float, x2: float, y2: float, x3: float, y3: float) -> "PathPen":
        """A cubic Bézier curve to (x3, y3), leaving towards (x1, y1) and arriving from (x2, y2)."""
        x1, y1, x2, y2, x3, y3 = floats(x1=x1, y1=y1, x2=x2, y2=y2, x3=x3, y3=y3)
        control = _points(self._here(), (x1, y1), (x2, y2), (x3, y3))
        self._open().append(bezier_points(control, _FINE)[1:])
        return self

    def arc(self, x: float, y: float, radius: float, start: float, end: float) -> "PathPen":
        """A part of a circle about (x, y), from one angle to another, after a line to where it starts.

        Angles are radians, from the right; they grow clockwise on the screen. A negative radius counts as its
        magnitude. The arc makes as many turns as the angles say, up to `MOST_TURNS`.
        """
        x, y, start, end = floats(x=x, y=y, start=start, end=end)
        radius = magnitude("radius", radius)
        turns = abs(end - start) // math.tau
        if turns > MOST_TURNS:  # an even number of turns less, so that both rules give the same inside
            start += math.copysign((turns - MOST_TURNS) // 2 * 2 * math.tau, end - start)
        sampled = arc_points(x, y, radius, start, end, _FINE, least=2)
        if not self._contours:
            self._contours.append([])
        self._contours[-1].append(sampled)
        return self

    def close(self) -> "PathPen":
        """End this outline; the next begins with `move_to` or `arc`."""
        self._open()
        self._contours.append([])
        return self

    def path(self, rule: Rule = "evenodd") -> Path:
        """What was drawn, every outline closed.

        Raises:
            ValueError: Nothing was drawn, or an outline has fewer than 3 points.
        """
        return Path([np.concatenate(parts) for parts in self._contours if parts], rule)

    def _open(self) -> list[Floats]:
        if not self._contours or not self._contours[-1]:
            raise ValueError("an outline begins with move_to or arc")
        return self._contours[-1]

    def _here(self) -> tuple[float, float]:
        x, y = self._open()[-1][-1].tolist()
        return (x, y)


def _points(*places: tuple[float, ...]) -> Floats:
    given = np.array(places, dtype=np.float32)
    if not np.isfinite(given).all():
        raise ValueError(f"points must be finite; got {places!r}")
    return given
