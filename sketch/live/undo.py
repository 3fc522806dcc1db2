"""Changes that can be taken back."""

from collections.abc import Callable
from typing import Any

_MISSING: Any = object()


class Undo:
    """Makes changes, and takes all of them back in reverse order."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def add(self, step: Callable[[], object]) -> None:
        """Call a function when the changes are taken back."""
        self._steps.append(step)

    def back(self) -> None:
        """Take every change back."""
        while self._steps:
            self._steps.pop()()

    def set_item(self, holder: dict[Any, Any], key: object, value: object) -> None:
        """Set an item of a dictionary."""
        self.keep_item(holder, key)
        holder[key] = value

    def del_item(self, holder: dict[Any, Any], key: object) -> None:
        """Remove an item of a dictionary, if it is there."""
        self.keep_item(holder, key)
        holder.pop(key, None)

    def keep_item(self, holder: dict[Any, Any], key: object) -> None:
        """Restore an item of a dictionary as it is now, whatever changes it later."""
        old = holder.get(key, _MISSING)
        if old is _MISSING:
            self.add(lambda: holder.pop(key, None))
        else:
            self.add(lambda: holder.__setitem__(key, old))

    def set_attribute(self, kind: type, name: str, value: object) -> None:
        """Set an attribute of a class, past the checks of its metaclass."""
        self._keep_attribute(kind, name)
        type.__setattr__(kind, name, value)

    def del_attribute(self, kind: type, name: str) -> None:
        """Remove an attribute of a class itself."""
        self._keep_attribute(kind, name)
        type.__delattr__(kind, name)

    def set_object_attribute(self, owner: Any, name: str, value: object) -> None:
        """Set an attribute that an object has, such as the code of a function."""
        old = getattr(owner, name)
        self.add(lambda: object.__setattr__(owner, name, old))
        object.__setattr__(owner, name, value)

    def _keep_attribute(self, kind: type, name: str) -> None:
        old = vars(kind).get(name, _MISSING)
        if old is _MISSING:
            self.add(lambda: type.__delattr__(kind, name))
        else:
            self.add(lambda: type.__setattr__(kind, name, old))
