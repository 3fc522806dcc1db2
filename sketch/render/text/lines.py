"""Keep lines of text as textures, and compute their places."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

import moderngl
import numpy as np
from PIL import Image

from sketch.render.matrix import Matrix, apply, inverse
from sketch.render.shapes.quads import Quad, quad_at
from sketch.render.text.characters import lines_of
from sketch.render.text.fonts import OWN, Fonts
from sketch.render.text.layout import Line, Mask, Piece, Placed, lay_out, oversampling, piece_mask
from sketch.render.text.wrapping import wrapped

Align: TypeAlias = Literal["left", "center", "right"]
ALIGNMENTS: tuple[Align, ...] = get_args(Align)

LINE_SPACING = 1.25
"""Distance between baselines, in sizes."""

SMALLEST, LARGEST = 1.0, 2048.0
"""Heights of letters in a texture, in pixels; other heights are scaled from these."""


@dataclass(frozen=True, slots=True)
class PieceTexture:
    """A piece of a line on the GPU.

    Attributes:
        texture: Its coverage, or None where nothing is visible.
        left: Pixels from the start of the text to the left edge.
        top: Pixels from the baseline down to the top edge, so usually negative.
        width: Width, in pixels of the line; the texture may have more pixels.
        height: Likewise.
    """

    texture: moderngl.Texture | None
    left: float
    top: float
    width: float
    height: float


def align_offset(align: Align, advance: float) -> float:
    """The start of a line, from the point it is aligned to."""
    return {"left": 0.0, "center": -advance / 2, "right": -advance}[align]


def texture_size(size: float, ratio: float, scale: float) -> float:
    """The size of letters in a texture, in pixels.

    Args:
        size: Of the letters, in logical pixels.
        ratio: Pixels of the framebuffer per logical pixel.
        scale: Pixels per unit under the transform, including the ratio.

    Returns:
        Their size on the screen where nothing is scaled; under a scaled transform a power of two times that,
        not smaller than they appear, so that a zoom fills the cache with few sizes. At most 1024 pixels by
        zooming alone, and never more than `LARGEST` or less than `SMALLEST`.
    """
    zoom = scale / ratio
    pixels = size * ratio
    if zoom > 0 and math.isfinite(pixels):
        power = 2.0 ** math.ceil(math.log2(zoom) - 1e-6)
        pixels *= min(power, max(1.0, 1024 / pixels))
    return min(max(pixels, SMALLEST), LARGEST)


def piece_quad(piece: PieceTexture, matrix: Matrix, x: float, y: float, unit: float) -> Quad:
    """The place of the texture of a piece.

    Args:
        piece: The piece.
        matrix: From the author's coordinates to pixels.
        x: The start of the text.
        y: The baseline.
        unit: Size of one pixel of the line in the author's coordinates.

    Returns:
        Its place; on whole pixels if a pixel of the texture is a pixel of the screen, which is sharpest.
    """
    wide, high = piece.width * unit, piece.height * unit
    quad = quad_at(matrix, x + piece.left * unit, y + piece.top * unit, wide, high)
    a, b, c, d, _, _ = matrix
    if b == c == 0 and abs(a * unit - 1) < 1e-6 and abs(d * unit - 1) < 1e-6:
        return Quad((round(quad.origin[0]), round(quad.origin[1])), (piece.width, 0, 0, piece.height))
    return quad


def is_seen(quad: Quad, size: tuple[int, int]) -> bool:
    """Whether a part of a quad may be within a framebuffer of a size in pixels."""
    (x, y), (a, b, c, d) = quad.origin, quad.sides
    across, down = (x, x + a, x + c, x + a + c), (y, y + b, y + d, y + b + d)
    return max(across) > 0 and min(across) < size[0] and max(down) > 0 and min(down) < size[1]


def rows_seen(
    count: int, matrix: Matrix, size: tuple[int, int], first: float, step: float, reach: float
) -> range:
    """The rows of a text that may be within a framebuffer.

    Args:
        count: How many rows there are, at least 1.
        matrix: From the author's coordinates to pixels.
        size: Of the framebuffer, in pixels.
        first: The baseline of the first row, in the author's coordinates.
        step: From one baseline to the next, more than 0.
        reach: How far above and below its baseline a row may have ink.

    Returns:
        Their numbers; the first row if none is visible, so that a wrong font is always reported.
    """
    back = inverse(matrix)
    if back is None:
        return range(1)
    downs = [apply(back, x, y)[1] for x in (0, size[0]) for y in (0, size[1])]
    low, high = ((down - first + way) / step for down, way in ((min(downs), -reach), (max(downs), reach)))
    if not math.isfinite(low) or not math.isfinite(high):
        return range(count)
    return range(max(math.ceil(low), 0), min(math.floor(high) + 1, count)) or range(1)


RESTING = 120
"""Frames without use after which a line is dropped: a counting number is a new line every time."""

_EACH = 4096
"""Bytes of a texture in addition to its pixels, in the driver and in the context."""

_LONGEST = 4096
"""Pixels of a line in one texture: of a long line only the textures in the frame are drawn."""

_MOST_LINES = 4096
_MOST_TEXTS = 256

_LineKey: TypeAlias = tuple[str, str | None, float]
_PieceKey: TypeAlias = tuple[tuple[Placed, ...], float]


class TextCache:
    """Keeps the layouts of recent lines, and the textures of their visible pieces.

    Args:
        ctx: The context to draw in.
        limit: Bytes of textures to keep; the least recently used goes first.
        longest: Length of a line in one texture, in pixels; less if the driver allows less.
    """

    def __init__(self, ctx: moderngl.Context, limit: int = 64 << 20, longest: int = _LONGEST) -> None:
        self._frame = 0
        self._ctx = ctx
        self._limit = limit
        self._largest = int(ctx.info["GL_MAX_TEXTURE_SIZE"])
        self._longest = min(longest, self._largest // 2)
        self._fonts = Fonts()
        self._lines: OrderedDict[_LineKey, Line] = OrderedDict()
        self._lines_used: dict[_LineKey, int] = {}
        self._pieces: OrderedDict[_PieceKey, PieceTexture] = OrderedDict()
        self._pieces_used: dict[_PieceKey, int] = {}
        # Animated texts would otherwise fill the memory.
        self._wrapped = lru_cache(_MOST_TEXTS)(self._wrap)
        self._measured = lru_cache(_MOST_TEXTS)(self._measure)
        self.bytes = 0

    def rows(self, text: str, font: str | None, size: float, width: float | None = None) -> list[str]:
        """The rows of a text as they are drawn; see `characters.lines_of`.

        Args:
            text: Any text.
            font: Path of a font file, or None for the font that ships.
            size: Of the letters, in pixels.
            width: If given, lines break so that they are at most this many pixels wide.
        """
        if width is None and text.isascii() and text.isprintable():
            return [text]
        return self._wrapped(text, font, size, width)

    def line(self, text: str, font: str | None, size: float) -> Line:
        """The layout of one line.

        Args:
            text: One of `rows`.
            font: Path of a font file, or None for the font that ships.
            size: Of the letters, in pixels.

        Raises:
            ValueError: The font cannot be read.
        """
        key = (text, font, size)
        if key not in self._lines:
            self._lines[key] = self._laid_out(text, font, size)
            if len(self._lines) > _MOST_LINES:
                self._forget_oldest_line()
        self._lines.move_to_end(key)
        self._lines_used[key] = self._frame
        return self._lines[key]

    def piece(self, piece: Piece, size: float) -> PieceTexture:
        """The texture of a piece of a line, for letters of a height in pixels."""
        key = (piece.runs, size)
        if key not in self._pieces:
            self._keep(key, self._upload(piece_mask(piece.runs, size, self._fonts)))
        self._pieces.move_to_end(key)
        self._pieces_used[key] = self._frame
        return self._pieces[key]

    def begin_frame(self) -> None:
        """Drop what was not written for a while."""
        self._frame += 1
        oldest = self._frame - RESTING
        while self._pieces and self._pieces_used[next(iter(self._pieces))] < oldest:
            self._drop_oldest()
        while self._lines and self._lines_used[next(iter(self._lines))] < oldest:
            self._forget_oldest_line()

    def measure(
        self, text: str, font: str | None, size: float, width: float | None = None
    ) -> tuple[float, float]:
        """Width of the longest line of a text and height of all, in pixels; arguments as of `rows`."""
        return self._measured(text, font, size, width)

    def notices(self) -> list[str]:
        """Messages for the author since the last call, such as which characters no font has."""
        notices, self._fonts.notices = self._fonts.notices, []
        return notices

    def release(self) -> None:
        """Release every texture."""
        while self._pieces:
            self._drop_oldest()
        self._lines.clear()
        self._lines_used.clear()

    def _wrap(self, text: str, font: str | None, size: float, width: float | None) -> list[str]:
        rows = lines_of(text)
        if width is None:
            return rows
        return wrapped("\n".join(rows), width, lambda row: self._laid_out(row, font, size).advance)

    def _measure(self, text: str, font: str | None, size: float, width: float | None) -> tuple[float, float]:
        rows = self.rows(text, font, size, width)
        lines = [self.line(row, font, size) for row in dict.fromkeys(rows)]
        paths = {placed.run.path for line in lines for piece in line.pieces for placed in piece.runs}
        times = oversampling(size)
        metrics = [self._fonts.face(path, size * times).getmetrics() for path in paths or {font or OWN}]
        high = (max(ascent for ascent, _ in metrics) + max(descent for _, descent in metrics)) / times
        return max(line.advance for line in lines), high + (len(rows) - 1) * LINE_SPACING * size

    def _laid_out(self, text: str, font: str | None, size: float) -> Line:
        return lay_out(self._fonts.runs(text, font), size, self._fonts, self._longest)

    def _upload(self, mask: Mask) -> PieceTexture:
        high, wide = mask.coverage.shape
        if wide == 0 or high == 0:
            return PieceTexture(None, mask.left, mask.top, 0, 0)
        coverage = mask.coverage
        if max(high, wide) > self._largest:  # a letter drawn as a sentence, or with many marks
            share = self._largest / max(high, wide)
            size = (max(int(wide * share), 1), max(int(high * share), 1))
            coverage = np.asarray(Image.fromarray(coverage).resize(size, Image.Resampling.BOX))
        texture = self._ctx.texture(coverage.shape[::-1], 1, np.ascontiguousarray(coverage), alignment=1)
        texture.repeat_x = texture.repeat_y = False
        return PieceTexture(texture, mask.left, mask.top, wide, high)

    def _keep(self, key: _PieceKey, piece: PieceTexture) -> None:
        self._pieces[key] = piece
        self._pieces_used[key] = self._frame
        self.bytes += _bytes_of(piece)
        while self.bytes > self._limit and len(self._pieces) > 1:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        key, oldest = self._pieces.popitem(last=False)
        del self._pieces_used[key]
        self.bytes -= _bytes_of(oldest)
        if oldest.texture is not None:
            oldest.texture.release()

    def _forget_oldest_line(self) -> None:
        key, _ = self._lines.popitem(last=False)
        del self._lines_used[key]


def _bytes_of(piece: PieceTexture) -> int:
    texture = piece.texture
    return _EACH + (0 if texture is None else texture.width * texture.height)
