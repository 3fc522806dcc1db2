"""Text for a canvas."""

from sketch.ink.ink import Rgba
from sketch.render.batch import Batch
from sketch.render.matrix import mean_scale
from sketch.render.shapes.quads import Quad, quad_at
from sketch.render.state import DrawingState
from sketch.render.targets import Targets
from sketch.render.text.layout import Line, Piece
from sketch.render.text.lines import (
    ALIGNMENTS,
    LINE_SPACING,
    Align,
    TextCache,
    align_offset,
    is_seen,
    piece_quad,
    rows_seen,
    texture_size,
)
from sketch.scalars import clamped, floats, magnitude, one_of, short

_NO_SIZE = 1e-6
"""Logical pixels up to which letters are not written."""

_TALLEST = 8.0
"""Sizes that a row may reach above and below its baseline, with 30 marks on one letter."""


class TextDrawing:
    """Wraps text into rows and draws each row that is in the frame.

    Args:
        state: Style and coordinates.
        batch: Draws textures of letters.
        targets: Tells how many pixels a logical pixel has.
        texts: Keeps laid out lines and their textures.
    """

    def __init__(self, state: DrawingState, batch: Batch, targets: Targets, texts: TextCache) -> None:
        self._state = state
        self._batch = batch
        self._targets = targets
        self._texts = texts

    def write(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        align: Align,
        width: float | None,
        font: str | None,
        alpha: float,
    ) -> None:
        """See `Canvas.text`."""
        x, y = floats(x=x, y=y)
        size, alpha = magnitude("size", size), clamped("alpha", alpha)
        one_of("align=", align, ALIGNMENTS)
        self._batch.opened()
        _check_text(text)
        if size <= _NO_SIZE:
            return
        matrix = self._state.matrix
        red, green, blue, own_alpha = self._state.style.color
        pixels = texture_size(size, self._targets.current.ratio, mean_scale(matrix))
        tint = (red, green, blue, own_alpha * alpha)
        step = LINE_SPACING * size
        rows = self._texts.rows(*self._key(text, size, font, width))
        for number in rows_seen(len(rows), matrix, self._batch.size, y, step, _TALLEST * size):
            line = self._texts.line(rows[number], font, pixels)
            start = x + align_offset(align, line.advance * size / pixels)
            self._write_line(line, start, y + number * step, size / pixels, tint)

    def size(self, text: str, size: float, width: float | None, font: str | None) -> tuple[float, float]:
        """See `Canvas.text_size`."""
        size = magnitude("size", size)
        _check_text(text)
        if size <= _NO_SIZE:
            return (0.0, 0.0)
        text, font, pixels, room = self._key(text, size, font, width)
        wide, high = self._texts.measure(text, font, pixels, room)
        return (wide * size / pixels, high * size / pixels)

    def _key(
        self, text: str, size: float, font: str | None, width: float | None
    ) -> tuple[str, str | None, float, float | None]:
        """What a text is wrapped and measured by: itself, its font, and its size and width in pixels."""
        ratio = self._targets.current.ratio
        pixels = texture_size(size, ratio, ratio)
        return (text, font, pixels, None if width is None else magnitude("width", width) * pixels / size)

    def _write_line(self, line: Line, x: float, y: float, unit: float, tint: Rgba) -> None:
        long, style = len(line.pieces) > 1, self._state.style
        for piece in line.pieces:
            start = x + piece.start * unit
            if long and not is_seen(self._reach(line, piece, start, y, unit), self._batch.size):
                continue
            drawn = self._texts.piece(piece, line.size)
            if drawn.texture is not None:
                quad = piece_quad(drawn, self._state.matrix, start, y, unit)
                self._batch.mask(drawn.texture, quad, tint, style.blend, style.gradient)

    def _reach(self, line: Line, piece: Piece, x: float, y: float, unit: float) -> Quad:
        """Where a piece can have ink, before it is drawn: two sizes around its baseline."""
        far = 2 * line.size * unit
        return quad_at(self._state.matrix, x - far, y - far, piece.width * unit + 2 * far, 2 * far)


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, such as str({short(text)}); got {short(text)}")
