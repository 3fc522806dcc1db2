"""What parameters cost a frame: the panel with sixty of them, at rest and while a slider is dragged.

The panel is in a window, so it is measured in a process with a display: the one there is, or Xvfb's.
"""

import json
import time
from typing import Any

import numpy as np

import sketch
from tests.bench._display import figures_of
from tests.bench._row import table_row

COUNT = 60
ROUNDS = 6
FRAMES = 90
SETTLING = 20
STEP = 1 / 60
PHASES = ("none", "closed", "resting", "dragged")


def rows() -> list[dict[str, Any]]:
    """Measure in a process with a display."""
    return _rows(*figures_of("tests.bench._live_parameters"))


def _rows(found: dict[str, list[float]], reason: str) -> list[dict[str, Any]]:
    mean = {phase: float(np.mean(found[phase])) for phase in found}

    def row(figure: str, phase: str, goal: float | None) -> dict[str, Any]:
        value = mean[phase] - mean["none"] if found else None
        # On a busy machine the processor's time, with the threads of a software driver, says more.
        cpu = {"processor": mean[f"{phase} cpu"] - mean["none cpu"]} if found else {}
        parts = {**cpu, "p99 of the frame": float(np.percentile(found[phase], 99))} if found else {}
        told = {"reason": reason} if reason else {}
        return table_row("live", figure, value, "ms", goal, peer=parts) | told

    return [
        row("panel_ms", "resting", 2.0),
        row("panel_dragged_ms", "dragged", None),
        row("parameters_ms", "closed", None),
    ]


def many(count: int = COUNT) -> type[sketch.Sketch]:
    """A sketch with so many parameters of every kind, two of them monitors that move."""
    makers: list[Any] = [
        lambda: sketch.Param(0.5, 0, 1),
        lambda: sketch.Param(3, 0, 9),
        lambda: sketch.Param(True),
        lambda: sketch.Param("#ffb454"),
        lambda: sketch.Param("a", choices=("a", "b")),
        lambda: sketch.Param((1, 2)),
        lambda: sketch.Param(1.0, 0, 100, unit="px"),
        lambda: sketch.Param("hello"),
    ]
    names: dict[str, Any] = {f"p{number}": makers[number % len(makers)]() for number in range(count - 2)}
    names |= {"level": sketch.Monitor(-1, 1), "cost": sketch.Monitor()}

    def update(self: Any, dt: float) -> None:
        self.level = float(np.sin(self.time))
        self.cost = self.frame_times.last_ms

    return type("Many", (sketch.Sketch,), {**names, "update": update, "draw": _draw})


def _draw(self: sketch.Sketch, canvas: sketch.Canvas) -> None:
    canvas.background(12)
    canvas.circle(900, 300, 100)


def measure() -> dict[str, list[float]]:
    """Milliseconds of frames in every phase, taken in turns."""
    from sketch.host.overlays import ShownPanel
    from sketch.host.parameters import begin_with_parameters
    from sketch.host.window import open_window
    from sketch.input.events import PointerEvent
    from sketch.loop import Stage, run_frame
    from sketch.render.canvas import Canvas

    window, context = open_window(sketch.Window(size=(1280, 720), vsync=False))
    plain = type("Plain", (sketch.Sketch,), {"draw": _draw})
    stages = {kind: Stage(kind(), Canvas(context, (1280, 720))) for kind in (plain, many())}
    shown = {kind: ShownPanel(window, context, stage, time.perf_counter) for kind, stage in stages.items()}
    for kind, stage in stages.items():
        begin_with_parameters(stage, None, shown[kind].made)
    found: dict[str, list[float]] = {f"{phase}{kind}": [] for phase in PHASES for kind in ("", " cpu")}
    for turn in range(ROUNDS * len(PHASES)):
        phase = PHASES[turn % len(PHASES)]
        kind = plain if phase == "none" else [*stages][1]
        stage, panel = stages[kind], shown[kind]
        controls: Any = stage.parameters
        if controls is not None:
            controls.is_open = phase in ("resting", "dragged")
        for frame in range(FRAMES):
            began, started = time.perf_counter(), time.process_time()
            if phase == "dragged":
                stage.queue.put(
                    PointerEvent("move", 40.0 + frame, 172.0, began, button="left" if frame else "")
                )
                if not frame:
                    stage.queue.put(PointerEvent("down", 40.0, 172.0, began, button="left"))
            window.switch_to()
            window.dispatch_events()
            run_frame(stage, began, context.screen)
            panel.draw()
            context.finish()
            taken, worked = time.perf_counter() - began, time.process_time() - started
            window.flip()
            if frame >= SETTLING:
                found[phase].append(1000 * taken)
                found[f"{phase} cpu"].append(1000 * worked)
            time.sleep(max(0.0, STEP - (time.perf_counter() - began)))
        if phase == "dragged":
            stage.queue.put(PointerEvent("up", 100.0, 172.0, time.perf_counter(), button="left"))
    for panel in shown.values():
        panel.release()
    return found


if __name__ == "__main__":
    print(json.dumps(measure()))
