"""Damaged tapes: each is read or refused in one line, with and without the edits in it."""

import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

import sketch
from sketch.input.events import KeyEvent, ParamEvent, PointerEvent
from sketch.launch import replay
from sketch.live.looking import SavedError
from sketch.live.tapes_entries import (
    TapeError,
)
from sketch.live.tapes_reader import TapeReader
from sketch.load import load_sketch
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.fuzz.presets import damaged

FRAMES = 3000
"""Frames after which a replay is ended: a damaged tape may have more than the sound one."""


SHOW = f"""
import sketch
class Show(sketch.Sketch):
    window = sketch.Window(size=(32, 24))
    speed = sketch.Param(1.0, 0, 10)
    def update(self, dt):
        if self.frame > {FRAMES}: self.quit()
    def draw(self, canvas):
        canvas.background(12)
        canvas.ink(self.ink)
"""


def sound_tape(file: Path) -> bytes:
    """A short tape of a sketch with a record of most kinds, edits among them."""
    line = np.array([(x, 10, x / 800, 0.5) for x in range(2, 30, 7)], dtype=np.float32)

    def script():
        yield [
            (0.0, ParamEvent("speed", 3.0, "osc")),
            (0.0, KeyEvent("down", "a")),
            (0.02, KeyEvent("up", "a")),
        ]
        yield draw([line])
        yield [(0.0, PointerEvent("scroll", 5, 5, 0.0, scroll_y=1.0))]

    path = file.with_name("sound.tape")
    home = file.with_name("home")
    sketch.run(load_sketch(file), headless=True, tape=path, player=ScriptPlayer(script()), home=home)
    text = path.read_bytes().replace(b'"strict":true', b'"strict":false', 1).splitlines(keepends=True)
    first = next(number for number, line in enumerate(text) if line.startswith(b'["f"')) + 1
    edited = SHOW.replace("12", "13")
    edits = [
        ["c", "version", file.name, edited, []],
        ["c", "problem", file.name, "", ["SyntaxError", "no", None]],
        ["c", "gone", file.name, "", []],
    ]
    records = [json.dumps(edit).encode("ascii") + b"\n" for edit in edits]
    return b"".join([*text[:first], records[0], *text[first : first + 4], *records[1:], *text[first + 4 :]])


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
    logging.disable(logging.CRITICAL)  # a line for each of them
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "show.py"
        file.write_text(SHOW, encoding="utf-8")
        sound = sound_tape(file)
        for number in range(count):
            path = folder / "damaged.tape"
            path.write_bytes(damaged(sound, random))
            is_strict = False
            try:
                # Every second one with the edits in it, from a sketch as it was.
                file.write_text(SHOW, encoding="utf-8")
                reader = TapeReader(path)
                is_strict = reader.header.strict
                replay(load_sketch(file), reader, headless=True, code=number % 2 == 1)
            except TapeError as error:
                if "\n" in str(error):
                    wrong.append(f"tape {number}: more than one line: {error}")
            except (Exception, SystemExit) as error:
                # What a strict show may do: end with the error of an edit.
                if is_strict and isinstance(error, SyntaxError | SavedError | AttributeError | NameError):
                    continue
                wrong.append(f"tape {number}: {type(error).__name__}: {error}")
            if number % 500 == 499:
                say(f"{number + 1} tapes, {len(wrong)} wrong")
    logging.disable(logging.NOTSET)
    return wrong
