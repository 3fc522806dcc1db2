"""Check the numbers of events: drivers, players and networks also send impossible ones."""

import math
from dataclasses import replace

from sketch.input.events import Event, FilesEvent, PointerEvent, ResizeEvent

FARTHEST = 1e6
"""Logical pixels, or steps of a wheel: more than any screen has, and small enough for float32 to square."""

LATEST = 1e9
"""Seconds: thirty years, longer than any sketch runs."""

LARGEST = 1 << 16
"""Logical pixels a side of a window."""


def sound_pointer(event: PointerEvent) -> PointerEvent | None:
    """The event with its pressure clamped to 0..1; None if a number is impossible, such as NaN."""
    try:
        return _pointer(event)
    except (TypeError, OverflowError):  # not a number, or an integer of hundreds of digits
        return None


def sound_event(event: Event) -> Event | None:
    """The event, if it is not a pointer event; None if a number is impossible."""
    try:
        match event:
            case FilesEvent():
                return event if _within(FARTHEST, event.x, event.y) else None
            case ResizeEvent():
                sound = _within(LARGEST, event.width, event.height) and 0 < event.pixel_ratio <= 64
                return event if sound else None
            case _:
                return event
    except (TypeError, OverflowError):
        return None


def _pointer(event: PointerEvent) -> PointerEvent | None:
    if not _within(FARTHEST, event.x, event.y, event.scroll_x, event.scroll_y):
        return None
    if not _within(LATEST, event.t) or math.isnan(event.pressure):
        return None
    pressure = min(1.0, max(0.0, event.pressure))
    return event if pressure == event.pressure else replace(event, pressure=pressure)


def _within(limit: float, *numbers: float) -> bool:
    return all(abs(number) <= limit for number in numbers)  # False for NaN
