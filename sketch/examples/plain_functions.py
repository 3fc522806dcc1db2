"""A sketch of plain functions: a ring of dots that lean away from the mouse.

Run it: `inkloop run sketch/examples/plain_functions.py`.
"""

from math import cos, hypot, sin, tau

import sketch

window = sketch.Window(size=(720, 720), title="Plain functions")
dots = [(cos(tau * i / 60), sin(tau * i / 60)) for i in range(60)]


def draw(me: sketch.Sketch, canvas: sketch.Canvas) -> None:
    """Draw the ring; `me` is the running sketch, an optional first argument."""
    canvas.background(14, 15, 20)
    canvas.translate(me.width / 2, me.height / 2)
    mouse_x, mouse_y = me.mouse_x - me.width / 2, me.mouse_y - me.height / 2
    for index, (x, y) in enumerate(dots):
        radius = 220 + 24 * sin(3 * me.time + tau * index / 12)
        away = 60 / (1 + hypot(radius * x - mouse_x, radius * y - mouse_y) / 60)
        canvas.color(255, 120 + 2 * index, 90, 220)
        canvas.circle((radius + away) * x, (radius + away) * y, 5 + away / 6)
