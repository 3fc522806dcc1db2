"""Run by test_with_pyglet: a canvas and pyglet's label take turns in one context, without a display."""

import moderngl
import numpy as np
import pyglet

pyglet.options.headless = True

from pyglet.text import Label  # noqa: E402  (after the option, or pyglet asks for a display)
from pyglet.window import Window  # noqa: E402

from sketch.ink.ink import Ink, Stroke  # noqa: E402
from sketch.ink.points import as_points  # noqa: E402
from sketch.render.canvas import Canvas  # noqa: E402

SIZE = (120, 60)
window = Window(*SIZE)
ctx = moderngl.create_context()
framebuffer = ctx.simple_framebuffer(SIZE)
canvas = Canvas(ctx, SIZE)
ink = Ink([Stroke(as_points([(10, 10), (30, 10), (12, 12)]))])
label = Label("label", x=50, y=5, color=(255, 0, 0, 255), font_size=20)


def frame():
    canvas.begin(framebuffer)
    canvas.background(0)
    canvas.ink(ink, opacity=0.9)
    canvas.color(0, 255, 0, 128)
    canvas.rect(0, 20, 20, 20)
    canvas.end()
    label.draw()
    data = framebuffer.read(components=3)
    return np.frombuffer(data, np.uint8).reshape(SIZE[1], SIZE[0], 3)[::-1].astype(int)


first, second = frame(), frame()
assert (first == second).all(), "a label in between changes what the canvas draws"
assert first[30, 10].tolist() == [0, 128, 0]
assert first[10, 20].min() > 220
assert (first[30:, 50:, 0] > 200).sum() > 30, "the label does not show"
assert first[30:, 50:, 1].max() == 0
assert ctx.error == "GL_NO_ERROR"
print("fine")
