"""What a tape costs, and whether its replay is the show: `tape_us`, `replay_equal`, `replay_true`."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import sketch
from addon import Recognizer
from addon.inference import loaded_model
from sketch.input.events import KeyEvent, ParamEvent, PointerEvent
from sketch.launch import replay
from sketch.live.tapes import Entries
from sketch.live.tapes_entries import (
    Closed,
    FrameBegins,
    Header,
)
from sketch.live.tapes_reader import TapeReader
from sketch.live.tapes_writer import TapeWriter
from sketch.synthetic_hand.hand import write
from sketch.synthetic_hand.player import ScriptPlayer, draw, press
from tests.bench._row import table_row

EVENTS = 50_000
FRAME_EVENTS = 8


class Reads(sketch.Sketch):
    """Notes every answer, ink and parameter."""

    window = sketch.Window(size=(640, 400))
    speed = sketch.Param(1.0, 0, 10)
    tint = sketch.Param("#ff8800")

    def setup(self) -> None:
        """Begin the notes."""
        self.letters = self.use(Recognizer("letters"))
        self.notes: list[Any] = []
        self.letters.on_decide = lambda answer, pointer_id: self.notes.append(("decided", answer.held))

    def update(self, dt: float) -> None:
        """Note the parameters."""
        self.notes.append((self.frame, self.time, self.speed, self.tint))

    def on_ink(self, strokes: sketch.Strokes, pointer_id: int) -> None:
        """Note the ink."""
        self.notes.append(b"".join(stroke.tobytes() for stroke in strokes))

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ink and the letter."""
        canvas.background(12)
        canvas.color(self.tint)
        canvas.ink(self.ink)
        guess = self.letters.prediction
        canvas.text(guess.label, 40, 300, size=200, alpha=guess.opacity)


def rows() -> list[dict[str, Any]]:
    """Measure everything."""
    equal, true = replays()
    us = tape_us()
    return [
        table_row("live", "tape_us", us["put"], "us", 20.0, peer={"with the writer's thread": us["all"]}),
        table_row("live", "replay_equal", equal, "share", 1.0, "higher"),
        table_row("live", "replay_true", true, "share", 1.0, "higher"),
    ]


def tape_us() -> dict[str, float]:
    """Microseconds an event: on the frame's thread, and of processor time with the thread that writes."""
    event = PointerEvent("move", 1.5, 2.5, 0.5, 0.7)
    with tempfile.TemporaryDirectory() as name:
        writer = TapeWriter(Path(name) / "a.tape")
        writer.put(Header("a.py"))
        entries = Entries(writer.put)
        began, worked = time.perf_counter(), time.process_time()
        for number in range(EVENTS):
            if number % FRAME_EVENTS == 0:
                writer.put(FrameBegins(number / 60))
            entries.took(event)
        put = time.perf_counter() - began
        writer.put(Closed())
        writer.close()
        return {"put": 1e6 * put / EVENTS, "all": 1e6 * (time.process_time() - worked) / EVENTS}


def _letters() -> Iterator[Any]:
    for number, letter in enumerate("ACB"):
        yield draw(write(letter, seed=number, height=240, origin=(150, 60)), rest=2.2)


def _parameters() -> Iterator[Any]:
    yield [(0.02 * number, ParamEvent("speed", number / 10, "osc")) for number in range(60)]
    yield [(0.0, ParamEvent("tint", "#00ff00", "osc")), (0.4, ParamEvent("speed", 99.0, "osc"))]


def _scribble() -> Iterator[Any]:
    x = np.arange(40, 600, 4)
    stroke = np.stack([x, 200 + 90 * np.sin(x / 23), (x - 40) / 300, np.full(len(x), 0.6)], axis=1)
    yield [*draw([stroke.astype(np.float32)], rest=1.0), *press("a")]
    yield [(0.0, KeyEvent("down", "escape")), (0.0, KeyEvent("up", "escape"))]
    yield draw([stroke.astype(np.float32) + np.array((0, 60, 0, 0), np.float32)], rest=1.0)


SCRIPTS: tuple[Callable[[], Iterator[Any]], ...] = (_letters, _parameters, _scribble)


def replays() -> tuple[float, float]:
    """Shares of replays, inline and in a worker, with the same pictures as the first, and the same notes."""
    equal: list[bool] = []
    true: list[bool] = []
    usual = loaded_model.INLINE_BELOW_US
    try:
        for script in SCRIPTS:
            with tempfile.TemporaryDirectory() as name:
                path = Path(name) / "a.tape"
                loaded_model.INLINE_BELOW_US = 1e9
                first: Any = sketch.run(
                    Reads, headless=True, tape=path, home=Path(name) / "home", player=_player(script)
                )
                pictures: list[str] = []
                for limit in (1e9, 0.0):
                    loaded_model.INLINE_BELOW_US = limit
                    seen = hashlib.sha256()
                    again: Any = replay(
                        Reads,
                        TapeReader(path),
                        headless=True,
                        viewer=lambda frame, to=seen: to.update(frame.tobytes()),
                    )
                    pictures.append(seen.hexdigest())
                    true.append(again.notes == first.notes)
                equal.append(pictures[0] == pictures[1])
    finally:
        loaded_model.INLINE_BELOW_US = usual
    return float(np.mean(equal)), float(np.mean(true))


def _player(script: Callable[[], Iterator[Any]]) -> ScriptPlayer:
    def whole() -> Iterator[Any]:
        yield lambda: True
        yield from script()

    return ScriptPlayer(whole())
