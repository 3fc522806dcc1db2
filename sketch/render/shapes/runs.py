"""Divide the shapes of a batch into runs, of which those of small, plain shapes are drawn as points."""

from dataclasses import dataclass

import numpy as np

from sketch.arrays import Flags, Floats

_ELLIPSE, _TRIANGLE = 0.0, 2.0  # as in `painter`
_FRINGE = 0.6  # as in dots.vert
_WORTH_A_CALL = 64
"""Cost of a draw call, in shapes."""


@dataclass(frozen=True, slots=True)
class ShapeRun:
    """Consecutive shapes that are drawn in one call.

    Attributes:
        first: Index of its first shape.
        count: Number of shapes.
        dots: Whether they are drawn as points, or as quads.
        discs: Whether all of them are discs drawn as points.
    """

    first: int
    count: int
    dots: bool
    discs: bool = False


def shape_runs(rows: Floats, size: tuple[int, int], largest: float) -> list[ShapeRun]:
    """Divide shapes, in order, into as few runs as are worth their calls.

    Args:
        rows: Float32 array of shape (n, 16).
        size: Of the framebuffer, in pixels.
        largest: Largest point that the driver draws, in pixels.

    Returns:
        Runs that contain every row once; one run of quads if small and large shapes alternate too often.
    """
    count = len(rows)
    if count < _WORTH_A_CALL:
        return [ShapeRun(0, count, False)] if count else []
    dots = dot_rows(rows, size, largest)
    starts = np.flatnonzero(np.diff(dots, prepend=~dots[:1]))
    if len(starts) * _WORTH_A_CALL > count:
        return [ShapeRun(0, count, False)]
    ends = [*starts[1:].tolist(), count]
    return [
        ShapeRun(start, end - start, bool(dots[start]), bool(dots[start]) and _are_discs(rows[start:end]))
        for start, end in zip(starts.tolist(), ends, strict=True)
    ]


def _are_discs(rows: Floats) -> bool:
    """Whether all shapes of some filled rows are circles."""
    return bool((rows[:, 2] == _ELLIPSE).all() and (rows[:, 8] == rows[:, 9]).all())


def dot_rows(rows: Floats, size: tuple[int, int], largest: float) -> Flags:
    """Which rows may be points: filled, with sharp corners, small, and with their center in the frame.

    OpenGL drops points whose center is not in the frame, even if a part of them is.
    """
    # Contiguous columns: numpy is several times as fast on them as on every sixteenth number.
    x, y, kind, line, ax, ay, bx, by, wide, high, radius = np.ascontiguousarray(rows[:, :11].T)
    wide, high = np.maximum(wide, 0.5), np.maximum(high, 0.5)
    reach_x, reach_y = np.abs(ax) * wide + np.abs(bx) * high, np.abs(ay) * wide + np.abs(by) * high
    triangle = kind == _TRIANGLE
    if triangle.any():
        left, right = np.minimum(np.minimum(ax, bx), 0), np.maximum(np.maximum(ax, bx), 0)
        top, bottom = np.minimum(np.minimum(ay, by), 0), np.maximum(np.maximum(ay, by), 0)
        x[triangle] += ((left + right) / 2)[triangle]
        y[triangle] += ((top + bottom) / 2)[triangle]
        reach_x[triangle] = ((right - left) / 2)[triangle]
        reach_y[triangle] = ((bottom - top) / 2)[triangle]
    inside = (x >= 0) & (x <= size[0]) & (y >= 0) & (y <= size[1])
    small = 2 * (np.maximum(reach_x, reach_y) + _FRINGE) <= largest
    return inside & small & (line == 0) & (radius == 0)
