"""What strokes must share to be drawn in one call."""

from dataclasses import dataclass

from sketch.ink.brush import Brush
from sketch.ink.style import StrokeStyle

_CAPS = {"butt": 0.0, "round": 1.0, "square": 2.0}
_JOINS = {"bevel": 0.0, "round": 1.0, "miter": 2.0}


@dataclass(frozen=True, slots=True)
class StrokeLook:
    """How the segments of a stroke are painted, apart from the values of its points.

    Attributes:
        shape: Cap, join and miter limit, as the shaders number them, or None if all are round.
        flat: Whether the stroke is painted to a separate picture first, so that crossings do not darken.
        brush: Or None for plain color.
        time: Seconds, for the brush.
        unit: Logical pixels per pixel.
    """

    shape: tuple[float, float, float] | None = None
    flat: bool = False
    brush: Brush | None = None
    time: float = 0.0
    unit: float = 1.0

    @property
    def bleed(self) -> float:
        """How far paint may reach beyond the outline, in half widths."""
        return self.brush.bleed if self.brush else 0.0

    @property
    def cut(self) -> bool:
        """Whether strokes are cut off at their last points."""
        return self.shape is not None and self.shape[0] == _CAPS["butt"]

    @property
    def tip(self) -> float:
        """How far from a point its corner may reach, in half widths."""
        if self.shape is None:
            return 1.0
        cap, join, limit = self.shape
        return max(limit if join == _JOINS["miter"] else 1.0, 1.4143 if cap == _CAPS["square"] else 1.0)


SOLID = StrokeLook()


def look_of(style: StrokeStyle, brush: Brush | None, time: float = 0.0, unit: float = 1.0) -> StrokeLook:
    """The look of a style with its brush."""
    cap = style.cap or (brush.cap if brush else "round")
    join = style.join or (brush.join if brush else "round")
    overlap = style.overlap or (brush.overlap if brush else "build")
    if brush and brush.bleed > 0 and overlap != "flat":
        raise ValueError(f'the brush {brush.name!r} bleeds, so its overlap is "flat"; got {overlap!r}')
    shape = None if cap == join == "round" else (_CAPS[cap], _JOINS[join], float(style.miter_limit))
    if brush is None:
        return StrokeLook(shape, overlap == "flat")
    return StrokeLook(shape, overlap == "flat", brush, float(time), unit)
