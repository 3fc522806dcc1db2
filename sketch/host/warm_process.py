"""The process that compiles shaders and brushes before the sketch does.

A driver keeps what it compiled on the disk, so the sketch's process finds it there instead of compiling it
within a frame; and code that makes the driver fail ends this process, not the show. It ends when its standard
input does.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sketch.arrays import Floats
from sketch.host.offscreen import offscreen_context
from sketch.host.window import open_window
from sketch.ink.brush import Brush
from sketch.ink.ink import Ink, Stroke
from sketch.ink.style import StrokeStyle
from sketch.live.process import read_message, write_message
from sketch.render.canvas import Canvas
from sketch.render.images.image import Image
from sketch.render.meshes.shader import Shader
from sketch.window import Window

SIDE = 64
"""Pixels."""


class Warmer:
    """Draws once what a sketch is about to draw.

    Args:
        samples: Samples a pixel of the sketch's window, None for those it gets by itself. Drivers compile for
            a kind of framebuffer, so this draws into a window as the sketch's is, which is never seen.
        window: Whether the sketch has a window.
    """

    def __init__(self, samples: int | None, window: bool) -> None:
        if window:
            options = Window(size=(SIDE, SIDE), samples=samples, resizable=False)
            self._window, self._context = open_window(options, visible=False)
            self._target = self._context.screen
        else:
            self._context = offscreen_context()
            self._target = self._context.simple_framebuffer((SIDE, SIDE), components=4)
        self._picture = Image(np.zeros((4, 4, 4), np.uint8))
        self._canvas = Canvas(self._context, (SIDE, SIDE))

    def warm(self, kind: str, files: list[str]) -> str:
        """Draw with a shader or a brush, and return what is wrong with it; empty if nothing is."""
        canvas = self._canvas
        try:
            canvas.begin(self._target)
            if kind == "shader":
                self._shader(canvas, files)
            else:
                self._brush(canvas, files[0])
            canvas.end()
            self._context.finish()
        except Exception as error:  # whatever it is, the sketch reports it where the file is used
            canvas.abandon()
            return f"{type(error).__name__}: {error}"
        return ""

    def _shader(self, canvas: Canvas, files: list[str]) -> None:
        shader = Shader(*files)
        pictures = [name for name, kind in shader.declared.items() if kind == ("sampler2D", 1)]
        shader.set(**dict.fromkeys(pictures, self._picture))
        canvas.shader(shader)

    @staticmethod
    def _brush(canvas: Canvas, code: str) -> None:
        style = StrokeStyle(brush=Brush.load(Path(code)))
        points = _points()
        canvas.stroke(points, 6, style=style)
        ink = Ink()
        ink.add(Stroke(points, style=style))
        canvas.ink(ink)


def _points() -> Floats:
    points = np.full((5, 4), 0.5, np.float32)
    points[:, 0] = points[:, 1] = np.linspace(10, 50, 5)
    points[:, 2] = np.linspace(0, 0.1, 5)
    return points


def main() -> None:
    """Warm what is asked for until the standard input ends."""
    out = sys.stdout.buffer
    sys.stdout = sys.stderr
    warmer: Any = None
    while True:
        try:
            number, kind, files, samples, window = read_message(sys.stdin.buffer)
        except EOFError:
            os._exit(0)
        warmer = warmer or Warmer(samples, window)
        if kind:
            write_message(out, (number, warmer.warm(kind, files)))


if __name__ == "__main__":
    main()
