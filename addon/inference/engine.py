"""Runs a model for several pointers: on the frame's thread if its steps are short, else in a worker.

Both engines give the same answers; a worker gives them later. No point is dropped and their order is kept,
since the recurrent state would be wrong without one. Both remove the answer of an ink when the pen begins the
next one, and report the end of an ink after the answer to its last row.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from time import perf_counter_ns
from typing import NamedTuple, TypeAlias

from addon.background.threads import end_at_exit
from addon.background.timings import Timings
from addon.dataset.taught import Example, frozen
from addon.errors import said
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.hysteresis import Tuning
from addon.inference.inline import InlineEngine, News, Taught
from addon.inference.loaded_model import LoadedModel
from addon.inference.predictor import STILL, UNPRESSED, Sample
from addon.prediction import Prediction, no_prediction

LATE = 120
"""A worker with this many waiting events is reported as slow: half a second of a fast pen."""


class Event(NamedTuple):
    """Something for a worker to do.

    Attributes:
        run: Does it.
        learns: Whether it changes what is taught.
        promised: Whether it, and all learning before it, is done even if the worker is ended first.
    """

    run: Callable[[], object]
    learns: bool = False
    promised: bool = False


class EngineOver(ABC):
    """An engine over others: over one in a worker, or over two while one fades out.

    Args:
        shown: The engine whose state it shows.
    """

    def __init__(self, shown: "Engine") -> None:
        self._shown = shown

    @abstractmethod
    def _do(self, act: Callable[["Engine"], object]) -> None:
        """Call this with each engine below, now or in its thread."""

    @property
    @abstractmethod
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer, to the ink that it is writing or wrote last."""

    @property
    @abstractmethod
    def at_once(self) -> bool:
        """Whether answers come on the calling thread."""

    @abstractmethod
    def wait(self, seconds: float) -> bool:
        """Wait until all that came so far is answered, at most this long; whether it is."""

    @abstractmethod
    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each reported once."""

    @abstractmethod
    def close(self, seconds: float = 0.0) -> None:
        """End; waits at most this long for a step that is running."""

    @property
    def taught(self) -> Prototypes | None:
        """What is taught; None if the model learns nothing by being taught."""
        return self._shown.taught

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows."""
        return self._shown.recipe

    @property
    def failure(self) -> str:
        """The reason of the first step that failed; empty if none has."""
        return self._shown.failure

    def begin(self, pointer_id: int) -> None:
        """Begin an ink."""
        self._do(lambda engine: engine.begin(pointer_id))

    def point(
        self,
        pointer_id: int,
        x: float,
        y: float,
        t: float = STILL,
        pressure: float = UNPRESSED,
        began: int = 0,
    ) -> None:
        """Take a sample of a pen that is down, which came at `began`, in `perf_counter_ns`, if not now."""
        came = began or perf_counter_ns()
        self._do(lambda engine: engine.point(pointer_id, x, y, t, pressure, came))

    def gather(
        self,
        pointer_id: int,
        x: float,
        y: float,
        t: float = STILL,
        pressure: float = UNPRESSED,
        began: int = 0,
    ) -> None:
        """Take a sample that may wait for those of other pens."""
        came = began or perf_counter_ns()
        self._do(lambda engine: engine.gather(pointer_id, x, y, t, pressure, came))

    def flush(self) -> None:
        """Answer the samples that wait for others."""
        self._do(lambda engine: engine.flush())

    def lift(self, pointer_id: int) -> None:
        """Lift a pen."""
        self._do(lambda engine: engine.lift(pointer_id))

    def end(self, pointer_id: int) -> None:
        """End an ink; this is reported after the answer to its last row."""
        self._do(lambda engine: engine.end(pointer_id))

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        given = tuple(samples)
        self._do(lambda engine: engine.replay(pointer_id, given))

    def learn(self, examples: Sequence[Example]) -> None:
        """Learn exactly these examples; open inks must be replayed."""
        self._do(lambda engine: engine.learn(examples))

    def taught_now(self) -> Future[Taught]:
        """What the examples given to `learn` so far have become, once the model has learned them."""
        return self._shown.taught_now()

    def forget(self, pointer_id: int) -> None:
        """Drop a pointer that will not come back."""
        self._do(lambda engine: engine.forget(pointer_id))

    def keep_warm(self) -> None:
        """Run a step of nothing: a model that pauses gets slow again."""
        self._do(lambda engine: engine.keep_warm())

    def timings(self) -> Timings:
        """Microseconds a point, from the event to the prediction, its time in a queue included."""
        return self._shown.timings()

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        return self._shown.take_news()


class WorkerEngine(EngineOver):
    """Answers in a thread of its own: `predictions` are the latest that are finished.

    Args:
        model: What to run.
        shown: Answers to show until there are new ones.
        tuning: What a performer may change.
    """

    def __init__(
        self,
        model: LoadedModel,
        shown: Mapping[int, Prediction] | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        self._inline = InlineEngine(model, tells=True, tuning=tuning)
        super().__init__(self._inline)
        self._inline.answered.update(shown or {})
        self._name = model.path.name
        self._behind = False
        # Events that remove an answer from the screen are numbered: until the worker has reached the number,
        # its answer is that of the ink before.
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
        """The latest answers that are finished, without those of the ink before."""
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
    def waiting(self) -> int:
        """Number of events in the queue."""
        return self._queue.qsize()

    @property
    def at_once(self) -> bool:
        """Always False."""
        return False

    def begin(self, pointer_id: int) -> None:
        """Begin an ink."""
        self._gone.pop(pointer_id, None)
        self._begun[pointer_id] = self._put_numbered(partial(self._inline.begin, pointer_id))

    def flush(self) -> None:
        """Do nothing: the worker flushes by itself at the end of its queue."""

    def wait(self, seconds: float) -> bool:
        """Wait until all that came so far is answered, at most this long; whether it is."""
        done = threading.Event()
        self._put(self._inline.flush)
        self._put(done.set)
        return done.wait(seconds)

    def learn(self, examples: Sequence[Example]) -> None:
        """Learn exactly these examples, as they are now."""
        self._queue.put(Event(partial(self._inline.learn, frozen(examples)), learns=True))

    def taught_now(self) -> Future[Taught]:
        """What the examples given to `learn` so far have become; comes even if the worker is ended before."""
        taught: Future[Taught] = Future()
        self._queue.put(Event(partial(self._set_taught, taught), promised=True))
        return taught

    def forget(self, pointer_id: int) -> None:
        """Drop a pointer that will not come back."""
        self._begun.pop(pointer_id, None)
        self._gone[pointer_id] = self._put_numbered(partial(self._inline.forget, pointer_id))

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each reported once; also that it is too slow."""
        return self._inline.take_faults() + self._failures() + self._late()

    def close(self, seconds: float = 0.0) -> None:
        """End and leave out what is queued and not promised; waits at most this long for a running step."""
        _end(self._queue, self._ending)
        self._thread.join(seconds)

    def _late(self) -> list[str]:
        """Report once that too many points wait: none of them may be left out."""
        waiting = self.waiting
        if self._behind or waiting < LATE:
            return []
        self._behind = True
        return [f"{self._name}: it is slower than the pen; {waiting} points wait, so its answers come late"]

    def _failures(self) -> list[str]:
        lines: list[str] = []
        while not self._failed.empty():
            lines.append(f"{self._name}: {self._failed.get()}; the last answer stays")
        return list(dict.fromkeys(lines))

    def _do(self, act: Callable[["Engine"], object]) -> None:
        self._put(partial(act, self._inline))

    def _put(self, run: Callable[[], object]) -> None:
        self._queue.put(Event(run))

    def _put_numbered(self, run: Callable[[], object]) -> int:
        self._numbered += 1
        self._put(run)
        self._put(partial(setattr, self, "_reached", self._numbered))
        return self._numbered

    def _set_taught(self, taught: Future[Taught]) -> None:
        if taught.set_running_or_notify_cancel():
            taught.set_result(Taught(self._inline.taught, self._inline.recipe))

    def _work(self) -> None:
        batched = 0
        while (event := self._queue.get()) is not None and not self._ending.is_set():
            self._run(event)
            # Points that are queued now may go through the model in one batch; later ones wait for the next.
            batched = batched - 1 if batched else self._queue.qsize()
            if not batched:
                self._run(Event(self._inline.flush))
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
                self._run(event)

    def _run(self, event: Event) -> None:
        try:
            event.run()
        except Exception as error:  # a worker that ends in silence would leave the last answer for ever
            self._failed.put(f"it failed ({said(error)})")


def _end(queue: "SimpleQueue[Event | None]", ending: threading.Event) -> None:
    ending.set()
    queue.put(None)


Engine: TypeAlias = InlineEngine | EngineOver
"""Feeds a model and keeps its answers; called from one thread."""


def engine_for(
    model: LoadedModel, shown: Mapping[int, Prediction] | None = None, tuning: Tuning | None = None
) -> Engine:
    """The engine that suits a model.

    Args:
        model: A loaded model.
        shown: Answers of the engine before, to show until there are new ones.
        tuning: What a performer may change; None for what is usual.
    """
    if model.inline:
        return InlineEngine(model, tells=True, tuning=tuning)
    return WorkerEngine(model, shown, tuning)
