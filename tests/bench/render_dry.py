"""Ink that is dry, a pen that is not, and what is allocated on the way."""

import statistics
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

import moderngl
import numpy as np

import sketch
from sketch.host.offscreen import offscreen_context
from sketch.input.events import PointerEvent
from sketch.loop import Stage, run_frame
from sketch.render.canvas import Canvas
from tests.bench._row import table_row
from tests.bench.render_scene import SIZE, lines

Row = dict[str, Any]

STEP = 1 / 60
PEN_RATE = 1000  # points a second
PEN_SECONDS = 1.0  # of one stroke of the pen
FRAMES = 900
WARM_UP = 300  # frames, in which the dry ink is painted
ROUNDS = 8
MAKERS = ("buffer", "texture", "framebuffer", "simple_framebuffer", "renderbuffer", "vertex_array", "program")


class Page(sketch.Sketch):
    """A page that shows its ink and nothing else."""

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ink."""
        canvas.background(12)
        canvas.ink(self.ink)


class Desk:
    """A page with dry ink on it, and a pen that never rests.

    Args:
        context: Where to draw.
        segments: Of dry ink.
    """

    def __init__(self, context: moderngl.Context, segments: int) -> None:
        self._context = context
        self._target = context.simple_framebuffer(SIZE, components=4)
        self.page = Page()
        for stroke in dry_strokes(segments):
            self.page.ink.add(stroke)
        self.stage = Stage(self.page, Canvas(context, SIZE))
        self._now = 0.0
        self._points = 0

    def frame(self, pen: bool = True) -> float:
        """Draw one frame to its very end; return its milliseconds."""
        self._now += STEP
        if pen:
            self._move_pen()
        began = perf_counter()
        run_frame(self.stage, self._now, self._target)
        self._context.finish()
        return (perf_counter() - began) * 1e3

    def release(self) -> None:
        """Give the GPU's resources back."""
        self.stage.canvas.release()
        self._target.release()

    def _move_pen(self) -> None:
        """What a pen of so many points a second reports between two frames."""
        stroke = round(PEN_RATE * PEN_SECONDS)
        while self._points < self._now * PEN_RATE:
            at, t = self._points % stroke, self._points / PEN_RATE
            x = 640 + 500 * np.sin(1.3 * t) * np.cos(0.37 * t)
            y = 360 + 280 * np.cos(1.9 * t)
            kind = "down" if at == 0 else "up" if at == stroke - 1 else "move"
            self.stage.queue.put(PointerEvent(kind, float(x), float(y), t, 0.6, 0, "pen", "left"))
            self._points += 1


def dry_strokes(segments: int) -> list[sketch.Stroke]:
    """Strokes of a hundred points that make so many segments, near enough."""
    made: list[sketch.Stroke] = []
    scene = lines(segments // 100, 100)
    for xy, width, color in zip(scene.xy, scene.width, scene.color, strict=True):
        points = np.full((len(xy), 4), 0.5, dtype=np.float32)
        points[:, :2] = xy
        points[:, 2] = np.arange(len(xy)) / 120
        red, green, blue = (float(channel) / 255 for channel in color)
        made.append(sketch.Stroke(points, (red, green, blue, 1.0), width.astype(np.float32)))
    return made


def dry_rows() -> list[Row]:
    """Frames with dry ink and a wet pen, how little the dry ink matters, and allocations at rest."""
    context = offscreen_context()
    try:
        return [*_paced(context), _flat(context), _allocations(context)]
    finally:
        context.release()


def _paced(context: moderngl.Context) -> list[Row]:
    desk = Desk(context, 100_000)
    first = desk.frame()
    for _ in range(WARM_UP):
        desk.frame()
    times = [desk.frame() for _ in range(FRAMES)]
    desk.release()
    p50, p99 = np.percentile(times, (50, 99)).tolist()
    return [
        table_row(
            "render",
            "dry100k_p99_ms",
            p99,
            "ms",
            16.6,
            peer={"p50": p50, "max": max(times), "first_frame": first},
        )
    ]


def _flat(context: moderngl.Context) -> Row:
    """Ratio of a frame over a million segments to one over ten thousand, measured alternately."""
    few, many = Desk(context, 10_000), Desk(context, 1_000_000)
    first = many.frame()
    for _ in range(WARM_UP):
        few.frame()
        many.frame()
    ratios: list[float] = []
    medians: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        pairs = [(few.frame(), many.frame()) for _ in range(60)]
        low, high = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratios.append(high / low)
        medians.append((low, high))
    few.release()
    many.release()
    low, high = (statistics.median(each) for each in zip(*medians, strict=True))
    peer = {"10k_ms": low, "1M_ms": high, "first_frame_1M": first}
    return table_row("render", "dry_flat_ratio", statistics.median(ratios), "ratio", 1.1, peer=peer)


def _allocations(context: moderngl.Context) -> Row:
    """Resources of the GPU that are made in a frame in which nothing is new."""
    desk = Desk(context, 10_000)
    for _ in range(WARM_UP):
        desk.frame(pen=False)
    with counted() as made:
        for _ in range(60):
            desk.frame(pen=False)
    desk.release()
    return table_row("render", "allocations_at_rest", len(made) / 60, "a frame", 0, peer={})


@contextmanager
def counted() -> Generator[list[str]]:
    """Note the kind of everything that is made in any context."""
    made: list[str] = []

    def noting(name: str) -> Any:
        maker = getattr(moderngl.Context, name)

        def make(*arguments: Any, **options: Any) -> Any:
            made.append(name)
            return maker(*arguments, **options)

        return make

    with ExitStack() as stack:
        for name in MAKERS:
            stack.enter_context(patch.object(moderngl.Context, name, noting(name)))
        yield made
