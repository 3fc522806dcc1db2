"""What pyglet leaves out of X11's events, and the picture on the screen."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

import numpy as np

from sketch.arrays import Pixels
from sketch.host.codes import X11_CODES
from sketch.host.keys import key_name
from sketch.host.keysyms import keysym_name

_KEYS: dict[int, Literal["down", "up"]] = {2: "down", 3: "up"}
_STAMPED = range(2, 7)  # motion, buttons and keys, which carry their time and their state at the same places
_DESTROYED = 17
_BITS = {"shift": 1 << 0, "ctrl": 1 << 2, "alt": 1 << 3, "command": 1 << 6}


@dataclass(frozen=True, slots=True)
class NativeKey:
    """A key.

    Attributes:
        number: Independent of the layout and the modifiers.
        name: The name for a sketch; empty if it has none.
        code: Its place, as in `KeyEvent`.
    """

    number: int
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class NativeEvent:
    """An event as the window system reports it.

    Attributes:
        kind: For a key, whether it went down or up.
        stamp_ms: The server's time, if the event has one.
        modifiers: Held before the event.
        key: The key, if the event is about one.
        destroyed: Whether another program destroyed the window.
    """

    kind: Literal["down", "up", ""] = ""
    stamp_ms: int | None = None
    modifiers: frozenset[str] = frozenset()
    key: NativeKey | None = None
    destroyed: bool = False


def follow_events(window: Any, take: Callable[[NativeEvent | None], None]) -> None:
    """Call `take` with X11's own event before each event, and with None after it; without X11 do nothing.

    pyglet does not report the time of an event, and a sample is taken from the queue later than the pen was
    there.
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
    kind: Literal["down", "up", ""] = _KEYS.get(event.type, "")
    stamp, state = int(event.xkey.time), int(event.xkey.state)
    modifiers = frozenset(name for name, bit in _BITS.items() if state & bit)
    number = int(event.xkey.keycode) if kind else 0
    # An input method reports composed text as a key without a number.
    key = NativeKey(number, _name(event), X11_CODES.get(number, "")) if number else None
    return NativeEvent(kind, stamp, modifiers, key)


def _name(event: Any) -> str:
    xlib: Any = import_module("pyglet.libs.x11.xlib")
    symbol = xlib.KeySym()
    xlib.XLookupString(event.xkey, ctypes.create_string_buffer(16), 15, ctypes.byref(symbol), None)
    return key_name(symbol.value) or keysym_name(symbol.value) or X11_CODES.get(event.xkey.keycode, "")


def picture_on_screen(window: Any) -> Pixels | None:
    """The picture on the screen at a window: uint8 of shape (height, width, 3), the top row first.

    Parts off the screen are black, and without a compositor another window on top is part of it. None if the
    server does not return it, as for a minimised window.
    """
    xlib: Any = import_module("pyglet.libs.x11.xlib")
    display, view = window._x_display, window._view
    width, height = window.get_framebuffer_size()
    left, top, child = ctypes.c_int(), ctypes.c_int(), xlib.Window()
    root, screen = xlib.XDefaultRootWindow(display), xlib.XDefaultScreen(display)
    place = (ctypes.byref(left), ctypes.byref(top), ctypes.byref(child))
    xlib.XTranslateCoordinates(display, view, root, 0, 0, *place)
    x, y = max(0, -left.value), max(0, -top.value)
    right = min(width, xlib.XDisplayWidth(display, screen) - left.value)
    bottom = min(height, xlib.XDisplayHeight(display, screen) - top.value)
    if right <= x or bottom <= y:
        return None
    image = xlib.XGetImage(display, view, x, y, right - x, bottom - y, xlib.XAllPlanes(), xlib.ZPixmap)
    if not image:
        return None
    try:
        return _padded(image.contents, (height, width), (y, x))
    finally:
        _destroy(xlib, image)


def _destroy(xlib: Any, image: Any) -> None:
    destroy = xlib._lib.XDestroyImage  # pyglet does not wrap it, since it is a macro, but a function as well
    destroy.argtypes = [ctypes.POINTER(xlib.XImage)]
    destroy(image)


def _padded(image: Any, shape: tuple[int, int], corner: tuple[int, int]) -> Pixels | None:
    if image.bits_per_pixel != 32 or image.byte_order != 0 or image.red_mask != 0xFF0000:
        return None
    layout = cast(Any, type(image))
    # Reading the field itself would give text up to the first zero byte.
    data = ctypes.c_void_p.from_address(ctypes.addressof(image) + layout.data.offset)
    size = image.height * image.bytes_per_line
    rows = np.frombuffer(ctypes.string_at(data, size), np.uint8).reshape(image.height, image.bytes_per_line)
    pixels = rows[:, : 4 * image.width].reshape(image.height, image.width, 4)[:, :, 2::-1]
    whole = np.zeros((*shape, 3), np.uint8)
    y, x = corner
    whole[y : y + image.height, x : x + image.width] = pixels
    return whole
