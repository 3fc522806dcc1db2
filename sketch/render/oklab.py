"""Colors by perceived lightness, chroma and hue: OKLab and OKLCH.

The conversion is that of Björn Ottosson (2020, "A perceptual color space for image processing"), with the
matrices of the CSS Color Module Level 4, which carry more digits; sRGB is encoded as in IEC 61966-2-1.
"""

import math

import numpy as np

from sketch.arrays import Doubles
from sketch.scalars import clamped, number

Channels = tuple[float, float, float, float]

_LINEAR_TO_CONES = np.array(
    (
        (0.4122214694707630, 0.5363325372617349, 0.0514459932675022),
        (0.2119034958178252, 0.6806995506452344, 0.1073969535369406),
        (0.0883024591900564, 0.2817188391361215, 0.6299787016738222),
    )
)
_CONES_TO_LAB = np.array(
    (
        (0.2104542683093140, 0.7936177747023054, -0.0040720430116193),
        (1.9779985324311684, -2.4285922420485799, 0.4505937096174110),
        (0.0259040424655478, 0.7827717124575296, -0.8086757549230774),
    )
)
_CONES_TO_LINEAR = np.linalg.inv(_LINEAR_TO_CONES)
_LAB_TO_CONES = np.linalg.inv(_CONES_TO_LAB)


def oklch(lightness: float, chroma: float, hue: float, alpha: float = 1.0) -> Channels:
    """A color by perceived lightness, chroma and hue: `canvas.color(oklch(0.7, 0.15, 140))`.

    Equal steps of lightness look equal, whatever the hue. A color more vivid than a screen can show keeps its
    lightness and hue and gets the most chroma that fits.

    Args:
        lightness: From black, 0, to white, 1; numbers outside of 0..1 count as 0 or 1.
        chroma: From grey, 0, to about 0.37, the most vivid that any screen of sRGB shows; less counts as 0.
        hue: Degrees: red is near 30, yellow 110, green 145, blue 265; any number; it repeats every 360.
        alpha: 0..1; numbers outside of 0..1 count as 0 or 1.

    Returns:
        Red, green, blue and alpha in 0..255.

    Raises:
        ValueError: A number is not finite.
        TypeError: It is not a number.
    """
    lightness, alpha = clamped("lightness", lightness), clamped("alpha", alpha)
    chroma = max(0.0, number("chroma", chroma))
    angle = math.radians(number("hue", hue) % 360)
    direction = np.array((0.0, math.cos(angle), math.sin(angle)))
    fitting = _most_that_fits(lightness, chroma, direction)
    red, green, blue = _clipped(_to_linear(np.array((lightness, 0, 0)) + fitting * direction)).tolist()
    return (255 * red, 255 * green, 255 * blue, 255 * alpha)


def to_oklab(rgb: Doubles) -> Doubles:
    """Convert sRGB colors to OKLab.

    Args:
        rgb: Shape (..., 3), 0..1.

    Returns:
        Lightness, a and b, of the same shape.
    """
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ _LINEAR_TO_CONES.T) @ _CONES_TO_LAB.T


def from_oklab(lab: Doubles) -> Doubles:
    """Convert OKLab to sRGB colors, 0..1; colors that a screen cannot show are clipped."""
    return _clipped(_to_linear(lab))


def _to_linear(lab: Doubles) -> Doubles:
    return (lab @ _LAB_TO_CONES.T) ** 3 @ _CONES_TO_LINEAR.T


def _clipped(linear: Doubles) -> Doubles:
    fits = np.clip(linear, 0.0, 1.0)
    return np.where(fits <= 0.0031308, 12.92 * fits, 1.055 * fits ** (1 / 2.4) - 0.055)


def _most_that_fits(lightness: float, chroma: float, direction: Doubles) -> float:
    """The chroma, or the most that a screen shows at this lightness and hue, found by bisection."""

    def fits(value: float) -> bool:
        linear = _to_linear(np.array((lightness, 0, 0)) + value * direction)
        return bool((linear >= -1e-9).all() and (linear <= 1 + 1e-9).all())

    if fits(chroma):
        return chroma
    low, high = 0.0, min(chroma, 0.5)
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
