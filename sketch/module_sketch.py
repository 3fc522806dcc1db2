"""A plain module with `setup`, `update` and `draw` functions, as a sketch."""

import difflib
import inspect
from collections.abc import Callable, Set
from types import ModuleType
from typing import Any

from sketch.sketch import Sketch
from sketch.window import Window

EVENTS = (
    "setup",
    "update",
    "draw",
    "exit",
    "key_pressed",
    "key_released",
    "mouse_moved",
    "mouse_dragged",
    "mouse_pressed",
    "mouse_released",
    "mouse_scrolled",
    "mouse_entered",
    "mouse_exited",
    "pen_pressed",
    "pen_dragged",
    "pen_released",
    "pen_hovered",
    "on_stroke_point",
    "on_stroke",
    "on_ink",
    "window_resized",
    "files_dropped",
    "message",
)

SETTINGS = ("window", "ink_pause", "ink_reach", "pen_color", "pen_width", "shows_messages")


def module_sketch(module: ModuleType) -> type[Sketch]:
    """Make a sketch class of a module.

    Each function the module defines by the name of one of `Sketch`'s methods is called with that method's
    arguments; one that takes one argument more is handed the running sketch first:

        def setup(me):
            me.pen_width = 20

        def draw(canvas):
            canvas.background(12)

    A module's `window = sketch.Window(...)` and the other settings of `Sketch` apply.

    Raises:
        TypeError: The module has no `draw` and no `setup`, or a function takes the wrong number of arguments.
    """
    functions = {
        name: getattr(module, name) for name in EVENTS if inspect.isfunction(getattr(module, name, None))
    }
    if not functions.keys() & {"setup", "draw"}:
        raise TypeError(f"{module.__name__} defines neither a Sketch class nor setup or draw functions")
    methods: dict[str, Any] = {
        name: _method(name, function, _wants_sketch(name, function)) for name, function in functions.items()
    }
    settings = {name: getattr(module, name) for name in SETTINGS if hasattr(module, name)}
    if not isinstance(settings.get("window", Window()), Window):
        raise TypeError(f"window must be a sketch.Window(...); got {settings['window']!r}")
    hints = misspelt(module, functions.keys())

    def begin(self: Sketch) -> None:
        Sketch.__init__(self)
        self.outbox += hints

    return type(
        "ModuleSketch",
        (Sketch,),
        {**settings, **methods, "__init__": begin, "__module__": module.__name__},
    )


def misspelt(module: ModuleType, known: Set[str]) -> list[str]:
    """What to say of functions of a module that nobody calls, by names close to those of a sketch.

    Args:
        module: The author's.
        known: Which of a sketch's functions it defines: nothing is close to these.
    """
    left = [name for name in EVENTS if name not in known]
    said: list[str] = []
    for name, value in vars(module).items():
        own = inspect.isfunction(value) and value.__module__ == module.__name__
        if own and name not in EVENTS and not name.startswith("_"):
            said += [
                f"nobody calls {name}(): is it {meant}()?"
                for meant in difflib.get_close_matches(name.lower(), left, n=1, cutoff=0.75)
            ]
    return said


def _wants_sketch(name: str, function: Callable[..., Any]) -> bool:
    taken = len(inspect.signature(function).parameters)
    expected = len(inspect.signature(getattr(Sketch, name)).parameters) - 1
    if taken not in (expected, expected + 1):
        raise TypeError(
            f"{name} takes {expected} arguments, or {expected + 1} with the sketch first; "
            f"it is written with {taken}"
        )
    return taken == expected + 1


def _method(name: str, function: Callable[..., Any], wants_sketch: bool) -> Callable[..., Any]:
    def method(self: Sketch, *arguments: Any) -> Any:
        return function(self, *arguments) if wants_sketch else function(*arguments)

    method.__name__ = name
    return method
