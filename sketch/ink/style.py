"""The style of a stroke: its ends, corners, dashes, tapers, and what happens where it crosses itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast, get_args

from sketch.ink.brush import Brush, Cap, Join, Overlap
from sketch.scalars import magnitude, number, one_of


@dataclass(frozen=True, slots=True)
class StrokeStyle:
    """The look of a stroke apart from its width and color. Every default is here.

    A negative length counts as its magnitude.

    Attributes:
        cap: How both ends, and those of every dash, look: "round"; "butt", cut off at the last point; or
            "square", half a width longer. None leaves it to the brush; without a brush it is "round".
        join: How sharp corners look: "round", "miter" or "bevel"; None as for `cap`. The outline of a curve
            through many points is the same with all three.
        miter_limit: How far the tip of a miter may reach, in widths, as in SVG; a corner that would reach
            further is beveled. Less than 1 counts as 1.
        overlap: Whether a translucent stroke that crosses itself has one alpha everywhere, "flat", or darkens
            there, "build"; None as for `cap`. Without a brush it is "build", which is faster.
        dash: Alternating lengths of line and gap, in logical pixels; an odd number of them is repeated to
            make it even, as in SVG; empty, or nothing but zeros, for a line without gaps.
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
    brush: Brush | str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn.

        Raises:
            ValueError: A word is unknown or a number is not finite.
            TypeError: What should be a number is not, or the dash is not a sequence of numbers.
        """
        one_of("cap", self.cap, (*get_args(Cap), None))
        one_of("join", self.join, (*get_args(Join), None))
        one_of("overlap", self.overlap, (*get_args(Overlap), None))
        settled = {
            "miter_limit": max(1.0, number("miter_limit", self.miter_limit)),
            "dash": _dash(self.dash),
            "dash_offset": number("dash_offset", self.dash_offset),
            "taper_start": magnitude("taper_start", self.taper_start),
            "taper_end": magnitude("taper_end", self.taper_end),
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)


def _dash(given: object) -> tuple[float, ...]:
    try:
        lengths = tuple(cast(Iterable[object], given))
    except TypeError:
        raise TypeError(f"dash must be a sequence of lengths, such as (12, 6); got {given!r}") from None
    read = tuple(magnitude("a length of dash", length) for length in lengths)
    return read if any(read) else ()


PLAIN = StrokeStyle()
