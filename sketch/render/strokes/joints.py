"""Joints of strokes: which segments share a mitre, and which must look back at earlier ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sketch.arrays import Flags, Floats, Indices
from sketch.render.strokes.look import SOLID, StrokeLook

FRINGE = 0.75
"""Pixels around the line that its antialiased edge may touch: a pixel's corner is 0.71 from its center."""

_SAME_PLACE = 1e-3
"""Pixels between points up to which they make no segment."""

_SLIGHT = 0.2
"""Pixels between the tip of a mitre and the middle of a bevel up to which the difference is invisible."""

_NOTCH = 0.1
"""Pixels by which the outlines of two segments may differ at a mitre."""


TRACE_FLOATS, DATA_FLOATS = 4, 8
"""Numbers per point for a brush: from the painter, and from the author."""


@dataclass(frozen=True, slots=True)
class PixelStroke:
    """A stroke in the pixels of the framebuffer.

    Attributes:
        xy: Float32 array of shape (n, 2), n at least 1.
        radius: Half the width, one for all or shape (n,).
        rgba: One color or shape (n, 4), 0..1, not premultiplied.
        closed: Whether both ends are at the same place of a straight side, and are cut flat there.
        look: The look it shares with strokes in the same draw call.
        starts: Where a dash begins, bool of shape (n,), or None for one line.
        traces: For a brush: along, pressure, speed and seed, float32 of shape (n, 4).
        data: For a brush: what the author gave for each point, float32 of shape (n, 8).
        span: The first segment that is drawn and one past the last, or None for all; the others
            are needed to look back at and for joints.
    """

    xy: Floats
    radius: float | Floats
    rgba: tuple[float, float, float, float] | Floats
    closed: bool = False
    look: StrokeLook = SOLID
    starts: Flags | None = None
    traces: Floats | None = None
    data: Floats | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class StrokeLine:
    """Every stroke of a batch in one array; flags mark where a stroke begins, ends, and is a ring.

    `at` is the index of each point among the given points, or None for all of them in order.
    """

    xy: Floats
    radius: Floats
    rgba: Floats
    first: Flags
    last: Flags
    closed: Flags
    at: Indices | None = None


def joined(strokes: Sequence[PixelStroke]) -> StrokeLine:
    """Put strokes into one array, each dash as a stroke."""
    counts = np.array([len(stroke.xy) for stroke in strokes])
    ends = np.cumsum(counts)
    total = int(ends[-1])
    radius = _spread([stroke.radius for stroke in strokes], counts, ())
    rgba = _spread([stroke.rgba for stroke in strokes], counts, (4,))
    first, last = np.zeros(total, dtype=bool), np.zeros(total, dtype=bool)
    first[ends - counts] = True
    last[ends - 1] = True
    for stroke, end, count in zip(strokes, ends.tolist(), counts.tolist(), strict=True):
        if stroke.starts is not None:
            first[end - count : end] |= stroke.starts
            last[end - count : end - 1] |= stroke.starts[1:]
    closed = np.repeat([stroke.closed for stroke in strokes], counts)
    return StrokeLine(np.concatenate([stroke.xy for stroke in strokes]), radius, rgba, first, last, closed)


def _spread(
    values: Sequence[float | tuple[float, ...] | Floats], counts: Indices, columns: tuple[int, ...]
) -> Floats:
    """One array of a value of all strokes, which have one value each or one per point."""
    if not any(isinstance(value, np.ndarray) for value in values):
        return np.repeat(np.array(values, dtype=np.float32), counts, axis=0)
    parts: list[Floats] = []
    for value, count in zip(values, counts.tolist(), strict=True):
        if not isinstance(value, np.ndarray):  # numpy takes longer to broadcast an array than to copy it
            value = np.broadcast_to(np.asarray(value, np.float32), (count, *columns))
        parts.append(value)
    return np.concatenate(parts)


def reach_of(line: StrokeLine, look: StrokeLook) -> Floats:
    """How far paint at the joint of each point may extend sideways."""
    return line.radius * np.float32(1 + look.bleed) + np.float32(FRINGE + _NOTCH)


def without_duplicates(line: StrokeLine) -> StrokeLine:
    """Drop points that repeat the previous place and radius, and double single points."""
    step = np.diff(line.xy, axis=0, prepend=line.xy[:1])
    grown = np.abs(np.diff(line.radius, prepend=line.radius[:1]))
    differs = np.maximum(np.hypot(step[:, 0], step[:, 1]), grown) > _SAME_PLACE
    kept = np.flatnonzero(line.first | line.last | differs)
    # An end that repeats the previous point replaces it, or it would make a corner.
    doubled = np.append((line.last & ~differs)[kept[1:]], False) & ~line.first[kept]
    kept = kept[~doubled]
    lone = (line.first & line.last)[kept]
    if len(kept) == len(line.xy) and not lone.any():
        return line
    at = np.repeat(kept, 1 + lone)
    copy = np.concatenate(((False,), at[1:] == at[:-1]))
    original = np.repeat(lone, 1 + lone) & ~copy
    first, last = line.first[at] & ~copy, line.last[at] & ~original
    return StrokeLine(line.xy[at], line.radius[at], line.rgba[at], first, last, line.closed[at], at)


def segments(line: StrokeLine) -> tuple[Floats, Floats]:
    """Length and unit direction of the segment from each point; undefined at the end of a stroke."""
    step = np.diff(line.xy, axis=0, append=line.xy[-1:])
    length = np.hypot(step[:, 0], step[:, 1])
    nowhere = length < 1e-9
    direction = step / np.where(nowhere, np.float32(1), length)[:, None]
    direction[nowhere] = (1, 0)
    return length.astype(np.float32), direction.astype(np.float32)


def _even(line: StrokeLine, length: Floats) -> Flags:
    """Where the width changes so slowly that the outlines of both segments pass a point at its radius.

    If the radius changes by the sine of an angle per pixel, the outline of a segment passes its end at the
    radius divided by the cosine of that angle.
    """
    slope = np.abs(np.diff(line.radius, append=line.radius[-1:])) / np.maximum(length, np.float32(1e-6))
    slope = np.minimum(np.where(line.last, 0, slope), 1)
    steepest = np.maximum(slope, np.where(line.first, 0, np.roll(slope, 1)))
    room = line.radius + np.float32(_NOTCH)
    return room * np.sqrt(1 - steepest**2) > line.radius


def joints(
    line: StrokeLine, length: Floats, direction: Floats, reach: Floats, look: StrokeLook
) -> tuple[Floats, Flags]:
    """The mitre of each joint, zero if it has none, and which joints are too sharp for one.

    A mitre needs a turn below 90 degrees, room on both sides (the inner corner stays within half of either
    segment, so that quads never fold over) and a width that changes slowly. If corners are not round, it
    needs a turn so small that all joins look the same.
    """
    inner = ~(line.first | line.last)
    before = np.roll(direction, 1, axis=0)
    cos = np.clip(before[:, 0] * direction[:, 0] + before[:, 1] * direction[:, 1], -1, 1)
    tan_half = np.sqrt((1 - cos) / (1 + np.maximum(cos, 0)))
    room = np.minimum(length, np.roll(length, 1)) / 2
    gentle = inner & (cos > 0) & (reach * tan_half <= room) & _even(line, length)
    if look.shape is not None:
        gentle &= line.radius * tan_half**2 <= _SLIGHT
    along = before + direction
    # |before + direction| is 2 cos(half) and a mitre is reach / cos(half) long, hence the squared norm.
    square = 2 + 2 * cos
    stretch = np.where(gentle, 2 * reach / np.maximum(square, np.float32(1e-6)), np.float32(0))
    mitre = np.empty_like(direction)
    np.multiply(-along[:, 1], stretch, out=mitre[:, 0])
    np.multiply(along[:, 0], stretch, out=mitre[:, 1])
    return mitre, inner & ~gentle


def cut_flat(mitre: Floats, line: StrokeLine, direction: Floats, reach: Floats) -> None:
    """Give both ends of each ring the same straight cut, in place."""
    start, end = np.flatnonzero(line.first & line.closed), np.flatnonzero(line.last & line.closed)
    normal = np.column_stack((-direction[start, 1], direction[start, 0]))
    mitre[start] = mitre[end] = normal * reach[start, None]


def windows(line: StrokeLine, length: Floats, sharp: Flags, look: StrokeLook) -> tuple[Floats, Floats]:
    """Which earlier segments each one looks back at: how many to skip, and how many before those.

    Segments that are joined to it only by mitres do not overlap it; segments before the last sharp turn may.
    """
    count = len(line.xy)
    if look.flat or not sharp.any():
        return np.zeros(count, dtype=np.float32), np.zeros(count, dtype=np.float32)
    index = np.arange(count)
    starts = np.flatnonzero(line.first)
    sizes = np.diff(starts, append=count)
    start = np.repeat(starts, sizes)
    near = (1 + look.tip) * np.repeat(np.maximum.reduceat(line.radius, starts), sizes) + 2 * FRINGE
    # On the common scale strokes are so far apart that no window reaches from one into another.
    along = np.cumsum(np.where(line.last, 4 * near, length).astype(np.float64))
    along = np.concatenate(((0.0,), along[:-1]))
    turn = np.maximum.accumulate(np.where(sharp, index, -1))
    close = np.flatnonzero((turn >= start) & (along - along[np.maximum(turn, 0)] < near))
    skip, back = np.zeros((2, count), dtype=np.float32)
    oldest = np.searchsorted(along, along[close] - 2 * near[close], side="right") - 1
    skip[close] = close - turn[close]
    back[close] = np.maximum(turn[close] - np.maximum(oldest, start[close]), 0)
    return skip, back
