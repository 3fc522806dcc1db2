"""The scenes that every renderer of the benchmark draws, as arrays, and what the first one looks like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIZE = (1280, 720)
GROUND = (16, 17, 22)
SAMPLES = 4  # of the reference, along each side of a pixel


@dataclass(frozen=True)
class Lines:
    """Strokes: xy of shape (strokes, points, 2), widths (strokes, points), colors (strokes, 3) in 0..255."""

    xy: Floats
    width: Floats
    color: NDArray[np.uint8]


@dataclass(frozen=True)
class Figures:
    """Shapes: kind (0 circle, 1 ellipse, 2 rectangle, 3 triangle), xy (n, 2), half sizes (n, 2), colors."""

    kind: NDArray[np.int64]
    xy: Floats
    half: Floats
    color: NDArray[np.uint8]


def lines(strokes: int = 100, points: int = 100, seed: int = 1) -> Lines:
    """Strokes that wander over the page as a hand does, 2 to 12 pixels wide and changing along the way.

    A hundred strokes of a hundred points make the ten thousand segments of the benchmark, 6 pixels each.
    """
    rng = np.random.default_rng(seed)
    bend = rng.normal(0, 0.06, (strokes, points)).cumsum(axis=1)
    bend -= bend.mean(axis=1, keepdims=True)
    heading = rng.uniform(0, 2 * np.pi, (strokes, 1)) + bend.cumsum(axis=1) + rng.normal(0, 0.1, bend.shape)
    steps = 6 * np.stack([np.cos(heading), np.sin(heading)], axis=2)
    xy = steps.cumsum(axis=1)
    middle = rng.uniform((120, 90), (SIZE[0] - 120, SIZE[1] - 90), (strokes, 2))
    xy += (middle - xy.mean(axis=1))[:, None]
    swing = rng.uniform(0, 2 * np.pi, (strokes, 1)) + np.linspace(0, 1, points) * rng.uniform(
        6, 20, (strokes, 1)
    )
    color = rng.integers(90, 256, (strokes, 3)).astype(np.uint8)
    return Lines(xy, 7 + 5 * np.sin(swing), color)


def figures(count: int = 10_000, seed: int = 2) -> Figures:
    """Small shapes of four kinds, all over the page, in any color."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 4, count)
    half = rng.uniform(2, 8, (count, 2))
    half[kind == 0, 1] = half[kind == 0, 0]
    color = rng.integers(60, 256, (count, 3)).astype(np.uint8)
    return Figures(kind, rng.uniform((0, 0), SIZE, (count, 2)), half, color)


def circles(count: int = 10_000) -> Figures:
    """As many circles."""
    made = figures(count)
    return Figures(np.zeros_like(made.kind), made.xy, made.half[:, :1].repeat(2, axis=1), made.color)


def reference(scene: Lines) -> NDArray[np.uint8]:
    """The strokes counted at 4 x 4 places in every pixel, in the order they are drawn: uint8 (h, w, 3).

    Each is the union of the discs that glide from point to point. Slow, and independent of any renderer.
    """
    width, height = SIZE
    fine = np.empty((height * SAMPLES, width * SAMPLES, 3), dtype=np.uint8)
    fine[:] = GROUND
    for xy, size, color in zip(scene.xy, scene.width, scene.color, strict=True):
        for a, b, ra, rb in zip(xy[:-1], xy[1:], size[:-1] / 2, size[1:] / 2, strict=True):
            _fill_segment(fine, a, b, float(ra), float(rb), color)
    cells = fine.reshape(height, SAMPLES, width, SAMPLES, 3)
    return np.rint(cells.mean(axis=(1, 3))).astype(np.uint8)


def error(picture: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """Mean absolute error of every channel, in 255ths."""
    return float(np.abs(picture.astype(np.int16) - truth).mean())


def _fill_segment(
    fine: NDArray[np.uint8], a: Floats, b: Floats, ra: float, rb: float, color: NDArray[np.uint8]
) -> None:
    """Color every sample that lies in a disc on the way from a to b, in place."""
    rows, columns = fine.shape[:2]
    low, high = np.minimum(a - ra, b - rb), np.maximum(a + ra, b + rb)
    left, top = np.maximum(np.floor(low * SAMPLES).astype(int), 0)
    right, bottom = np.minimum(np.ceil(high * SAMPLES).astype(int) + 1, (columns, rows))
    if left >= right or top >= bottom:
        return
    x = (np.arange(left, right) + 0.5) / SAMPLES
    y = ((np.arange(top, bottom) + 0.5) / SAMPLES)[:, None]
    inside = ((x - a[0]) ** 2 + (y - a[1]) ** 2 <= ra**2) | ((x - b[0]) ** 2 + (y - b[1]) ** 2 <= rb**2)
    chord = b - a
    length = float(np.hypot(*chord))
    if length > abs(ra - rb):
        inside |= _between(x, y, a, chord / length, length, ra, rb)
    fine[top:bottom, left:right][inside] = color


def _between(
    x: Floats, y: Floats, a: Floats, along: Floats, length: float, ra: float, rb: float
) -> NDArray[np.bool_]:
    """Whether samples lie in the quadrilateral between the two tangents that both end discs share."""
    sine = (ra - rb) / length
    cosine = np.sqrt(1 - sine**2)
    forward = (x - a[0]) * along[0] + (y - a[1]) * along[1]
    aside = np.abs((y - a[1]) * along[0] - (x - a[0]) * along[1])
    under = forward * sine + aside * cosine <= ra
    # The tangents touch the discs somewhat behind or ahead of their middles.
    beside = forward * cosine - aside * sine
    return under & (beside >= 0) & (beside <= length * cosine)
