"""Turn what pyglet's window reports into events in the queue."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

from sketch.host.codes import NAMED_CODES
from sketch.host.held import HeldKeys
from sketch.host.keys import button_names, key_name, modifier_names
from sketch.host.server_clock import ServerClock
from sketch.host.x11 import NativeEvent
from sketch.input.events import (
    Button,
    Device,
    Event,
    FilesEvent,
    FocusEvent,
    PointerEvent,
    PointerKind,
    ResizeEvent,
)
from sketch.input.queue import EventQueue

log = logging.getLogger("inkloop")

# A tablet's report and the pointer event it causes arrive within this many seconds of each other.
TABLET_FRESH = 0.05

HANDLED = True


class WindowEvents:
    """Handlers for pyglet's events; pass it to `window.push_handlers`.

    Args:
        window: pyglet's window.
        queue: Where the events go.
        now: The loop's clock.
        close: Called when the user closes the window.

    Attributes:
        is_lost: Whether another program destroyed the window, so that nothing can be drawn or read.
    """

    def __init__(
        self, window: Any, queue: EventQueue, now: Callable[[], float], close: Callable[[], None]
    ) -> None:
        self._window = window
        self._queue = queue
        self._now = now
        self._close = close
        self._server = ServerClock()
        self._native: NativeEvent | None = None
        self._pressure = (0.5, -1.0)
        self._keys = HeldKeys()
        self._buttons: dict[str, None] = {}
        self._at = (0.0, 0.0)
        self._focused = True
        self.is_lost = False

    def take_native(self, event: NativeEvent | None) -> None:
        """Take the window system's own event before pyglet dispatches it; None after it.

        Keys are taken from it alone: pyglet knows only the keys of English layouts, and names a released key
        by what Shift makes of it at that moment.
        """
        self._native = event
        if event is not None and event.destroyed:
            self.is_lost = True
            self._close()
        if event is not None and event.key is not None:
            kind, key, t = event.kind, event.key, self._time()
            if kind == "up":
                self._put(*self._keys.up(key.number, event.modifiers, t))
            elif key.name:
                self._put(*self._keys.down(key.number, key.name, key.code, event.modifiers, t))

    def note_pressure(self, pressure: float) -> None:
        """Remember what a tablet reported, 0..1: the pointer event that follows carries no pressure."""
        self._pressure = (min(1.0, max(0.0, pressure)), self._now())

    def on_mouse_motion(self, x: float, y: float, dx: float, dy: float) -> bool:
        """A sample with no button held."""
        return self._pointer("move", x, y, modifiers=self._held_now())

    def on_mouse_drag(self, x: float, y: float, dx: float, dy: float, buttons: int, modifiers: int) -> bool:
        """A sample with a button held, unless it went down elsewhere or was released with the focus."""
        held = [name for name in button_names(buttons) if name in self._buttons]
        return self._pointer("move", x, y, held[0] if held else "", modifiers=self._held_now())

    def on_mouse_press(self, x: float, y: float, button: int, modifiers: int) -> bool:
        """A button went down; those without a name, such as Back, do nothing."""
        for name in button_names(button):
            self._buttons[name] = None
            self._pointer("down", x, y, name, modifiers=modifier_names(modifiers))
        return HANDLED

    def on_mouse_release(self, x: float, y: float, button: int, modifiers: int) -> bool:
        """A button went up."""
        for name in button_names(button):
            if name in self._buttons:
                del self._buttons[name]
                self._pointer("up", x, y, name, modifiers=modifier_names(modifiers))
        return HANDLED

    def on_mouse_scroll(self, x: float, y: float, scroll_x: float, scroll_y: float) -> bool:
        """The wheel turned."""
        return self._pointer("scroll", x, y, "", scroll_x, scroll_y, modifiers=self._held_now())

    def on_mouse_enter(self, x: float, y: float) -> bool:
        """The mouse entered the window."""
        return self._pointer("enter", x, y)

    def on_mouse_leave(self, x: float, y: float) -> bool:
        """The mouse left the window."""
        return self._pointer("exit", x, y)

    def on_key_press(self, symbol: int, modifiers: int) -> bool:
        """A key went down. Handled here, so that pyglet does not close the window on ESC."""
        name = key_name(symbol)
        if name and self._native is None:
            code = NAMED_CODES.get(name, "")
            self._put(*self._keys.down(symbol, name, code, modifier_names(modifiers), self._time()))
        return HANDLED

    def on_key_release(self, symbol: int, modifiers: int) -> bool:
        """A key went up."""
        if self._native is None:
            self._put(*self._keys.up(symbol, modifier_names(modifiers), self._time()))
        return HANDLED

    def on_activate(self) -> None:
        """The window got the keyboard."""
        self._focused = True
        self._put(FocusEvent(True))

    def on_deactivate(self) -> None:
        """Another window has the keyboard and gets the releases, so what is down is released now."""
        self._focused = False
        for name in [*self._buttons]:
            del self._buttons[name]
            self._pointer("up", *self._at, name)
        self._put(*self._keys.release(self._time()), FocusEvent(False))

    def on_resize(self, width: int, height: int) -> None:
        """The window has another size; returns None, so that pyglet also sets its projection."""
        self._queue.put(ResizeEvent(width, height, pixel_ratio(self._window)))

    def on_file_drop(self, x: float, y: float, paths: Sequence[str]) -> bool:
        """Files were dropped."""
        self._queue.put(FilesEvent(tuple(str(path) for path in paths), x, self._window.height - 1 - y))
        return HANDLED

    def on_close(self) -> bool:
        """The user closes the window. Handled here, so that the frame ends before the window does."""
        self._close()
        return HANDLED

    def _time(self) -> float:
        now, stamp = self._now(), self._native.stamp_ms if self._native is not None else None
        return now if stamp is None else self._server.seconds(stamp, now)

    def _held_now(self) -> frozenset[str] | None:
        """Modifiers while the mouse moves or scrolls; None if unknown or without the keyboard."""
        return self._native.modifiers if self._native is not None and self._focused else None

    def _put(self, *events: Event) -> None:
        for event in events:
            self._queue.put(event)

    def _pointer(
        self,
        kind: PointerKind,
        x: float,
        y: float,
        button: str = "",
        scroll_x: float = 0.0,
        scroll_y: float = 0.0,
        modifiers: frozenset[str] | None = None,
    ) -> bool:
        pressure, since = self._pressure
        is_pen = self._now() - since < TABLET_FRESH
        self._at = (x, y)
        self._put(
            PointerEvent(
                kind,
                float(x),
                float(self._window.height - 1 - y),
                self._time(),
                pressure=pressure if is_pen else 0.5,
                device=cast(Device, "pen" if is_pen else "mouse"),
                button=cast(Button, button),
                scroll_x=scroll_x,
                scroll_y=scroll_y,
                modifiers=modifiers,
            )
        )
        return HANDLED


def pixel_ratio(window: Any) -> float:
    """Pixels of pyglet's framebuffer per logical pixel; 1 if it has none, as when minimised."""
    pixels = float(window.get_framebuffer_size()[0])
    return pixels / window.width if pixels > 0 and window.width > 0 else 1.0


def follow_tablets(window: Any, note: Callable[[float], None]) -> int:
    """Open all tablets, so that their pressure is noted; return their number."""
    import pyglet.input

    try:
        tablets: list[Any] = list(cast(Any, pyglet.input).get_tablets(window.display))
    except Exception as error:  # the platform decides what is raised if tablets are not supported
        log.info("tablets are not supported here (%s); the pointer draws as a mouse", type(error).__name__)
        return 0
    for tablet in tablets:
        canvas = tablet.open(window)

        def on_motion(cursor: Any, x: float, y: float, pressure: float, *tilt: float) -> None:
            note(pressure)

        canvas.push_handlers(on_motion=on_motion)
    return len(tablets)
