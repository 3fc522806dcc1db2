"""Swapping models while a sketch draws: a large one to see the frame, a thousand small ones the memory."""

import gc
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import sketch
from addon import Recognizer
from sketch.examples.handwriting_show import placed
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import ScriptPlayer
from tests.bench.frames import resident_bytes
from tests.models import make_model

LAYERS, HIDDEN = 3, 1100
SECONDS = 4.0
ROUNDS = 3
SWAPS = 1000
SETTLED = 200
FPS = 60.0


class Stage(sketch.Sketch):
    """Draws what a person writes while models come and go.

    Args:
        first: The model to begin with.
        provider: Where models are to run.
    """

    window = sketch.Window(size=(640, 400), fps=FPS)

    def __init__(self, first: Path, provider: str) -> None:
        super().__init__()
        self.first, self.provider = first, provider

    def setup(self) -> None:
        """Attach the recognizer."""
        self.letters = self.use(Recognizer(self.first, provider=self.provider))

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ink, the answer and some shapes."""
        canvas.background(12)
        for number in range(300):
            canvas.circle(number % 30 * 21, number // 30 * 40, 5)
        canvas.ink(self.ink)
        canvas.text(self.letters.prediction.label, 40, 300, 200, alpha=self.letters.prediction.opacity)


def swap_times(provider: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Milliseconds of frames without and with a swap in their seconds, in turns; megabytes of the model."""
    times: tuple[list[float], list[float]] = [], []
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.onnx", Path(folder) / "large.onnx"
        make_model(small)
        make_model(large, layers=LAYERS, hidden=HIDDEN)
        stage = Stage(small, provider)
        phase = {"swaps": False, "counts": False}

        def script():
            yield lambda: stage.letters.ready
            for number in range(2 * ROUNDS):
                phase.update(swaps=bool(number % 2), counts=True)
                if number % 2:
                    stage.letters.load(large)
                # Until the swap is done, however long: without it, it would look like one that costs nothing.
                plays = large if number % 2 else small
                yield _seconds(lambda path=plays: stage.letters.model_path == path)
                phase.update(counts=False)
                # Back to the small one: what the large one costs while it runs is its own affair.
                stage.letters.load(small)
                yield lambda: stage.letters.model_path == small and not stage.letters._manager.busy

        def view(_: object) -> None:
            if phase["counts"]:
                times[phase["swaps"]].append(stage.frame_times.last_ms)

        with tempfile.TemporaryDirectory() as home:
            sketch.run(
                stage,
                headless=True,
                player=ScriptPlayer(script(), 1 / FPS, paced=lambda: True),
                viewer=view,
                home=Path(home),
            )
        megabytes = large.stat().st_size / 1e6
    return np.array(times[0]), np.array(times[1]), megabytes


def _seconds(done):
    """That so many seconds have passed, and that something is so."""
    ends = time.perf_counter() + SECONDS
    return lambda: time.perf_counter() >= ends and done()


def thousand_swaps(provider: str) -> tuple[float, float, int, int]:
    """Resident bytes and open handles after 200 swaps and after 1000, somebody writing all the while."""
    with tempfile.TemporaryDirectory() as folder:
        models = [Path(folder) / f"{name}.onnx" for name in "abc"]
        for seed, path in enumerate(models):
            make_model(path, hidden=48 + 16 * seed, seed=seed)
        recognizer = Recognizer(models[0], provider=provider, home=Path(folder) / "home")
        recognizer.setup(Path(folder))
        assert recognizer.wait_ready(60.0)
        strokes = placed("A", TEACH_FACE, 1)
        marks: list[tuple[float, int]] = []
        for number in range(1, SWAPS + 1):
            recognizer.load(models[number % 3])
            for points in strokes:
                for point in points[:20]:
                    recognizer.on_stroke_point(point, 0)
            while recognizer._manager.busy:
                recognizer.update(1 / 60)
                time.sleep(0.0005)
            for points in strokes:
                recognizer.on_stroke(points, 0)
            recognizer.on_ink(strokes, 0)
            if number in (SETTLED, SWAPS):
                gc.collect()
                marks.append((resident_bytes(), len(os.listdir("/proc/self/fd"))))
        recognizer.exit()
    (early, few), (late, many) = marks
    return early, late, few, many
