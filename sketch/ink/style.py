"""How a stroke is laid down: its ends, corners, dashes, tapers, and what happens where it crosses itself."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from sketch.ink.brush import Brush

Cap: TypeAlias = Literal["round", "butt", "square"]
Join: TypeAlias = Literal["round", "miter", "bevel"]
Overlap: TypeAlias = Literal["flat", "build"]


@dataclass(frozen=True, slots=True)
class StrokeStyle:
    """The look of a stroke apart from its width and color. Every default is here.

    Attributes:
        cap: How both ends, and those of every dash, look: "round"; "butt", cut off at the last point; or
            "square", half a width longer. None leaves it to the brush; without a brush it is "round".
        join: How sharp corners look: "round", "miter" or "bevel"; None as for `cap`. The outline of a curve
            through many points is the same with all three.
        miter_limit: How far the tip of a miter may reach, in widths, 1 or more, as in SVG; a corner that
            would reach further is beveled.
        overlap: Whether a translucent stroke that crosses itself has one alpha all over, "flat", or darkens
            there, "build"; None as for `cap`. Without a brush it is "build", which is faster.
        dash: Lengths of line and gap by turns, in logical pixels, each more than 0; an odd number of them is
            repeated to make it even, as in SVG; empty for a line without gaps.
        dash_offset: Where in the pattern the stroke begins, in logical pixels.
        taper_start: Logical pixels over which the line swells to its width from nothing.
        taper_end: The same at its end.
        smooth: Whether to draw a smooth curve through the points instead of straight lines between them.
        brush: A brush, the name of one that comes with Inkloop, or None for plain color.
    """

    cap: Cap | None = None
    join: Join | None = None
    miter_limit: float = 4.0
    overlap: Overlap | None = None
    dash: tuple[float, ...] = ()
    dash_offset: float = 0.0
    taper_start: float = 0.0
    taper_end: float = 0.0
    smooth: bool = False
    brush: "Brush | str | None" = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        Raises:
            ValueError: A word is unknown or a number is out of its range.
        """
        _one_of("cap", self.cap, (*get_args(Cap), None))
        _one_of("join", self.join, (*get_args(Join), None))
        _one_of("overlap", self.overlap, (*get_args(Overlap), None))
        _number("miter_limit", self.miter_limit, 1.0)
        _number("dash_offset", self.dash_offset, -math.inf)
        _number("taper_start", self.taper_start, 0.0)
        _number("taper_end", self.taper_end, 0.0)
        for length in self.dash:
            if not (math.isfinite(length) and length > 0):
                raise ValueError(f"every length of a dash must be finite and more than 0; got {self.dash!r}")


def _one_of(name: str, given: object, allowed: tuple[object, ...]) -> None:
    if given not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}; got {given!r}")


def _number(name: str, given: float, least: float) -> None:
    if not (math.isfinite(given) and given >= least):
        bound = "finite" if least == -math.inf else f"finite and {least:g} or more"
        raise ValueError(f"{name} must be {bound}; got {given!r}")


PLAIN = StrokeStyle()
