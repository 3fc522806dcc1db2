"""Draw taught inks as small pictures of characters, two pixels to a character."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from addon.arrays import Bools, Doubles

COLUMNS = 14
ROWS = 7
MOST_POINTS = 2000
_LARGEST = 255.0
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def half_blocks(strokes: Sequence[Any], columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """Draw strokes.

    Args:
        strokes: Each a list of [x, y] in 0..255, y downward; anything else is ignored.
        columns: Characters a line.
        rows: Lines, each two pixels high.

    Returns:
        `rows` lines of `columns` characters.
    """
    pixels = np.zeros((2 * rows, columns), dtype=np.bool_)
    for stroke in strokes:
        points = _points(stroke)
        scaled = points / _LARGEST * (columns - 1, 2 * rows - 1)
        x, y = np.round(_along(scaled)).astype(int).T
        pixels[y, x] = True
    return [
        "".join(_BLOCKS[bool(up), bool(down)] for up, down in zip(*pair, strict=True))
        for pair in _pairs(pixels)
    ]


def sheet(thumbnails: Mapping[str, Sequence[Any]], width: int) -> list[str]:
    """Lay out thumbnails in rows, each with its label below.

    Args:
        thumbnails: Strokes by label.
        width: Most characters of a line.
    """
    each = COLUMNS + 2
    a_row = max(1, width // each)
    labels = list(thumbnails)
    lines: list[str] = []
    for at in range(0, len(labels), a_row):
        row = labels[at : at + a_row]
        pictures = [half_blocks(thumbnails[label]) for label in row]
        lines += ["  ".join(parts).rstrip() for parts in zip(*pictures, strict=True)]
        lines += ["  ".join(label[:COLUMNS].center(COLUMNS) for label in row).rstrip(), ""]
    return lines[:-1]


def _points(stroke: Any) -> Doubles:
    """A stroke's points within the picture; none if it is not a list of points."""
    try:
        points = np.asarray(stroke, dtype=np.float64)
    except (TypeError, ValueError):
        return np.zeros((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        return np.zeros((0, 2))
    return points[:MOST_POINTS].clip(0.0, _LARGEST)


def _along(points: Doubles) -> Doubles:
    """Points interpolated so that no pixel between them is left out."""
    if len(points) < 2:
        return points
    steps = int(np.ceil(np.abs(np.diff(points, axis=0)).max() * 2)) + 1
    shares = np.linspace(0.0, 1.0, steps + 1)[:, None, None]
    return (points[:-1] + shares * np.diff(points, axis=0)).reshape(-1, 2)


def _pairs(pixels: Bools) -> list[tuple[list[bool], list[bool]]]:
    return [(pixels[at].tolist(), pixels[at + 1].tolist()) for at in range(0, len(pixels), 2)]
