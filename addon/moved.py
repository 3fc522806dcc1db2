"""Names from older documentation that have moved: they still work, with a warning."""

import importlib
import runpy
import warnings
from collections.abc import Callable
from typing import Any


def moved(old: str, new: str) -> Callable[[str], Any]:
    """Make the `__getattr__` of a module whose names have moved (PEP 562).

    Args:
        old: The module's own name.
        new: The module that has its names now.
    """

    def find(name: str) -> Any:
        # Python itself looks these up in every module.
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(new), name)
        warnings.warn(f"{old}.{name} is in {new} now", DeprecationWarning, stacklevel=2)
        return value

    return find


def run_moved(old: str, new: str, command: str) -> None:
    """Run NEW for `python -m OLD`, with a warning that gives the new command.

    Args:
        old: The name it was run by.
        new: The module that runs.
        command: What to type.
    """
    warnings.warn(f"{old} is {new} now; run it by: {command}", DeprecationWarning, stacklevel=2)
    runpy.run_module(new, run_name="__main__", alter_sys=True)
