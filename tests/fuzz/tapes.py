"""Damaged tapes: each is read or refused in one line, and no code in it runs."""

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import sketch
from sketch.input.events import KeyEvent, ParamEvent, PointerEvent
from sketch.launch import replay
from sketch.live.tapes_format import TapeError, TapeReader
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.fuzz.presets import damaged

FRAMES = 3000
"""Frames after which a replay is ended: a damaged tape may have more than the sound one."""


class Show(sketch.Sketch):
    """A small sketch that draws ink."""

    window = sketch.Window(size=(32, 24))
    speed = sketch.Param(1.0, 0, 10)

    def update(self, dt: float) -> None:
        """End at some time."""
        if self.frame > FRAMES:
            self.quit()

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ink."""
        canvas.background(12)
        canvas.ink(self.ink)


def sound_tape(folder: Path) -> bytes:
    """A short tape with a record of most kinds."""
    line = np.array([(x, 10, x / 800, 0.5) for x in range(2, 30, 7)], dtype=np.float32)

    def script():
        yield [
            (0.0, ParamEvent("speed", 3.0, "osc")),
            (0.0, KeyEvent("down", "a")),
            (0.02, KeyEvent("up", "a")),
        ]
        yield draw([line])
        yield [(0.0, PointerEvent("scroll", 5, 5, 0.0, scroll_y=1.0))]

    path = folder / "sound.tape"
    sketch.run(Show, headless=True, tape=path, player=ScriptPlayer(script()), home=folder / "home")
    text = path.read_bytes().splitlines(keepends=True)
    edit = b'["c","version","x.py","raise SystemExit(1)",[]]\n'
    problem = b'["c","problem","x.py","",["SyntaxError","no",null]]\n'
    return b"".join([*text[:4], edit, problem, *text[4:]])


def fuzz_tapes(count: int, seed: int, say: Callable[[str], None] = print) -> list[str]:
    """Read and replay damaged tapes.

    Args:
        count: How many.
        seed: Decides all of them.
        say: Takes a line on how it goes.

    Returns:
        A line for each that ended otherwise than it may.
    """
    wrong: list[str] = []
    random = np.random.default_rng([seed, 3])
    logging.disable(logging.WARNING)  # a line for each of them
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sound = sound_tape(folder)
        for number in range(count):
            path = folder / "damaged.tape"
            path.write_bytes(damaged(sound, random))
            try:
                replay(Show, TapeReader(path), headless=True)
            except TapeError as error:
                if "\n" in str(error):
                    wrong.append(f"tape {number}: more than one line: {error}")
            except (Exception, SystemExit) as error:
                wrong.append(f"tape {number}: {type(error).__name__}: {error}")
            if number % 500 == 499:
                say(f"{number + 1} tapes, {len(wrong)} wrong")
    logging.disable(logging.NOTSET)
    return wrong
