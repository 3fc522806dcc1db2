"""What a film costs the frames of a window: `record_p99_ratio`, measured in a process with a display."""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import sketch
from sketch.input.events import KeyEvent
from tests.bench._display import figures_of
from tests.bench._row import table_row

ROUNDS = 8
FRAMES = 240
SETTLING = 40
PHASES = ("plain", "filmed")


def rows() -> list[dict[str, Any]]:
    """Measure in a process with a display."""
    found, reason = figures_of("tests.bench._live_film")
    if not found:
        return [table_row("live", "record_p99_ratio", None, "ratio", 1.2) | {"reason": reason}]
    p99 = {phase: float(np.percentile(found[phase], 99)) for phase in PHASES}
    parts = {f"{phase} p99 ms": p99[phase] for phase in PHASES} | {
        f"{phase} frames a second": 1000 / float(np.mean(found[phase])) for phase in PHASES
    }
    return [table_row("live", "record_p99_ratio", p99["filmed"] / p99["plain"], "ratio", 1.2, peer=parts)]


class Moving(sketch.Sketch):
    """Many shapes that move, filmed by F9 in every second round; notes the time between frames."""

    window = sketch.Window(size=(1280, 720), vsync=False)

    def setup(self) -> None:
        """Begin the notes."""
        self.between: dict[str, list[float]] = {phase: [] for phase in PHASES}
        self.last = time.perf_counter()

    def update(self, dt: float) -> None:
        """Note how long the last frame took until this one."""
        now = time.perf_counter()
        turn, frame = divmod(self.frame, FRAMES)
        if frame >= SETTLING:
            self.between[PHASES[turn % 2]].append(1000 * (now - self.last))
        self.last = now

    def draw(self, canvas: sketch.Canvas) -> None:
        """A few hundred circles."""
        canvas.background(12)
        for number in range(300):
            canvas.color(80 + number % 170, 120, 200)
            canvas.circle((number * 37 + 90 * self.time) % self.width, number * 2.3, 6)


def measure() -> dict[str, list[float]]:
    """Milliseconds between frames of a window, with and without a film, in turns."""
    instance = Moving()

    def play(now: float, queue: Any) -> bool:
        if instance.frame and instance.frame % FRAMES == 0:
            queue.put(KeyEvent("down", "f9"))
        return instance.frame < ROUNDS * FRAMES

    with tempfile.TemporaryDirectory() as home:
        sketch.run(instance, player=play, home=Path(home))
        films = [*Path(home).rglob("*.mp4")]
    if len(films) < ROUNDS // 2:
        raise RuntimeError(f"{len(films)} films were written")
    return instance.between


if __name__ == "__main__":
    print(json.dumps(measure()), file=sys.stdout)
