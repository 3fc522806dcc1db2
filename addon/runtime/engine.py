"""Runs a model for several pointers: on the frame's thread if its steps are short, else in a worker.

Both engines have the methods of `Engine` and give the same answers; a worker gives them later. No point is
dropped and their order is kept, since the recurrent state would be wrong without one.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from time import perf_counter_ns
from typing import Protocol

from addon.prediction import Prediction
from addon.runtime.answers import TaughtInk, answers_of
from addon.runtime.model import LoadedModel
from addon.runtime.predictor import Sample, StreamingPredictor
from addon.runtime.timings import TimingRing, Timings


class Engine(Protocol):
    """What a recogniser asks of an engine; called from one thread."""

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer; copy it before iterating, a worker may be adding to it."""
        ...

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""

    def point(self, pointer_id: int, x: float, y: float) -> None:
        """A sample of a pen that is down, finite, in logical pixels."""

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""

    def learn(self, examples: Sequence[TaughtInk]) -> None:
        """Take exactly these examples as what is taught; inks under way are to be replayed."""

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""

    def timings(self) -> Timings:
        """Microseconds a point, from the event to the prediction."""
        ...

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        ...

    def close(self, seconds: float = 0.0) -> None:
        """End; waits at most so long for a step that is running."""


class InlineEngine:
    """Answers before `point` returns.

    Args:
        model: What to run.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._predictions: dict[int, Prediction] = {}
        self._model = model
        self._answers = answers_of(model.session)
        self._pens: dict[int, StreamingPredictor] = {}
        self._ring = TimingRing()
        self._said: set[str] = set()
        self._faults: deque[str] = deque()

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer."""
        return self._predictions

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""
        pen = self._pen(pointer_id)
        pen.begin()
        self._predictions[pointer_id] = pen.prediction

    def point(self, pointer_id: int, x: float, y: float, began: int = 0) -> None:
        """A sample of a pen that is down; `began` is when it came, in `perf_counter_ns`, if not now."""
        began = began or perf_counter_ns()
        pen = self._pen(pointer_id)
        if pen.add(x, y):
            self._publish(pointer_id, pen)
            self._ring.add(perf_counter_ns() - began)

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""
        pen = self._pen(pointer_id)
        if pen.lift():
            self._publish(pointer_id, pen)

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        pen = self._pen(pointer_id)
        pen.replay(samples)
        self._publish(pointer_id, pen)

    def learn(self, examples: Sequence[TaughtInk]) -> None:
        """Take exactly these examples as what is taught."""
        self._answers.learn(examples)

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""
        self._pens.pop(pointer_id, None)
        self._predictions.pop(pointer_id, None)

    def timings(self) -> Timings:
        """Microseconds a point; those of the warm-up before the first."""
        return self._ring.figures(self._model.timings)

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        return [self._faults.popleft() for _ in range(len(self._faults))]

    def close(self, seconds: float = 0.0) -> None:
        """Nothing runs between two calls, so there is nothing to end."""

    def _pen(self, pointer_id: int) -> StreamingPredictor:
        pen = self._pens.get(pointer_id)
        if pen is None:
            pen = self._pens[pointer_id] = StreamingPredictor(self._model.session, self._answers)
        return pen

    def _publish(self, pointer_id: int, pen: StreamingPredictor) -> None:
        self._predictions[pointer_id] = pen.prediction
        if pen.fault:
            if pen.fault not in self._said:
                self._said.add(pen.fault)
                self._faults.append(f"{self._model.path.name}: {pen.fault}; the last answer stays")
            pen.fault = ""


class WorkerEngine:
    """Answers from a thread of its own: `predictions` are the latest that are finished.

    Args:
        model: What to run.
        shown: Answers to show until there are new ones.
    """

    def __init__(self, model: LoadedModel, shown: Mapping[int, Prediction] | None = None) -> None:
        self._inline = InlineEngine(model)
        self._inline.predictions.update(shown or {})
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ending = False
        self._thread = threading.Thread(target=self._work, name="inkloop-steps", daemon=True)
        self._thread.start()

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answers that are finished."""
        return self._inline.predictions

    @property
    def waiting(self) -> int:
        """Events that the worker has not come to yet."""
        return self._queue.qsize()

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""
        self._queue.put(partial(self._inline.begin, pointer_id))

    def point(self, pointer_id: int, x: float, y: float) -> None:
        """A sample of a pen that is down; never waits."""
        self._queue.put(partial(self._inline.point, pointer_id, x, y, perf_counter_ns()))

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""
        self._queue.put(partial(self._inline.lift, pointer_id))

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        self._queue.put(partial(self._inline.replay, pointer_id, tuple(samples)))

    def learn(self, examples: Sequence[TaughtInk]) -> None:
        """Take exactly these examples as what is taught."""
        self._queue.put(partial(self._inline.learn, tuple(examples)))

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""
        self._queue.put(partial(self._inline.forget, pointer_id))

    def timings(self) -> Timings:
        """Microseconds a point, its time in the queue included."""
        return self._inline.timings()

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        return self._inline.take_faults()

    def close(self, seconds: float = 0.0) -> None:
        """End, leaving out what is still queued; waits at most so long for a step that is running."""
        self._ending = True
        self._queue.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (event := self._queue.get()) is not None and not self._ending:
            event()


def engine_for(model: LoadedModel, shown: Mapping[int, Prediction] | None = None) -> Engine:
    """The engine that suits a model.

    Args:
        model: A loaded model.
        shown: Answers of the engine before, to show until there are new ones.
    """
    return InlineEngine(model) if model.inline else WorkerEngine(model, shown)
