"""The pens and the model that answers them; the model may change while they write."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike

from addon.arrays import Array
from addon.background.timings import NO_TIMINGS, Timings
from addon.dataset.taught import Example
from addon.errors import PointsError
from addon.features.points import Points, Strokes, as_points
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.hysteresis import Tuning
from addon.inference.answers import unanswered
from addon.inference.engine import Engine, engine_for
from addon.inference.fade import FadingEngine
from addon.inference.inline import InkEvent, News, Taught
from addon.inference.loaded_model import LoadedModel
from addon.inference.predictor import STILL, UNPRESSED, Sample
from addon.inference.replay_buffer import ReplayBuffer
from addon.prediction import Prediction, no_prediction

CLOSING_SECONDS = 2.0

WARM_SECONDS = 1.0
"""Without a point for this long, a step of nothing keeps the model warm; it costs as much as a point."""


class Pens:
    """Feeds the points of every pointer to the model in use, if there is one. Call from one thread.

    Args:
        crossfade: Seconds in which a new model's answers replace the old one's, at least 0.

    Attributes:
        tuning: What a performer may change; all engines read it.

    Raises:
        ValueError: `crossfade` is out of its range.
    """

    def __init__(self, crossfade: float = 0.0) -> None:
        if not 0.0 <= crossfade < float("inf"):
            raise ValueError(f"crossfade must be seconds, at least 0; got {crossfade}")
        self._crossfade = crossfade
        self.tuning = Tuning()
        self.model: LoadedModel | None = None
        self._engine: Engine | None = None
        self._tape = ReplayBuffer()
        self._moved_last: int | None = None
        self._nothing = no_prediction(())
        self._examples: tuple[Example, ...] = ()
        self._news: list[News] = []
        self._paused = 0.0
        self._left: tuple[LoadedModel, Engine] | None = None
        self._notices: list[str] = []
        self._noticed: set[str] = set()

    @property
    def prediction(self) -> Prediction:
        """The answer for the pointer that moved last."""
        if self._engine is None or self._moved_last is None:
            return self._nothing
        return self._engine.predictions.get(self._moved_last, self._nothing)

    @property
    def predictions(self) -> MappingProxyType[int, Prediction]:
        """The answer for every pointer."""
        return MappingProxyType({} if self._engine is None else dict(self._engine.predictions))

    @property
    def timings(self) -> Timings:
        """Microseconds a point; NaN without a model."""
        return NO_TIMINGS if self._engine is None else self._engine.timings()

    def point(self, point: Points, pointer_id: int) -> None:
        """Take one sample of a pen that is down.

        Raises:
            PointsError: It has another shape or is not finite; nothing has changed.
        """
        try:
            x, y, t, pressure = float(point[0]), float(point[1]), float(point[2]), float(point[3])
        except (TypeError, ValueError, IndexError) as error:
            raise PointsError(f"a pen sample must be an array of shape (4,); got {point!r}") from error
        self._sampled(pointer_id, x, y, t, pressure)
        if self._engine is not None:
            self._engine.point(pointer_id, x, y, t, pressure)

    def feed(self, points_by_pointer: Mapping[int, Points]) -> None:
        """Take the next points of several pens that are down, all of them in batched steps.

        Raises:
            PointsError: An array has another shape or is not finite in x or y; nothing has changed.
        """
        checked = {pointer_id: _checked(points) for pointer_id, points in points_by_pointer.items()}
        for pointer_id, points in checked.items():
            for x, y, t, pressure in whole_samples(points):
                self._sampled(pointer_id, x, y, t, pressure)
                if self._engine is not None:
                    self._engine.gather(pointer_id, x, y, t, pressure)
        self.flush()

    def flush(self) -> None:
        """Answer the points that wait for others."""
        if self._engine is not None:
            self._engine.flush()

    def lift(self, pointer_id: int) -> None:
        """Lift a pen."""
        if self._tape.lift(pointer_id) and self._engine is not None:
            self._engine.lift(pointer_id)

    def close_ink(self, pointer_id: int) -> None:
        """End an ink; its answer stays until the pointer begins another."""
        if self._tape.close(pointer_id) and self._engine is not None:
            self._engine.end(pointer_id)

    def wait(self, seconds: float) -> bool:
        """Wait until all that was drawn so far is answered, at most this long; whether it is."""
        return self._engine is None or self._engine.wait(seconds)

    def answer(self, pointer_id: int | None) -> Prediction:
        """The answer for one pointer; None for the one that moved last."""
        return self.prediction if pointer_id is None else self.predictions.get(pointer_id, self._nothing)

    def reopen_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """Continue an ink of these strokes, as if they had just been drawn.

        Raises:
            PointsError: A stroke has another shape, or a point is not finite; nothing has changed.
        """
        samples: list[Sample] = []
        for stroke in map(_checked, strokes):
            samples += [*whole_samples(stroke), None]
        self.flush()
        self._tape.reopen(pointer_id, samples)
        self._moved_last = pointer_id
        if self._engine is not None:
            self._engine.replay(pointer_id, samples)

    def adopt(self, model: LoadedModel) -> None:
        """Swap a model in, as if it had read each open ink from its first point."""
        before = self._alone()
        # A model that was in use before may still run a step in its old worker.
        if self._left is not None and self._left[0] is model:
            self._left[1].close(CLOSING_SECONDS)
        engine = engine_for(model, {} if before is None else before.predictions, self.tuning)
        engine.learn(self._examples)
        if before is not None:
            self._news += self._heard(before.take_news())
        self._catch_up(engine)
        self._engine = engine
        if before is not None and self.model is not None:
            self._left = self.model, before
            if self._crossfade and before.predictions:
                self._engine = FadingEngine(before, engine, self._crossfade)
            else:
                before.close()
        self.model = model
        self._nothing = no_prediction(model.spec.labels)
        self._note_unanswered(model)

    def _catch_up(self, engine: Engine) -> None:
        """Feed the open inks, and those that the old worker had not finished."""
        for pointer_id, ink in self._tape:
            for each in (*self._tape.untold(pointer_id), ink):
                # A begin that was reported must not come a second time: `on_decide` would be called again.
                if not each.begin_heard:
                    engine.begin(pointer_id)
                engine.replay(pointer_id, each.samples)
                if each.closed and not each.end_heard:
                    engine.end(pointer_id)

    def _heard(self, news: list[News]) -> list[News]:
        for pointer_id, answer in news:
            if isinstance(answer, InkEvent):
                self._tape.hear_end(pointer_id)
            elif answer is not None and not answer.rows:
                self._tape.hear_begin(pointer_id)
        return news

    def pass_time(self, dt: float) -> None:
        """Advance by `dt` seconds: continue a cross-fade, keep a model warm that pauses."""
        if isinstance(self._engine, FadingEngine) and self._engine.pass_time(dt):
            self._engine = self._alone()
        self._paused += dt
        if self._paused >= WARM_SECONDS and self._engine is not None:
            self._paused = 0.0
            self._engine.keep_warm()

    def _alone(self) -> Engine | None:
        # The engine that stays; one that is fading out ends.
        engine = self._engine
        if not isinstance(engine, FadingEngine):
            return engine
        engine.old.close()
        return engine.new

    def learn(self, examples: Sequence[Example]) -> None:
        """Learn exactly these examples: a base encoder answers by them from now on."""
        self._examples = tuple(examples)
        if self._engine is not None:
            self._engine.learn(self._examples)
            self._replay()
        if self.model is not None:
            self._note_unanswered(self.model)

    @property
    def taught(self) -> Prototypes | None:
        """The taught classes; None if there is no model, or one that learns by training alone."""
        return None if self._engine is None else self._engine.taught

    def taught_now(self) -> Future[Taught] | None:
        """The taught classes, once the model has learned all examples so far; None if there is no model."""
        return None if self._engine is None else self._engine.taught_now()

    @property
    def recipe(self) -> FeatureRecipe | None:
        """How points become rows; None if there is no model."""
        return None if self._engine is None else self._engine.recipe

    @property
    def at_once(self) -> bool:
        """Whether a point is answered before `point` returns, or by `flush` at the latest."""
        return self._engine is not None and self._engine.at_once

    def take_news(self) -> list[News]:
        """What was answered since the last call, in order."""
        news, self._news = self._news, []
        return news if self._engine is None else news + self._heard(self._engine.take_news())

    @property
    def failure(self) -> str:
        """The reason of the first step that failed; empty if none has."""
        return "" if self._engine is None else self._engine.failure

    def take_faults(self) -> list[str]:
        """What went wrong in the model since the last call."""
        return [] if self._engine is None else self._engine.take_faults()

    def take_notices(self) -> list[str]:
        """Which classes the model in use does not answer with, since the last call; once for each model."""
        notices, self._notices = self._notices, []
        return notices

    def close(self) -> None:
        """Close the model."""
        if self._engine is not None:
            self._engine.close(CLOSING_SECONDS)

    def _note_unanswered(self, model: LoadedModel) -> None:
        key = model.content or str(model.path)
        if key in self._noticed:
            return
        line = unanswered(model.spec, [example.label for example in self._examples])
        if line:
            self._noticed.add(key)
            self._notices.append(f"{model.path.name}: {line}")

    def _replay(self) -> None:
        for pointer_id, ink in self._tape:
            if self._engine is not None:
                self._engine.replay(pointer_id, ink.samples)

    def _sampled(self, pointer_id: int, x: float, y: float, t: float, pressure: float) -> None:
        begins = self._tape.add(pointer_id, x, y, t, pressure)
        self._moved_last = pointer_id
        self._paused = 0.0
        if begins:
            self._begin(pointer_id)

    def _begin(self, pointer_id: int) -> None:
        forgotten = self._tape.forget_oldest()
        if self._engine is not None:
            for gone in forgotten:
                self._engine.forget(gone)
            self._engine.begin(pointer_id)


def whole_samples(points: Array) -> list[tuple[float, float, float, float]]:
    """Points of shape (n, 2) to (n, 4) as samples; what is missing has its default."""
    missing = np.array([0.0, 0.0, STILL, UNPRESSED])[points.shape[1] :]
    table = np.column_stack([points[:, :4], np.broadcast_to(missing, (len(points), len(missing)))])
    return [(x, y, t, pressure) for x, y, t, pressure in table.tolist()]


def _checked(points: ArrayLike) -> Array:
    array = as_points(points)
    if array.ndim != 2 or array.shape[1] < 2:
        raise PointsError(f"points must have the shape (n, 4); got {array.shape}")
    if not np.isfinite(array[:, :2]).all():
        raise PointsError("a pen sample must be finite; these points have one that is not")
    return array
