"""What passes over the whole frame add to it, compared with the same frame without."""

import statistics
from typing import Any

from sketch.host.offscreen import offscreen_context
from sketch.render.canvas import Canvas
from sketch.render.post.passes import Bloom, Blur, ColorMap, Pass, Trails
from tests.bench._row import table_row
from tests.bench.render_scene import GROUND, SIZE, lines
from tests.bench.renderers.worker import timed

ROUNDS = 10
FRAMES = 4
PASSES: dict[str, tuple[Pass, ...]] = {
    "none": (),
    "blur": (Blur(8),),
    "bloom": (Bloom(0.6),),
    "trails": (Trails(0.92),),
    "colormap": (ColorMap("jet"),),
    "chain": (Bloom(0.6), Trails(0.92), ColorMap("jet")),
}


def post_rows() -> list[dict[str, Any]]:
    """Milliseconds that each adds at 1280 x 720, alternately; processor time and wall time."""
    context = offscreen_context()
    target = context.simple_framebuffer(SIZE, components=4)
    canvas = Canvas(context, SIZE)
    scene = lines(5)

    def frame(passes: tuple[Pass, ...]) -> None:
        canvas.begin(target)
        canvas.background(*GROUND)
        for xy, width, color in zip(scene.xy, scene.width, scene.color.tolist(), strict=True):
            canvas.stroke(xy, width, tuple(color))
        canvas.post(*passes)
        canvas.end()
        context.finish()

    wall: dict[str, list[float]] = {name: [] for name in PASSES}
    cpu: dict[str, list[float]] = {name: [] for name in PASSES}
    for number in range(ROUNDS + 1):
        for name, passes in PASSES.items():
            # The first of several was another chain's turn a moment ago and makes its pictures again.
            frame(passes)
            answer = timed(lambda passes=passes: frame(passes), FRAMES)
            if number:
                wall[name].append(statistics.median(answer["wall_ms"]))
                cpu[name].append(answer["cpu_ms"])
    canvas.release()
    target.release()
    context.release()
    return [_row(name, wall, cpu) for name in PASSES if name != "none"]


def _row(name: str, wall: dict[str, list[float]], cpu: dict[str, list[float]]) -> dict[str, Any]:
    added, busy = (
        statistics.median(with_it - without for with_it, without in zip(ms[name], ms["none"], strict=True))
        for ms in (wall, cpu)
    )
    return table_row("render", f"post_{name}_ms", added, "ms", None, peer={"cpu_ms": busy})
