"""Why a tablet draws without pressure under Wayland: its window is one of X11, and X11 is told of a mouse."""

import sys
from collections.abc import Mapping
from pathlib import Path

DEVICES = Path("/sys/class/input")

NO_PRESSURE = (
    "no pressure: Wayland hands the pen on as a mouse; log in to a session of X11 to draw with pressure"
)

_BTN_TOOL_PEN = 0x140


def pressure_remark(tablets: int, environment: Mapping[str, str], devices: Path = DEVICES) -> str:
    """One line where a pen's pressure does not come through because of Wayland; else empty.

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
    """Whether a pen is plugged in: a device with the key that Linux gives the tip of one (BTN_TOOL_PEN)."""
    return any(_is_pen(keys) for keys in devices.glob("event*/device/capabilities/key"))


def _is_pen(keys: Path) -> bool:
    try:
        # Words of 64 bits in hexadecimal, the highest first.
        words = keys.read_text(encoding="ascii").split()
        place, bit = divmod(_BTN_TOOL_PEN, 64)
        return place < len(words) and bool(int(words[-1 - place], 16) >> bit & 1)
    except (OSError, ValueError):
        return False
