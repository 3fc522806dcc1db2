"""Track which keys are down, so that each is released once, under the name it was pressed by."""

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

    A window system reports the modifiers held before or after an event, and nothing once another window has
    the keyboard. The events here report those held after it.
    """

    def __init__(self) -> None:
        self._keys: dict[Hashable, tuple[str, str]] = {}

    def down(
        self, key: Hashable, name: str, code: str, modifiers: frozenset[str], t: float
    ) -> list[KeyEvent]:
        """A key goes down.

        Args:
            key: Identifies the key, independent of layout and modifiers.
            name: Its name now.
            code: Its place, as in `KeyEvent`.
            modifiers: Held, with or without this key.
            t: Seconds on the loop's clock.

        Returns:
            The event; none for a repeat of a key that is already down.
        """
        if key in self._keys:
            return []
        self._keys[key] = (name, code)
        return [KeyEvent("down", name, modifiers | self._modifiers(), t, code)]

    def up(self, key: Hashable, modifiers: frozenset[str], t: float) -> list[KeyEvent]:
        """A key comes up; no event if it went down while another window had the keyboard."""
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
