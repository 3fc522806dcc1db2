"""The width of a line at each of its points, by the pressure of a pen or the speed of a mouse.

All of it is causal: a point's width depends only on that point and the points before it, so the width of a
wet stroke does not change behind the pen.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Doubles, Floats
from sketch.ink.outline import arc_lengths
from sketch.ink.points import DEFAULT_PRESSURE, Points
from sketch.scalars import number

Widths = Floats

WidthCurve: TypeAlias = Callable[[Doubles], ArrayLike]
"""From pressures in 0..1, or speeds in logical pixels per second, to factors on the base: shape (n,)."""

LIGHTEST, HEAVIEST = 0.3, 1.7
"""Factors on the base width at no pressure and at full pressure; pressure 0.5 gives 1."""

THINNEST = 0.4
"""Factor on the base width of the fastest line; a resting pen gives 1."""

HALFWAY = 1200.0
"""Speed at which a line is halfway to its thinnest, in logical pixels per second."""

WINDOW = 0.06
"""Seconds over which speed is averaged."""

_PRESSURES = 4  # samples in the average, enough to hide the steps of a coarse sensor


def stroke_width(points: Points, base: float) -> Widths:
    """Width by pressure where the device reports it, else by speed.

    Pressure is used from the first point that has another than 0.5, the value for devices without pressure.

    Args:
        points: Shape (n, 4), times in order.
        base: Diameter in logical pixels at normal pressure and low speed; 0 gives widths of 0, which are
            not drawn, and less counts as 0.

    Returns:
        Float32 array of shape (n,).
    """
    presses = np.logical_or.accumulate(points[:, 3] != DEFAULT_PRESSURE)
    return np.where(presses, pressure_width(points, base), speed_width(points, base))


def pressure_width(points: Points, base: float, curve: WidthCurve | None = None) -> Widths:
    """Width that grows with pressure, averaged over the last few points.

    Args:
        points: Shape (n, 4).
        base: Diameter in logical pixels at a pressure of 0.5; less than 0 counts as 0.
        curve: An author's function, such as `lambda pressure: 0.2 + 2 * pressure**2`. Without one the width
            grows linearly from 0.3 to 1.7 times the base.

    Returns:
        Float32 array of shape (n,).

    Raises:
        ValueError: The curve gives another shape, or a width that is not more than 0; the base is not finite.
    """
    base = _checked(points, base)
    sums = np.concatenate(((0.0,), np.cumsum(np.clip(points[:, 3], 0, 1), dtype=np.float64)))
    index = np.arange(len(points))
    oldest = np.maximum(index - _PRESSURES + 1, 0)
    pressure = (sums[index + 1] - sums[oldest]) / (index + 1 - oldest)
    factor = _curved(pressure, curve) if curve else LIGHTEST + (HEAVIEST - LIGHTEST) * pressure
    return (base * factor).astype(np.float32)


def speed_width(points: Points, base: float, curve: WidthCurve | None = None) -> Widths:
    """Width that shrinks with the speed of the pen.

    A stroke starts at its full width and thins from there. Points without times have no speed.

    Args:
        points: Shape (n, 4), times in order.
        base: Diameter in logical pixels of a pen at rest; less than 0 counts as 0.
        curve: An author's function, such as `lambda speed: 1 + speed / 1000` for a line that widens with
            speed.

    Returns:
        Float32 array of shape (n,); without a curve between 0.4 and 1 times the base.

    Raises:
        ValueError: The curve gives another shape, or a width that is not more than 0; the base is not finite.
    """
    base = _checked(points, base)
    speed = pen_speed(points).astype(np.float64)
    factor = _curved(speed, curve) if curve else THINNEST + (1 - THINNEST) / (1 + (speed / HALFWAY) ** 2)
    return (base * factor).astype(np.float32)


def pen_speed(points: Points) -> Floats:
    """Speed of the pen at each point: the distance of the last 0.06 seconds divided by that time.

    Args:
        points: Shape (n, 3) or (n, 4), times in order.

    Returns:
        Logical pixels per second, float32 array of shape (n,).
    """
    if len(points) == 0:
        return np.empty(0, dtype=np.float32)
    along = arc_lengths(points)
    time = points[:, 2].astype(np.float64)
    speed = (along - np.interp(time - WINDOW, time, along)) / WINDOW
    speed[time <= time[0]] = 0
    return speed.astype(np.float32)


def _curved(values: Doubles, curve: WidthCurve) -> Doubles:
    factor = np.asarray(curve(values), dtype=np.float64)
    if factor.shape not in ((), values.shape):
        raise ValueError(f"a width curve must give shape {values.shape}; got {factor.shape}")
    if not (np.isfinite(factor) & (factor > 0)).all():
        raise ValueError("a width curve must give finite numbers more than 0")
    return np.broadcast_to(factor, values.shape)


def _checked(points: Points, base: float) -> float:
    if points.ndim != 2 or points.shape[1] != 4:
        raise ValueError(f"points need shape (n, 4); got {points.shape}")
    return max(0.0, number("base", base))
