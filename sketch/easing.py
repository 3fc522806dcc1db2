"""Ways from 0 to 1 that start and end softly, overshoot, or bounce."""

import math
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast, get_args

import pytweening  # pyright: ignore[reportMissingTypeStubs]

from sketch.scalars import are_plain, number, one_of

Curve: TypeAlias = Literal[
    "linear", "quad", "cubic", "quart", "quint", "sine", "expo", "circ", "back", "elastic", "bounce"
]
End: TypeAlias = Literal["in", "out", "in_out"]
CURVES: tuple[Curve, ...] = get_args(Curve)
ENDS: tuple[End, ...] = get_args(End)


def ease(share: float, curve: Curve = "cubic", end: End = "in_out") -> float:
    """The progress of a soft movement.

        x = start + ease(time / seconds) * (stop - start)

    The curves are Penner's (2001, "Motion, Tweening, and Easing"), from the library PyTweening.

    Args:
        share: Share of the time that has passed. Below 0 the movement has not begun, above 1 it is over.
        curve: "linear", "quad", "cubic", "quart", "quint", "sine", "expo", "circ", "back", "elastic" or
            "bounce"; "back" and "elastic" overshoot the ends.
        end: Where it is soft: "in" at the start, "out" at the end, "in_out" at both.

    Returns:
        0 at the start and 1 at the end.

    Raises:
        ValueError: The curve or the end is unknown, or the share is NaN.
        TypeError: The share is not a number.
    """
    one_of("curve", curve, CURVES)
    one_of("end", end, ENDS)
    if not are_plain(share) and not (isinstance(share, float) and math.isinf(share)):
        share = number("share", share)
    if share <= 0 or share >= 1:
        return 0.0 if share <= 0 else 1.0
    return float(_tween(curve, end)(share))


def _tween(curve: Curve, end: End) -> Callable[[float], float]:
    library: Any = pytweening
    name = "linear" if curve == "linear" else f"ease{end.title().replace('_', '')}{curve.title()}"
    return cast(Callable[[float], float], getattr(library, name))
