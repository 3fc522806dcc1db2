"""Runs a model for several pointers: on the frame's thread if its steps are short, else in a worker.

Both engines have the methods of `Engine` and give the same answers; a worker gives them later. No point is
dropped and their order is kept, since the recurrent state would be wrong without one. On both the answer of
an ink goes when the pen begins the next one, and its end is told after the answer to its last row.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter_ns
from typing import NamedTuple, Protocol

from addon.background.threads import end_at_exit
from addon.background.timings import Timings
from addon.dataset.taught import Example, frozen
from addon.errors import said
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.inference.inline import InlineEngine, News, Taught
from addon.inference.loaded_model import LoadedModel
from addon.inference.predictor import Sample
from addon.prediction import Prediction, no_prediction

LATE = 120
"""So many events wait for a worker before that is said: half a second of a fast pen."""


class Engine(Protocol):
    """What a recogniser asks of an engine; called from one thread."""

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer, to the ink that it is writing or wrote last."""
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

    def end(self, pointer_id: int) -> None:
        """The ink is finished: this is told after the answer to its last row."""

    def wait(self, seconds: float) -> bool:
        """Wait until all that came so far is answered, at most so long; whether it is."""
        ...

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""

    def learn(self, examples: Sequence[Example]) -> None:
        """Take exactly these examples as what is taught; inks under way are to be replayed."""

    def taught_now(self) -> Future[Taught]:
        """What is taught by what `learn` was given so far, once it is taken in."""
        ...

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

    @property
    def failure(self) -> str:
        """What the first step said that failed, of a model whose device may be gone; empty if none has."""
        ...

    def close(self, seconds: float = 0.0) -> None:
        """End; waits at most so long for a step that is running."""


class Event(NamedTuple):
    """Something for a worker to do.

    Attributes:
        run: Does it.
        learns: Whether it changes what is taught.
        promised: Whether it, and what is to be learnt before it, is done even if the worker is ended first.
    """

    run: Callable[[], object]
    learns: bool = False
    promised: bool = False


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
        # What takes an answer off the screen is numbered: until the worker has come to that number, the
        # answer it has is that of an ink which is over.
        self._numbered = 0
        self._reached = 0
        self._begun: dict[int, int] = {}
        self._gone: dict[int, int] = {}
        self._failed: SimpleQueue[str] = SimpleQueue()
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="inkloop-steps", daemon=True)
        self._thread.start()
        end_at_exit(self, self._thread, partial(_end, self._queue, self._ending))

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answers that are finished; none of an ink that is over for one that has begun."""
        reached = self._reached  # read before the answers, which are newer then
        answered = dict(self._inline.answered)
        for numbers in (self._begun, self._gone):
            for pointer_id in [each for each, number in numbers.items() if number <= reached]:
                del numbers[pointer_id]
        for pointer_id in self._gone:
            answered.pop(pointer_id, None)
        for pointer_id in self._begun:
            answered[pointer_id] = no_prediction(self._inline.labels)
        return answered

    @property
    def taught(self) -> Prototypes | None:
        """What is taught, as far as the worker has come."""
        return self._inline.taught

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows, as far as the worker has come."""
        return self._inline.recipe

    @property
    def failure(self) -> str:
        """What the first step said that failed; empty if none has."""
        return self._inline.failure

    @property
    def waiting(self) -> int:
        """Events that the worker has not come to yet."""
        return self._queue.qsize()

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""
        self._gone.pop(pointer_id, None)
        self._begun[pointer_id] = self._put_numbered(partial(self._inline.begin, pointer_id))

    def point(self, pointer_id: int, x: float, y: float) -> None:
        """A sample of a pen that is down; never waits."""
        self._put(partial(self._inline.point, pointer_id, x, y, perf_counter_ns()))

    def gather(self, pointer_id: int, x: float, y: float) -> None:
        """The same, but it may wait in the worker for those of other pens."""
        self._put(partial(self._inline.gather, pointer_id, x, y, perf_counter_ns()))

    def flush(self) -> None:
        """The worker does so by itself, whenever it has come to the end of its queue."""

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""
        self._put(partial(self._inline.lift, pointer_id))

    def end(self, pointer_id: int) -> None:
        """The ink is finished; the worker tells so when it has come to it."""
        self._put(partial(self._inline.end, pointer_id))

    def wait(self, seconds: float) -> bool:
        """Wait until all that came so far is answered, at most so long; whether it is."""
        done = threading.Event()
        self._put(self._inline.flush)
        self._put(done.set)
        return done.wait(seconds)

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        self._put(partial(self._inline.replay, pointer_id, tuple(samples)))

    def learn(self, examples: Sequence[Example]) -> None:
        """Take exactly these examples as what is taught."""
        self._queue.put(Event(partial(self._inline.learn, frozen(examples)), learns=True))

    def taught_now(self) -> Future[Taught]:
        """What is taught by what `learn` was given so far; told even if the worker is ended before."""
        told: Future[Taught] = Future()
        self._queue.put(Event(partial(self._tell_taught, told), promised=True))
        return told

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""
        self._begun.pop(pointer_id, None)
        self._gone[pointer_id] = self._put_numbered(partial(self._inline.forget, pointer_id))

    def keep_warm(self) -> None:
        """Run a step of nothing when the worker comes to it."""
        self._put(self._inline.keep_warm)

    def timings(self) -> Timings:
        """Microseconds a point, its time in the queue included."""
        return self._inline.timings()

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        return self._inline.take_news()

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each thing said once; also that it has fallen behind."""
        return self._inline.take_faults() + self._failures() + self._late()

    def close(self, seconds: float = 0.0) -> None:
        """End, leaving out what is queued and not promised; waits at most so long for what is running."""
        _end(self._queue, self._ending)
        self._thread.join(seconds)

    def _late(self) -> list[str]:
        """None of a pen's points may be left out, so all that can be done about too many is to say so."""
        waiting = self.waiting
        if self._behind or waiting < LATE:
            return []
        self._behind = True
        return [f"{self._name}: it is slower than the pen; {waiting} points wait, so what it says comes late"]

    def _failures(self) -> list[str]:
        lines: list[str] = []
        while not self._failed.empty():
            lines.append(f"{self._name}: {self._failed.get()}; the last answer stays")
        return list(dict.fromkeys(lines))

    def _put(self, run: Callable[[], object]) -> None:
        self._queue.put(Event(run))

    def _put_numbered(self, run: Callable[[], object]) -> int:
        self._numbered += 1
        self._put(run)
        self._put(partial(setattr, self, "_reached", self._numbered))
        return self._numbered

    def _tell_taught(self, told: "Future[Taught]") -> None:
        if told.set_running_or_notify_cancel():
            told.set_result(Taught(self._inline.taught, self._inline.recipe))

    def _work(self) -> None:
        together = 0
        while (event := self._queue.get()) is not None and not self._ending.is_set():
            self._do(event)
            # What has come meanwhile may go through the model together, what comes later has to wait for it.
            together = together - 1 if together else self._queue.qsize()
            if not together:
                self._do(Event(self._inline.flush))
        self._keep_promises(event)

    def _keep_promises(self, event: Event | None) -> None:
        rest = [] if event is None else [event]
        with suppress(Empty):
            while True:
                event = self._queue.get_nowait()
                rest += [] if event is None else [event]
        while rest and not rest[-1].promised:
            rest.pop()
        for event in rest:
            if event.learns or event.promised:
                self._do(event)

    def _do(self, event: Event) -> None:
        try:
            event.run()
        except Exception as error:  # a worker that ends without a word would leave the last answer for ever
            self._failed.put(f"it failed ({said(error)})")


def _end(queue: "SimpleQueue[Event | None]", ending: threading.Event) -> None:
    ending.set()
    queue.put(None)


def engine_for(model: LoadedModel, shown: Mapping[int, Prediction] | None = None) -> Engine:
    """The engine that suits a model.

    Args:
        model: A loaded model.
        shown: Answers of the engine before, to show until there are new ones.
    """
    return InlineEngine(model, tells=True) if model.inline else WorkerEngine(model, shown)
