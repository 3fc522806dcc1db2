import resource
from functools import partial

import numpy as np
import pytest

from sketch.ink.style import StrokeStyle
from sketch.render import stroke_parts
from sketch.render.canvas import Canvas


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
    monkeypatch.setattr(stroke_parts, "PART", 90)
    monkeypatch.setattr(stroke_parts, "CONTEXT", 60)
    assert np.abs(draw((200, 120), paint) - whole).max() <= 1.01 / 255


def test_a_million_points_are_drawn_in_little_memory(draw):
    t = np.linspace(0, 1, 1_000_000)
    points = np.column_stack((20 + 1960 * t, 50 + 30 * np.sin(6000 * t))).astype(np.float32)
    draw((200, 100), partial(Canvas.stroke, points=points[:5000], width=2))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    drawn = draw((200, 100), partial(Canvas.stroke, points=points, width=2))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert drawn[30:70, 30:, 0].mean() > 0.5
