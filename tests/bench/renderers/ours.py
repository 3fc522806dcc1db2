"""Inkloop's own canvas, without a window."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from sketch.host.offscreen import offscreen_context, read_pixels
from sketch.render.canvas import Canvas
from tests.bench.render_scene import GROUND, SIZE, circles, figures, lines
from tests.bench.renderers.worker import Frame, Pipe, serve

Draw = Callable[[Canvas], None]


def main() -> None:
    """Serve until told to end."""
    pipe = Pipe()
    context = offscreen_context()
    target = context.simple_framebuffer(SIZE, components=4)
    canvas = Canvas(context, SIZE)

    def frame(draw: Draw) -> Frame:
        def run() -> dict[str, float]:
            began = perf_counter()
            canvas.begin(target)
            canvas.background(*GROUND)
            draw(canvas)
            calls = (perf_counter() - began) * 1e3
            canvas.end()
            context.finish()
            return {"calls_ms": calls}

        return run

    scenes = {"strokes": frame(strokes()), "shapes": frame(shapes())}
    if hasattr(canvas, "circles"):
        scenes["circles"] = frame(circles_at_once())
    serve(scenes, lambda: read_pixels(target), pipe)


def strokes() -> Draw:
    """Every stroke by an ordinary call."""
    scene = lines()
    given = [
        (xy.astype("f4"), width.astype("f4"), tuple(color))
        for xy, width, color in zip(scene.xy, scene.width, scene.color.tolist(), strict=True)
    ]

    def draw(canvas: Canvas) -> None:
        for xy, width, color in given:
            canvas.stroke(xy, width, color)

    return draw


def shapes() -> Draw:
    """Every shape by an ordinary call, in a color of its own."""
    scene = figures()
    rows = list(
        zip(scene.kind.tolist(), scene.xy.tolist(), scene.half.tolist(), scene.color.tolist(), strict=True)
    )

    def draw(canvas: Canvas) -> None:
        for kind, (x, y), (a, b), (red, green, blue) in rows:
            canvas.color(red, green, blue)
            if kind == 0:
                canvas.circle(x, y, a)
            elif kind == 1:
                canvas.ellipse(x, y, 2 * a, 2 * b)
            elif kind == 2:
                canvas.rect(x - a, y - b, 2 * a, 2 * b)
            else:
                canvas.triangle(x, y - b, x + a, y + b, x - a, y + b)

    return draw


def circles_at_once() -> Draw:
    """Every circle by one call."""
    scene = circles()
    xy, radius = scene.xy.astype("f4"), scene.half[:, 0].astype("f4")

    def draw(canvas: Any) -> None:
        canvas.circles(xy, radius, scene.color)

    return draw


if __name__ == "__main__":
    main()
