"""Color maps from dark to bright, as rows of a texture."""

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import numpy as np

from sketch.arrays import Doubles, Pixels
from sketch.ink.outline import interpolated
from sketch.render.color import ColorLike, parse_color
from sketch.render.oklab import oklch
from sketch.scalars import short

Stops: TypeAlias = tuple[ColorLike, ...]
"""Colors at even distances, from dark to bright, as `color` takes them."""

SIZE = 256

COLORMAPS = ("jet", "ember", "sea")
"""Maps by name. The perceived lightness of "ember" and "sea" grows evenly; that of "jet" does not."""

# Hue in degrees at the dark and at the bright end, and chroma in the middle.
_HUES = {"ember": (-72.0, 94.0, 0.165), "sea": (288.0, 130.0, 0.115)}


def check_colormap(colors: str | Stops) -> None:
    """Refuse a value that is not a color map.

    Raises:
        ValueError: There is no map by that name, there are fewer than two colors, or one is not a color.
    """
    if isinstance(colors, str):
        if colors not in COLORMAPS:
            raise ValueError(
                f"the color map must be one of {', '.join(COLORMAPS)}, or a sequence of colors; "
                f"got {short(colors)}"
            )
    elif not isinstance(colors, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"the color map must be one of {', '.join(COLORMAPS)}, or a sequence of colors; "
            f"got {short(colors)}"
        )
    elif len(colors) < 2:
        raise ValueError(f"a color map needs two colors or more; got {len(colors)}")
    else:
        for color in colors:
            parse_color(color)


@cache
def colormap(colors: str | Stops) -> Pixels:
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


def jet(along: Doubles) -> Doubles:
    """The map "jet": three ramps a quarter apart, blue, cyan, yellow, red; shape (n, 3) in 0..1."""
    peaks = np.array((3.0, 2.0, 1.0))
    return np.clip(1.5 - np.abs(4 * along[:, None] - peaks), 0, 1)


def even(along: Doubles, dark: float, bright: float, chroma: float) -> Doubles:
    """A map whose lightness in Oklab grows evenly from black to near white; shape (n, 3) in 0..1.

    Args:
        along: Places on the map, 0..1.
        dark: Hue at its dark end, in degrees.
        bright: Hue at its bright end; between them it is interpolated.
        chroma: Chroma in the middle; both ends are grey.
    """
    lightness = 0.06 + 0.91 * along
    strength = chroma * np.sin(np.pi * along**0.9).clip(0) ** 0.7
    hue = dark + (bright - dark) * along
    rows = [oklch(*row)[:3] for row in zip(lightness.tolist(), strength.tolist(), hue.tolist(), strict=True)]
    return np.array(rows) / 255


def between(colors: Sequence[ColorLike], along: Doubles) -> Doubles:
    """Colors at even distances, mixed linearly in between; shape (n, 3) in 0..1."""
    stops = np.array([parse_color(color)[:3] for color in colors])
    places = np.linspace(0, 1, len(stops))
    return interpolated(along, places, stops)
