"""The words for strokes: drawn at once, or kept on the GPU."""

from abc import ABC
from pathlib import Path

from numpy.typing import ArrayLike

from sketch.ink.brush import BrushError
from sketch.ink.style import PLAIN, StrokeStyle
from sketch.render import checks
from sketch.render.batch import Batch
from sketch.render.color import ColorLike
from sketch.render.drawing.shape_arrays import Crowds
from sketch.render.gl.glsl import ShaderError
from sketch.render.strokes.brushes import brush_of
from sketch.render.strokes.pixels import DrawnStroke, PointData, pixel_stroke, point_data
from sketch.render.strokes.retained import RetainedStroke
from sketch.scalars import number, short


class StrokeVocabulary(Crowds, ABC):
    """The part of a canvas's vocabulary that is about strokes; whoever inherits owns the frame."""

    _batch: Batch

    def stroke(
        self,
        points: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
        *,
        style: StrokeStyle = PLAIN,
        data: PointData | None = None,
        time: float = 0.0,
    ) -> None:
        """A stroke, whose width and color may change from point to point.

            canvas.stroke(points, 12, "#ffb454", style=StrokeStyle(brush="chalk", smooth=True))

        Args:
            points: Shape (n, 2..4), n at least 1; one point makes a dot. A brush also knows the time and the
                pressure, if they are there.
            width: Diameter in logical pixels, one number or shape (n,), negative ones their magnitude; if
                left out the brush's, or the line width. With 0 nothing is drawn.
            color: One color as for `color`, or shape (n, 3) or (n, 4) with channels 0..255; the current color
                or gradient if left out.
            style: Its caps, joins, dashes, tapers, smoothing and brush.
            data: For the brush, each one number or shape (n,): "progress", "class", "confidence", "age"; and
                "own", four numbers or shape (n, 4).
            time: For the brush, in seconds.

        Raises:
            ValueError: A shape or a number is not as described, or there is no such brush.
            ShaderError: The brush does not compile and never did.
        """
        # What most strokes are, and four times as fast.
        if style is PLAIN and data is None and not time:
            xy = checks.plane_points(points)
            given = checks.widths(self._style.line_width if width is None else width, len(xy))
            self._stroke(xy, given, None if color is None else self._colors(color, len(xy)))
            return
        self._check_open()
        drawn = self._drawn(points, width, color, style, data, time)
        if not isinstance(drawn.width, float) or drawn.width > 0:
            self._batch.stroke(pixel_stroke(drawn, self._matrix), self._style.blend)

    def keep_stroke(
        self,
        points: ArrayLike,
        width: ArrayLike | None = None,
        color: ColorLike | ArrayLike | None = None,
        *,
        style: StrokeStyle = PLAIN,
        data: PointData | None = None,
    ) -> RetainedStroke:
        """Keep a stroke on the GPU, where drawing it costs a call; arguments as for `stroke`.

            self.letter = canvas.keep_stroke(points, 12, style=StrokeStyle(brush=self.heat))
            ...
            self.letter.update(progress=guess.progress)   # one small buffer is written, nothing else
            canvas.kept_stroke(self.letter, time=self.time)

        Whoever asked for it releases it. May be called outside a frame, too.
        """
        return RetainedStroke(self._batch.new_buffers(), self._drawn(points, width, color, style, data, 0.0))

    def kept_stroke(self, kept: RetainedStroke, time: float = 0.0) -> None:
        """Draw a kept stroke in the current coordinates and blend mode; the time is for its brush."""
        self._check_open()
        if not isinstance(kept, RetainedStroke):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"kept_stroke needs what keep_stroke returned; got {short(kept)}")
        self._batch.kept_stroke(kept, self._matrix, number("time", time), self._style.blend)

    @property
    def brush_errors(self) -> dict[Path, ShaderError | BrushError]:
        """What is wrong with brushes whose files were changed, by file; what compiled last still paints."""
        return self._batch.brush_errors

    def _drawn(
        self,
        points: ArrayLike,
        width: ArrayLike | None,
        color: ColorLike | ArrayLike | None,
        style: StrokeStyle,
        data: PointData | None,
        time: float,
    ) -> DrawnStroke:
        xy = checks.plane_points(points)
        time = number("time", time)
        if not isinstance(style, StrokeStyle):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"style must be a StrokeStyle(...); got {short(style)}")
        brush = None if style.brush is None else brush_of(style.brush)
        if data is not None and brush is None:
            raise ValueError("a stroke without a brush reads no data")
        if width is None:
            width = brush.width if brush else self._style.line_width
        return DrawnStroke(
            xy,
            checks.widths(width, len(xy)),
            self._style.color if color is None else self._colors(color, len(xy)),
            style,
            brush,
            None if data is None else point_data(data, len(xy)),
            time,
            self._style.gradient if color is None else None,
        )
