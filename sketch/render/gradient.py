"""Colors that change across the page, along a line or away from a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from sketch.arrays import Floats
from sketch.ink.outline import interpolated
from sketch.render.checks import as_floats, check_kind
from sketch.render.color import ColorLike, parse_color
from sketch.render.matrix import Matrix, apply_to_points, inverse, multiply
from sketch.render.oklab import from_oklab, to_oklab
from sketch.scalars import floats, magnitude, short

STEPS = 256
"""Colors that a gradient is sampled to."""

_LAST_COLOR: Matrix = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
"""Transform of a gradient without extent: from every place in the frame to its end."""

_STEEPEST = 1e30
"""Largest factor for coordinates of a frame that keeps them within float32."""


@dataclass(frozen=True, slots=True, eq=False)
class Gradient:
    """Made by `Gradient.linear` or `Gradient.radial`, and painted with by `canvas.gradient`.

    Colors are mixed in OKLab (Ottosson 2020), which looks even, and not in RGB, which goes through grey.

    Attributes:
        matrix: From the gradient's own coordinates, in which its colors go from 0 to 1, to the author's.
        round: Whether colors change away from the center, or along the x axis of its own coordinates.
        ramp: Float32 array of shape (256, 4), 0..1, premultiplied.
    """

    matrix: Matrix
    round: bool
    ramp: Floats

    @classmethod
    def linear(
        cls,
        x1: float,
        y1: float,
        x2: float,
        y2: float,
        colors: Sequence[ColorLike],
        stops: Sequence[float] | None = None,
    ) -> "Gradient":
        """Colors from (x1, y1) to (x2, y2); beyond them the first or the last color.

        If both places are the same, everything has the last color, as in SVG.

        Args:
            x1: Where the first color is.
            y1: Where the first color is.
            x2: Where the last color is.
            y2: Where the last color is.
            colors: At least 2, each a string, a grey or a tuple of channels 0..255 as for `color=`.
            stops: Where each color lies, 0..1; evenly spread if left out. As in SVG, a stop outside of
                that counts as 0 or 1, and a stop less than the previous one as the previous one.

        Raises:
            ValueError: Colors and stops are not as described, or a number is not finite.
            TypeError: What should be a number is not one.
        """
        x1, y1, x2, y2 = floats(x1=x1, y1=y1, x2=x2, y2=y2)
        along, down = x2 - x1, y2 - y1
        return cls((along, down, -down, along, x1, y1), False, color_ramp(colors, stops))

    @classmethod
    def radial(
        cls,
        x: float,
        y: float,
        radius: float,
        colors: Sequence[ColorLike],
        stops: Sequence[float] | None = None,
    ) -> "Gradient":
        """Colors from (x, y) out to a radius, the last one beyond; the radius counts as its magnitude."""
        x, y = floats(x=x, y=y)
        radius = magnitude("radius", radius)
        return cls((radius, 0.0, 0.0, radius, x, y), True, color_ramp(colors, stops))


@dataclass(frozen=True, slots=True, eq=False)
class PlacedGradient:
    """A gradient in its place.

    Attributes:
        gradient: Its colors.
        from_pixels: From the pixels of the frame to the gradient's own coordinates.
    """

    gradient: Gradient
    from_pixels: Matrix

    def at(self, pixels: Floats) -> Floats:
        """Its colors at places in the frame.

        Args:
            pixels: Float32 array of shape (n, 2).

        Returns:
            Float32 array of shape (n, 4), 0..1, not premultiplied.
        """
        own = apply_to_points(self.from_pixels, pixels)
        share = np.hypot(own[:, 0], own[:, 1]) if self.gradient.round else own[:, 0]
        where = np.clip(share, 0.0, 1.0) * (STEPS - 1)
        ramp = self.gradient.ramp
        mixed = interpolated(where, np.arange(STEPS), ramp).astype(np.float32)
        mixed[:, :3] /= np.maximum(mixed[:, 3:], np.float32(1e-6))
        return mixed


def placed(gradient: Gradient, matrix: Matrix) -> PlacedGradient:
    """Put a gradient into the author's coordinates.

    Raises:
        TypeError: It is not a gradient.
    """
    check_kind(gradient, Gradient, "gradient needs a Gradient")
    back = inverse(multiply(matrix, gradient.matrix))
    if back is None or max(map(abs, back)) > _STEEPEST:
        back = _LAST_COLOR
    return PlacedGradient(gradient, back)


def subdivided(rows: Floats, longest: float) -> Floats:
    """Add points between points that are far apart.

    Args:
        rows: Float32 array of shape (n, 2 or more): x, y and values that change linearly between points.
        longest: How far apart two points may be.

    Returns:
        Float32 array of shape (m, as many), all given rows among them.
    """
    if len(rows) < 2:
        return rows
    steps = np.diff(rows[:, :2], axis=0)
    pieces = np.maximum(np.ceil(np.hypot(steps[:, 0], steps[:, 1]) / longest), 1).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(pieces)))
    where = np.arange(int(starts[-1]) + 1)
    return interpolated(where, starts, rows).astype(np.float32)


def color_ramp(colors: Sequence[ColorLike], stops: Sequence[float] | None = None) -> Floats:
    """Sample a gradient of colors.

    Args:
        colors: At least 2.
        stops: One per color, as for `Gradient.linear`; evenly spread if left out.

    Returns:
        Float32 array of shape (256, 4), 0..1, premultiplied.

    Raises:
        ValueError: Colors or stops are not as described.
        TypeError: Colors or stops are of another type.
    """
    if isinstance(colors, str) or not isinstance(cast(object, colors), Sequence) or len(colors) < 2:
        raise ValueError(f"a gradient needs at least 2 colors; got {short(colors)}")
    given = np.array([parse_color(color) for color in colors])
    where = np.linspace(0, 1, len(given))
    if stops is not None:
        as_floats("stops", stops)
        where = np.asarray(stops, dtype=np.float64)
    if where.shape != (len(given),):
        raise ValueError(f"stops= needs one number for each of {len(given)} colors; got shape {where.shape}")
    if not np.isfinite(where).all():
        raise ValueError(f"stops= must be finite, ascending numbers in 0..1; got {where.tolist()}")
    where = np.maximum.accumulate(np.clip(where, 0.0, 1.0))
    # Colors are weighted by their alpha, so a clear color does not tint its neighbours.
    lab = np.column_stack((to_oklab(given[:, :3]) * given[:, 3:], given[:, 3]))
    at = np.linspace(0, 1, STEPS)
    mixed = interpolated(at, where, lab)
    alpha = mixed[:, 3:]
    rgb = from_oklab(mixed[:, :3] / np.maximum(alpha, 1e-9))
    return np.column_stack((rgb * alpha, alpha)).astype(np.float32)
