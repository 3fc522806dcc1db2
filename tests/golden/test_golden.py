"""Pictures to look at: run with --update-golden after a change that is meant to show, and look again."""

import math

import numpy as np
import pytest

from sketch.ink.ink import Ink, Stroke, WetStroke
from sketch.ink.points import as_points
from sketch.render.canvas import Canvas
from tests.awkward import AWKWARD, SIDE


@pytest.fixture
def draw(ctx):
    """Draw one frame and return it as uint8 of shape (h, w, 3)."""

    def run(size, paint):
        canvas = Canvas(ctx, size)
        framebuffer = ctx.simple_framebuffer(size)
        canvas.begin(framebuffer)
        canvas.background("#16181d")
        paint(canvas)
        canvas.end()
        pixels = np.frombuffer(framebuffer.read(components=3), np.uint8).reshape(size[1], size[0], 3)[::-1]
        canvas.release()
        ctx.detect_framebuffer(0).use()
        framebuffer.release()
        return np.ascontiguousarray(pixels)

    return run


def test_strokes(draw, golden):
    def paint(canvas):
        for index, stroke in enumerate(AWKWARD):
            with canvas.pushed():
                canvas.translate(index % 6 * SIDE, index // 6 * SIDE)
                canvas.stroke(stroke.points, stroke.width, color=(140, 200, 255, 150))

    golden(draw((6 * SIDE, 4 * SIDE), paint))


def test_text(draw, golden):
    def paint(canvas):
        canvas.text("Inkloop", 10, 60, size=64)
        canvas.color("#ffb454")
        canvas.text("fourteen pixels, legible: 0123456789 (A-Z) {a-z}", 10, 90, size=14)
        canvas.color(255, 128)
        canvas.text("centered\non two lines", 160, 125, size=20, align="center")
        canvas.color("#7fd1ae")
        canvas.text("to the right", 310, 190, size=11, align="right")
        canvas.translate(30, 215)
        canvas.rotate(-0.2)
        canvas.text("turned", 0, 0, size=28, alpha=0.6)

    golden(draw((320, 240), paint))


def test_vocabulary(draw, golden):
    def paint(canvas):
        for index, part in enumerate((_filled, _outlined, _lines, _ink, _blended, _transformed)):
            with canvas.pushed():
                canvas.translate(index % 3 * 107, index // 3 * 120)
                part(canvas)

    golden(draw((320, 240), paint))


def _filled(canvas):
    _shapes(canvas)


def _outlined(canvas):
    canvas.no_fill()
    canvas.line_width(2.5)
    _shapes(canvas)


def _shapes(canvas):
    canvas.color("#e8553d")
    canvas.circle(26, 26, 16)
    canvas.color("#f0c05a")
    canvas.ellipse(76, 26, 44, 20)
    canvas.color("#5ab0f0")
    canvas.rect(10, 52, 32, 24)
    canvas.rect(56, 52, 40, 24, 8)
    canvas.color("#9adf7a")
    canvas.triangle(10, 112, 44, 108, 24, 84)
    canvas.polygon([(76 + 15 * math.cos(a), 99 + 15 * math.sin(a)) for a in np.arange(6) * math.pi / 3])


def _lines(canvas):
    for index, width in enumerate((0.5, 1, 2, 4, 8)):
        canvas.line_width(width)
        canvas.line(12, 12 + index * 9, 50, 18 + index * 9)
    canvas.color("#f0c05a")
    canvas.line_width(5)
    canvas.polyline([(62, 14), (94, 20), (66, 36), (92, 54)])
    canvas.color("#e8553d", alpha=0.6)
    canvas.line_width(9)
    canvas.polyline([(16, 76), (46, 70), (40, 106), (18, 102)], closed=True)
    canvas.color("#5ab0f0")
    canvas.line_width(3)
    canvas.bezier(58, 108, 60, 60, 92, 116, 96, 70)


def _ink(canvas):
    t = np.linspace(0, 1, 50)
    wave = np.column_stack((12 + 80 * t, 60 + 30 * np.sin(7 * t)))
    colors = np.column_stack((t, 0.8 - 0.5 * t, 1 - t, 0.3 + 0.7 * t)).astype(np.float32)
    widths = (3 + 9 * np.sin(math.pi * t)).astype(np.float32)
    ink = Ink([Stroke(as_points(wave), colors, widths), Stroke(as_points([(20, 100)]), (1, 1, 1, 0.7), 16.0)])
    ink.wet[0] = WetStroke((1, 0.5, 0.3, 0.8), 7.0)
    for point in as_points(wave[::7, ::-1]):
        ink.wet[0].add(point)
    canvas.ink(ink, opacity=0.9)


def _blended(canvas):
    for index, mode in enumerate(("alpha", "add", "multiply", "screen")):
        with canvas.pushed():
            canvas.translate(index % 2 * 52, index // 2 * 58)
            canvas.color("#5a7d9a")
            canvas.rect(8, 8, 40, 44)
            canvas.blend_mode(mode)
            canvas.color("#e8553d", alpha=0.8)
            canvas.circle(22, 26, 11)
            canvas.color("#9adf7a", alpha=0.8)
            canvas.circle(34, 34, 11)


def _transformed(canvas):
    ramp = np.stack(np.meshgrid(np.arange(0, 256, 16), np.arange(0, 256, 16)), axis=2).astype(np.uint8)
    picture = np.dstack((ramp, np.full((16, 16), 120, np.uint8), 255 - ramp[..., :1] // 2))
    canvas.translate(52, 58)
    for turn in range(5):
        with canvas.pushed():
            canvas.rotate(turn * 2 * math.pi / 5)
            canvas.translate(24, 0)
            canvas.scale(1.0, 0.6)
            canvas.image(picture, 0, -10, 22, alpha=0.9)
            canvas.no_fill()
            canvas.line_width(1.5)
            canvas.rect(0, -10, 22, 22)
