"""What X11 says of an event and pyglet does not hand on: its time, the modifiers, the key whatever its layout."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sketch.host.codes import X11_CODES
from sketch.host.keys import key_name
from sketch.host.keysyms import keysym_name

_KEYS = {2: "down", 3: "up"}
_STAMPED = range(2, 7)  # motion, buttons and keys, which carry their time and their state at the same places
_DESTROYED = 17
_BITS = {"shift": 1 << 0, "ctrl": 1 << 2, "alt": 1 << 3, "command": 1 << 6}


@dataclass(frozen=True, slots=True)
class NativeKey:
    """A key.

    Attributes:
        number: The same whatever the layout and the modifiers are.
        name: What a sketch calls it; empty if it has none.
        code: Where it is, as in `KeyEvent`.
    """

    number: int
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class NativeEvent:
    """What the window system says of an event.

    Attributes:
        kind: Of a key, what happened to it.
        stamp_ms: The server's time, if the event has one.
        modifiers: Held before the event.
        key: Which key it is about, if it is about one.
        destroyed: Whether somebody else destroyed the window.
    """

    kind: Literal["down", "up", ""] = ""
    stamp_ms: int | None = None
    modifiers: frozenset[str] = frozenset()
    key: NativeKey | None = None
    destroyed: bool = False


def follow_events(window: Any, take: Callable[[NativeEvent | None], None]) -> None:
    """Have X11's own words on each event handed over before it, and None after it; elsewhere do nothing.

    pyglet hands no time on, and the moment at which a sample is taken from the queue is not the moment at
    which the pen was there.
    """
    handlers: dict[int, Callable[[Any], None]] | None = getattr(window.display, "_window_map", None)
    if handlers is None:
        return
    own = getattr(window, "_window", None)
    for xid in (own, getattr(window, "_view", None)):
        if xid in handlers:
            handlers[xid] = _followed(handlers[xid], take, is_window=xid == own)


def _followed(
    dispatch: Callable[[Any], None], take: Callable[[NativeEvent | None], None], is_window: bool
) -> Callable[[Any], None]:
    def dispatch_followed(event: Any) -> None:
        take(_native(event, is_window))
        try:
            dispatch(event)
        finally:
            take(None)

    return dispatch_followed


def _native(event: Any, is_window: bool) -> NativeEvent | None:
    if event.type == _DESTROYED and is_window:
        return NativeEvent(destroyed=True)
    if event.type not in _STAMPED:
        return None
    kind, stamp, state = _KEYS.get(event.type, ""), int(event.xkey.time), int(event.xkey.state)
    modifiers = frozenset(name for name, bit in _BITS.items() if state & bit)
    number = int(event.xkey.keycode) if kind else 0
    # An input method hands on what it composed as a key without a number.
    key = NativeKey(number, _name(event), X11_CODES.get(number, "")) if number else None
    return NativeEvent(kind, stamp, modifiers, key)  # type: ignore[arg-type]


def _name(event: Any) -> str:
    from pyglet.libs.x11 import xlib

    symbol = xlib.KeySym()
    xlib.XLookupString(event.xkey, ctypes.create_string_buffer(16), 15, ctypes.byref(symbol), None)
    return key_name(symbol.value) or keysym_name(symbol.value) or X11_CODES.get(event.xkey.keycode, "")
