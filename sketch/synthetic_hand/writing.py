"""A machine-written hand for any sketch: it writes a text letter by letter in the middle of the window."""

from collections.abc import Callable

import numpy as np

from sketch.ink.points import Points
from sketch.synthetic_hand.hand import TEACH_FACE, write
from sketch.synthetic_hand.player import Script, ScriptPlayer, draw

REST = 0.5
"""Seconds after a letter, in addition to the pause that closes its ink."""

_HEIGHT = 0.45
"""Of a capital, as a share of the window's shorter side."""


def writing(
    text: str, size: tuple[int, int], ready: Callable[[], bool], pause: float = 0.7, step: float = 1 / 60
) -> ScriptPlayer:
    """A player that writes; pass it to `sketch.run(player=...)`.

        sketch.run(Letters, headless=True, record="abc.mp4", player=writing("abc", (1280, 720), ready))

    Args:
        text: Letters, digits and spaces.
        size: Of the window, in logical pixels.
        ready: Whether it may begin, asked at each frame: a model may still be loading.
        pause: Seconds after which a letter is a separate ink: the sketch's `ink_pause` plus `ink_reopens`.
        step: Seconds a frame.

    Raises:
        ValueError: There is nothing to write, or the alphabet lacks a letter.
    """
    letters = [
        centered(write(letter, face=TEACH_FACE, seed=number, height=_HEIGHT * min(size)), size)
        for number, letter in enumerate("".join(text.split()))
    ]
    if not letters:
        raise ValueError("there is nothing to write; give at least one letter")
    return ScriptPlayer(_script(letters, ready, pause + REST), step)


def centered(strokes: list[Points], size: tuple[int, int]) -> list[Points]:
    """Strokes moved to the middle of a window of that size."""
    corners = np.concatenate(strokes)[:, :2]
    middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    by = np.zeros(4, dtype=np.float32)
    by[:2] = np.array(size) / 2 - middle
    return [stroke + by for stroke in strokes]


def _script(letters: list[list[Points]], ready: Callable[[], bool], rest: float) -> Script:
    yield ready
    for strokes in letters:
        yield draw(strokes, rest=rest)
