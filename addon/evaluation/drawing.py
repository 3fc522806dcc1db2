"""Draw inks and text on a picture."""

from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from addon.arrays import Doubles
from addon.features.points import Strokes
from addon.features.scale import ink_size

Color: TypeAlias = tuple[int, int, int]

PAPER, INK, PALE, RULE = (255, 255, 255), (24, 24, 32), (150, 156, 170), (222, 225, 232)

# Lines are drawn this many times larger and then scaled down, which smooths them.
FINE = 3
FILLED = 0.72
PEN = 1 / 26
SMALLEST_TEXT = 7.0


def put_ink(
    picture: Image.Image,
    strokes: Strokes,
    corner: tuple[int, int],
    side: int,
    color: Color,
    size: float | None = None,
) -> None:
    """Draw an ink in the middle of a square.

    Args:
        picture: The picture to draw on.
        strokes: At least one.
        corner: The upper left corner of the square.
        side: The side of the square.
        color: The ink's color.
        size: Length that fills the square, in the ink's units; None for the ink's larger side.
    """
    points = np.concatenate([stroke[:, :2] for stroke in strokes]).astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = FILLED * side * FINE / (size or ink_size(strokes) or 1.0)
    offset = side * FINE / 2 - (low + high) / 2 * scale
    mask = Image.new("L", (side * FINE, side * FINE))
    pen = ImageDraw.Draw(mask)
    for stroke in strokes:
        _line(pen, stroke[:, :2] * scale + offset, max(FINE, round(side * FINE * PEN)))
    small = mask.resize((side, side), Image.Resampling.LANCZOS)
    picture.paste(color, (*corner, corner[0] + side, corner[1] + side), small)


def _line(pen: ImageDraw.ImageDraw, points: Doubles, width: int) -> None:
    path = [(float(x), float(y)) for x, y in points]
    pen.line(path, fill=255, width=width, joint="curve")
    for x, y in (path[0], path[-1]):
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)


def put_text(
    pen: ImageDraw.ImageDraw,
    middle: tuple[float, float],
    text: str,
    color: Color,
    size: float,
    width: float | None = None,
) -> None:
    """Write a text centered on a point, smaller if it would be wider than `width`."""
    long = pen.textlength(text, ImageFont.load_default(size))
    fitting = size if width is None or long <= width else max(size * width / long, SMALLEST_TEXT)
    pen.text(middle, text, fill=color, font=ImageFont.load_default(fitting), anchor="mm")


def weaker(color: Color, share: float) -> Color:
    """A color made paler for smaller shares, but never white."""
    weight = 0.12 + 0.88 * min(max(share, 0.0), 1.0)
    red, green, blue = (round(255 + (channel - 255) * weight) for channel in color)
    return red, green, blue
