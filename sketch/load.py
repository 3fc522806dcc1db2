"""A sketch's file to a sketch class."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from sketch.module_sketch import module_sketch
from sketch.sketch import Sketch


class LoadError(Exception):
    """A file that is no sketch; the message is one line and says why."""


def load_sketch(path: Path) -> type[Sketch]:
    """Import a sketch's file: a `Sketch` class (the last one it defines), or plain functions.

    The module gets a private name, so a file may be called `sketch.py`; its folder comes first on the path,
    so it may import what lies beside it.

    Raises:
        LoadError: There is no such file, or it holds no sketch.
    """
    if not path.is_file():
        raise LoadError(f"there is no file {path}")
    module = _import(path.resolve())
    own = _classes(module)
    if own:
        return own[-1]
    try:
        return module_sketch(module)
    except (TypeError, ValueError) as error:
        raise LoadError(f"{path.name}: {error}") from error


def passed_over(chosen: type[Sketch]) -> list[str]:
    """What to say of the other sketches in the file of the one that runs; a class it builds on is none."""
    module = sys.modules[chosen.__module__]
    others = [kind.__name__ for kind in _classes(module) if not issubclass(chosen, kind)]
    if not others:
        return []
    name = Path(str(module.__file__)).name
    return [f"{name}: {chosen.__name__} runs, the last sketch in it; {', '.join(others)} does not"]


def _classes(module: ModuleType) -> list[type[Sketch]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Sketch) and value.__module__ == module.__name__
    ]


def _import(path: Path) -> ModuleType:
    name = f"_inkloop_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise LoadError(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec.loader.exec_module(module)
    return module
