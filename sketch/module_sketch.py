"""A plain module with `setup`, `update` and `draw` functions as a sketch."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

from sketch.hooks import HOOKS, check_runs, misspelt
from sketch.own_names import SETTINGS
from sketch.sketch import Sketch

_DECLARED = "__inkloop_parameters__"


def module_sketch(module: ModuleType) -> type[Sketch]:
    """Make a sketch class from a module.

    A function with the name of one of `Sketch`'s methods is called with that method's arguments. If it takes
    one argument more, the running sketch comes first:

        def setup(me):
            me.pen_width = 20

        def draw(canvas):
            canvas.background(12)

    A module's `window = sketch.Window(...)` and the other settings of `Sketch` apply. While the sketch runs,
    the name of a `sketch.Param` in the module holds the parameter's value.

    Raises:
        TypeError: The module has no `draw` and no `setup`, or a function takes the wrong number of arguments,
            or a setting has another type than described.
        ValueError: A setting is out of range.
    """
    functions = {
        name: getattr(module, name) for name in HOOKS if inspect.isfunction(getattr(module, name, None))
    }
    if not functions.keys() & {"setup", "draw"}:
        raise TypeError("it has neither a Sketch class nor a setup or draw function")
    for name, function in functions.items():
        check_runs(name, function)
    methods: dict[str, Any] = {
        name: _method(name, function, _wants_sketch(name, function)) for name, function in functions.items()
    }
    parameters = _parameters(module)
    settings = {name: getattr(module, name) for name in SETTINGS if hasattr(module, name)}
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    ]
    hints = misspelt(own, functions.keys())

    def begin(self: Sketch) -> None:
        Sketch.__init__(self)
        self.outbox += hints

    return type(
        "ModuleSketch",
        (Sketch,),
        {
            **settings,
            **parameters,
            **methods,
            "__init__": begin,
            "__module__": module.__name__,
            "module_names": vars(module),
        },
    )


def _parameters(module: ModuleType) -> dict[str, Any]:
    """The parameters of a module by name, also of one that has run: then its names hold their values."""
    declared: dict[str, Any] = vars(module).setdefault(_DECLARED, {})
    for name, value in vars(module).items():
        if getattr(value.__class__, "is_parameter", False):
            declared[name] = value
    return {name: value for name, value in declared.items() if name in vars(module)}


def _wants_sketch(name: str, function: Callable[..., Any]) -> bool:
    taken = len(inspect.signature(function).parameters)
    expected = len(inspect.signature(getattr(Sketch, name)).parameters) - 1
    if taken not in (expected, expected + 1):
        raise TypeError(
            f"{name} takes {expected} argument{'s' * (expected != 1)}, "
            f"or {expected + 1} with the sketch first; it is written with {taken}"
        )
    return taken == expected + 1


def _method(name: str, function: Callable[..., Any], wants_sketch: bool) -> Callable[..., Any]:
    def method(self: Sketch, *arguments: Any) -> Any:
        return function(self, *arguments) if wants_sketch else function(*arguments)

    method.__name__ = name
    return method
