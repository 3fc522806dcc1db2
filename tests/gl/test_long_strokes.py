import resource
from functools import partial

import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke
from sketch.ink.points import as_points
from sketch.ink.style import StrokeStyle
from sketch.render.canvas import Canvas
from sketch.render.drawing.ink import InkDrawing
from sketch.render.layers import repaint
from sketch.render.strokes import rows
from tests.gl.conftest import new_framebuffer, release


def winding(count):
    t = np.linspace(0, 1, count)
    noise = np.random.default_rng(2).normal(0, 0.6, (count, 2))
    return np.column_stack((100 + 80 * np.sin(23 * t), 60 + 45 * np.sin(17 * t + 1))) + noise


@pytest.mark.parametrize(
    "style",
    [
        StrokeStyle(),
        StrokeStyle(overlap="flat"),
        StrokeStyle(cap="butt", join="bevel"),
        StrokeStyle(dash=(20, 7)),
        StrokeStyle(brush="chalk"),
    ],
    ids=["plain", "flat", "beveled", "dashed", "chalk"],
)
def test_a_stroke_drawn_in_parts_looks_like_one_drawn_whole(draw, monkeypatch, style):
    points = winding(700)
    width, color = 3 + 2 * np.sin(np.arange(700) / 30), np.tile((255, 120, 40, 130), (700, 1))
    paint = partial(Canvas.stroke, points=points, width=width, color=color, style=style)
    whole = draw((200, 120), paint)
    monkeypatch.setattr(rows, "PART", 90)
    monkeypatch.setattr(rows, "CONTEXT", 60)
    assert np.abs(draw((200, 120), paint) - whole).max() <= 1.01 / 255


def test_a_million_points_are_drawn_in_little_memory(draw):
    t = np.linspace(0, 1, 1_000_000)
    points = np.column_stack((20 + 1960 * t, 50 + 30 * np.sin(6000 * t))).astype(np.float32)
    draw((200, 100), partial(Canvas.stroke, points=points[:5000], width=2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    drawn = draw((200, 100), partial(Canvas.stroke, points=points, width=2))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert drawn[30:70, 30:, 0].mean() > 0.5


def test_a_long_stroke_is_painted_again_a_part_each_frame_and_looks_the_same(ctx, monkeypatch):
    monkeypatch.setattr(repaint, "PIECE", 100)
    points = np.column_stack((winding(1500), np.zeros((1500, 2)))).astype(np.float32)
    stroke = Stroke(points, (1.0, 0.5, 0.2, 0.5), 3 + 2 * np.sin(np.arange(1500, dtype=np.float32) / 30))
    ink = Ink()
    ink.add(stroke)
    canvas = Canvas(ctx, (200, 120))
    canvas._layers.budget = 300
    painted = []
    paint_dry = InkDrawing.paint_dry
    monkeypatch.setattr(
        InkDrawing, "paint_dry", lambda self, s, look: (painted.append(len(s)), paint_dry(self, s, look))
    )
    frame = new_framebuffer(ctx, canvas)

    def drawn():
        canvas.begin(frame)
        canvas.background(0)
        canvas.ink(ink)
        canvas.end()
        return np.frombuffer(frame.read(components=3), np.uint8).astype(int)

    whole = drawn()
    ink.add(Stroke(as_points([(20, 60), (180, 60)])))
    drawn()
    ink.undo()
    painted.clear()
    drawn()
    first = len(painted)
    last = whole
    for _ in range(20):
        last = drawn()
    assert 0 < first < len(painted)
    assert np.abs(last - whole).max() <= 2
    canvas.release()
    release(frame)
