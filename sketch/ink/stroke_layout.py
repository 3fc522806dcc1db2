"""The layout of a stroke: points along its curve, where each dash begins, and its tapers."""

from dataclasses import dataclass

import numpy as np

from sketch.arrays import Doubles, Flags, Floats
from sketch.ink.curves import curve_through
from sketch.ink.outline import arc_lengths, interpolated
from sketch.ink.style import StrokeStyle

MOST_DASHES = 100_000
"""Dashes of one stroke at most; a shorter pattern is lengthened, or it would fill the memory unseen."""

_FINEST_PATTERN = 2.5
"""Least length of a pattern of dashes that can be seen, in tolerances of a curve."""

_MOST_SPACED = 100_000
"""Points that are put along one stroke, for the same reasons."""

_SOFT = 0.5
"""Logical pixels around the end of a dash in which no other point is needed."""

_TAPER_STEPS = 12
"""Points along a taper, enough to show no corners."""

_SHORTEST_TAPER = 1e-6
"""Logical pixels."""

_THINNEST = 1e-3
"""Share of the width at the tip of a taper."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokeLayout:
    """What is drawn of a stroke; m is 0 if it lies in a gap between two dashes.

    Attributes:
        xy: Places, float32 of shape (m, 2).
        at: Where among the given points each lies, float64 of shape (m,): 2.5 is halfway from the
            third to the fourth.
        along: Distance of each along the line, float64 of shape (m,), in the unit of the points.
        share: Share of the width that each has, float32 of shape (m,), or 1.
        starts: Where a dash begins, bool of shape (m,), or None for one line.
    """

    xy: Floats
    at: Doubles
    along: Doubles
    share: Floats | float = 1.0
    starts: Flags | None = None

    def values(self, given: Floats) -> Floats:
        """Interpolate values of the given points, shape (n,) or (n, k), to the points of the layout."""
        low = np.minimum(self.at.astype(np.intp), max(len(given) - 2, 0))
        high = np.minimum(low + 1, len(given) - 1)
        share = (self.at - low).astype(np.float32)
        if given.ndim == 2:
            share = share[:, None]
        return (given[low] + share * (given[high] - given[low])).astype(np.float32, copy=False)


def lay(
    points: Floats, style: StrokeStyle, tolerance: float = 0.1, spacing: float = 0.0, longest: float = 0.0
) -> StrokeLayout:
    """Lay out a stroke.

    Args:
        points: Float32 of shape (n, 2..4), n at least 1, finite.
        style: Its dashes, tapers and smoothing.
        tolerance: By how much a polyline may miss a smooth curve, in the unit of the points.
        spacing: If more than 0, points are put this far apart along the line and nowhere else.
        longest: If more than 0, points are added until no two are further apart than this.
    """
    if style.smooth:
        xy, at = curve_through(points, tolerance)
    else:
        xy, at = points[:, :2], np.arange(len(points), dtype=np.float64)
    layout = StrokeLayout(xy, at, arc_lengths(xy))
    length = float(layout.along[-1])
    if spacing > 0 and length > 0:
        layout = _spaced(layout, spacing)
    if longest > 0 and length > longest:
        longest = max(longest, length / _MOST_SPACED)
        layout = _with_points_at(layout, longest * np.arange(1.0, length // longest + 1.0))
    if (style.taper_start > 0 or style.taper_end > 0) and length > 0:
        layout = _tapered(layout, style.taper_start, style.taper_end)
    return _dashed(layout, style, _FINEST_PATTERN * tolerance) if style.dash and length > 0 else layout


def _spaced(layout: StrokeLayout, spacing: float) -> StrokeLayout:
    length = float(layout.along[-1])
    spacing = max(spacing, length / _MOST_SPACED)
    count = int(np.ceil(length / spacing))
    along = np.minimum(np.arange(count + 1) * spacing, length)
    xy = interpolated(along, layout.along, layout.xy).astype(np.float32)
    return StrokeLayout(xy, np.interp(along, layout.along, layout.at), along)


def _with_points_at(layout: StrokeLayout, wanted: Doubles) -> StrokeLayout:
    """The same line with more points on it."""
    missing = np.setdiff1d(wanted, layout.along)
    place = np.searchsorted(layout.along, missing)
    along = np.insert(layout.along, place, missing)
    at = np.insert(layout.at, place, np.interp(missing, layout.along, layout.at))
    new = interpolated(missing, layout.along, layout.xy)
    return StrokeLayout(np.insert(layout.xy, place, new.astype(np.float32), axis=0), at, along)


def _tapered(layout: StrokeLayout, start: float, end: float) -> StrokeLayout:
    length = float(layout.along[-1])
    shrink = min(1.0, length / (start + end))
    start, end = (side * shrink if side > _SHORTEST_TAPER else 0.0 for side in (start, end))
    steps = np.arange(1, _TAPER_STEPS + 1) / _TAPER_STEPS
    layout = _with_points_at(layout, np.concatenate((steps * start, length - steps * end)))
    # A quarter of a sine: round at the tip, and without a corner at the full width.
    rising = np.clip(layout.along / start, 0, 1) if start > 0 else np.ones(len(layout.along))
    falling = np.clip((length - layout.along) / end, 0, 1) if end > 0 else np.ones(len(layout.along))
    share = np.sin(np.pi / 2 * rising) * np.sin(np.pi / 2 * falling)
    return StrokeLayout(layout.xy, layout.at, layout.along, np.maximum(share, _THINNEST).astype(np.float32))


def _dashed(layout: StrokeLayout, style: StrokeStyle, finest: float) -> StrokeLayout:
    """Cut the line where dashes begin and end, and leave the gaps out."""
    begin, end = _dashes(float(layout.along[-1]), style.dash, style.dash_offset, finest)
    # A dash has a point at either end and the points of the line between them, except close to an end: its
    # cut is made by its last segment alone, which must be longer than the soft edge.
    first = np.searchsorted(layout.along, begin + _SOFT, side="right")
    last = np.searchsorted(layout.along, end - _SOFT, side="left")
    inner = np.maximum(last - first, 0)
    sizes = inner + 2
    starts = np.cumsum(sizes) - sizes
    within = np.arange(int(sizes.sum())) - np.repeat(starts, sizes)
    own = np.clip(np.repeat(first, sizes) + within - 1, 0, len(layout.along) - 1)
    along = layout.along[own]
    along[starts], along[starts + sizes - 1] = begin, end
    is_start = within == 0
    share = layout.share
    if not isinstance(share, float):
        share = np.interp(along, layout.along, share).astype(np.float32)
    xy = interpolated(along, layout.along, layout.xy).astype(np.float32)
    return StrokeLayout(xy, np.interp(along, layout.along, layout.at), along, share, is_start)


def _dashes(
    length: float, dash: tuple[float, ...], offset: float, finest: float = 0.0
) -> tuple[Doubles, Doubles]:
    """Where each dash begins and ends along a line, the pattern at least as long as `finest`."""
    pattern = np.array(dash * (1 + len(dash) % 2), dtype=np.float64)
    shortest = length * len(pattern) / max(2 * (MOST_DASHES - len(pattern)), 1)
    shortest = max(shortest, finest)
    if pattern.sum() < shortest:
        pattern *= shortest / pattern.sum()
    period = float(pattern.sum())
    offset %= period
    periods = int((length + offset) // period) + 1
    edges = np.concatenate(((0.0,), np.cumsum(pattern)[:-1]))
    begin = (np.arange(periods)[:, None] * period + edges[None, ::2]).ravel() - offset
    end = begin + np.tile(pattern[::2], periods)
    seen = (begin < length) & (end > 0)
    return np.maximum(begin[seen], 0), np.minimum(end[seen], length)
