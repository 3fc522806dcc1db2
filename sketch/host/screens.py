"""Which screen a window covers, and what happens when that screen goes away."""

import ctypes
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from sketch.host.errors import HostError
from sketch.window import Window

log = logging.getLogger("inkloop")

LOOK = 1.0
"""Seconds between two looks at which screens there are."""


def name_of(screen: Any) -> str:
    """The name of a screen as the system has it; empty if it has none."""
    name = getattr(screen, "name", "") or screen.get_monitor_name()
    return "" if name == "Unknown" else str(name)


def matching(screens: Sequence[Any], wanted: int | str) -> Any | None:
    """The screen of this number, from 1, or of this name, in any case; None if there is none."""
    if isinstance(wanted, int):
        return screens[wanted - 1] if 1 <= wanted <= len(screens) else None
    return next((each for each in screens if name_of(each).lower() == wanted.lower()), None)


def chosen(screens: Sequence[Any], wanted: int | str | None) -> Any | None:
    """The screen that a window asks for; None for the system's choice.

    Raises:
        HostError: There is no such screen.
    """
    if wanted is None:
        return None
    found = matching(screens, wanted)
    if found is None:
        known = ", ".join(f"{place} ({described(each)})" for place, each in enumerate(screens, 1))
        raise HostError(f"there is no screen {wanted} here: there are {known}")
    return found


def described(screen: Any) -> str:
    """The name and the size of a screen."""
    return f"{name_of(screen)} {screen.width}x{screen.height}".strip()


class Screens:
    """Keeps a window on a screen that exists, and covers the screen with it on request.

    Args:
        window: pyglet's window.
        options: How it should be.
        tell: Takes a message for the user.
        made_again: Called when the system's window was replaced, so that its events are followed again.
    """

    def __init__(
        self,
        window: Any,
        options: Window,
        tell: Callable[[str], None],
        made_again: Callable[[], None],
    ) -> None:
        self._window = window
        self._options = options
        self._tell = tell
        self._made_again = made_again
        self._next = 0.0
        self._places = places(window.display)
        self._is_asked = False
        self._home = window.screen if options.screen is not None else None
        self._awake = keep_awake(window) if options.fullscreen or options.screen is not None else None

    def ask_fullscreen(self) -> None:
        """Cover the screen, or stop to, before the next frame."""
        self._is_asked = not self._is_asked

    def between_frames(self, now: float) -> None:
        """Do what was asked for; look from time to time whether the screen is still there."""
        if self._is_asked:
            self._is_asked = False
            self._change(not self._window.fullscreen, self._screen_below())
        if now < self._next:
            return
        self._next = now + LOOK
        found = places(self._window.display)
        if found != self._places:
            self._places = found
            self._follow()

    def release(self) -> None:
        """Let the system sleep again."""
        if self._awake is not None:
            self._awake()

    def _follow(self) -> None:
        screens = self._window.display.get_screens()
        if not screens:
            self._tell("no screen is left; the sketch keeps running")
            return
        current = self._window.screen
        target = next_screen(screens, current, self._home)
        if _key(target) != _key(current):
            is_gone = all(_key(each) != _key(current) for each in screens)
            why = f"the screen {described(current)} went away" if is_gone else "its screen is back"
            self._tell(f"{why}: the window is now on {described(target)}")
            self._change(self._window.fullscreen, target)
        elif self._window.fullscreen and _place(target) != _place(current):
            self._change(True, target)

    def _change(self, fullscreen: bool, screen: Any) -> None:
        window = self._window
        if fullscreen or window.fullscreen:
            window.set_fullscreen(fullscreen, screen=screen)
            if self._options.fullscreen and not fullscreen:
                # pyglet gives a window that began as a full screen its whole size.
                window.set_size(*self._options.size)
            self._made_again()
            if self._options.hides_cursor:
                window.set_mouse_visible(False)
            window.switch_to()
            window.activate()
        if not fullscreen:
            center(window, screen)
            window._screen = screen

    def _screen_below(self) -> Any:
        """The screen on which the middle of the window is."""
        window = self._window
        screens = window.display.get_screens()
        if window.fullscreen or not screens:
            return window.screen
        left, top = window.get_location()
        x, y = left + window.width // 2, top + window.height // 2
        inside = (
            each
            for each in screens
            if each.x <= x < each.x + each.width and each.y <= y < each.y + each.height
        )
        return next(inside, window.screen)


def center(window: Any, screen: Any) -> None:
    """Move a window that does not cover a screen to the middle of one."""
    x = screen.x + max(0, (screen.width - window.width) // 2)
    y = screen.y + max(0, (screen.height - window.height) // 2)
    window.set_location(x, y)


def next_screen(screens: Sequence[Any], current: Any, home: Any | None) -> Any:
    """The screen for a window now: the one it was opened for, else the one it is on, else the first."""
    keys = [_key(each) for each in screens]
    for wish in (home, current):
        if wish is not None and _key(wish) in keys:
            return screens[keys.index(_key(wish))]
    return screens[0]


def _key(screen: Any) -> object:
    """What a screen is known by: its name, or its place where it has none."""
    return name_of(screen) or _place(screen)


def _place(screen: Any) -> tuple[int, int, int, int]:
    return screen.x, screen.y, screen.width, screen.height


def places(display: Any) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of every screen.

    Under X11 by Xinerama: pyglet's list asks every plug for its monitor, which takes many frames.
    """
    connection = getattr(display, "_display", None)
    if connection is None:
        return [_place(each) for each in display.get_screens()]
    try:
        from pyglet.libs.x11 import xinerama, xlib
    except ImportError:
        return [_place(each) for each in display.get_screens()]
    library: Any = xinerama
    count = ctypes.c_int()
    found = library.XineramaQueryScreens(connection, ctypes.byref(count))
    result = [
        (found[place].x_org, found[place].y_org, found[place].width, found[place].height)
        for place in range(count.value)
    ]
    if found:
        cast(Any, xlib).XFree(found)
    return result


def stay_on_top(window: Any) -> None:
    """Keep a window over others, where the window manager knows how."""
    above = getattr(window, "_set_wm_state", None)
    if above is not None:
        with suppress(Exception):
            above("_NET_WM_STATE_ABOVE")
            return
    if sys.platform == "win32":
        not_moved, not_sized, topmost = 0x2, 0x1, -1
        user: Any = vars(ctypes)["windll"].user32
        user.SetWindowPos(window._hwnd, topmost, 0, 0, 0, 0, not_moved | not_sized)
    elif sys.platform == "darwin":
        with suppress(Exception):
            window._nswindow.setLevel_(3)  # NSFloatingWindowLevel


def keep_awake(window: Any) -> Callable[[], None] | None:
    """Keep the screen from going dark; return what lets it again, or None where that is not possible."""
    if sys.platform == "win32":
        kernel: Any = vars(ctypes)["windll"].kernel32
        continuous, system, display = 0x80000000, 0x1, 0x2
        kernel.SetThreadExecutionState(continuous | system | display)
        return lambda: kernel.SetThreadExecutionState(continuous)
    if sys.platform == "darwin":
        process = subprocess.Popen(["caffeinate", "-d", "-w", str(os.getpid())], stdin=subprocess.DEVNULL)
        return process.terminate
    connection = getattr(window, "_x_display", None)
    if connection is None:
        return None
    try:
        saver = ctypes.CDLL("libXss.so.1")
    except OSError:
        log.info("the screen may go dark: libXss is not installed (Debian and Ubuntu: libxss1)")
        return None
    suspend = saver.XScreenSaverSuspend
    suspend.argtypes, suspend.restype = [ctypes.c_void_p, ctypes.c_int], None
    address = ctypes.cast(connection, ctypes.c_void_p)
    suspend(address, 1)
    return lambda: suspend(address, 0)
