"""Why a tablet has no pressure under Wayland: the window is one of X11, which gets mouse events."""

import sys
from collections.abc import Mapping
from pathlib import Path

DEVICES = Path("/sys/class/input")

NO_PRESSURE = (
    "no pressure: Wayland reports the pen as a mouse; log in to an X11 session to draw with pressure"
)

_BTN_TOOL_PEN = 0x140


def pressure_remark(tablets: int, environment: Mapping[str, str], devices: Path = DEVICES) -> str:
    """A message if Wayland hides the pressure of a pen; else empty.

    Args:
        tablets: How many tablets the window listens to.
        environment: As `os.environ`.
        devices: Where Linux lists its input devices.
    """
    if sys.platform != "linux" or tablets:
        return ""
    wayland = bool(environment.get("WAYLAND_DISPLAY")) or environment.get("XDG_SESSION_TYPE") == "wayland"
    return NO_PRESSURE if wayland and has_pen(devices) else ""


def has_pen(devices: Path = DEVICES) -> bool:
    """Whether a pen is plugged in: a device with Linux's key for a pen (BTN_TOOL_PEN)."""
    return any(_is_pen(keys) for keys in devices.glob("event*/device/capabilities/key"))


def _is_pen(keys: Path) -> bool:
    try:
        # Words of 64 bits in hexadecimal, the highest first.
        words = keys.read_text(encoding="ascii").split()
        place, bit = divmod(_BTN_TOOL_PEN, 64)
        return place < len(words) and bool(int(words[-1 - place], 16) >> bit & 1)
    except (OSError, ValueError):
        return False
