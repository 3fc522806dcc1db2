"""The handwriting sketch, drawn by a machine-written hand: no person and no display needed.

The hand teaches A, B, C and D in one face and is tested on letters of another, from seeds never taught: once
after a single example of each, and again after more examples and a training. It leaves a picture, a film and
the figures in `out/`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sketch
from sketch.examples.handwriting import Handwriting
from sketch.host.recorder import Recorder, save_png
from sketch.ink.outline import arc_lengths
from sketch.ink.points import Points, Strokes
from sketch.live.parameters_document import document_text
from sketch.synthetic_hand.hand import TEACH_FACE, TEST_FACE, write
from sketch.synthetic_hand.player import Script, ScriptPlayer, draw, press

LABELS = "ABCD"
EXAMPLES = 5
TESTS = 3
FIRST_TEST_SEED = 10_000
FILM_FPS = 30.0

# Seconds that the pen rests after a letter; longer than `Sketch.ink_pause`, so that the letter is closed.
REST = 0.8


@dataclass
class Observer:
    """An addon that compares the recogniser's progress with the true one at every point."""

    show: "Show"
    travelled: float = 0.0
    last: Points | None = None

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """Note the error of the detected progress."""
        if self.show.expected_travel is None:
            return
        if self.last is not None:
            self.travelled += float(np.hypot(*(point[:2] - self.last[:2])))
        self.last = point
        truth = min(1.0, self.travelled / self.show.expected_travel)
        self.show.progress_errors.append(abs(self.show.sketch.letters.prediction.progress - truth))

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """The way to the next stroke does not count: the pen is up."""
        self.last = None

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """Start again with the next letter."""
        self.travelled = 0.0


@dataclass
class Show:
    """A running performance and its results."""

    sketch: Handwriting
    labels: str = LABELS
    taught: int = 0
    at_once: int = 0
    written: int = 0
    recognised: int = 0
    progress_errors: list[float] = field(default_factory=list[float])
    expected_travel: float | None = None
    portrait: NDArray[np.uint8] | None = None

    def script(self) -> Script:
        """The whole performance as a script."""
        letters = self.sketch.letters
        yield lambda: letters.ready
        yield from self.teach(range(1))
        yield press("f2")
        for label in self.labels:
            yield from self.test(label, FIRST_TEST_SEED - 1)
        self.at_once, self.written, self.recognised = self.recognised, 0, 0
        yield from self.teach(range(1, EXAMPLES))
        yield press("space")
        if letters.training.state == "idle":
            # The sketch has reported that there is nothing to gain; train anyway.
            yield press("space")
        yield lambda: letters.training.state != "idle"
        yield from self.wait_writing()
        self.sketch.use(Observer(self))
        for seed in range(FIRST_TEST_SEED, FIRST_TEST_SEED + TESTS):
            for label in self.labels:
                yield from self.test(label, seed)

    def teach(self, seeds: range) -> Script:
        """Teach each label, one example a seed."""
        for label in self.labels:
            yield press(label.lower())
            for seed in seeds:
                yield draw(placed(label, TEACH_FACE, seed), rest=REST)
                self.taught += 1

    def wait_writing(self) -> Script:
        """Keep writing while the training runs: the previous model answers."""
        seed = 0
        while self.training:
            for label in self.labels:
                if self.training:
                    yield draw(placed(label, TEACH_FACE, 500 + seed), rest=REST)
            seed += 1

    @property
    def training(self) -> bool:
        """Whether the training is running."""
        return self.sketch.letters.training.state in ("waiting", "running", "exporting")

    def test(self, label: str, seed: int) -> Script:
        """Write one letter that was never taught, and note the answer."""
        strokes = placed(label, TEST_FACE, seed)
        self.expected_travel = travel(strokes)
        before = self.sketch.closed_at
        yield draw(strokes, rest=REST)
        yield lambda: self.sketch.closed_at > before
        self.expected_travel = None
        self.written += 1
        self.recognised += self.sketch.written[-1:] == [label]

    def look(self, frame: NDArray[np.uint8]) -> None:
        """Keep a frame that shows a letter recognised before it is finished."""
        guess = self.sketch.letters.prediction
        if self.expected_travel is not None and self.sketch.ink.wet and 0.6 < guess.progress < 0.9:
            self.portrait = frame

    def report(self) -> dict[str, Any]:
        """The figures, by the keys of `out/handwriting.json`."""
        letters = self.sketch.letters
        p50, p99 = self.sketch.frame_times.p50_p99
        return {
            "taught": self.taught,
            "recognised_at_once": self.at_once,
            "written": self.written,
            "recognised": self.recognised,
            "train_s": round(letters.training.seconds, 2),
            "iterations": letters.training.iteration,
            "progress_mae": round(float(np.mean(self.progress_errors)), 4) if self.progress_errors else None,
            "point_us": {"p50": round(letters.timings.p50, 1), "p99": round(letters.timings.p99, 1)},
            "provider": letters.provider,
            "frame_ms": {"p50": round(p50, 2), "p99": round(p99, 2)},
        }


def placed(label: str, face: str, seed: int) -> list[Points]:
    """A letter in the middle of the page; each seed gives another place, size and slant."""
    rng = np.random.default_rng([seed, ord(label)])
    height = rng.uniform(260, 330)
    origin = (rng.uniform(360, 420), rng.uniform(200, 240))
    return write(label, face=face, seed=seed, origin=origin, height=height, slant=rng.uniform(-6, 10))


def travel(strokes: Sequence[Points]) -> float:
    """Pen-down arc length in logical pixels."""
    return float(sum(arc_lengths(stroke)[-1] for stroke in strokes))


def perform(
    out: Path,
    *,
    home: Path,
    labels: str = LABELS,
    preset: str | None = None,
    iterations: int | None = None,
    frames: int | None = None,
) -> dict[str, Any]:
    """Run the whole show and leave `handwriting.png`, `handwriting.mp4` and `handwriting.json`.

    Args:
        out: Folder for the three; made if it is not there.
        home: Folder for what is taught and trained; empty for a fresh start.
        labels: Letters to teach and to write.
        preset: Network to train from scratch; None to adapt the encoder.
        iterations: At most so many iterations of training; None for the default.
        frames: End after so many frames, however far the script is.

    Returns:
        What `handwriting.json` holds.

    Raises:
        HostError: There is no OpenGL here.
        RecorderError: A file cannot be written.
    """
    out.mkdir(parents=True, exist_ok=True)
    instance = Handwriting()
    instance.preset, instance.iterations = preset, iterations
    # The hand writes each letter over the last one, and never pauses within one.
    instance.ink_reopens = 0.0
    show = Show(instance, labels=labels)
    size, fps = instance.window.size, instance.window.fps
    with Recorder(out / "handwriting.mp4", size, FILM_FPS, document=lambda: document_text(instance)) as film:

        def view(frame: NDArray[np.uint8]) -> None:
            if instance.frame % round(fps / FILM_FPS) == 0:
                film.add(frame)
            show.look(frame)

        # At half the pace during training: without a GPU, drawing and filming take time from the training.
        player = ScriptPlayer(show.script(), 2 / fps, paced=lambda: show.training)
        sketch.run(instance, headless=True, player=player, viewer=view, home=home, frames=frames)
    if show.portrait is not None:
        save_png(out / "handwriting.png", show.portrait, document_text(instance))
    report = show.report()
    (out / "handwriting.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def report_lines(report: dict[str, Any]) -> list[str]:
    """The report as it is printed."""
    point = report["point_us"]
    return [
        f"at once      {report['recognised_at_once']} letters, each after one example",
        f"taught       {report['taught']} examples",
        f"trained      {report['train_s']} s for {report['iterations']} iterations",
        f"recognised   {report['recognised']} of {report['written']} letters of another hand",
        f"progress     off by {report['progress_mae']} on average (0 to 1)",
        f"a point      {point['p50']} µs (p50), {point['p99']} µs (p99)",
        f"provider     {report['provider']}",
    ]
