"""Lay out very long strokes in parts, so that memory is bounded for any number of points."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sketch.render.strokes.joints import PixelStroke
from sketch.render.strokes.look import StrokeLook
from sketch.render.strokes.rows import StrokeRows, laid_out

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
