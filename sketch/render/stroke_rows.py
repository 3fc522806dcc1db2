"""Strokes as rows of numbers for the GPU: one row a point, one instance of a quad from each row to the next.

A row is 12 floats:

    x, y, radius, reach            pixels; reach is how far from the point its joint may need paint, sideways
    mitre x, mitre y, skip, back   where neighbouring quads meet; which earlier segments may already have
    painted here red, green, blue, alpha        0..1, not premultiplied

No pixel of a joint may be painted twice, or a translucent stroke would show beads and an edge would grow
thick. Where the line turns gently the quads of both segments share an edge, the mitre, and the rasterizer
gives every pixel to one of them. Where it turns sharply, both segments paint a full round end; every segment
that starts within reach of such a turn looks `back` over that many earlier ones (after leaving out `skip`)
and paints only what they did not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

PixelBounds: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom."""

ROW_FLOATS = 12
NO_SEGMENT = -1.0

FRINGE = 0.75
"""Pixels around the line that its antialiased edge may touch: a pixel's corner is 0.71 from its center."""

_WORTH_A_CALL = 64
"""Segments that are drawn in the time that a draw call costs beside theirs."""

_SAME_PLACE = 1e-3
"""Points closer than this many pixels make no segment."""

_NOTCH = 0.1
"""Pixels by which the outlines of two segments may miss each other where they meet at a mitre."""


@dataclass(frozen=True, slots=True)
class PixelStroke:
    """A stroke in the pixels of the framebuffer.

    Attributes:
        xy: Float32 array of shape (n, 2), n at least 1.
        radius: Half the width, one for all or shape (n,).
        rgba: One color or shape (n, 4), 0..1, not premultiplied.
        closed: Whether both ends lie on the same place of a straight side and are cut flat to meet there.
    """

    xy: Floats
    radius: float | Floats
    rgba: tuple[float, float, float, float] | Floats
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """Every stroke of a batch in one array; flags mark where one begins, ends, and belongs to a ring."""

    xy: Floats
    radius: Floats
    rgba: Floats
    first: Flags
    last: Flags
    closed: Flags


def stroke_rows(strokes: Sequence[PixelStroke]) -> Floats:
    """Lay strokes out for one draw call.

    Args:
        strokes: In the order in which they are to be painted.

    Returns:
        Float32 array of shape (m, 12), as described above. A stroke of one point takes two rows.
    """
    if not strokes:
        return np.empty((0, ROW_FLOATS), dtype=np.float32)
    line = _without_duplicates(_joined(strokes))
    length, direction = _segments(line)
    reach = line.radius + np.float32(FRINGE + _NOTCH)
    mitre, sharp = _joints(line, length, direction, reach)
    _cut_flat(mitre, line, direction, reach)
    skip, back = _windows(line, length, sharp)

    rows = np.empty((len(line.xy), ROW_FLOATS), dtype=np.float32)
    rows[:, 0:2] = line.xy
    rows[:, 2] = line.radius
    rows[:, 3] = reach
    rows[:, 4:6] = mitre
    rows[:, 6] = skip
    rows[:, 7] = np.where(line.last, NO_SEGMENT, back)
    rows[:, 8:12] = line.rgba
    return rows


def past_rows(rows: Floats) -> Floats:
    """What a segment needs to know of earlier ones: x, y, radius, alpha, as an array of shape (m, 4)."""
    return rows[:, (0, 1, 2, 11)]


@dataclass(frozen=True, slots=True)
class Run:
    """Segments that follow each other and are drawn in one call; `sharp` if some of them look back."""

    first: int
    count: int
    sharp: bool


def runs_of(rows: Floats) -> list[Run]:
    """Divide segments, in order, into as few runs as pay.

    A run that does not look back is drawn in half the time, which for a long one is worth a call of its own.
    """
    count = len(rows) - 1
    if count < 1:
        return []
    sharp = np.flatnonzero(rows[:count, 7] > 0)
    # Gentle runs lie between one sharp segment and the next, and before the first and after the last.
    begins, ends = np.append(0, sharp + 1), np.append(sharp, count)
    long = ends - begins >= _WORTH_A_CALL
    runs: list[Run] = []
    done = 0
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        if begin > done:
            runs.append(Run(done, begin - done, sharp=True))
        runs.append(Run(begin, end - begin, sharp=False))
        done = end
    if done < count:
        runs.append(Run(done, count - done, sharp=len(sharp) > 0))
    return runs


def pixel_bounds(rows: Floats) -> PixelBounds:
    """Left, top, right and bottom of what the segments of some rows may touch, at least one row."""
    radius = rows[:, 2:3] + FRINGE
    left, top = np.floor((rows[:, :2] - radius).min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil((rows[:, :2] + radius).max(axis=0)).astype(int).tolist()
    return (left, top, right, bottom)


def _joined(strokes: Sequence[PixelStroke]) -> _Line:
    counts = np.array([len(stroke.xy) for stroke in strokes])
    ends = np.cumsum(counts)
    total = int(ends[-1])
    radius = np.empty(total, dtype=np.float32)
    rgba = np.empty((total, 4), dtype=np.float32)
    for stroke, end, count in zip(strokes, ends.tolist(), counts.tolist(), strict=True):
        radius[end - count : end] = stroke.radius
        rgba[end - count : end] = stroke.rgba
    first, last = np.zeros(total, dtype=bool), np.zeros(total, dtype=bool)
    first[ends - counts] = True
    last[ends - 1] = True
    closed = np.repeat([stroke.closed for stroke in strokes], counts)
    return _Line(np.concatenate([stroke.xy for stroke in strokes]), radius, rgba, first, last, closed)


def _without_duplicates(line: _Line) -> _Line:
    """Drop points that repeat the one before in place and radius, and double lone ones."""
    step = np.diff(line.xy, axis=0, prepend=line.xy[:1])
    grown = np.abs(np.diff(line.radius, prepend=line.radius[:1]))
    differs = np.maximum(np.hypot(step[:, 0], step[:, 1]), grown) > _SAME_PLACE
    kept = np.flatnonzero(line.first | line.last | differs)
    lone = (line.first & line.last)[kept]
    if len(kept) == len(line.xy) and not lone.any():
        return line
    at = np.repeat(kept, 1 + lone)
    copy = np.concatenate(((False,), at[1:] == at[:-1]))
    original = np.repeat(lone, 1 + lone) & ~copy
    first, last = line.first[at] & ~copy, line.last[at] & ~original
    return _Line(line.xy[at], line.radius[at], line.rgba[at], first, last, line.closed[at])


def _segments(line: _Line) -> tuple[Floats, Floats]:
    """Length and unit direction of the segment from each point; at a stroke's end they mean nothing."""
    step = np.diff(line.xy, axis=0, append=line.xy[-1:])
    length = np.hypot(step[:, 0], step[:, 1])
    nowhere = length < 1e-9
    direction = step / np.where(nowhere, np.float32(1), length)[:, None]
    direction[nowhere] = (1, 0)
    return length.astype(np.float32), direction.astype(np.float32)


def _even(line: _Line, length: Floats) -> Flags:
    """Where the width changes so slowly that both neighbours' outlines pass a point at its radius.

    Where the radius changes by the sine of an angle a pixel, a segment's outline passes its end at the radius
    over the cosine of that angle.
    """
    slope = np.abs(np.diff(line.radius, append=line.radius[-1:])) / np.maximum(length, np.float32(1e-6))
    slope = np.minimum(np.where(line.last, 0, slope), 1)
    steepest = np.maximum(slope, np.where(line.first, 0, np.roll(slope, 1)))
    room = line.radius + np.float32(_NOTCH)
    return room * np.sqrt(1 - steepest**2) > line.radius


def _joints(line: _Line, length: Floats, direction: Floats, reach: Floats) -> tuple[Floats, Flags]:
    """The mitre of each joint, zero where there is none, and which joints are too sharp to have one.

    A mitre needs a turn below 90 degrees, room on both sides (the inner corner stays within half of either
    segment, so that quads never fold over) and a width that changes slowly.
    """
    inner = ~(line.first | line.last)
    before = np.roll(direction, 1, axis=0)
    cos = np.clip(np.einsum("ij,ij->i", before, direction), -1, 1)
    tan_half = np.sqrt((1 - cos) / (1 + np.maximum(cos, 0)))
    room = np.minimum(length, np.roll(length, 1)) / 2
    gentle = inner & (cos > 0) & (reach * tan_half <= room) & _even(line, length)
    along = before + direction
    # |before + direction| is 2 cos(half) and a mitre is reach / cos(half) long, hence the squared norm.
    stretch = np.where(gentle, 2 * reach / np.maximum(np.einsum("ij,ij->i", along, along), 1e-6), 0)
    mitre = np.column_stack((-along[:, 1] * stretch, along[:, 0] * stretch))
    return mitre.astype(np.float32), inner & ~gentle


def _cut_flat(mitre: Floats, line: _Line, direction: Floats, reach: Floats) -> None:
    """Give both ends of each ring the same straight cut, in place."""
    start, end = np.flatnonzero(line.first & line.closed), np.flatnonzero(line.last & line.closed)
    normal = np.column_stack((-direction[start, 1], direction[start, 0]))
    mitre[start] = mitre[end] = normal * reach[start, None]


def _windows(line: _Line, length: Floats, sharp: Flags) -> tuple[Floats, Floats]:
    """Which earlier segments each one looks at: how many to leave out, and how many before those.

    Segments joined to this one by mitres alone do not overlap it; those before the last sharp turn may.
    """
    count = len(line.xy)
    if not sharp.any():
        return np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    index = np.arange(count)
    starts = np.flatnonzero(line.first)
    sizes = np.diff(starts, append=count)
    start = np.repeat(starts, sizes)
    near = 2 * np.repeat(np.maximum.reduceat(line.radius, starts), sizes) + 2 * FRINGE
    # Strokes are set so far apart along the common scale that no window reaches from one into the other.
    along = np.cumsum(np.where(line.last, 4 * near, length).astype(np.float64))
    along = np.concatenate(((0.0,), along[:-1]))
    turn = np.maximum.accumulate(np.where(sharp, index, -1))
    close = (turn >= start) & (along - along[np.maximum(turn, 0)] < near)
    oldest = np.maximum(np.searchsorted(along, along - 2 * near, side="right") - 1, start)
    skip = np.where(close, index - turn, 0)
    back = np.where(close, np.maximum(turn - oldest, 0), 0)
    return skip.astype(np.float32), back.astype(np.float32)
