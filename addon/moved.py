"""Names that the documentation used before they had a public home: they still work, with a warning."""

import importlib
import runpy
import warnings
from collections.abc import Callable
from typing import Any


def moved(old: str, new: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose names are elsewhere now (PEP 562).

    Args:
        old: The module's own name.
        new: The module that has its names now.
    """

    def find(name: str) -> Any:
        # Python itself asks for these, of every module.
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(new), name)
        warnings.warn(f"{old}.{name} is in {new} now", DeprecationWarning, stacklevel=2)
        return value

    return find


def run_moved(old: str, new: str, command: str) -> None:
    """Run a module that was called `python -m OLD`, as NEW, and say by which command it is run now.

    Args:
        old: The name it was called by.
        new: The module that runs.
        command: What to type.
    """
    warnings.warn(f"{old} is {new} now; run it by: {command}", DeprecationWarning, stacklevel=2)
    runpy.run_module(new, run_name="__main__", alter_sys=True)
