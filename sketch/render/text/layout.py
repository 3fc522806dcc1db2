"""Lay out a line of text in pieces that fit a texture, and draw a piece as coverage, without a GPU."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from sketch.arrays import Pixels
from sketch.render.text.characters import is_mark
from sketch.render.text.fonts import OWN, Fonts, Run

_MARGIN = 1  # clear pixels on each side, so that a filtered edge does not bleed

_FINE = 64.0
"""Least height of letters in pixels before they are scaled down, to places between pixels."""

# Counting numbers keep their place (tabular digits), and "->" is not drawn as an arrow.
_OWN_FEATURES = ["tnum", "-calt"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A run, and its start along the line, in pixels."""

    run: Run
    start: float


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that fits a texture.

    Attributes:
        runs: Its runs, from left to right, each with its start from the start of the piece.
        start: Its start along the line, in pixels.
        width: Its advance, in pixels.
    """

    runs: tuple[Placed, ...]
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Line:
    """The layout of a line of text.

    Attributes:
        pieces: From left to right; one piece, unless the line is too long for a texture.
        size: Height of its letters, in pixels.
        advance: Its width along the baseline, in pixels.
    """

    pieces: tuple[Piece, ...]
    size: float
    advance: float


@dataclass(frozen=True, slots=True)
class Mask:
    """A piece of a line as coverage.

    Attributes:
        coverage: Uint8 of shape (h, w); w or h is 0 where nothing is visible.
        left: As in `PieceTexture`.
        top: Likewise.
    """

    coverage: Pixels
    left: int
    top: int


def oversampling(size: float) -> int:
    """Factor by which letters of a size in pixels are drawn larger than they are shown."""
    return max(1, min(8, math.ceil(_FINE / size)))


def piece_mask(runs: Sequence[Placed], size: float, fonts: Fonts) -> Mask:
    """Draw runs next to each other.

    Small letters are drawn larger and scaled down, which places each to a fraction of a pixel, with the same
    spacing as large letters.

    Args:
        runs: The runs and their places.
        size: Height of the letters, in pixels.
        fonts: Opens the fonts.
    """
    times = oversampling(size)
    boxes: list[tuple[int, Run, tuple[int, ...]]] = []
    for placed in runs:
        face = fonts.face(placed.run.path, size * times)
        box = face.getbbox(placed.run.text, anchor="ls", **_shaping(placed.run, fonts))
        box = (math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3]))
        if box[2] > box[0] and box[3] > box[1]:
            boxes.append((round(placed.start * times), placed.run, box))
    if not boxes:
        return Mask(np.empty((0, 0), dtype=np.uint8), 0, 0)
    left = math.floor(min(at + box[0] for at, _, box in boxes) / times) - _MARGIN
    top = math.floor(min(box[1] for _, _, box in boxes) / times) - _MARGIN
    right = math.ceil(max(at + box[2] for at, _, box in boxes) / times) + _MARGIN
    bottom = math.ceil(max(box[3] for _, _, box in boxes) / times) + _MARGIN
    picture = Image.new("L", ((right - left) * times, (bottom - top) * times))
    pen = ImageDraw.Draw(picture)
    for at, run, _ in boxes:
        face = fonts.face(run.path, size * times)
        place = (at - left * times, -top * times)
        pen.text(place, run.text, fill=255, font=face, anchor="ls", **_shaping(run, fonts))
    return Mask(np.asarray(picture.reduce(times) if times > 1 else picture), left, top)


def run_width(run: Run, size: float, fonts: Fonts) -> float:
    """The advance of a run, in pixels, at a height of its letters."""
    times = oversampling(size)
    face = fonts.face(run.path, size * times)
    return float(face.getlength(run.text, **_shaping(run, fonts))) / times


def lay_out(runs: Sequence[Run], size: float, fonts: Fonts, longest: float) -> Line:
    """Put runs one after the other, in pieces not much wider than `longest` pixels."""
    most = max(4, min(256, int(longest / size)))  # letters that surely fit
    pieces: list[Piece] = []
    placed: list[Placed] = []
    start = width = 0.0
    for part in (part for run in runs for part in _parts(run, most)):
        wide = run_width(part, size, fonts)
        if placed and width + wide > longest:
            pieces.append(Piece(tuple(placed), start, width))
            placed, start, width = [], start + width, 0.0
        placed.append(Placed(part, width))
        width += wide
    if placed:
        pieces.append(Piece(tuple(placed), start, width))
    return Line(tuple(pieces), size, start + width)


def _parts(run: Run, most: int) -> list[Run]:
    """Split a long run, after spaces where possible, from left to right."""
    parts: list[str] = []
    rest = run.text
    while len(rest) > most:
        cut = rest.rfind(" ", most // 2, most) + 1 or most
        while cut < len(rest) - 1 and is_mark(rest[cut]):
            cut += 1
        parts.append(rest[:cut])
        rest = rest[cut:]
    parts.append(rest)
    if run.direction == "rtl":
        parts.reverse()
    return [Run(part, run.path, run.direction) for part in parts]


def _shaping(run: Run, fonts: Fonts) -> dict[str, Any]:
    if not fonts.shapes:
        return {}
    return {"direction": run.direction, "features": _OWN_FEATURES if run.path == OWN else None}
