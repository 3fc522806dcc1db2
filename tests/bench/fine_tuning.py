"""What adapting the encoder to 26 letters of 3 examples takes, and what it costs the frames meanwhile."""

import tempfile
import time
from pathlib import Path
from string import ascii_uppercase
from typing import Any, NamedTuple

import numpy as np

import sketch
from addon import Recognizer
from sketch.examples.handwriting_show import placed
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import ScriptPlayer, draw

EXAMPLES = 3
ROUNDS = 3
REST_SECONDS = 6.0


class Tuned(NamedTuple):
    """What was found.

    Attributes:
        seconds: From the call to the end, torch's import included, in the middle one of the rounds.
        frames: 99th percentile of the frame while adapting, over that at rest.
    """

    seconds: float
    frames: float


class Page(sketch.Sketch):
    """A page that shows its ink and what it is recognised as."""

    def setup(self) -> None:
        """Attach the recogniser."""
        self.signs = self.use(Recognizer("encoder", provider="cpu"))

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ink and its answer."""
        canvas.background(12)
        canvas.ink(self.ink)
        guess = self.signs.prediction
        canvas.text(guess.label, 40, 600, size=240, alpha=guess.progress)


def fine_tuning() -> Tuned:
    """Rest and adapting in turn, in one process."""
    seconds: list[float] = []
    rest: list[float] = []
    busy: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as home:
            took, at_rest, while_adapting = _round(Path(home))
        seconds.append(took)
        rest += at_rest
        busy += while_adapting
    return Tuned(float(np.median(seconds)), float(np.percentile(busy, 99) / np.percentile(rest, 99)))


def _round(home: Path) -> tuple[float, list[float], list[float]]:
    instance = Page()
    times: dict[str, list[float]] = {"rest": [], "adapting": []}
    phase = {"now": ""}
    took = {"seconds": 0.0}

    def script():
        signs = instance.signs
        yield lambda: signs.ready
        for label in ascii_uppercase:
            for seed in range(EXAMPLES):
                signs.teach(label, placed(label, TEACH_FACE, seed))
        yield draw(placed("A", TEACH_FACE, 99), rest=1.0)
        phase["now"] = "rest"
        ends = time.perf_counter() + REST_SECONDS
        yield lambda: time.perf_counter() > ends
        phase["now"] = "adapting"
        began = time.perf_counter()
        assert signs.train(), signs.messages()
        yield lambda: not signs.training.active
        took["seconds"] = time.perf_counter() - began
        phase["now"] = ""
        assert signs.training.state == "done", signs.training.message

    def view(_: Any) -> None:
        if phase["now"]:
            times[phase["now"]].append(instance.frame_times.last_ms)

    sketch.run(instance, headless=True, player=ScriptPlayer(script()), viewer=view, home=home)
    return took["seconds"], times["rest"], times["adapting"]
