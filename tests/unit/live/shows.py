"""A player for sketches without a window: events at chosen frames."""

from collections.abc import Mapping, Sequence

from sketch.host.offscreen import Player
from sketch.input.events import Event
from sketch.input.queue import EventQueue


def put(events: Mapping[int, Sequence[Event]]) -> Player:
    """Puts events in the queue before the frame of their number."""
    frame = 0

    def play(now: float, queue: EventQueue) -> bool:
        nonlocal frame
        for event in events.get(frame, ()):
            queue.put(event)
        frame += 1
        return True

    return play
