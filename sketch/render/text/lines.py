"""Writes text: shaped and drawn by Pillow, kept as one texture a line, colored on the GPU."""

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sketch.render.matrix import Matrix
from sketch.render.shapes.quads import Quad, quad_at
from sketch.render.text.fonts import Face, Fonts
from sketch.render.text.wrapping import wrapped

Align: TypeAlias = Literal["left", "center", "right"]
ALIGNMENTS: tuple[Align, ...] = get_args(Align)

LINE_SPACING = 1.25
"""Distance of two baselines, in sizes."""

_MARGIN = 1  # clear pixels on each side, so that a filtered edge does not bleed


@dataclass(frozen=True, slots=True)
class LineMask:
    """One line of text as coverage.

    Attributes:
        coverage: Uint8 array of shape (h, w); w or h is 0 where nothing is visible.
        left: Pixels from the pen's start to the left edge of the array.
        top: Pixels from the baseline down to its top edge, so usually negative.
        advance: How far the pen moves along the baseline, in pixels.
    """

    coverage: NDArray[np.uint8]
    left: int
    top: int
    advance: float


@dataclass(frozen=True, slots=True)
class LineTexture:
    """A line of text on the GPU; `texture` is None where nothing is visible. The rest as in `LineMask`."""

    texture: moderngl.Texture | None
    left: int
    top: int
    advance: float
    size: tuple[int, int]


def line_mask(text: str, face: Face) -> LineMask:
    """Draw one line of text in a face, with ligatures and joined scripts where Pillow has Raqm."""
    advance = float(face.getlength(text))
    left, top, right, bottom = (round(edge) for edge in face.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return LineMask(np.empty((0, 0), dtype=np.uint8), 0, 0, advance)
    left, top = left - _MARGIN, top - _MARGIN
    picture = Image.new("L", (right - left + _MARGIN, bottom - top + _MARGIN))
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=face, anchor="ls")
    return LineMask(np.asarray(picture), left, top, advance)


def check_align(align: str) -> Align:
    """Return the alignment, or refuse one that does not exist.

    Raises:
        ValueError: There is no such alignment.
    """
    if align not in ALIGNMENTS:
        raise ValueError(f"align= must be one of {', '.join(ALIGNMENTS)}; got {align!r}")
    return align


def align_offset(align: Align, advance: float) -> float:
    """Where a line starts, seen from the point it is aligned to."""
    return {"left": 0.0, "center": -advance / 2, "right": -advance}[align]


def texture_size(size: float, ratio: float, scale: float) -> float:
    """How large letters are drawn into a texture, in pixels.

    Args:
        size: Of the letters, in logical pixels.
        ratio: Pixels of the framebuffer a logical pixel.
        scale: Pixels a unit under the transform, the ratio included.

    Returns:
        Their size on the screen where nothing is scaled; under a scaled transform a power of two times that,
        not smaller than they appear, so that a zoom fills the cache with few sizes. At most 1024 pixels by
        zooming alone.
    """
    zoom = scale / ratio
    if zoom <= 0:
        return size * ratio
    power = 2.0 ** math.ceil(math.log2(zoom) - 1e-6)
    return size * ratio * min(power, max(1.0, 1024 / (size * ratio)))


def line_quad(line: LineTexture, matrix: Matrix, x: float, y: float, unit: float) -> Quad:
    """Where the texture of a line goes.

    Args:
        line: The line.
        matrix: From the author's coordinates to pixels.
        x: Where the pen starts.
        y: The baseline.
        unit: How much one pixel of the texture measures in the author's coordinates.

    Returns:
        Its place; on whole pixels where a pixel of the texture is one of the screen, since that is sharpest.
    """
    quad = quad_at(
        matrix, x + line.left * unit, y + line.top * unit, line.size[0] * unit, line.size[1] * unit
    )
    a, b, c, d, _, _ = matrix
    if b == c == 0 and abs(a * unit - 1) < 1e-6 and abs(d * unit - 1) < 1e-6:
        return Quad((round(quad.origin[0]), round(quad.origin[1])), (line.size[0], 0, 0, line.size[1]))
    return quad


RESTING = 120
"""Frames after which a line is forgotten that nobody wrote: a number that counts is a new one every time."""

_EACH = 4096
"""Bytes that a texture takes beside its pixels, in the driver and in the context."""


class TextCache:
    """Keeps the lines that were written last as textures.

    Args:
        ctx: The context to draw in.
        limit: Bytes of textures to keep; the line not used for longest goes first.
    """

    def __init__(self, ctx: moderngl.Context, limit: int = 64 << 20) -> None:
        self._frame = 0
        self._used: dict[tuple[str, str | None, float], int] = {}
        self._ctx = ctx
        self._limit = limit
        self._fonts = Fonts()
        self._lines: OrderedDict[tuple[str, str | None, float], LineTexture] = OrderedDict()
        self._wrapped: dict[tuple[str, str | None, float, float], list[str]] = {}
        self.bytes = 0

    def line(self, text: str, font: str | None, size: float) -> LineTexture:
        """The texture of one line.

        Args:
            text: Without line breaks.
            font: Path of a font file, or None for the default face and its stand-ins.
            size: Of the letters, in pixels.

        Raises:
            ValueError: The font cannot be read, or the line is larger than the driver's largest texture.
        """
        key = (text, font, size)
        if key not in self._lines:
            self._keep(key, self._upload(self._mask(text, font, size)))
        self._lines.move_to_end(key)
        self._used[key] = self._frame
        return self._lines[key]

    def begin_frame(self) -> None:
        """Forget the lines that were not written for a while."""
        self._frame += 1
        while self._lines and self._used[next(iter(self._lines))] < self._frame - RESTING:
            self._drop_oldest()

    def wrapped(self, text: str, font: str | None, size: float, width: float) -> list[str]:
        """Break a text into lines no wider than so many pixels; see `wrapping.wrapped`."""
        key = (text, font, size, width)
        if key not in self._wrapped:
            if len(self._wrapped) >= 256:  # texts that are animated would otherwise pile up
                self._wrapped.clear()
            self._wrapped[key] = wrapped(text, width, lambda line: self.measure(line, font, size)[0])
        return self._wrapped[key]

    def measure(self, text: str, font: str | None, size: float) -> tuple[float, float]:
        """Width of the longest line, and height of all of them, in pixels."""
        lines = text.split("\n")
        width = max(self._face(line, font, size).getlength(line) for line in lines)
        ascent, descent = self._face(text, font, size).getmetrics()
        return float(width), float(ascent + descent + (len(lines) - 1) * LINE_SPACING * size)

    def release(self) -> None:
        """Give every texture back."""
        for line in self._lines.values():
            if line.texture is not None:
                line.texture.release()
        self._lines.clear()
        self._used.clear()
        self.bytes = 0

    def _face(self, text: str, font: str | None, size: float) -> Face:
        return self._fonts.face(self._fonts.choose(text, font), size)

    def _mask(self, text: str, font: str | None, size: float) -> LineMask:
        face = self._face(text, font, size)
        largest = int(self._ctx.info["GL_MAX_TEXTURE_SIZE"])
        if max(face.getlength(text), size) > largest - 2 * size:
            raise ValueError(
                f"text {text[:20]!r} at {size:.0f} pixels is larger than the driver's {largest} pixels"
            )
        return line_mask(text, face)

    def _upload(self, mask: LineMask) -> LineTexture:
        height, width = mask.coverage.shape
        if width == 0:
            return LineTexture(None, mask.left, mask.top, mask.advance, (0, 0))
        texture = self._ctx.texture((width, height), 1, np.ascontiguousarray(mask.coverage), alignment=1)
        texture.repeat_x = texture.repeat_y = False
        return LineTexture(texture, mask.left, mask.top, mask.advance, (width, height))

    def _keep(self, key: tuple[str, str | None, float], line: LineTexture) -> None:
        self._lines[key] = line
        self._used[key] = self._frame
        self.bytes += _EACH + line.size[0] * line.size[1]
        while self.bytes > self._limit and len(self._lines) > 1:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        key, oldest = self._lines.popitem(last=False)
        del self._used[key]
        self.bytes -= _EACH + oldest.size[0] * oldest.size[1]
        if oldest.texture is not None:
            oldest.texture.release()
