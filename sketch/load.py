"""Load a sketch class from a file."""

import ast
import importlib.machinery
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from sketch.assets import asset_folder
from sketch.module_sketch import module_sketch
from sketch.sketch import Sketch


class LoadError(Exception):
    """A file is not a sketch; the message is one line and says why."""


def load_sketch(path: Path) -> type[Sketch]:
    """Import a sketch's file: a `Sketch` class (the last one it defines), or plain functions.

    The module gets a private name, so a file may be called `sketch.py` or `statistics.py`. It may import
    modules in its folder. That folder comes last on the path, so that nothing there replaces a module of
    Python, of Inkloop or of a package that either of them imports later.

    Raises:
        LoadError: There is no such file, or it holds no sketch.
    """
    if path.is_dir():
        raise LoadError(f"{path} is a folder; name the sketch in it, as in {path / 'my_sketch.py'}")
    if not path.is_file():
        meant = path.with_name(f"{path.name}.py")
        raise LoadError(f"there is no file {path}" + (f"; did you mean {meant}?" if meant.is_file() else ""))
    with asset_folder(path.resolve().parent):
        module = _import(path.resolve())
    own = _classes(module)
    if own:
        return own[-1]
    try:
        return module_sketch(module)
    except (TypeError, ValueError) as error:
        raise LoadError(f"{path.name}: {error}") from error


def other_sketches(chosen: type[Sketch]) -> list[str]:
    """Messages about other sketches in the file of the one that runs; its base classes do not count."""
    module = sys.modules[chosen.__module__]
    others = [kind.__name__ for kind in _classes(module) if not issubclass(chosen, kind)]
    if not others:
        return []
    name = Path(str(module.__file__)).name
    return [f"{name}: {chosen.__name__} runs because it comes last; {', '.join(others)} does not run"]


def append_to_path(folder: Path) -> None:
    """Search a folder for modules, after all other places."""
    while str(folder) in sys.path:
        sys.path.remove(str(folder))
    sys.path.append(str(folder))


def shadowed_imports(path: Path) -> list[str]:
    """Messages about modules next to a sketch that it cannot import, because another one comes first."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return []
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    names -= {"sketch", "addon", path.stem}
    names = {name for name in names if _is_module_in(name, path.parent)}
    return [
        f"{path.name}: import {name} takes {_place(name)}, not the {name} next to the sketch: rename it"
        for name in sorted(names)
        if _place(name)
    ]


def _is_module_in(name: str, folder: Path) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()


def _place(name: str) -> str:
    """The owner of the module that hides one of this name; empty if none does."""
    if name in sys.stdlib_module_names:
        return "Python's"
    spec = importlib.machinery.PathFinder.find_spec(name, sys.path[:-1])
    return "an installed package" if spec is not None and spec.origin is not None else ""


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
    if b"\0" in path.read_bytes():
        # Python's own error has no file name.
        raise LoadError(f"{path.name} is not a UTF-8 text (it contains zero bytes); save it as UTF-8")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    append_to_path(path.parent)
    spec.loader.exec_module(module)
    return module
