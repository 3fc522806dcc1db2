"""The methods of a sketch that Inkloop calls, and the checks of those an author wrote."""

import difflib
import inspect
from collections.abc import Iterable, Set
from typing import Any

from sketch.sketch import Sketch

HOOKS = (
    "setup",
    "update",
    "draw",
    "exit",
    "before_reload",
    "after_reload",
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
    "on_ink_reopened",
    "window_resized",
    "files_dropped",
    "param_changed",
    "message",
)


class SketchError(TypeError):
    """A sketch cannot run as it is written; the message is one line and says why."""


def misspelt(names: Iterable[str], known: Set[str]) -> list[str]:
    """Messages about functions that Inkloop does not call although their names are close to those of hooks.

    Args:
        names: Of the functions an author wrote.
        known: The hooks that are defined; they are not suggested.
    """
    left = [name for name in HOOKS if name not in known]
    messages: list[str] = []
    for name in names:
        if name not in HOOKS and not name.startswith("_") and not hasattr(Sketch, name):
            messages += [
                f"Inkloop does not call {name}(); did you mean {meant}()?"
                for meant in difflib.get_close_matches(name.lower(), left, n=1, cutoff=0.75)
            ]
    return messages


def misspelt_methods(kind: type[Sketch]) -> list[str]:
    """Messages about methods of a class whose names are close to those of hooks.

    A method that the class's own code calls is a helper, whatever its name is.
    """
    written = [
        (name, value)
        for part in kind.__mro__
        if part is not Sketch and issubclass(part, Sketch)
        for name, value in vars(part).items()
        if inspect.isfunction(value)
    ]
    used = {name for _, function in written for name in function.__code__.co_names}
    known = {name for name in HOOKS if getattr(kind, name) is not getattr(Sketch, name)}
    return misspelt(dict.fromkeys(name for name, _ in written if name not in used), known)


def check_hooks(kind: type[Sketch]) -> None:
    """Refuse a class with a hook that Inkloop cannot call.

    Raises:
        SketchError: A hook takes other arguments than it will get, or calling it would run nothing.
    """
    for name in HOOKS:
        if getattr(kind, name) is not getattr(Sketch, name):
            given: Any = inspect.getattr_static(kind, name)
            check_runs(f"{kind.__name__}.{name}", getattr(given, "__func__", given))
            _check_arguments(kind, name)


def check_runs(name: str, function: object) -> None:
    """Refuse a function that would run nothing when it is called: the screen would stay black.

    Args:
        name: Its name in the error.
        function: What an author wrote as a hook.

    Raises:
        SketchError: It is written with `async def`, or with a `yield`.
    """
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise SketchError(f"{name} is written with async def, which Inkloop does not await: write def")
    if inspect.isgeneratorfunction(function):
        raise SketchError(f"{name} contains yield, so calling it runs nothing: remove the yield")


def check_begun(sketch: Sketch) -> None:
    """Refuse a sketch whose class has an `__init__` that leaves out `Sketch`'s.

    Raises:
        SketchError: It does.
    """
    if "ink" not in vars(sketch) or "outbox" not in vars(sketch):
        raise SketchError(
            f"{type(sketch).__name__}.__init__ does not call super().__init__(): "
            "call it first there, or do in setup() what __init__ does"
        )


def _check_arguments(kind: type[Sketch], name: str) -> None:
    wanted = [*inspect.signature(getattr(Sketch, name)).parameters]
    given: Any = inspect.getattr_static(kind, name)
    function = getattr(given, "__func__", given)
    if not inspect.isfunction(function):
        return
    # The arguments of the decorator count, not those of the function that it wraps.
    written = inspect.signature(function, follow_wrapped=False)
    if isinstance(given, staticmethod):
        wanted = wanted[1:]
    try:
        written.bind(*wanted)
    except TypeError:
        bare = [each.replace(annotation=inspect.Parameter.empty) for each in written.parameters.values()]
        raise SketchError(
            f"{kind.__name__}.{name} takes ({', '.join(wanted)}); "
            f"it is written with {inspect.Signature(bare)}"
        ) from None
