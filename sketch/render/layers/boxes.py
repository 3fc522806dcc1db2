"""Rectangles of pixels that paint may touch, and the cells that they cover."""

import math

import numpy as np

from sketch.arrays import Flags, Floats
from sketch.ink.ink import Stroke
from sketch.render.matrix import Matrix, apply, apply_to_points, mean_scale
from sketch.render.strokes.joints import FRINGE
from sketch.render.strokes.pixels import spread
from sketch.render.strokes.rows import PixelBounds

CELL = 64
"""Pixels along a side of a cell."""

Cells = Flags
"""Shape (rows, columns), the top row first: which cells are marked."""


def stroke_box(stroke: Stroke, matrix: Matrix) -> PixelBounds:
    """The pixels that a stroke's paint may touch."""
    left, top, right, bottom = stroke.box
    corners = [apply(matrix, x, y) for x in (left, right) for y in (top, bottom)]
    reach = spread(stroke) * mean_scale(matrix) + FRINGE
    xs, ys = zip(*corners, strict=True)
    return (
        math.floor(min(xs) - reach),
        math.floor(min(ys) - reach),
        math.ceil(max(xs) + reach),
        math.ceil(max(ys) + reach),
    )


def union(a: PixelBounds, b: PixelBounds) -> PixelBounds:
    """The smallest rectangle that holds two rectangles."""
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def clipped(box: PixelBounds, size: tuple[int, int]) -> PixelBounds:
    """The part of a rectangle within a frame; a rectangle without area if they are apart."""
    return intersection((0, 0, *size), box)


def intersection(a: PixelBounds, b: PixelBounds) -> PixelBounds:
    """The intersection of two rectangles; a rectangle without area if they are apart."""
    left, top = max(a[0], b[0]), max(a[1], b[1])
    return (left, top, max(min(a[2], b[2]), left), max(min(a[3], b[3]), top))


def area(box: PixelBounds) -> int:
    """How many pixels a rectangle has."""
    return (box[2] - box[0]) * (box[3] - box[1])


_FAR_OUT = 1 << 20
"""Number of cells that covers any frame."""


def no_cells(size: tuple[int, int]) -> Cells:
    """The cells of a frame, none of them marked."""
    return np.zeros((-(-size[1] // CELL), -(-size[0] // CELL)), dtype=bool)


def mark(cells: Cells, box: PixelBounds) -> None:
    """Mark the cells that a rectangle within the frame touches, in place."""
    left, top, right, bottom = box
    if right > left and bottom > top:
        cells[top // CELL : -(-bottom // CELL), left // CELL : -(-right // CELL)] = True


def mark_stroke(cells: Cells, stroke: Stroke, matrix: Matrix) -> None:
    """Mark the cells that the segments of a stroke may touch, in place."""
    xy = apply_to_points(matrix, stroke.points)
    reach = spread(stroke) * mean_scale(matrix) + FRINGE
    pairs = np.stack((xy[:-1], xy[1:])) if len(xy) > 1 else xy[None]
    first = np.clip(np.floor((pairs.min(axis=0) - reach) / CELL), -_FAR_OUT, _FAR_OUT).astype(int)
    last = np.clip(np.floor((pairs.max(axis=0) + reach) / CELL), -_FAR_OUT, _FAR_OUT).astype(int)
    most = np.array(cells.shape[::-1]) - 1
    seen = ((last >= 0) & (first <= most)).all(axis=1)
    first, last = np.maximum(first[seen], 0), np.minimum(last[seen], most)
    columns, rows = (last - first).max(axis=0, initial=0).tolist()
    for row in range(rows + 1):
        for column in range(columns + 1):
            x, y = np.minimum(first + np.array((column, row)), last).T
            cells[y, x] = True


def unmark(cells: Cells, box: PixelBounds, size: tuple[int, int]) -> None:
    """Unmark the cells of a frame that lie within a rectangle, in place."""
    left, top, right, bottom = box
    right, bottom = (
        (right if right < size[0] else right + CELL),
        (bottom if bottom < size[1] else bottom + CELL),
    )
    cells[-(-top // CELL) : bottom // CELL, -(-left // CELL) : right // CELL] = False


def rows_of(cells: Cells) -> Floats:
    """Join marked cells that are next to each other.

    Returns:
        Float32 array of shape (n, 4): left, top, right and bottom of rectangles in pixels that hold the
        marked cells and nothing else.
    """
    edges = np.diff(np.pad(cells.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    (top, left), (_, right) = np.nonzero(edges == 1), np.nonzero(edges == -1)
    return np.column_stack((left, top, right, top + 1)).astype(np.float32) * CELL
