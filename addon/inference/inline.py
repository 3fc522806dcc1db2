"""Runs a model for several pointers on the thread that calls.

While one pointer is down, it is answered before `point` returns. The samples of several wait until `flush`,
or until an answer is read, and then go through the model in one batch: a batched step for two pens costs less
than two steps.
"""

import contextlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from enum import Enum
from time import perf_counter_ns
from typing import NamedTuple, TypeAlias

import numpy as np

from addon.background.timings import TimingRing, Timings
from addon.dataset.taught import Example
from addon.errors import PointsError, said
from addon.features.recipe import FeatureRecipe
from addon.features.streaming import Row
from addon.fewshot.prototypes import Prototypes
from addon.hysteresis import Tuning
from addon.inference.answers import answer_reader
from addon.inference.batching import feed_together
from addon.inference.loaded_model import LoadedModel
from addon.inference.predictor import STILL, UNPRESSED, Feed, Sample, StreamingPredictor
from addon.inference.step import row_width
from addon.prediction import Prediction

KEPT_NEWS = 4096
"""Answers that may wait for `take_news`; then the oldest are dropped."""


class InkEvent(Enum):
    """What happens to an ink other than an answer."""

    ENDED = "ended"


News: TypeAlias = tuple[int, Prediction | InkEvent | None]
"""A pointer and its answer: one of no rows when an ink begins, None when the pointer is dropped."""


class Taught(NamedTuple):
    """The taught classes in use.

    Attributes:
        prototypes: None if the model learns nothing by being taught.
        recipe: How points become rows.
    """

    prototypes: Prototypes | None
    recipe: FeatureRecipe


class InlineEngine:
    """Answers on the calling thread.

    Args:
        model: What to run.
        tells: Whether to keep every answer for `take_news`.
        tuning: What a performer may change.

    Attributes:
        failure: The reason of the first step that failed; empty if none has.
    """

    at_once = True

    def __init__(self, model: LoadedModel, tells: bool = False, tuning: Tuning | None = None) -> None:
        self.answered: dict[int, Prediction] = {}
        self._model = model
        self._answers = answer_reader(model.session)
        self._tuning = tuning or Tuning()
        self._pens: dict[int, StreamingPredictor] = {}
        self._down: set[int] = set()
        self._waiting: dict[int, deque[Feed]] = {}
        self._ring = TimingRing()
        self._tells = tells
        self._news: deque[News] = deque(maxlen=KEPT_NEWS)
        self._said: set[str] = set()
        self._faults: deque[str] = deque()
        self.failure = ""

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The latest answer for every pointer; waiting samples are answered first."""
        if self._waiting:
            self.flush()
        return self.answered

    @property
    def taught(self) -> Prototypes | None:
        """What is taught; None if the model learns nothing by being taught."""
        return self._answers.taught

    @property
    def recipe(self) -> FeatureRecipe:
        """How points become rows."""
        return self._answers.recipe

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes."""
        return self._answers.labels

    def begin(self, pointer_id: int) -> None:
        """Begin an ink."""
        self._finish(pointer_id)
        pen = self._pen(pointer_id)
        pen.begin()
        self.answered[pointer_id] = pen.prediction
        if self._tells:
            self._news.append((pointer_id, pen.prediction))

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
        began = began or perf_counter_ns()
        self._down.add(pointer_id)
        if self._waiting or len(self._down) > 1:
            self.gather(pointer_id, x, y, t, pressure, began)
            return
        pen = self._pen(pointer_id)
        if pen.add(x, y, t, pressure):
            self._publish(pointer_id, pen)
            self._ring.add(perf_counter_ns() - began)

    def gather(
        self,
        pointer_id: int,
        x: float,
        y: float,
        t: float = STILL,
        pressure: float = UNPRESSED,
        began: int = 0,
    ) -> None:
        """Take a sample of a pen that is down, which may wait for those of others."""
        self._down.add(pointer_id)
        rows = self._pen(pointer_id).advance(x, y, t, pressure)
        self._wait(pointer_id, rows, False, began or perf_counter_ns())

    def lift(self, pointer_id: int) -> None:
        """Lift a pen."""
        pen = self._pen(pointer_id)
        if self._waiting or len(self._down) > 1:
            self._wait(pointer_id, pen.raised(), True, 0)
        elif pen.lift():
            self._publish(pointer_id, pen)
        self._down.discard(pointer_id)

    def end(self, pointer_id: int) -> None:
        """End an ink; this is reported after the answer to its last row."""
        self._finish(pointer_id)
        if self._tells:
            self._news.append((pointer_id, InkEvent.ENDED))

    def wait(self, seconds: float) -> bool:
        """Answer all that came so far; always True."""
        self.flush()
        return True

    def flush(self) -> None:
        """Answer the samples that wait."""
        if self._waiting:
            waiting, self._waiting = self._waiting, {}
            feed_together(self._model.session, self._pens, waiting, self._fed)

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        self.flush()
        pen = self._pen(pointer_id)
        pen.replay(samples)
        self._publish(pointer_id, pen)

    def learn(self, examples: Sequence[Example]) -> None:
        """Learn exactly these examples."""
        self.flush()
        try:
            self._answers.learn(examples)
        except PointsError:
            raise
        except Exception as error:  # whatever ONNX Runtime raises: the sketch continues with what was taught
            self._fail(said(error), "what is taught cannot be learned")

    def taught_now(self) -> Future[Taught]:
        """The taught classes now, in a future, since a worker gives them later."""
        taught: Future[Taught] = Future()
        taught.set_result(Taught(self.taught, self.recipe))
        return taught

    def forget(self, pointer_id: int) -> None:
        """Drop a pointer that will not come back."""
        self._finish(pointer_id)
        self._pens.pop(pointer_id, None)
        self._down.discard(pointer_id)
        self.answered.pop(pointer_id, None)
        if self._tells:
            self._news.append((pointer_id, None))

    def keep_warm(self) -> None:
        """Run a step of nothing, whose answer is dropped."""
        session = self._model.session
        # A failure is reported when a point comes.
        with contextlib.suppress(Exception):
            session.step(np.zeros((1, 1, row_width(session.spec)), dtype=np.float32), session.start())

    def timings(self) -> Timings:
        """Microseconds a point; those of the warm-up before the first."""
        return self._ring.figures(self._model.timings)

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def take_faults(self) -> list[str]:
        """What went wrong since the last call, each reported once."""
        return [self._faults.popleft() for _ in range(len(self._faults))]

    def close(self, seconds: float = 0.0) -> None:
        """Do nothing: nothing runs between two calls."""

    def _fail(self, reason: str, what: str) -> None:
        self.failure = self.failure or reason
        self._say(f"{what} ({reason})")

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self._faults.append(f"{self._model.path.name}: {line}")

    def _finish(self, pointer_id: int) -> None:
        if pointer_id in self._waiting:
            self.flush()

    def _wait(self, pointer_id: int, rows: list[Row], lifted: bool, came: int) -> None:
        if rows:
            self._waiting.setdefault(pointer_id, deque()).append(Feed(rows, lifted, came))

    def _fed(self, pointer_id: int, feed: Feed) -> None:
        self._publish(pointer_id, self._pens[pointer_id])
        if feed.came:
            self._ring.add(perf_counter_ns() - feed.came)

    def _pen(self, pointer_id: int) -> StreamingPredictor:
        pen = self._pens.get(pointer_id)
        if pen is None:
            pen = StreamingPredictor(self._model.session, self._answers, self._tuning)
            self._pens[pointer_id] = pen
        return pen

    def _publish(self, pointer_id: int, pen: StreamingPredictor) -> None:
        if pen.fault:
            self.failure = self.failure or pen.failure
            self._say(f"{pen.fault}; the last answer stays")
            pen.fault = pen.failure = ""
        elif self._tells:
            self._news.append((pointer_id, pen.prediction))
        self.answered[pointer_id] = pen.prediction
