"""The queue between the sources of events and the frame that handles them."""

from collections import deque

from sketch.input.events import Event


class EventQueue:
    """Keeps every event, in order, until the next frame. Any thread may add one."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        """Append an event."""
        self._events.append(event)

    def drain(self) -> list[Event]:
        """Take all events, oldest first. Events added during the call wait for the next frame."""
        return [self._events.popleft() for _ in range(len(self._events))]
