"""Strokes as rows of numbers for the GPU: a row per point, an instance of a quad from each row to the next.

A row is 12 floats:

    x, y, radius, reach            pixels; reach is how far paint at its joint may extend sideways
    mitre x, mitre y, skip, back   where neighbouring quads meet; which earlier segments may already have
    painted here red, green, blue, alpha        0..1, not premultiplied

No pixel of a joint may be painted twice, or a translucent stroke would show beads and an edge would grow
thick. At a small turn the quads of both segments share an edge, the mitre, and the rasterizer gives every
pixel to one of them. At a sharp turn, both segments paint a full round end; every segment that starts within
reach of such a turn looks `back` at that many earlier ones (after `skip` others) and paints only what they
did not.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from sketch.arrays import Flags, Floats, Indices
from sketch.render.strokes.joints import (
    FRINGE,
    PixelStroke,
    cut_flat,
    joined,
    joints,
    reach_of,
    segments,
    windows,
    without_duplicates,
)
from sketch.render.strokes.look import SOLID, StrokeLook

PixelBounds: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom."""

ROW_FLOATS = 12
NO_SEGMENT = -1.0

_WORTH_A_CALL = 64
"""Cost of a draw call, in segments."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokeRows:
    """Strokes of one look, laid out for the GPU.

    Attributes:
        rows: Float32 of shape (m, 12).
        look: Their shared look.
        at: Index of the point of each row, shape (m,), or None for all points in order.
        span: The first row that is drawn as a segment and one past the last, or None for all; the others are
            only looked back at.
        even: Whether every stroke has one color.
    """

    rows: Floats
    look: StrokeLook
    at: Indices | None
    span: tuple[int, int] | None = None
    even: bool = False

    @property
    def drawn(self) -> Floats:
        """The rows of the segments that are drawn: one more than there are segments."""
        first, last = self.span or (0, len(self.rows))
        return self.rows[first : last + 1]

    def picked(self, values: Floats) -> Floats:
        """The values of the rows from those of the points."""
        return values if self.at is None else values[self.at]


def laid_out(strokes: Sequence[PixelStroke], look: StrokeLook = SOLID) -> StrokeRows:
    """Lay strokes out for one draw call.

    Args:
        strokes: In the order in which they are to be painted.
        look: The look of all of them.

    Returns:
        Their rows. A stroke of one point takes two.
    """
    if sum(len(stroke.xy) for stroke in strokes) == 0:
        return StrokeRows(np.empty((0, ROW_FLOATS), dtype=np.float32), look, None)
    line = without_duplicates(joined(strokes))
    length, direction = segments(line)
    reach = reach_of(line, look)
    mitre, sharp = joints(line, length, direction, reach, look)
    cut_flat(mitre, line, direction, reach)
    skip, back = windows(line, length, sharp, look)

    rows = np.empty((len(line.xy), ROW_FLOATS), dtype=np.float32)
    rows[:, 0:2] = line.xy
    rows[:, 2] = line.radius
    rows[:, 3] = reach
    rows[:, 4:6] = mitre
    rows[:, 6] = skip
    rows[:, 7] = np.where(line.last, NO_SEGMENT, back)
    rows[:, 8:12] = line.rgba
    return StrokeRows(rows, look, line.at, even=all(isinstance(stroke.rgba, tuple) for stroke in strokes))


def past_rows(rows: Floats, flagged: bool = False) -> Floats:
    """What later segments need to know about a point: x, y, radius, alpha, as an array of shape (m, 4).

    With flags, alpha has 2 added where a stroke starts and 4 where it ends.
    """
    past = rows[:, (0, 1, 2, 11)]
    if flagged:
        last = rows[:, 7] == NO_SEGMENT
        past[:, 3] += np.float32(4) * last + np.float32(2) * np.append(True, last[:-1])
    return past


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive segments that are drawn in one call.

    Attributes:
        first: Index of its first segment.
        count: Number of segments.
        sharp: Whether some of them look back.
        banded: Whether all of them can be drawn as bands.
    """

    first: int
    count: int
    sharp: bool
    banded: bool = False


def runs_of(rows: Floats, able: Flags | None = None) -> list[Run]:
    """Divide segments, in order, into as few runs as are worth their calls.

    A run without looking back is drawn in half the time, and bands in less than that, so a long run is worth
    a separate call.

    Args:
        rows: Float32 of shape (m, 12), as described above.
        able: Which segments can be bands, shape (m - 1,); none if left out.
    """
    count = len(rows) - 1
    if count < 1:
        return []
    runs: list[Run] = []
    for begin, end, gentle in _stretches(rows[:count, 7] <= 0):
        if not gentle:
            runs.append(Run(begin, end - begin, sharp=bool((rows[begin:end, 7] > 0).any())))
        elif able is None:
            runs.append(Run(begin, end - begin, sharp=False))
        else:
            # Between two strokes there is nothing to draw.
            banded = able[begin:end] | (rows[begin:end, 7] == NO_SEGMENT)
            runs += [Run(begin + b, e - b, sharp=False, banded=yes) for b, e, yes in _stretches(banded)]
    return runs


def _stretches(flags: Flags) -> list[tuple[int, int, bool]]:
    """Long stretches of true flags and the stretches between them; together they cover all flags."""
    count = len(flags)
    false = np.flatnonzero(~flags)
    if not len(false):
        return [(0, count, True)]
    begins, ends = np.append(0, false + 1), np.append(false, count)
    long = ends - begins >= _WORTH_A_CALL
    found: list[tuple[int, int, bool]] = []
    done = 0
    for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True):
        if begin > done:
            found.append((done, begin, False))
        found.append((begin, end, True))
        done = end
    if done < count:
        found.append((done, count, False))
    return found


def meet(a: PixelBounds, b: PixelBounds) -> bool:
    """Whether two rectangles have a pixel in common."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def pixel_bounds(rows: Floats, look: StrokeLook = SOLID) -> PixelBounds:
    """Left, top, right and bottom of the paint of some rows."""
    return _bounds(rows[:, :2], rows[:, 2], look) if len(rows) else (0, 0, 0, 0)


def pixel_bounds_of(stroke: PixelStroke, look: StrokeLook) -> PixelBounds:
    """The same for a stroke that is not laid out yet."""
    if len(stroke.xy) == 0:
        return (0, 0, 0, 0)
    return _bounds(stroke.xy, np.asarray(stroke.radius, dtype=np.float32), look)


def _bounds(xy: Floats, radius: Floats, look: StrokeLook) -> PixelBounds:
    # The largest width is used for all points, which is nearly exact and takes a third of the time.
    reach = float(radius.max()) * max(look.tip, 1 + look.bleed) + FRINGE
    x, y = xy[:, 0], xy[:, 1]  # column by column: numpy takes ten times as long along short rows
    return (
        math.floor(float(x.min()) - reach),
        math.floor(float(y.min()) - reach),
        math.ceil(float(x.max()) + reach),
        math.ceil(float(y.max()) + reach),
    )


PART = 1 << 14
"""Points that are laid out and drawn together."""

CONTEXT = 2048
"""Points before a part of a stroke that its first segments can look back at."""


def parts(
    strokes: Sequence[PixelStroke], look: StrokeLook
) -> Iterator[tuple[Sequence[PixelStroke], StrokeRows]]:
    """Lay strokes of one look out in as few parts as their number of points allows, in order."""
    group: list[PixelStroke] = []
    held = 0
    for stroke in strokes:
        count = len(stroke.xy)
        if group and held + count > PART:
            yield group, laid_out(group, look)
            group, held = [], 0
        if stroke.span is not None or (count > 2 * PART and not stroke.closed):
            if group:
                yield group, laid_out(group, look)
                group, held = [], 0
            yield from _cut(stroke, look)
        else:
            group.append(stroke)
            held += count
    if group:
        yield group, laid_out(group, look)


def _cut(stroke: PixelStroke, look: StrokeLook) -> Iterator[tuple[Sequence[PixelStroke], StrokeRows]]:
    """Parts of one stroke. Each has extra points on both sides of what it draws, which its joints need."""
    count = len(stroke.xy)
    start, end = stroke.span or (0, count - 1)
    for begin in range(start, end, PART):
        stop = min(begin + PART, end)
        first, last = max(begin - CONTEXT, 0), min(stop + 2, count)
        part = _slice(stroke, first, last)
        layout = laid_out([part], look)
        at = np.arange(len(layout.rows)) if layout.at is None else layout.at
        # A row is drawn as the segment that starts there.
        low, high = np.searchsorted(at, (begin - first, stop - first)).tolist()
        yield [part], replace(layout, span=(low, high if stop < count - 1 else len(at)))


def _slice(stroke: PixelStroke, first: int, last: int) -> PixelStroke:
    part = slice(first, last)
    return replace(
        stroke,
        span=None,
        xy=stroke.xy[part],
        radius=stroke.radius[part] if isinstance(stroke.radius, np.ndarray) else stroke.radius,
        rgba=stroke.rgba[part] if isinstance(stroke.rgba, np.ndarray) else stroke.rgba,
        starts=None if stroke.starts is None else stroke.starts[part],
        traces=None if stroke.traces is None else stroke.traces[part],
        data=None if stroke.data is None else stroke.data[part],
    )
