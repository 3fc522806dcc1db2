"""A color for every class, each as far from the ones before as can be."""

from colorsys import hls_to_rgb

from sketch.ink.ink import Rgba

# Turning the hue by the golden ratio never comes back to one that was there before.
GOLDEN = 0.618033988749895
PAPER: Rgba = (0.93, 0.93, 0.95, 1.0)
INK: Rgba = (0.05, 0.055, 0.07, 1.0)


def class_color(index: int) -> Rgba:
    """Color of the class at `index`, 0 or more."""
    red, green, blue = hls_to_rgb((0.08 + index * GOLDEN) % 1.0, 0.66, 0.85)
    return (red, green, blue, 1.0)


class ClassColors:
    """The color of every label: the first that is asked for gets the first color, and keeps it."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}

    def of(self, label: str) -> Rgba:
        """The color of a label."""
        return class_color(self._index.setdefault(label, len(self._index)))


def mixed(first: Rgba, second: Rgba, amount: float) -> Rgba:
    """From the first color (0) to the second (1)."""
    red, green, blue, alpha = (a + (b - a) * amount for a, b in zip(first, second, strict=True))
    return (red, green, blue, alpha)


def bytes_of(color: Rgba) -> tuple[float, float, float, float]:
    """The same color with channels 0..255, as a canvas takes it."""
    red, green, blue, alpha = (255 * channel for channel in color)
    return (red, green, blue, alpha)
