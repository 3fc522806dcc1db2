"""Which keys are down, so that each that went down comes up once, under the same name."""

from collections.abc import Hashable

from sketch.input.events import KeyEvent

_MODIFIERS = {
    "shift": "shift",
    "ctrl": "ctrl",
    "alt": "alt",
    "command": "command",
    "loption": "alt",
    "roption": "alt",
    "lmeta": "alt",  # what X11 calls Alt while Shift is down
    "rmeta": "alt",
    "lwindows": "command",
    "rwindows": "command",
}


class HeldKeys:
    """The keys that are down.

    A window system tells which modifiers were held before an event, or after it, and nothing at all once
    another window has the keyboard. What is told of here are those held after it.
    """

    def __init__(self) -> None:
        self._keys: dict[Hashable, tuple[str, str]] = {}

    def down(
        self, key: Hashable, name: str, code: str, modifiers: frozenset[str], t: float
    ) -> list[KeyEvent]:
        """A key goes down.

        Args:
            key: What tells this key from the others, whatever the layout or the modifiers are.
            name: What it is called now.
            code: Where it is.
            modifiers: Held, with or without this key.
            t: Seconds on the loop's clock.

        Returns:
            The event; none for a key that is down already and repeats.
        """
        if key in self._keys:
            return []
        self._keys[key] = (name, code)
        return [KeyEvent("down", name, modifiers | self._modifiers(), t, code)]

    def up(self, key: Hashable, modifiers: frozenset[str], t: float) -> list[KeyEvent]:
        """A key comes up; no event for one that went down where another window had the keyboard."""
        if key not in self._keys:
            return []
        name, code = self._keys.pop(key)
        own = frozenset({_MODIFIERS[name]}) if name in _MODIFIERS else frozenset[str]()
        return [KeyEvent("up", name, (modifiers - own) | self._modifiers(), t, code)]

    def release(self, t: float) -> list[KeyEvent]:
        """Every key comes up, the last one first."""
        return [event for key in [*reversed(self._keys)] for event in self.up(key, frozenset(), t)]

    def _modifiers(self) -> frozenset[str]:
        return frozenset(_MODIFIERS[name] for name, _ in self._keys.values() if name in _MODIFIERS)
