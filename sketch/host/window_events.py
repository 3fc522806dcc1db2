"""What pyglet's window reports, as events in the queue."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, cast

from sketch.host.keys import button_name, key_name, modifier_names
from sketch.host.server_clock import ServerClock
from sketch.input.events import Button, Device, FilesEvent, KeyEvent, PointerEvent, PointerKind, ResizeEvent
from sketch.input.queue import EventQueue

log = logging.getLogger("inkloop")

# A tablet's report and the pointer event it causes arrive within this many seconds of each other.
TABLET_FRESH = 0.05

HANDLED = True

# Motion, buttons and keys of X11, all of which carry their time at the same place.
STAMPED = range(2, 7)


class WindowEvents:
    """Handlers for pyglet's events; hand it to `window.push_handlers`.

    Args:
        window: pyglet's window.
        queue: Where the events go.
        now: The loop's clock.
        close: Called when the user closes the window.
    """

    def __init__(
        self, window: Any, queue: EventQueue, now: Callable[[], float], close: Callable[[], None]
    ) -> None:
        self._window = window
        self._queue = queue
        self._now = now
        self._close = close
        self._server = ServerClock()
        self._stamp: int | None = None
        self._pressure = (0.5, -1.0)

    def note_stamp(self, stamp_ms: int | None) -> None:
        """Remember the server's stamp of the event that is about to be dispatched; None after it."""
        self._stamp = stamp_ms

    def note_pressure(self, pressure: float) -> None:
        """Remember what a tablet reported, 0..1: the pointer event that follows carries no pressure."""
        self._pressure = (min(1.0, max(0.0, pressure)), self._now())

    def on_mouse_motion(self, x: float, y: float, dx: float, dy: float) -> bool:
        """A sample with no button held."""
        return self._pointer("move", x, y)

    def on_mouse_drag(self, x: float, y: float, dx: float, dy: float, buttons: int, modifiers: int) -> bool:
        """A sample with a button held."""
        return self._pointer("move", x, y, button_name(buttons))

    def on_mouse_press(self, x: float, y: float, button: int, modifiers: int) -> bool:
        """A button went down."""
        return self._pointer("down", x, y, button_name(button))

    def on_mouse_release(self, x: float, y: float, button: int, modifiers: int) -> bool:
        """A button went up."""
        return self._pointer("up", x, y, button_name(button))

    def on_mouse_scroll(self, x: float, y: float, scroll_x: float, scroll_y: float) -> bool:
        """The wheel turned."""
        return self._pointer("scroll", x, y, "", scroll_x, scroll_y)

    def on_mouse_enter(self, x: float, y: float) -> bool:
        """The mouse came in."""
        return self._pointer("enter", x, y)

    def on_mouse_leave(self, x: float, y: float) -> bool:
        """The mouse left."""
        return self._pointer("exit", x, y)

    def on_key_press(self, symbol: int, modifiers: int) -> bool:
        """A key went down. Handled here, so that pyglet does not close the window on ESC."""
        return self._key("down", symbol, modifiers)

    def on_key_release(self, symbol: int, modifiers: int) -> bool:
        """A key went up."""
        return self._key("up", symbol, modifiers)

    def on_resize(self, width: int, height: int) -> None:
        """The window has another size; not handled to the end: pyglet sets its own projection too."""
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
        now = self._now()
        return now if self._stamp is None else self._server.seconds(self._stamp, now)

    def _pointer(
        self,
        kind: PointerKind,
        x: float,
        y: float,
        button: str = "",
        scroll_x: float = 0.0,
        scroll_y: float = 0.0,
    ) -> bool:
        pressure, since = self._pressure
        is_pen = self._now() - since < TABLET_FRESH
        self._queue.put(
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
            )
        )
        return HANDLED

    def _key(self, kind: str, symbol: int, modifiers: int) -> bool:
        name = key_name(symbol)
        if name:
            self._queue.put(KeyEvent(cast(Any, kind), name, modifier_names(modifiers), self._time()))
        return HANDLED


def pixel_ratio(window: Any) -> float:
    """Pixels of pyglet's framebuffer per logical pixel."""
    return float(window.get_framebuffer_size()[0]) / max(1, window.width)


def stamp_events(window: Any, note: Callable[[int | None], None]) -> None:
    """Have X11's own time stamps noted around each event; does nothing on other window systems.

    pyglet hands no time on, and the moment at which a sample is taken from the queue is not the moment at
    which the pen was there.
    """
    handlers: dict[int, Callable[[Any], None]] | None = getattr(window.display, "_window_map", None)
    if handlers is None:
        return
    for name in ("_window", "_view"):
        xid = getattr(window, name, None)
        if xid in handlers:
            handlers[xid] = _stamped(handlers[xid], note)


def _stamped(dispatch: Callable[[Any], None], note: Callable[[int | None], None]) -> Callable[[Any], None]:
    def dispatch_stamped(event: Any) -> None:
        note(int(event.xkey.time) if event.type in STAMPED else None)
        dispatch(event)
        note(None)

    return dispatch_stamped


def follow_tablets(window: Any, note: Callable[[float], None]) -> int:
    """Open the tablets there are, so that their pressure is noted; give how many."""
    import pyglet.input

    try:
        tablets: list[Any] = list(cast(Any, pyglet.input).get_tablets(window.display))
    except Exception as error:  # whatever the platform raises where tablets cannot be asked for
        log.info("no tablet's pressure here (%s); the pointer draws as a mouse", type(error).__name__)
        return 0
    for tablet in tablets:
        canvas = tablet.open(window)

        def on_motion(cursor: Any, x: float, y: float, pressure: float, *tilt: float) -> None:
            note(pressure)

        canvas.push_handlers(on_motion=on_motion)
    return len(tablets)
