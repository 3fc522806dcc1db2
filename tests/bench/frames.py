"""What a frame costs: during a training, with much ink on the page, and over a long time."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import sketch
from addon import Recognizer
from sketch.examples.handwriting import Handwriting
from sketch.examples.handwriting_show import placed
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.bench._row import table_row

ROUNDS = 3
SECONDS = 6.0
POINTS = 10_000
LONG = 10_000


def rows() -> list[dict[str, Any]]:
    """Measure all three."""
    return [training_row(), ink_row(), memory_row()]


def training_row() -> dict[str, Any]:
    """99th percentile of the handwriting sketch's frame while training, over that at rest, alternating."""
    rest: list[float] = []
    busy: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as home:
            at_rest, while_training = _rest_and_training(Path(home))
        rest += at_rest
        busy += while_training
    ratio = float(np.percentile(busy, 99) / np.percentile(rest, 99))
    return table_row("frames", "training_p99_ratio", ratio, "ratio", 1.5)


def _rest_and_training(home: Path) -> tuple[list[float], list[float]]:
    instance = Handwriting()
    times: dict[str, list[float]] = {"rest": [], "training": []}
    phase = {"now": ""}

    def script():
        letters = instance.letters
        yield lambda: letters.ready
        for label in "ABCD":
            instance.choose(label)
            for seed in range(5):
                letters.teach(label, placed(label, TEACH_FACE, seed))
        yield draw(placed("A", TEACH_FACE, 99), rest=1.0)
        phase["now"] = "rest"
        ends = time.perf_counter() + SECONDS
        yield lambda: time.perf_counter() > ends
        phase["now"] = ""
        # More iterations than the seconds can hold; adapting a base encoder may end before, all the same.
        letters.train(iterations=100_000)
        yield lambda: letters.training.state == "running"
        phase["now"] = "training"
        ends = time.perf_counter() + SECONDS
        yield lambda: time.perf_counter() > ends or not letters.training.active
        phase["now"] = ""
        letters.cancel()

    def view(_: Any) -> None:
        if phase["now"]:
            times[phase["now"]].append(instance.frame_times.last_ms)

    sketch.run(instance, headless=True, player=ScriptPlayer(script()), viewer=view, home=home)
    return times["rest"], times["training"]


class Page(sketch.Sketch):
    """A page that shows its ink and nothing else."""

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ink."""
        canvas.background(12)
        canvas.ink(self.ink)


def ink_row() -> dict[str, Any]:
    """99th percentile of the frame with many points of dry ink and a pen that adds more."""
    instance = Page()
    for stroke in scribbles(POINTS // 100, 100):
        instance.ink.add(sketch.Stroke(stroke, width=5.0))
    pen = scribbles(1, 600)[0]
    pen[:, 2] = np.arange(600) / 240
    times: list[float] = []

    def view(_: Any) -> None:
        # The first frames bake what was there before.
        if instance.frame > 10:
            times.append(instance.frame_times.last_ms)

    sketch.run(instance, headless=True, player=ScriptPlayer(iter([draw([pen], rest=1.0)])), viewer=view)
    return table_row("frames", "ink10k_p99_ms", float(np.percentile(times, 99)), "ms", 1000 / 60)


def memory_row() -> dict[str, Any]:
    """Growth of resident memory over a long run in which letters are written and recognised all the time."""
    instance = Watched()
    early, late = _memory_over(instance, LONG)
    return table_row("frames", "memory_growth_percent", 100 * (late - early) / early, "percent", 2.0)


class Watched(sketch.Sketch):
    """Recognises what is written; forgets it with every letter, so that only a leak can grow."""

    window = sketch.Window(size=(640, 400))

    def setup(self) -> None:
        """Attach the recogniser."""
        self.letters = self.use(Recognizer("letters"))

    def on_ink(self, strokes: Any, pointer_id: int) -> None:
        """Forget the ink."""
        self.ink.clear()

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ink and the letter, in ever other sizes."""
        canvas.background(12)
        canvas.ink(self.ink)
        guess = self.letters.prediction
        canvas.text(
            f"{guess.label} {guess.progress:.3f}", 20, 300, size=60 + self.frame % 40, alpha=guess.opacity
        )


def _memory_over(instance: Watched, frames: int) -> tuple[float, float]:
    marks: list[float] = []

    def script():
        yield lambda: instance.letters.ready
        for seed in range(10**6):
            yield draw(placed("ABCD"[seed % 4], TEACH_FACE, seed % 50), rest=0.8)

    def view(_: Any) -> None:
        if instance.frame in (frames // 5, frames - 1):
            marks.append(resident_bytes())

    with tempfile.TemporaryDirectory() as home:
        sketch.run(
            instance, headless=True, frames=frames, player=ScriptPlayer(script()), viewer=view, home=home
        )
    return marks[0], marks[-1]


def scribbles(count: int, points: int) -> list[Any]:
    """Strokes that wander over a page of 1280 x 720, each float32 of shape (points, 4)."""
    rng = np.random.default_rng(0)
    made: list[Any] = []
    for _ in range(count):
        steps = np.cumsum(rng.normal(0, 1, (points, 2)), axis=0)
        stroke = np.full((points, 4), 0.5, dtype=np.float32)
        stroke[:, :2] = rng.uniform((200, 150), (1080, 570)) + 6 * steps
        stroke[:, 2] = np.arange(points) / 120
        made.append(stroke)
    return made


def resident_bytes() -> float:
    """Resident memory of this process."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return float(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
