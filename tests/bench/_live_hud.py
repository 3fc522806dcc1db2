"""What the HUD costs a frame: `hud_ms`, measured in a process with a display: the one there is, or Xvfb's."""

import json
import time
from typing import Any

import numpy as np

import sketch
from tests.bench._display import figures_of
from tests.bench._row import table_row

ROUNDS = 12
FRAMES = 90
SETTLING = 20
STEP = 1 / 60
PHASES = ("closed", "open")


def rows() -> list[dict[str, Any]]:
    """Measure in a process with a display."""
    found, reason = figures_of("tests.bench._live_hud")
    return [_row(found) if found else _row({}) | {"reason": reason}]


def _row(found: dict[str, list[float]]) -> dict[str, Any]:
    if not found:
        return table_row("live", "hud_ms", None, "ms", 0.3)
    median = {phase: float(np.median(found[phase])) for phase in found}
    # On a busy machine the processor's time, with the threads of a software driver, says more.
    parts = {
        "processor": median["open cpu"] - median["closed cpu"],
        "p99 of the frame": float(np.percentile(found["open"], 99)),
    }
    return table_row("live", "hud_ms", median["open"] - median["closed"], "ms", 0.3, peer=parts)


class Plain(sketch.Sketch):
    """What is drawn under it."""

    def draw(self, canvas: sketch.Canvas) -> None:
        """A picture that costs little."""
        canvas.background(12)
        canvas.circle(900, 300, 100)


def measure() -> dict[str, list[float]]:
    """Milliseconds of frames with and without the HUD, in turns."""
    from sketch.host.overlays import ShownHud
    from sketch.host.window import open_window
    from sketch.loop import Stage, begin, run_frame
    from sketch.render.canvas import Canvas

    window, context = open_window(sketch.Window(size=(1280, 720), vsync=False))
    stage = Stage(Plain(), Canvas(context, (1280, 720)))
    begin(stage)
    hud = ShownHud(window, context, stage)
    found: dict[str, list[float]] = {f"{phase}{kind}": [] for phase in PHASES for kind in ("", " cpu")}
    for turn in range(ROUNDS * len(PHASES)):
        phase = PHASES[turn % len(PHASES)]
        if turn:
            hud.toggle()
        for frame in range(FRAMES):
            window.switch_to()
            window.dispatch_events()
            began, started = time.perf_counter(), time.process_time()
            hud.begin()
            run_frame(stage, began, context.screen)
            hud.draw()
            context.finish()
            taken, worked = time.perf_counter() - began, time.process_time() - started
            window.flip()
            hud.lap("screen")
            if frame >= SETTLING:
                found[phase].append(1000 * taken)
                found[f"{phase} cpu"].append(1000 * worked)
            time.sleep(max(0.0, STEP - (time.perf_counter() - began)))
    hud.release()
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
