"""What a sketch is told while answers come: each answer, the point from which one stands, and that it fell.

The callables are called on the thread that calls `tell`. Whatever one raises goes on to the caller as it is;
the rest is told the next time.
"""

from collections import deque
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from addon.prediction import Prediction
from addon.runtime.inline import News

Heard: TypeAlias = Callable[[Prediction, int], object]
"""Told of an answer and of the pointer whose ink it is for."""


class Listeners(NamedTuple):
    """Who is told; None where nobody listens.

    Attributes:
        progress: Of every answer.
        decide: Of the first answer that stands, and of one that stands in another's place.
        lost: Of the first answer by which the one that stood does not hold.
    """

    progress: Heard | None
    decide: Heard | None
    lost: Heard | None


class Events:
    """Finds out, answer by answer, what there is to tell."""

    def __init__(self) -> None:
        self._stands: dict[int, str] = {}
        self._pending: deque[News] = deque()

    def tell(self, news: Iterable[News], listeners: Listeners) -> None:
        """Tell of answers, in order.

        Args:
            news: Answers since the last call, from an engine.
            listeners: Who is told.
        """
        self._pending.extend(news)
        while self._pending:
            pointer_id, answer = self._pending.popleft()
            if answer is None or not answer.rows:
                self._stands.pop(pointer_id, None)
                continue
            for hear in self._who(pointer_id, answer, listeners):
                hear(answer, pointer_id)

    def _who(self, pointer_id: int, answer: Prediction, listeners: Listeners) -> list[Heard]:
        before = self._stands.pop(pointer_id, None)
        now = answer.held if answer.decided else None
        if now is not None:
            self._stands[pointer_id] = now
        told = [listeners.progress]
        if before is not None and now != before:
            told.append(listeners.lost)
        if now is not None and now != before:
            told.append(listeners.decide)
        return [hear for hear in told if hear is not None]
