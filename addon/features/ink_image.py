"""A small picture of an ink so far, as an `InkImage` describes it.

It is drawn with Pillow four times as large and averaged, as people who train on pictures of strokes do: round
lines through the samples, a disk at each sample.
"""

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from addon.arrays import Array, Floats
from addon.features.ink_input import InkImage

SUPERSAMPLED = 4

_TINY = 1e-6


def ink_image(ink: InkImage, samples: Array) -> Floats:
    """The picture of an ink so far, float32, in the order of the model's axes.

    Args:
        ink: What the model reads.
        samples: Shape (n, 5), n at least 1: x, y, t, pressure, and 1 where the pen was lifted after it.
    """
    gray = coverage(ink, samples)
    if ink.transposed:
        gray = gray.T
    if ink.invert:
        gray = 1.0 - gray
    low, high = ink.span
    values = ((low + gray * (high - low)) - ink.mean) / ink.std
    return _arranged(ink, np.ascontiguousarray(values, dtype=np.float32))


def coverage(ink: InkImage, samples: Array) -> Floats:
    """How much of each pixel the ink covers, 0..1, shape (height, width)."""
    times = SUPERSAMPLED if ink.antialias else 1
    height, width = ink.size
    points = np.asarray(samples[:, :2], dtype=np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    size = max(float((high - low).max()), _TINY)
    room = max(min(height, width) - 2 * ink.margin, 1.0)
    placed = (points - (low + high) / 2) / size * room * times + np.array([width, height]) * times / 2
    drawn = _drawn(ink, placed, samples[:, 4] > 0, times)
    if ink.center == "mass":
        shift = np.array([width, height]) * times / 2 - _center_of_mass(drawn)
        drawn = _drawn(ink, placed + shift, samples[:, 4] > 0, times)
    picture = Image.fromarray(drawn)
    if times > 1:
        picture = picture.resize((width, height), Image.Resampling.BOX)
    return np.asarray(picture, dtype=np.float32) / 255.0


def _drawn(ink: InkImage, placed: Array, ends: Array, times: int) -> Any:
    height, width = ink.size
    picture = Image.new("L", (width * times, height * times), 0)
    pencil = ImageDraw.Draw(picture)
    across = ink.line_width * times
    for stroke in np.split(placed, np.flatnonzero(ends[:-1]) + 1):
        places = [(float(x), float(y)) for x, y in stroke]
        if len(places) > 1:
            pencil.line(places, fill=255, width=max(int(across), 1), joint="curve")
        for x, y in places:
            pencil.ellipse((x - across / 2, y - across / 2, x + across / 2, y + across / 2), fill=255)
    return np.asarray(picture)


def _center_of_mass(gray: Any) -> Any:
    total = max(float(gray.sum()), 1.0)
    rows, columns = gray.sum(axis=1), gray.sum(axis=0)
    return np.array(
        [
            float((columns * (np.arange(len(columns)) + 0.5)).sum()) / total,
            float((rows * (np.arange(len(rows)) + 0.5)).sum()) / total,
        ]
    )


def _arranged(ink: InkImage, gray: Floats) -> Floats:
    shaped = {
        "HW": gray,
        "NHW": gray[None],
        "N(HW)": gray.reshape(1, -1),
        "CHW": np.repeat(gray[None], ink.channels, axis=0),
        "HWC": np.repeat(gray[..., None], ink.channels, axis=2),
    }
    if ink.layout in shaped:
        return shaped[ink.layout]
    return shaped[ink.layout[1:]][None]
