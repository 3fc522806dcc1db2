"""Convert strokes from logical pixels to pixels of the framebuffer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.ink.brush import Brush
from sketch.ink.ink import Color, Stroke
from sketch.ink.stroke_layout import StrokeLayout, lay
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.ink.width import pen_speed
from sketch.render import checks
from sketch.render.gradient import PlacedGradient
from sketch.render.matrix import Matrix, apply_to_points, mean_scale
from sketch.render.strokes.brushes import brush_of
from sketch.render.strokes.joints import DATA_FLOATS, TRACE_FLOATS, PixelStroke
from sketch.render.strokes.look import look_of
from sketch.render.strokes.rows import CONTEXT

PointData = Mapping[str, ArrayLike]
"""Values for each point of a stroke, by the names in `DATA_COLUMNS`."""

DATA_COLUMNS = {"progress": 0, "class": 1, "confidence": 2, "age": 3, "own": slice(4, 8)}

_FINEST = 0.1
"""Pixels by which a polyline may differ from its smooth curve."""

_LEAST_MARK = 0.5
"""Least length of a stroke with cut ends, in widths."""

GRADIENT_STEP = 4.0
"""Pixels of a stroke over which the color of a gradient is interpolated linearly."""


@dataclass(frozen=True, slots=True, eq=False)
class DrawnStroke:
    """A checked stroke in logical pixels.

    Attributes:
        points: Float32 of shape (n, 2..4), n at least 1.
        width: One number, or float32 of shape (n,).
        color: One color, or float32 of shape (n, 4), 0..1.
        style: Its style.
        brush: The one its style names.
        data: Float32 of shape (n, 8), or None for zeros.
        time: Seconds, for its brush.
        gradient: What it is painted with instead of its color.
    """

    points: Floats
    width: float | Floats
    color: Color
    style: StrokeStyle = PLAIN
    brush: Brush | None = None
    data: Floats | None = None
    time: float = 0.0
    gradient: PlacedGradient | None = None

    def layout(self, scale: float) -> StrokeLayout:
        """The layout of its points along the curve, at `scale` pixels per logical pixel."""
        unit = 1 / max(scale, 1e-6)
        spacing = self.brush.spacing if self.brush else 0.0
        return lay(
            self.points, self.style, _FINEST * unit, spacing, GRADIENT_STEP * unit if self.gradient else 0.0
        )


def pixel_stroke(stroke: DrawnStroke, matrix: Matrix) -> PixelStroke:
    """Lay out a stroke and transform it to pixels."""
    scale = mean_scale(matrix)
    if isinstance(stroke.width, float) and not stroke.width:
        return PixelStroke(apply_to_points(matrix, stroke.points), 0.0, stroke.color)
    if stroke.style is PLAIN and stroke.gradient is None:
        return PixelStroke(apply_to_points(matrix, stroke.points), stroke.width * (scale / 2), stroke.color)
    look = look_of(stroke.style, stroke.brush, stroke.time, 1 / max(scale, 1e-6))
    layout = stroke.layout(scale)
    if look.cut and stroke.brush and not stroke.style.dash:
        layout = _marked(layout, float(np.max(stroke.width)))
    width = layout.values(stroke.width) if isinstance(stroke.width, np.ndarray) else stroke.width
    color = layout.values(stroke.color) if isinstance(stroke.color, np.ndarray) else stroke.color
    radius = np.asarray(width * layout.share * (scale / 2), dtype=np.float32)
    xy = apply_to_points(matrix, layout.xy)
    if stroke.gradient is not None:
        color = stroke.gradient.at(xy)
    return PixelStroke(
        xy,
        radius if radius.ndim else float(radius),
        color,
        look=look,
        starts=layout.starts,
        traces=_traces(stroke.points, layout) if stroke.brush else None,
        data=layout.values(stroke.data) if stroke.data is not None else None,
    )


def _marked(layout: StrokeLayout, width: float) -> StrokeLayout:
    """Lengthen a line with cut ends to half its width, so that a tap leaves a mark.

    Lines without a brush are not lengthened, as in SVG.

    Args:
        layout: The layout of a stroke, without dashes.
        width: Its largest width, in the unit of the points.
    """
    length, least = float(layout.along[-1]), _LEAST_MARK * width
    if length >= least:
        return layout
    missing = least - length
    xy, at, along = layout.xy, layout.at, layout.along
    if len(xy) == 1:
        xy, at, along = np.repeat(xy, 2, axis=0), np.repeat(at, 2), np.repeat(along, 2)
    chord = xy[-1] - xy[0]
    across = float(np.hypot(chord[0], chord[1]))
    toward = chord / across if across > 0 else np.array((1.0, 0.0))
    xy, along = xy.copy(), along + missing / 2
    xy[0] -= toward * (missing / 2)
    xy[-1] += toward * (missing / 2)
    along[0], along[-1] = 0.0, least
    share = layout.share if len(xy) == len(layout.xy) else 1.0
    return StrokeLayout(xy, at, along, share)


def ink_stroke(stroke: Stroke, matrix: Matrix) -> PixelStroke:
    """Lay out a stroke of an ink and transform it to pixels.

    Raises:
        ValueError: Its width, color or data does not fit its points, or it has a brush that does not exist.
    """
    count = len(stroke.points)
    width = checks.widths(stroke.width, count)
    if not isinstance(stroke.color, tuple) and stroke.color.shape != (count, 4):
        raise ValueError(
            f"the colors of a stroke of {count} points need shape ({count}, 4); got {stroke.color.shape}"
        )
    brush = None if stroke.style.brush is None else brush_of(stroke.style.brush)
    if brush is not None and brush.blend == "multiply":
        brush = replace(brush, blend="alpha")  # the picture of an ink is empty: nothing to multiply
    data = None if stroke.data is None else point_data(stroke.data, count)
    pixels = pixel_stroke(DrawnStroke(stroke.points, width, stroke.color, stroke.style, brush, data), matrix)
    return replace(pixels, span=stroke.span) if isinstance(stroke, Piece) else pixels


def pieces_of(stroke: Stroke, size: int) -> "list[Piece]":
    """Cut a long stroke into pieces to paint in order; no pieces if it must be painted as a whole.

    Args:
        stroke: The stroke.
        size: Segments per piece, at least 1.
    """
    count = len(stroke.points)
    if stroke.style is not PLAIN or count <= 2 * size:
        return []
    found: list[Piece] = []
    for begin in range(0, count - 1, size):
        stop = min(begin + size, count - 1)
        first = max(begin - CONTEXT, 0)
        part = slice(first, min(stop + 2, count))
        color = stroke.color[part] if isinstance(stroke.color, np.ndarray) else stroke.color
        width = stroke.width[part] if isinstance(stroke.width, np.ndarray) else stroke.width
        found.append(Piece(stroke.points[part], color, width, span=(begin - first, stop - first)))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Piece(Stroke):
    """Some segments of a stroke, with the points before and after that their joints need.

    Attributes:
        span: The first segment that is painted, and one past the last.
    """

    span: tuple[int, int] = (0, 0)


def spread(stroke: Stroke) -> float:
    """How far from its points the paint of a stroke may extend, in logical pixels."""
    style = stroke.style
    if style is PLAIN:
        return stroke.half_width
    look = look_of(style, None if style.brush is None else brush_of(style.brush))
    bend = 0.0
    if style.smooth and len(stroke.points) > 1:
        # A centripetal curve leaves the hull of its points by at most a quarter of the longest chord.
        step = np.diff(stroke.points[:, :2], axis=0)
        bend = float(np.hypot(step[:, 0], step[:, 1]).max()) / 4
    tap = 1 + _LEAST_MARK / 2 if look.cut else 1.0
    return stroke.half_width * max(look.tip, 1 + look.bleed, tap) + bend


def point_data(given: PointData, count: int, before: Floats | None = None) -> Floats:
    """Read an author's data for each point.

    Args:
        given: Any of "progress", "class", "confidence" and "age", each one number or shape (count,); and
            "own", shape (4,) or (count, 4).
        count: How many points there are.
        before: Values to keep where nothing is given, shape (count, 8); zeros if left out.

    Returns:
        Float32 of shape (count, 8).

    Raises:
        ValueError: A name is unknown, a shape is another one, or a number is not finite.
    """
    data = np.zeros((count, DATA_FLOATS), dtype=np.float32) if before is None else before.copy()
    for name, values in given.items():
        if name not in DATA_COLUMNS:
            raise ValueError(f"data for points may be {', '.join(DATA_COLUMNS)}; got {name!r}")
        numbers = checks.as_floats(f"the data {name!r}", values)
        allowed = ((4,), (count, 4)) if name == "own" else ((), (count,))
        if numbers.shape not in allowed:
            shapes = " or ".join(map(str, allowed))
            raise ValueError(f"the data {name!r} needs shape {shapes}; got {numbers.shape}")
        if not np.isfinite(numbers).all():
            raise ValueError(f"the data {name!r} must be finite")
        data[:, DATA_COLUMNS[name]] = numbers
    return data


def _traces(points: Floats, layout: StrokeLayout) -> Floats:
    """Along, pressure, speed and seed of every point of a layout."""
    traces = np.empty((len(layout.xy), TRACE_FLOATS), dtype=np.float32)
    traces[:, 0] = layout.along
    traces[:, 1] = layout.values(points[:, 3]) if points.shape[1] > 3 else 0.5
    traces[:, 2] = layout.values(pen_speed(points)) if points.shape[1] > 2 else 0.0
    # The start of a stroke differs from other strokes, and stays the same while it grows.
    traces[:, 3] = np.modf(abs(float(points[0, 0]) * 0.1031 + float(points[0, 1]) * 0.0973))[0]
    return traces
