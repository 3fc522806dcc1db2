"""A player that puts events in a sketch's queue as a person would, by a script."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter, sleep
from typing import TypeAlias

from sketch.ink.points import Points
from sketch.input.events import Event, KeyEvent, PointerEvent
from sketch.input.queue import EventQueue

Timed: TypeAlias = Sequence[tuple[float, Event]]
"""Events, each with the seconds after which it happens, in order of time."""

Act: TypeAlias = Timed | Callable[[], bool]
"""Events to play, or a condition to wait for."""

Script: TypeAlias = Iterator[Act]


class ScriptPlayer:
    """Plays a script; pass it to `sketch.run(player=...)`.

    While the script waits for something that takes real time, such as training, frames run no faster than
    they would be shown.

    Args:
        script: Acts, one after the other.
        step: Seconds a frame.
        paced: Whether frames also run no faster than that while events are played.
    """

    def __init__(
        self, script: Script, step: float = 1 / 60, paced: Callable[[], bool] = lambda: False
    ) -> None:
        self._script = script
        self._step = step
        self._paced = paced
        self._pending: list[tuple[float, Event]] = []
        self._until: Callable[[], bool] | None = None
        self._due = 0.0

    def __call__(self, now: float, queue: EventQueue) -> bool:
        """Put the events that are due by `now` in the queue; False once the script is over."""
        waits = self._until is not None and not self._until()
        if waits or self._paced():
            sleep(max(0.0, self._due - perf_counter()))
            self._due = perf_counter() + self._step
        if waits:
            return True
        self._until = None
        while self._pending and self._pending[0][0] <= now:
            at, event = self._pending.pop(0)
            queue.put(stamped(event, at))
        return bool(self._pending) or self._next(now)

    def _next(self, now: float) -> bool:
        act = next(self._script, None)
        if act is None:
            return False
        if callable(act):
            self._until = act
        else:
            self._pending = [(now + after, event) for after, event in act]
        return True


def stamped(event: Event, t: float) -> Event:
    """The same event at time `t`, if it has a time."""
    return replace(event, t=t) if isinstance(event, PointerEvent | KeyEvent) else event


def press(key: str, *modifiers: str) -> Timed:
    """A key that goes down and up."""
    held = frozenset(modifiers)
    return [(0.0, KeyEvent("down", key, held)), (0.05, KeyEvent("up", key, held))]


def draw(strokes: Sequence[Points], rest: float = 0.0, pointer_id: int = 0) -> Timed:
    """A pen that draws strokes at the times their points carry, then rests for so many seconds.

    Args:
        strokes: Each of shape (n, 4), n at least 1; times grow from stroke to stroke.
        rest: Seconds, 0 or more.
        pointer_id: Of the pen.
    """
    events: list[tuple[float, Event]] = []
    for stroke in strokes:
        for index, (x, y, t, pressure) in enumerate(stroke.tolist()):
            kind = "move" if index else "down"
            events.append((t, PointerEvent(kind, x, y, 0.0, pressure, pointer_id, "pen", "left")))
        x, y, t, pressure = stroke[-1].tolist()
        events.append((t, PointerEvent("up", x, y, 0.0, pressure, pointer_id, "pen", "left")))
    last = events[-1][0]
    x, y = strokes[-1][-1, :2].tolist()
    hover = PointerEvent("move", x, y, 0.0, 0.0, pointer_id, "pen")
    return [*events, (last + rest, hover)]
