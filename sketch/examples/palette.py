"""A color for every class, the same in every run."""

import string
import zlib
from colorsys import hls_to_rgb

from sketch.ink.ink import Rgba

# Steps of the golden ratio never repeat a hue.
GOLDEN = 0.618033988749895
PAPER: Rgba = (0.93, 0.93, 0.95, 1.0)
ORDER = string.ascii_uppercase + string.digits + string.ascii_lowercase
INK: Rgba = (0.05, 0.055, 0.07, 1.0)


def class_color(index: int) -> Rgba:
    """Color of the class at `index`, 0 or more."""
    # Hues are similar every 13 steps; the lightness differs then.
    lightness = (0.66, 0.78, 0.56)[index // 13 % 3]
    red, green, blue = hls_to_rgb((0.08 + index * GOLDEN) % 1.0, lightness, 0.85)
    return (red, green, blue, 1.0)


def label_color(label: str) -> Rgba:
    """The color of a label, independent of the other labels."""
    return class_color(color_index(label))


def color_index(label: str) -> int:
    """The index of a label's color: A to Z, 0 to 9 and a to z in this order, others by a checksum."""
    if len(label) == 1 and label in ORDER:
        return ORDER.index(label)
    return zlib.crc32(label.encode("utf-8", "replace")) % 1000


def mixed(first: Rgba, second: Rgba, amount: float) -> Rgba:
    """Mix two colors: the first at 0, the second at 1."""
    red, green, blue, alpha = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return (red, green, blue, alpha)


def bytes_of(color: Rgba) -> tuple[float, float, float, float]:
    """The same color with channels 0..255, as a canvas takes it."""
    red, green, blue, alpha = (255 * channel for channel in color)
    return (red, green, blue, alpha)
