"""Colors from dark to bright, as rows that a texture takes."""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sketch.render.color import ColorLike, parse_color

Stops: TypeAlias = tuple[ColorLike, ...]
"""Colors at even distances, from dark to bright, as `color` takes them."""

SIZE = 256

COLORMAPS = ("jet", "ember", "sea")
"""The maps there are by name. To the eye "ember" and "sea" grow brighter evenly; "jet" does not."""

# Of the two: hue in turns where dark and where bright, and chroma in the middle (Oklch).
_HUES = {"ember": (-0.20, 0.26, 0.165), "sea": (0.80, 0.36, 0.115)}


def check_colormap(colors: str | Stops) -> None:
    """Refuse what is no color map.

    Raises:
        ValueError: There is no map by that name, there are fewer than two colors, or one is no color.
    """
    if isinstance(colors, str):
        if colors not in COLORMAPS:
            raise ValueError(
                f"the color map must be one of {', '.join(COLORMAPS)}, or colors; got {colors!r}"
            )
    elif len(colors) < 2:
        raise ValueError(f"a color map needs two colors or more; got {len(colors)}")
    else:
        for color in colors:
            parse_color(color)


@cache
def colormap(colors: str | Stops) -> NDArray[np.uint8]:
    """The colors of a map: read-only uint8 of shape (256, 3), from dark to bright.

    Raises:
        ValueError: As `check_colormap`.
    """
    check_colormap(colors)
    along = np.linspace(0, 1, SIZE)
    if not isinstance(colors, str):
        floats = between(colors, along)
    elif colors == "jet":
        floats = jet(along)
    else:
        floats = even(along, *_HUES[colors])
    made = np.rint(255 * floats).astype(np.uint8)
    made.flags.writeable = False
    return made


def jet(along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Blue, cyan, yellow, red: three ramps a quarter apart; shape (n, 3) in 0..1."""
    peaks = np.array((3.0, 2.0, 1.0))
    return np.clip(1.5 - np.abs(4 * along[:, None] - peaks), 0, 1)


def even(along: NDArray[np.float64], dark: float, bright: float, chroma: float) -> NDArray[np.float64]:
    """A map whose lightness in Oklab grows evenly from black to near white; shape (n, 3) in 0..1.

    Args:
        along: Where on the map, 0..1.
        dark: Hue at its dark end, in turns.
        bright: Hue at its bright end; hues between are passed on the way.
        chroma: In the middle; both ends are grey.
    """
    hue = 2 * np.pi * (dark + (bright - dark) * along)
    strength = chroma * np.sin(np.pi * along**0.9) ** 0.7
    lightness = 0.06 + 0.91 * along
    return _displayable(lightness, strength, hue)


def between(colors: Sequence[ColorLike], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colors at even distances, mixed linearly in between; shape (n, 3) in 0..1."""
    stops = np.array([parse_color(color)[:3] for color in colors])
    places = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(along, places, stops[:, channel]) for channel in range(3)], axis=1)


def _displayable(
    lightness: NDArray[np.float64], chroma: NDArray[np.float64], hue: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Oklch as sRGB; where a screen cannot show a color, less of its chroma, found by halving."""
    low, high = np.zeros_like(chroma), np.ones_like(chroma)
    for _ in range(20):
        middle = (low + high) / 2
        linear = _linear(lightness, middle * chroma, hue)
        fits = ((linear >= 0) & (linear <= 1)).all(axis=1)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    linear = np.clip(_linear(lightness, low * chroma, hue), 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _linear(
    lightness: NDArray[np.float64], chroma: NDArray[np.float64], hue: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Linear sRGB of Oklch (B. Ottosson, A perceptual color space for image processing, 2020)."""
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ],
        axis=1,
    )
    to_rgb = np.array(
        [
            (4.0767416621, -3.3077115913, 0.2309699292),
            (-1.2684380046, 2.6097574011, -0.3413193965),
            (-0.0041960863, -0.7034186147, 1.7076147010),
        ]
    )
    return cones**3 @ to_rgb.T
