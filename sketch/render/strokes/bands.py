"""Stretches of one color in half as many quads: a band is one segment, or two with a small turn.

A driver spends most of its time on the setup of triangles and on pixels along their edges, so few and large
triangles are fast. A row is 20 floats:

    x, y, radius, round           start of the band, and whether it is round
    x, y, radius, reach of start  the joint of its two segments; of one segment, the end
    x, y, radius, reach of end    end of the band
    mitre of start, of end        where neighbouring quads meet; zero if the start is open
    red, green, blue, alpha       premultiplied

Bands do not overlap: they meet at mitres, or, where the disc at a joint is visible, at its two tangents.
"""

from dataclasses import dataclass
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from sketch.arrays import Flags, Floats, Indices
from sketch.render.gl.buffers import GrowingBuffer
from sketch.render.gl.programs import drawable
from sketch.render.strokes.rows import Run, StrokeRows, runs_of

BAND_FLOATS = 20

_STEEPEST = np.float32(0.5)
"""Change of the radius per pixel that a band may have."""

_STRAIGHT = np.float32(1.064)
"""One over the cosine of half the angle between neighbours up to which no disc is drawn: 40 degrees."""

_MARGIN, _MOST = np.float32(1.1), np.float32(0.6)
"""Extra width of a quad beyond what is needed, and the largest share of its reach."""

_SAME_PLACE = np.float32(1e-3)


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """The bands of some rows of strokes.

    Attributes:
        rows: Float32 of shape (m, 20).
        at: The first segment of each band, ascending, shape (m,).
    """

    rows: Floats
    at: Indices

    def between(self, first: int, stop: int) -> tuple[int, int]:
        """The first band of the segments from `first` up to `stop`, and the number of bands."""
        begin, end = np.searchsorted(self.at, (first, stop)).tolist()
        return begin, end - begin


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """The columns of the rows of strokes that bands need; numpy reads columns several times as fast.

    Attributes:
        x: Of each point, float32 of shape (n,), as all of these.
        y: The same.
        radius: In pixels.
        reach: How far paint may extend sideways.
        across: X of the mitre, 0 where there is none.
        down: Y of the mitre.
        stretch: Its length, in reaches.
        shows: Where a disc is drawn: without a mitre, or at a strong turn. Bool.
        looks_back: `back` of the row.
    """

    x: Floats
    y: Floats
    radius: Floats
    reach: Floats
    across: Floats
    down: Floats
    stretch: Floats
    shows: Flags
    looks_back: Floats


def outline_of(rows: Floats) -> Outline:
    """Read rows as `rows.laid_out` makes them: float32 of shape (n, 12)."""
    x, y, radius, reach, across, down, _, back = np.ascontiguousarray(rows[:, :8].T)
    stretch = np.sqrt(across * across + down * down) / reach
    shows = (stretch == 0) | (stretch > _STRAIGHT)
    return Outline(x, y, radius, reach, across, down, stretch, shows, back)


def bandable(line: Outline, thin: float) -> Flags:
    """Which segments can be bands: those that look back, are thin or change their width suddenly cannot.

    Args:
        line: Of n points.
        thin: Radius in pixels below which a line is too thin.

    Returns:
        Shape (n - 1,).
    """
    x, y, fall = np.diff(line.x), np.diff(line.y), np.abs(np.diff(line.radius))
    square = x * x + y * y
    fits = (line.looks_back[:-1] == 0) & (square > _SAME_PLACE**2) & (fall * fall <= _STEEPEST**2 * square)
    thick = line.radius >= np.float32(thin)
    # At a round end, the tangents must touch its disc on this half of the segment.
    leaning = fall * np.maximum(line.radius[:-1], line.radius[1:]) <= np.float32(0.25) * square
    return fits & thick[:-1] & thick[1:] & (leaning | ~(line.shows[:-1] | line.shows[1:]))


def bands(rows: Floats, line: Outline, able: Flags) -> Bands:
    """Make bands of segments.

    Args:
        rows: Float32 of shape (n, 12), as `rows.laid_out` makes them.
        line: The same.
        able: The segments to use, shape (n - 1,), from `bandable`.
    """
    first, two, grown = _paired(line, able)
    last = first + 1 + two
    both = line.shows[first] & line.shows[last]
    if both.any():
        first, last = np.repeat(first, 1 + both), np.repeat(last, 1 + both)
    # Four floats are copied as one 128-bit number, a mitre as 64 bits: numpy is slow along short rows.
    made = np.empty((len(first), BAND_FLOATS), dtype=np.float32)
    fours, pairs = made.view(np.complex128), made.view(np.complex64)
    place = _side_by_side(line.x, line.y, line.radius, line.reach)
    fours[:, 0] = _side_by_side(line.x, line.y, line.radius, line.shows).take(first)
    fours[:, 1] = place.take(first + 1)
    made[:, 7] = line.reach.take(first)
    fours[:, 2] = place.take(last)
    sides = _side_by_side(line.across * grown, line.down * grown)
    pairs[:, 6] = sides.take(first)
    pairs[:, 7] = sides.take(last)
    red, green, blue, alpha = np.ascontiguousarray(rows[:, 8:12].T)
    fours[:, 4] = _side_by_side(red * alpha, green * alpha, blue * alpha, alpha).take(first)
    halved = np.flatnonzero(np.repeat(both, 1 + both))
    made[halved] = _halves(made[halved])
    backward = np.flatnonzero(line.shows[last] & ~line.shows[first])
    made[backward] = _turned(made[backward])
    return Bands(made, first)


def _side_by_side(*columns: NDArray[Any]) -> NDArray[Any]:
    """Two or four columns of floats as one column of wider numbers."""
    table = np.empty((len(columns[0]), len(columns)), dtype=np.float32)
    for at, column in enumerate(columns):
        table[:, at] = column
    return table.view(np.complex64 if len(columns) == 2 else np.complex128)[:, 0]


def _paired(line: Outline, able: Flags) -> tuple[Indices, Flags, Floats]:
    """First segments of bands, which bands have two, and the factor on the mitre of each point."""
    x, y, reach = line.x, line.y, line.reach
    turn = (x[1:-1] - x[:-2]) * (y[2:] - y[1:-1]) - (y[1:-1] - y[:-2]) * (x[2:] - x[1:-1])
    outer = np.where(turn > 0, np.float32(-1), np.float32(1))
    from_x, from_y = x[:-2] + outer * line.across[:-2], y[:-2] + outer * line.down[:-2]
    wide, high = x[2:] + outer * line.across[2:] - from_x, y[2:] + outer * line.down[2:] - from_y
    chord = np.maximum(np.sqrt(wide * wide + high * high), _SAME_PLACE)
    out_x, out_y = x[1:-1] + outer * line.across[1:-1] - from_x, y[1:-1] + outer * line.down[1:-1] - from_y
    # The quad is straight from start to end, so both ends are widened by how far the middle is off the line.
    bulge = _MARGIN * np.maximum(outer * (wide * out_y - high * out_x) / chord, 0)
    ends = np.minimum(reach[:-2], reach[2:])
    shows = line.shows
    joined = able[:-1] & able[1:] & (bulge <= _MOST * ends) & ~(shows[:-2] | shows[1:-1] | shows[2:])
    # A mitre grows only between two bands, so that it still fits segments that are drawn in other ways.
    joined[1:-1] &= able[:-3] & able[3:]
    joined[:1] = joined[-1:] = False

    index = np.arange(len(able), dtype=np.int32)
    begins = np.append(True, ~joined)
    odd = (index - np.maximum.accumulate(np.where(begins, index, 0))) & 1 == 1
    first = np.flatnonzero(able & ~odd)
    two = np.append(joined, False)[first]
    pairs = first[two]
    extra = np.zeros(len(x), dtype=np.float32)
    extra[pairs] = bulge[pairs]
    extra[pairs + 2] = np.maximum(extra[pairs + 2], bulge[pairs])
    return first, two, 1 + extra / reach


def _halves(whole: Floats) -> Floats:
    """Halve segments with two round ends, given twice: the first half, and the second half from the end."""
    made = whole.copy()
    start, end = whole[:, 0:2], whole[:, 8:10]
    step = end - start
    length = np.hypot(step[:, 0], step[:, 1])
    sine = (whole[:, 2] - whole[:, 10]) / length
    # Halfway between the points where the tangents touch the discs.
    share = (sine * whole[:, 2] + (1 - sine**2) * length / 2) / length
    reach = whole[:, 7] + share * (whole[:, 11] - whole[:, 7])
    aside = np.stack((-step[:, 1], step[:, 0]), axis=1) * (reach / length)[:, None]
    cut = np.column_stack((start + share[:, None] * step, whole[:, 2] - sine * share * length))
    made[:, 4:7] = made[:, 8:11] = cut
    made[:, 11] = reach
    made[:, 14:16] = aside
    back = made[1::2]
    back[:, 0:3] = whole[1::2, 8:11]
    back[:, 7] = whole[1::2, 11]
    back[:, 12:14] = -whole[1::2, 14:16]
    back[:, 14:16] *= -1
    return made


def _turned(rows: Floats) -> Floats:
    """Reverse single segments, so that the round end is the start."""
    made = rows.copy()
    made[:, 0:3], made[:, 8:11] = rows[:, 8:11], rows[:, 0:3]
    made[:, 4:7] = rows[:, 0:3]
    made[:, 7], made[:, 11] = rows[:, 11], rows[:, 7]
    made[:, 12:14], made[:, 14:16] = -rows[:, 14:16], -rows[:, 12:14]
    made[:, 3] = 1
    return made


_FLOAT = 4  # bytes

_WORTH = 0.8
"""Bands per segment above which segments are drawn one by one: a segment with two round ends is two bands."""

_FEW = 2048
"""Segments up to which making bands costs more than it saves."""


@dataclass(frozen=True, slots=True, eq=False)
class BandRuns:
    """Rows of strokes divided into runs that are drawn as bands and runs that are not."""

    bands: Bands
    runs: list[Run]

    @property
    def alone(self) -> bool:
        """Whether everything is drawn as bands."""
        return all(run.banded for run in self.runs)


class BandPainter:
    """Draws bands.

    Args:
        ctx: The context to draw in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._drawable = drawable(ctx, "strokes/bands.vert", "strokes/bands.frag")
        self._buffer = GrowingBuffer(ctx)

    def laid_out(self, layout: StrokeRows, thin: float) -> BandRuns | None:
        """Make bands of rows and upload them; None if that is not worth its cost.

        Args:
            layout: Rows of strokes.
            thin: Radius in pixels below which a line is not drawn as a band.
        """
        if not layout.even or layout.look.brush is not None or layout.look.shape is not None:
            return None
        rows = layout.drawn
        if len(rows) <= _FEW:
            return None
        line = outline_of(rows)
        able = bandable(line, thin)
        runs = runs_of(rows, able)
        if not any(run.banded for run in runs):
            return None
        made = bands(rows, line, able)
        if len(made.rows) > _WORTH * able.sum():
            return None
        self._buffer.upload(made.rows, made.rows.nbytes)
        return BandRuns(made, runs)

    def draw(self, made: Bands, run: Run, size: tuple[int, int]) -> None:
        """Draw a run of what was uploaded last, with the current blending into the current framebuffer."""
        first, count = made.between(run.first, run.first + run.count)
        if count == 0:
            return
        program, vertices = self._drawable
        program["size"] = size
        stride = BAND_FLOATS * _FLOAT
        for column, name in enumerate(("start", "middle", "end", "sides", "color")):
            attribute = program[name]
            assert isinstance(attribute, moderngl.Attribute)
            offset = first * stride + 16 * column
            vertices.bind(attribute.location, "f", self._buffer.buffer, "4f", offset, stride, 1)
        vertices.render(moderngl.TRIANGLE_STRIP, vertices=4, instances=count)

    def release(self) -> None:
        """Release the GPU resources."""
        self._buffer.release()
        self._drawable.release()
