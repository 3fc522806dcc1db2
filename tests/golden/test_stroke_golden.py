"""Pictures of strokes to look at; see test_golden."""

import math

import numpy as np
import pytest

from sketch.ink.style import StrokeStyle
from sketch.render.strokes.brushes import brush_names
from tests.awkward import AWKWARD, SIDE

BLUE, AMBER, GREEN = (140, 200, 255, 170), (255, 180, 90, 200), (120, 220, 170, 128)


def wave(x, y, width=200, height=14, count=60):
    t = np.linspace(0, 1, count)
    return np.column_stack((x + width * t, y + height * np.sin(9 * t)))


def eight(x, y, size, count=90):
    t = np.linspace(0.4, 0.4 + 2 * math.pi * 0.98, count)
    return np.column_stack((x + size * np.sin(t), y + size * 0.7 * np.sin(2 * t)))


def test_caps_and_joins(draw, golden):
    def paint(canvas):
        for row, cap in enumerate(("round", "butt", "square")):
            for column, join in enumerate(("round", "miter", "bevel")):
                with canvas.pushed():
                    canvas.translate(column * 96, row * 72)
                    style = StrokeStyle(cap=cap, join=join)
                    canvas.stroke([(12, 60), (30, 18), (48, 60)], 10, BLUE, style=style)
                    canvas.stroke([(58, 16), (82, 12), (60, 28), (84, 34)], 6, AMBER, style=style)
                    canvas.stroke([(62, 46), (68, 58), (84, 54)], [3, 9, 5], GREEN, style=style)

    golden(draw((288, 216), paint))


@pytest.mark.parametrize("join", ["miter", "bevel"])
def test_awkward_joins(draw, golden, join):
    def paint(canvas):
        for index, stroke in enumerate(AWKWARD):
            with canvas.pushed():
                canvas.translate(index % 6 * SIDE, index // 6 * SIDE)
                canvas.stroke(stroke.points, stroke.width, BLUE, style=StrokeStyle(cap="butt", join=join))

    golden(draw((6 * SIDE, 4 * SIDE), paint))


def test_dashes(draw, golden):
    def paint(canvas):
        canvas.stroke(wave(10, 24), 6, BLUE, style=StrokeStyle(dash=(14, 8), cap="butt"))
        canvas.stroke(wave(10, 54), 6, BLUE, style=StrokeStyle(dash=(0.01, 10)))
        canvas.stroke(wave(10, 84), 6, BLUE, style=StrokeStyle(dash=(16, 9, 4, 9)))
        corner = StrokeStyle(dash=(20, 6), dash_offset=7, cap="butt", join="miter")
        canvas.stroke([(10, 120), (90, 106), (116, 140), (210, 118)], 7, AMBER, style=corner)
        canvas.stroke(eight(110, 180, 46), 8, GREEN, style=StrokeStyle(dash=(9, 12), overlap="flat"))

    golden(draw((220, 220), paint))


def test_overlaps(draw, golden):
    def paint(canvas):
        for column, overlap in enumerate(("flat", "build")):
            canvas.stroke(eight(70 + 130 * column, 50, 52), 16, GREEN, style=StrokeStyle(overlap=overlap))
            zigzag = [(20 + 130 * column + 12 * i, 112 + 26 * (i % 2)) for i in range(9)]
            canvas.stroke(zigzag, 9, AMBER, style=StrokeStyle(overlap=overlap))

    golden(draw((270, 150), paint))


def test_tapers_and_curves(draw, golden):
    def paint(canvas):
        canvas.stroke(wave(10, 24), 13, AMBER, style=StrokeStyle(taper_start=60, taper_end=100))
        canvas.stroke([(10, 58), (210, 58)], 13, AMBER, style=StrokeStyle(taper_start=14, taper_end=50))
        sparse = [(10, 130), (40, 90), (46, 125), (90, 92), (130, 140), (136, 92), (142, 140), (210, 104)]
        canvas.stroke(sparse, 1, (120, 120, 130))
        canvas.stroke(sparse, 4, BLUE, style=StrokeStyle(smooth=True, overlap="flat"))
        swelling = StrokeStyle(smooth=True, taper_start=30, taper_end=30)
        canvas.stroke(
            [(10, 170), (60, 150), (110, 180), (160, 150), (210, 170)],
            [2, 14, 4, 14, 2],
            GREEN,
            style=swelling,
        )

    golden(draw((220, 190), paint))


@pytest.mark.parametrize("name", brush_names())
@pytest.mark.parametrize("ground", ["paper", "night"])
def test_brush(draw, golden, name, ground):
    def paint(canvas):
        canvas.background("#f4f0e6" if ground == "paper" else "#16181d")
        color = "#c8552d" if ground == "paper" else "#ffb454"
        canvas.color(60 if ground == "paper" else 150)
        canvas.rect(92, 0, 10, 100)
        style = StrokeStyle(brush=name)
        canvas.stroke(wave(20, 30, 130), None, color, style=style)
        canvas.stroke([(20, 70), (70, 64), (44, 88), (84, 92)], None, color, style=style)
        canvas.stroke(eight(150, 72, 26), None, color, style=style)

    golden(draw((190, 106), paint))
