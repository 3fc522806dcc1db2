"""The names that belong to a sketch, checked when an author sets them.

Without this, `self.ink = []` or `frame = "picture.png"` on a class would only fail a frame later, in code of
Inkloop that does not mention the author's line.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from types import FunctionType
from typing import Any, cast

from sketch.ink.ink import Ink
from sketch.render.color import parse_color
from sketch.scalars import as_path, as_text, flag, number, rounded, short, whole
from sketch.timing import FrameTimes
from sketch.window import Window

Check = Callable[[str, Any], Any]
"""Takes a name and the value that was set, returns the value to keep; raises TypeError or ValueError."""


def _at_least_0(name: str, value: Any) -> float:
    """Clamp at 0: a value that a mouse wheel steps down stays there instead of growing again."""
    return max(0.0, number(name, value))


def _color(name: str, value: Any) -> Any:
    try:
        parse_color(value)
    except (ValueError, TypeError) as error:
        raise type(error)(f"{name}: {error}") from None
    return value


def _window(name: str, value: Any) -> Window:
    if not isinstance(value, Window):
        raise TypeError(
            f"{name} must be a sketch.Window, as sketch.Window(size=(1280, 720)) is; got {short(value)}"
        )
    return value


def _of(kind: type) -> Check:
    def check(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            raise TypeError(name)
        return value

    return check


def _words(name: str, value: Any) -> frozenset[str]:
    if not isinstance(value, set | frozenset) or not all(isinstance(each, str) for each in cast(Any, value)):
        raise TypeError(name)
    return cast(frozenset[str], frozenset(cast(Any, value)))


def _function(name: str, value: Any) -> Any:
    if not callable(value):
        raise TypeError(name)
    return value


SETTINGS: Mapping[str, Check] = {
    "window": _window,
    "ink_pause": _at_least_0,
    "ink_reach": _at_least_0,
    "ink_reopens": _at_least_0,
    "keeps_ink": flag,
    "pen_color": _color,
    "pen_width": _at_least_0,
    "predicts_pen": flag,
    "prediction_ms": _at_least_0,
    "shows_messages": flag,
    "seed": lambda name, value: whole(name, value, -(1 << 63), (1 << 63) - 1),
}
"""What an author sets, on the class or later."""

READ_EVERY_FRAME = frozenset(
    {"pen_color", "pen_width", "predicts_pen", "prediction_ms", "shows_messages", "seed"}
)
"""The settings that may be a parameter: the others are read once, when the sketch begins."""

OWN: Mapping[str, tuple[str, str, Check]] = {
    "width": ("the width of the window, which Window(size=...) sets", "a number", rounded),
    "height": ("the height of the window, which Window(size=...) sets", "a number", rounded),
    "time": ("the seconds since it began", "a number", number),
    "frame": ("how many frames were drawn", "a whole number", lambda name, value: whole(name, value, 0)),
    "mouse_x": ("where the mouse is", "a number", number),
    "mouse_y": ("where the mouse is", "a number", number),
    "modifiers": ("the keys that are held, such as shift", "a set of words", _words),
    "key_code": ("where the key of the last event is", "a text", as_text),
    "home": ("the folder for what the user makes", "a path", as_path),
    "ink": ("what was drawn with the pen, which ink.clear() empties", "an Ink()", _of(Ink)),
    "ink_amends": ("whether an ink was closed before, with fewer strokes", "True or False", flag),
    "open_inks": ("the inks that a stroke may still join", "a tuple", _of(tuple)),
    "addons": ("what use() attached", "a list", _of(list)),
    "wants_to_quit": ("whether it ends after this frame, which quit() says", "True or False", flag),
    "outbox": ("the messages to show, which send_message(text) adds to", "a list", _of(list)),
    "frame_times": ("how long the last frames took", "FrameTimes()", _of(FrameTimes)),
    "ink_closer": ("what close_inks() calls", "a function", _function),
}
"""What Inkloop sets while a sketch runs: its meaning, what it must be, and the check."""


def checked(name: str, value: Any) -> Any:
    """Check a value that an author sets under one of the sketch's own names; return the value to keep.

    Args:
        name: One of `SETTINGS`, of `OWN` or of a sketch's methods.
        value: What was set.

    Raises:
        TypeError: It has another type than Inkloop reads there.
        ValueError: It is a number that is not finite or out of range.
    """
    if name in SETTINGS:
        return SETTINGS[name](name, value)
    meaning, must, check = OWN.get(name, _METHOD)
    try:
        return check(name, value)
    except (TypeError, ValueError) as error:
        raise type(error)(_taken(name, f"{meaning}; it must be {must}", value)) from None


def check_class(kind: type, methods: frozenset[str]) -> None:
    """Check what an author's class sets; settings are kept as `checked` returns them.

    Args:
        kind: The class.
        methods: The names of a sketch's methods.

    Raises:
        TypeError: It has an attribute with a name that Inkloop sets while it runs, or with that of a method.
        ValueError: A setting is out of range.
    """
    for name, value in list(vars(kind).items()):
        if getattr(value.__class__, "is_parameter", False) and _may_be_parameter(kind, name, value):
            continue
        if name in SETTINGS and isinstance(value, _COMPUTED):
            raise TypeError(
                f"{kind.__name__}: {name} is a setting and must be a plain value, not a property or method; "
                f"if it changes, set self.{name} in update()"
            )
        if name in SETTINGS:
            setattr(kind, name, SETTINGS[name](name, value))
        elif name in OWN:
            raise TypeError(f"{kind.__name__}: {_taken(name, OWN[name][0], value)}")
        elif name in methods and not callable(value) and not isinstance(value, staticmethod | classmethod):
            raise TypeError(f"{kind.__name__}: {_taken(name, _METHOD[0], value)}")


def _may_be_parameter(kind: type, name: str, declared: Any) -> bool:
    """Whether a parameter may have this name; its default is checked as the setting's value is."""
    if name in READ_EVERY_FRAME:
        SETTINGS[name](name, declared.default)
        return True
    if name in SETTINGS:
        raise TypeError(
            f"{kind.__name__}: {name} is read once, when the sketch begins: it cannot be a parameter"
        )
    return False


_COMPUTED = (property, cached_property, FunctionType)

_METHOD: tuple[str, str, Check] = ("a method that Inkloop calls", "a function", _function)


def _taken(name: str, meaning: str, value: Any) -> str:
    advice = f"Use another name, such as my_{name}"
    return f"{name} is the sketch's own name: {meaning}; got {short(value)}. {advice}"
