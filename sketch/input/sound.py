"""Check the numbers of events: drivers, players and networks also send impossible ones."""

import math
from dataclasses import replace
from typing import TypeVar

from sketch.input.events import Event, FilesEvent, PointerEvent, PresetEvent, ResizeEvent

EventT = TypeVar("EventT", bound=Event)

FARTHEST = 1e6
"""Logical pixels, or steps of a wheel: more than any screen has, and small enough for float32 to square."""

LATEST = 1e9
"""Seconds: thirty years, longer than any sketch runs."""

LARGEST = 1 << 16
"""Logical pixels a side of a window."""


def sound_event(event: EventT) -> EventT | None:
    """Check an event.

    Returns:
        The event, the pressure of a pointer clamped to 0..1; None if a number is impossible, such as NaN.
    """
    try:
        match event:
            case PointerEvent(x=x, y=y, t=t, pressure=pressure, scroll_x=scroll_x, scroll_y=scroll_y):
                if not _within(FARTHEST, x, y, scroll_x, scroll_y):
                    return None
                if not _within(LATEST, t) or math.isnan(pressure):
                    return None
                clamped = min(1.0, max(0.0, pressure))
                return event if clamped == pressure else replace(event, pressure=clamped)
            case FilesEvent():
                return event if _within(FARTHEST, event.x, event.y) else None
            case ResizeEvent():
                sound = _within(LARGEST, event.width, event.height) and 0 < event.pixel_ratio <= 64
                return event if sound else None
            case PresetEvent(seconds=seconds):
                return event if seconds is None or _within(LATEST, seconds) else None
            case _:
                return event
    except (TypeError, OverflowError):  # not a number, or an integer of hundreds of digits
        return None


def _within(limit: float, *numbers: float) -> bool:
    return all(abs(number) <= limit for number in numbers)  # False for NaN
