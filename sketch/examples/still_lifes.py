"""Small moving pictures of things, each drawn in a square of 0..100, for a network to recognise."""

from collections.abc import Callable
from itertools import pairwise
from math import cos, pi, sin, tau

import numpy as np

from sketch.render.canvas import Canvas
from sketch.render.oklab import oklch

Draw = Callable[[Canvas, float], None]


def clock(canvas: Canvas, time: float) -> None:
    """A wall clock."""
    canvas.background(214, 202, 180)
    canvas.color(60, 40, 30)
    canvas.circle(50, 50, 43)
    canvas.color(250, 248, 240)
    canvas.circle(50, 50, 38)
    canvas.color(30, 28, 28)
    for hour in range(12):
        angle = tau * hour / 12
        canvas.text(str(hour or 12), 50 + 31 * sin(angle), 53 - 31 * cos(angle), 9, align="center")
    for turn, length, width in ((0.83 + time / 60, 18, 3.2), (0.15 + time / 5, 28, 2.0), (time / 3, 30, 0.7)):
        canvas.line_width(width)
        canvas.line(50, 50, 50 + length * sin(tau * turn), 50 - length * cos(tau * turn))
    canvas.circle(50, 50, 2.4)


def web(canvas: Canvas, time: float) -> None:
    """A spider's web in the wind."""
    canvas.background(30, 44, 34)
    canvas.color(225, 232, 228)
    canvas.line_width(0.45)
    sway = 1.5 * sin(1.3 * time)
    angles = [tau * index / 16 + 0.1 * sin(index % 16 * 2.3) for index in range(17)]
    for angle in angles:
        canvas.line(50, 48, 50 + 75 * cos(angle) + sway, 48 + 75 * sin(angle))
    for ring in range(2, 17):
        radius = 2.6 * ring
        points = [
            (50 + r * cos(a) + sway * r / 60, 48 + r * sin(a))
            for angle, after in pairwise(angles)
            for a, r in ((angle, radius), ((angle + after) / 2, radius * 0.93))
        ]
        canvas.polyline([*points, points[0]])


def balloon(canvas: Canvas, time: float) -> None:
    """A balloon over hills."""
    canvas.background(132, 186, 232)
    canvas.color(96, 140, 74)
    canvas.ellipse(20, 104, 130, 44)
    canvas.ellipse(85, 106, 120, 40)
    x, y = 50 + 4 * sin(0.5 * time), 38 + 3 * sin(0.8 * time)
    for stripe, breadth in enumerate(np.linspace(30, 4, 7).tolist()):
        canvas.color(*((232, 70, 48), (250, 206, 70))[stripe % 2])
        canvas.ellipse(x, y, 2 * breadth, 62)
        sides = ((-0.965, 8), (0.965, 8), (0.16, 40), (-0.16, 40))
        canvas.polygon([(x + across * breadth, y + down) for across, down in sides])
    canvas.color(70, 48, 30)
    canvas.rect(x - 4.5, y + 45, 9, 7, radius=1)


def candle(canvas: Canvas, time: float) -> None:
    """A candle in the dark."""
    canvas.background(14, 9, 8)
    lean = 1.6 * sin(5.1 * time) + sin(8.7 * time)
    for index in range(12, 0, -1):
        canvas.color(255, 150, 50, alpha=0.035)
        canvas.circle(50, 33, 3.2 * index)
    for breadth, height, color in ((6.0, 14.0, "#ff8a1e"), (4.0, 10.0, "#ffd35a"), (2.0, 6.0, "#fffbe0")):
        canvas.color(color)
        canvas.ellipse(50 + 0.1 * lean, 34, 2 * breadth, height + 2)
        canvas.triangle(50 - breadth * 0.94, 31.5, 50 + breadth * 0.94, 31.5, 50 + lean, 34 - 1.9 * height)
    canvas.color(240, 226, 190)
    canvas.rect(39, 44, 22, 60, radius=2)
    canvas.color(255, 244, 214)
    canvas.ellipse(50, 45, 20, 5)
    canvas.color(40, 28, 20)
    canvas.line_width(1)
    canvas.line(50, 45, 50, 38)


def espresso(canvas: Canvas, time: float) -> None:
    """A cup of coffee from above."""
    canvas.background(120, 82, 54)
    canvas.color(236, 234, 228)
    canvas.circle(50, 50, 44)
    canvas.color(214, 210, 202)
    canvas.circle(50, 50, 34)
    canvas.color(250, 249, 246)
    canvas.circle(50, 50, 28)
    canvas.rect(76, 45, 17, 9, radius=4)
    canvas.color(70, 38, 18)
    canvas.circle(50, 50, 24.5)
    canvas.no_fill()
    canvas.color(176, 112, 52, alpha=0.8)
    for index in range(9):
        start, radius = 0.7 * index + 0.3 * time, 23 - 2.1 * index
        swirl = [(50 + r * cos(a), 50 + r * sin(a)) for a, r in _arc(start, radius)]
        canvas.line_width(1.7 - 0.12 * index)
        canvas.polyline(swirl)
    canvas.fill()


def _arc(start: float, radius: float) -> list[tuple[float, float]]:
    return [(start + 0.08 * step, radius - 0.05 * step) for step in range(44)]


def jellyfish(canvas: Canvas, time: float) -> None:
    """A jellyfish in the deep."""
    canvas.background(10, 26, 74)
    beat = 1 + 0.12 * sin(2.2 * time)
    canvas.blend_mode("add")
    for index in range(9):
        x = 50 + (index - 4) * 5.4 * beat
        points = [(x + (2 + 0.06 * y) * sin(0.13 * y + index + 1.4 * time), 38 + y) for y in range(0, 52, 3)]
        canvas.color(*oklch(0.62, 0.12, 280 + 8 * index)[:3], alpha=0.55)
        canvas.line_width(1.4)
        canvas.polyline(points)
    for size in range(8, 0, -1):
        share = size / 8
        canvas.color(120, 110, 230, alpha=0.16)
        arc = [(50 - 27 * beat * share * cos(a), 40 - 24 * share * sin(a)) for a in np.linspace(0, pi, 30)]
        canvas.polygon(arc)


STILL_LIFES: tuple[Draw, ...] = (balloon, candle, espresso, clock, jellyfish, web)
