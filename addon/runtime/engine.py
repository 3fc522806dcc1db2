"""Runs a model for several pointers: on the frame's thread if its steps are short, else in a worker.

Both engines have the methods of `Engine` and give the same answers; a worker gives them later. No point is
dropped and their order is kept, since the recurrent state would be wrong without one.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import SimpleQueue
from time import perf_counter_ns
from typing import Protocol

from addon.features import FeatureRecipe
from addon.prediction import Prediction
from addon.prototypes import Prototypes
from addon.runtime.answers import TaughtInk
from addon.runtime.inline import InlineEngine, News
from addon.runtime.model import LoadedModel
from addon.runtime.predictor import Sample
from addon.runtime.timings import Timings
from addon.threads import end_at_exit

LATE = 120
"""So many events wait for a worker before that is said: half a second of a fast pen."""


class Engine(Protocol):
    """What a recogniser asks of an engine; called from one thread."""

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer; copy it before iterating, a worker may be adding to it."""
        ...

    @property
    def at_once(self) -> bool:
        """Whether answers come on the calling thread."""
        ...

    @property
    def taught(self) -> Prototypes | None:
        """What is taught; None if the model learns nothing by being taught."""
        ...

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows."""
        ...

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""

    def point(self, pointer_id: int, x: float, y: float) -> None:
        """A sample of a pen that is down, finite, in logical pixels."""

    def gather(self, pointer_id: int, x: float, y: float) -> None:
        """The same, but it may wait for those of other pens until `flush`."""

    def flush(self) -> None:
        """Answer what waits for others."""

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""

    def learn(self, examples: Sequence[TaughtInk]) -> None:
        """Take exactly these examples as what is taught; inks under way are to be replayed."""

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""

    def keep_warm(self) -> None:
        """Run a step of nothing: a model that pauses gets slow again."""

    def timings(self) -> Timings:
        """Microseconds a point, from the event to the prediction."""
        ...

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        ...

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once."""
        ...

    def close(self, seconds: float = 0.0) -> None:
        """End; waits at most so long for a step that is running."""


class WorkerEngine:
    """Answers from a thread of its own: `predictions` are the latest that are finished.

    Args:
        model: What to run.
        shown: Answers to show until there are new ones.
    """

    at_once = False

    def __init__(self, model: LoadedModel, shown: Mapping[int, Prediction] | None = None) -> None:
        self._inline = InlineEngine(model, tells=True)
        self._inline.answered.update(shown or {})
        self._name = model.path.name
        self._behind = False
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="inkloop-steps", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, partial(_end, self._queue, self._ending))

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answers that are finished."""
        return self._inline.answered

    @property
    def taught(self) -> Prototypes | None:
        """What is taught, as far as the worker has come."""
        return self._inline.taught

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows, as far as the worker has come."""
        return self._inline.recipe

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

    def gather(self, pointer_id: int, x: float, y: float) -> None:
        """The same, but it may wait in the worker for those of other pens."""
        self._queue.put(partial(self._inline.gather, pointer_id, x, y, perf_counter_ns()))

    def flush(self) -> None:
        """The worker does so by itself, whenever it has come to the end of its queue."""

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

    def keep_warm(self) -> None:
        """Run a step of nothing when the worker comes to it."""
        self._queue.put(self._inline.keep_warm)

    def timings(self) -> Timings:
        """Microseconds a point, its time in the queue included."""
        return self._inline.timings()

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        return self._inline.take_news()

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once; also that it has fallen behind."""
        return self._inline.take_faults() + self._late()

    def close(self, seconds: float = 0.0) -> None:
        """End, leaving out what is still queued; waits at most so long for a step that is running."""
        _end(self._queue, self._ending)
        self._thread.join(seconds)

    def _late(self) -> list[str]:
        """None of a pen's points may be left out, so all that can be done about too many is to say so."""
        waiting = self.waiting
        if self._behind or waiting < LATE:
            return []
        self._behind = True
        return [f"{self._name}: it is slower than the pen; {waiting} points wait, so what it says comes late"]

    def _work(self) -> None:
        while (event := self._queue.get()) is not None and not self._ending.is_set():
            event()
            # What has come meanwhile may go through the model together, what comes later has to wait for it.
            for _ in range(self._queue.qsize()):
                if (event := self._queue.get()) is None or self._ending.is_set():
                    return
                event()
            self._inline.flush()


def _end(queue: "SimpleQueue[Callable[[], None] | None]", ending: threading.Event) -> None:
    ending.set()
    queue.put(None)


def engine_for(model: LoadedModel, shown: Mapping[int, Prediction] | None = None) -> Engine:
    """The engine that suits a model.

    Args:
        model: A loaded model.
        shown: Answers of the engine before, to show until there are new ones.
    """
    return InlineEngine(model, tells=True) if model.inline else WorkerEngine(model, shown)
