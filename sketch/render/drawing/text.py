"""The words for text and pictures."""

from abc import ABC, abstractmethod
from dataclasses import replace

from sketch.ink.ink import Rgba
from sketch.render.batch import Batch
from sketch.render.images.cache import ImageCache
from sketch.render.images.fbo import Fbo, FboSurface
from sketch.render.images.image import ImageSource
from sketch.render.matrix import mean_scale
from sketch.render.shapes.quads import Quad, quad_at
from sketch.render.state import DrawingState
from sketch.render.text.layout import Line, Piece
from sketch.render.text.lines import (
    LINE_SPACING,
    Align,
    TextCache,
    align_offset,
    check_align,
    is_seen,
    piece_quad,
    rows_seen,
    texture_size,
)
from sketch.scalars import clamped, floats, magnitude, short

_NO_SIZE = 1e-6
"""Logical pixels up to which letters are not written."""

_TALLEST = 8.0
"""Sizes that a row may reach above and below its baseline, with 30 marks on one letter."""


class Imagery(DrawingState, ABC):
    """Writes, and draws what is made of pixels."""

    _batch: Batch
    _texts: TextCache
    _images: ImageCache

    def text(
        self,
        text: str,
        x: float,
        y: float,
        size: float = 16.0,
        *,
        align: Align = "left",
        width: float | None = None,
        font: str | None = None,
        alpha: float = 1.0,
    ) -> None:
        """Write text in the current color or gradient.

        Letters are shaped by Pillow (ligatures, joined and right-to-left scripts) and sharpest when neither
        turned nor scaled. The face that ships, Inter Display, has Latin, Greek, Cyrillic and common symbols.
        What a face lacks is written with another: the one that ships, or a system font of
        `sketch.render.text.fonts.FALLBACKS`. For what no font has, such as most emoji, a box is drawn and a
        message says so, once. A line of any length and size is drawn; letters higher than 2048 pixels get
        soft edges.

        Args:
            text: A line break of any kind starts a new line, 1.25 sizes further down; a tab is a space, and
                other control characters are left out.
            x: Where each line starts, is centered or ends, as `align` says.
            y: Baseline of the first line.
            size: Of the letters, in logical pixels; 0 writes nothing, and a negative one is its magnitude.
            align: "left", "center" or "right".
            width: How wide lines may be: longer ones break at spaces. If left out, they do not.
            font: Path of a font file, or the face that ships.
            alpha: Factor in 0..1 on the color's alpha; what lies outside counts as 0 or 1.

        Raises:
            ValueError: The font cannot be read, the alignment is unknown, or a number is not finite.
            TypeError: The text is no string, or what should be a number is none.
        """
        x, y = floats(x=x, y=y)
        size, alpha = magnitude("size", size), clamped("alpha", alpha)
        check_align(align)
        self._check_open()
        _check_text(text)
        if size <= _NO_SIZE:
            return
        red, green, blue, own_alpha = self._style.color
        pixels = texture_size(size, self.pixel_ratio, mean_scale(self._matrix))
        tint = (red, green, blue, own_alpha * alpha)
        step = LINE_SPACING * size
        rows = self._texts.rows(*self._text_key(text, size, font, width))
        for number in rows_seen(len(rows), self._matrix, self._batch.size, y, step, _TALLEST * size):
            line = self._texts.line(rows[number], font, pixels)
            start = x + align_offset(align, line.advance * size / pixels)
            self._write(line, start, y + number * step, size / pixels, tint)

    def text_size(
        self, text: str, size: float = 16.0, *, width: float | None = None, font: str | None = None
    ) -> tuple[float, float]:
        """How wide the longest line of a text is and how high all of them are, in logical pixels.

        Args:
            text: As for `text`.
            size: As for `text`.
            width: As for `text`.
            font: As for `text`.
        """
        size = magnitude("size", size)
        _check_text(text)
        if size <= _NO_SIZE:
            return (0.0, 0.0)
        text, font, pixels, room = self._text_key(text, size, font, width)
        wide, high = self._texts.measure(text, font, pixels, room)
        return (wide * size / pixels, high * size / pixels)

    def image(
        self,
        source: ImageSource | Fbo,
        x: float,
        y: float,
        width: float | None = None,
        height: float | None = None,
        *,
        alpha: float = 1.0,
    ) -> None:
        """Draw a picture with its top left corner at (x, y), in its own colors.

        Args:
            source: Path of a file, `Image`, `Fbo`, Pillow image, or uint8 array of shape (h, w, 3) or
                (h, w, 4). A file is read once and again when it was written since, an `Image` uploaded again
                when it changed; the last two are uploaded at every call.
            x: Left.
            y: Top.
            width: Logical pixels. Left out, it follows from the height and the picture's proportions, or is
                the picture's own width. A negative one goes to the left of x; the picture is not mirrored,
                which `scale(-1, 1)` does.
            height: The same for the height, upward from y.
            alpha: Opacity, 0..1; what lies outside counts as 0 or 1.

        Raises:
            ValueError: The picture cannot be read, or a number is not finite.
            TypeError: What should be a number is none.
        """
        x, y = floats(x=x, y=y)
        alpha = clamped("alpha", alpha)
        self._check_open()
        if isinstance(source, Fbo):
            self._fbo(source, _box(x, y, *_proportioned(source.size, width, height)), alpha)
            return
        texture = self._images.texture(source)
        box = _box(x, y, *_proportioned((texture.width, texture.height), width, height))
        self._batch.picture(texture, quad_at(self._matrix, *box), alpha, self._style.blend)

    def _text_key(
        self, text: str, size: float, font: str | None, width: float | None
    ) -> tuple[str, str | None, float, float | None]:
        """What a text is wrapped and measured by: itself, its font, and its size and width in pixels."""
        pixels = texture_size(size, self.pixel_ratio, self.pixel_ratio)
        return (text, font, pixels, None if width is None else magnitude("width", width) * pixels / size)

    def _write(self, line: Line, x: float, y: float, unit: float, tint: Rgba) -> None:
        long = len(line.pieces) > 1
        for piece in line.pieces:
            start = x + piece.start * unit
            if long and not is_seen(self._reach(line, piece, start, y, unit), self._batch.size):
                continue
            drawn = self._texts.piece(piece, line.size)
            if drawn.texture is not None:
                quad = piece_quad(drawn, self._matrix, start, y, unit)
                self._batch.mask(drawn.texture, quad, tint, self._style.blend, self._style.gradient)

    def _reach(self, line: Line, piece: Piece, x: float, y: float, unit: float) -> Quad:
        """Where ink of a piece can be, before it is drawn: two sizes around its baseline."""
        far = 2 * line.size * unit
        return quad_at(self._matrix, x - far, y - far, piece.width * unit + 2 * far, 2 * far)

    def _fbo(self, fbo: Fbo, box: tuple[float, float, float, float], alpha: float) -> None:
        if self._draws_into(fbo):
            raise ValueError("an Fbo cannot be drawn into itself")
        # Its first row is at the bottom.
        quad = replace(quad_at(self._matrix, *box), part=(0.0, 1.0, 1.0, 0.0))
        fades = alpha < 1 and self._in_fbo
        self._batch.picture(self._surface(fbo).texture, quad, alpha, self._style.blend, fades)

    @property
    @abstractmethod
    def pixel_ratio(self) -> float:
        """Pixels of what is drawn into a logical pixel."""

    @abstractmethod
    def _check_open(self) -> None:
        """Refuse to draw outside a frame."""

    @abstractmethod
    def _surface(self, fbo: Fbo) -> FboSurface:
        """Where an Fbo is on the GPU."""

    @property
    @abstractmethod
    def _in_fbo(self) -> bool:
        """Whether paint goes into any Fbo just now."""

    @abstractmethod
    def _draws_into(self, fbo: Fbo) -> bool:
        """Whether paint goes into an Fbo just now."""


def _proportioned(pixels: tuple[int, int], width: float | None, height: float | None) -> tuple[float, float]:
    """The size to draw a picture in when one or both sides are left out."""
    if width is not None:
        (width,) = floats(width=width)
    if height is not None:
        (height,) = floats(height=height)
    if width is None:
        width = pixels[0] if height is None else abs(height) * pixels[0] / pixels[1]
    if height is None:
        height = abs(width) * pixels[1] / pixels[0]
    return (width, height)


def _box(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Left, top, width and height of a box whose sides may go to the left or upward."""
    return (min(x, x + width), min(y, y + height), abs(width), abs(height))


def _check_text(text: object) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, as str({short(text)}) is; got {short(text)}")
