"""The events of a recogniser: each answer, the answer that decides a class, and the one that loses it.

An answer stands once it is decided; and when the ink is over, since nothing more will come to change it,
unless it is likelier none of the classes. That it is over comes from the engine, after the answer to the last
row: a worker may be behind the pen.

The callables are called on the thread that calls `tell`. An exception in one goes to the caller; the other
events follow at the next call.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from addon.inference.inline import InkEvent, News
from addon.prediction import Prediction

UNKNOWN = 0.5
"""Probability that it is none of the classes, from which on the end of an ink decides nothing."""

Heard: TypeAlias = Callable[[Prediction, int], object]
"""Told of an answer and of the pointer whose ink it is for."""


class Listeners(NamedTuple):
    """The callables for each event; None where there is none.

    Attributes:
        progress: Of every answer.
        decide: Of the first answer that stands, at the latest as the ink ends, and of one that stands in
            another's place.
        lost: Of the first answer by which the one that stood does not hold.
    """

    progress: Heard | None
    decide: Heard | None
    lost: Heard | None


class Events:
    """Derives the events, answer by answer."""

    def __init__(self) -> None:
        self._stands: dict[int, str] = {}
        self._newest: dict[int, Prediction] = {}
        self._over: set[int] = set()
        self._pending: deque[News] = deque()

    def tell(self, news: Iterable[News], listeners: Listeners) -> None:
        """Tell of answers, in order.

        Args:
            news: Answers since the last call, from an engine.
            listeners: The callables.
        """
        self._pending.extend(news)
        while self._pending:
            pointer_id, answer = self._pending.popleft()
            if isinstance(answer, InkEvent):
                self.end(pointer_id, listeners)
                continue
            if answer is None or not answer.rows:
                self._begin(pointer_id)
                continue
            self._newest[pointer_id] = answer
            for hear in (listeners.progress, *self._changes(pointer_id, answer, listeners)):
                if hear is not None:
                    hear(answer, pointer_id)

    def end(self, pointer_id: int, listeners: Listeners) -> None:
        """End an ink: its answer is decided, if it was not before."""
        self._over.add(pointer_id)
        answer = self._newest.get(pointer_id)
        for hear in () if answer is None else self._changes(pointer_id, answer, listeners):
            if hear is not None and answer is not None:
                hear(answer, pointer_id)

    def reopen(self, pointer_id: int) -> None:
        """Continue an ink that had ended: the decision may change again."""
        self._over.discard(pointer_id)

    def _begin(self, pointer_id: int) -> None:
        self._stands.pop(pointer_id, None)
        self._newest.pop(pointer_id, None)
        self._over.discard(pointer_id)

    def _changes(self, pointer_id: int, answer: Prediction, listeners: Listeners) -> list[Heard | None]:
        before = self._stands.pop(pointer_id, None)
        over = pointer_id in self._over and answer.unknown < UNKNOWN
        now = answer.held if answer.decided or over else ""
        if now:
            self._stands[pointer_id] = now
        lost = [listeners.lost] if before and now != before else []
        return [*lost, listeners.decide] if now and now != before else lost
