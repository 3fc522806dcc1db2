"""What an addon looks like to a sketch.

An addon is any object with one or more of the methods of `Addon`; it imports nothing from here. A sketch
attaches it with `self.use(addon)`:

    class Counter:
        def __init__(self):
            self.points = 0

        def on_stroke_point(self, point, pointer_id):
            self.points += 1

        def draw(self, canvas):
            canvas.text(str(self.points), 40, 40)

Each method is called right after the sketch's method of the same name, in the order of attachment.

An addon may also have `parameters`, a mapping or a method that returns one: the panel then shows these
attributes of the addon, and presets keep them. The keys are names of attributes, the values the options of
`sketch.Param`; the value that an attribute has when the addon is attached is its default.

    class Echo:
        parameters = {"delay": {"low": 0.0, "high": 2.0, "unit": "s"}}

        def __init__(self):
            self.delay = 0.5
"""

import inspect
from pathlib import Path
from typing import Any, Protocol

from sketch.ink.points import Points, Strokes


class Addon(Protocol):
    """Everything an addon may have; it leaves out what it does not need."""

    def setup(self, home: Path) -> None:
        """Start. `home` is the folder for what the user makes, next to the sketch."""

    def update(self, dt: float) -> None:
        """Advance by `dt` seconds, once a frame, before anything is drawn."""

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """Take one sample of a pen that is down: float32 of shape (4,), x, y, t, pressure, in order."""

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """The pen was lifted: `points`, of shape (n, 4), are all of the stroke."""

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """An ink is closed, by a pause or by a stroke that starts elsewhere: its strokes, oldest first."""

    def on_ink_reopened(self, strokes: Strokes, pointer_id: int) -> None:
        """The pointer continues an ink of these strokes: one that was closed, or one that was split off."""

    def draw(self, canvas: Any) -> None:
        """Draw over what the sketch has drawn. `canvas` is a `sketch.Canvas`."""

    def messages(self) -> list[str]:
        """Messages for the user since the last call, one line each; asked for once a frame."""
        ...

    def wait_ready(self, timeout: float) -> bool:
        """Wait until it can answer, at most `timeout` seconds; return whether it can.

        Called once after `setup` if a sketch runs offscreen: its frames do not wait for a clock, so all of
        them might be over before a model is loaded. A window never waits.
        """
        ...

    def exit(self) -> None:
        """Finish: release what was acquired. Called once, also after an error."""


HOOKS = (
    "setup",
    "update",
    "on_stroke_point",
    "on_stroke",
    "on_ink",
    "on_ink_reopened",
    "draw",
    "messages",
    "exit",
)


def hooks_of(addon: object) -> frozenset[str]:
    """Names of the hooks an object has.

    Raises:
        TypeError: It has none, so it is not an addon; or one takes other arguments than it will get.
    """
    found = frozenset(name for name in HOOKS if callable(getattr(addon, name, None)))
    if not found:
        raise TypeError(f"{type(addon).__name__} is not an addon: it has none of {', '.join(HOOKS)}")
    for name in sorted(found):
        _check_arguments(addon, name)
    return found


def _check_arguments(addon: object, name: str) -> None:
    wanted = [*inspect.signature(getattr(Addon, name)).parameters][1:]
    try:
        taken = inspect.signature(getattr(addon, name))
    except ValueError:  # a function written in C may have no signature
        return
    try:
        taken.bind(*wanted)
    except TypeError:
        owner = addon.__name__ if isinstance(addon, type) else type(addon).__name__
        raise TypeError(
            f"{owner}.{name} is called with ({', '.join(wanted)}); it is written with {taken}"
            + (" and was given as a class: use an instance of it" if isinstance(addon, type) else "")
        ) from None
