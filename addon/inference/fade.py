"""Two engines at once for a moment: the answers of the one that leaves give way to those of the other."""

from collections.abc import Sequence
from concurrent.futures import Future
from time import monotonic

import numpy as np

from addon.background.timings import Timings
from addon.dataset.taught import Example
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.inference.engine import Engine
from addon.inference.inline import News, Taught
from addon.inference.predictor import Sample
from addon.prediction import Prediction


class FadingEngine:
    """Feeds both, and answers with a mixture that becomes the new one's within some seconds.

    What is told of (`take_news`) is the new one's alone: a decision is never half of one.

    Args:
        old: Who leaves.
        new: Who stays.
        seconds: How long it takes, more than 0.
    """

    def __init__(self, old: Engine, new: Engine, seconds: float) -> None:
        self.old = old
        self.new = new
        self._seconds = seconds
        self._passed = 0.0

    def pass_time(self, dt: float) -> bool:
        """Go on by `dt` seconds; whether the new one answers alone from here on."""
        self._passed += dt
        return self._passed >= self._seconds

    @property
    def predictions(self) -> dict[int, Prediction]:
        """The mixture for every pointer."""
        share = min(self._passed / self._seconds, 1.0)
        before = self.old.predictions
        after = dict(self.new.predictions)
        return {
            pointer_id: mixed(before[pointer_id], new, share) if pointer_id in before else new
            for pointer_id, new in after.items()
        }

    @property
    def at_once(self) -> bool:
        """Whether both answer on the calling thread."""
        return self.old.at_once and self.new.at_once

    @property
    def taught(self) -> Prototypes | None:
        """What the new one has been taught."""
        return self.new.taught

    @property
    def recipe(self) -> FeatureRecipe:
        """How the new one makes rows of points."""
        return self.new.recipe

    @property
    def failure(self) -> str:
        """What the first step of the new one said that failed; empty if none has."""
        return self.new.failure

    def begin(self, pointer_id: int) -> None:
        """A new ink begins."""
        for engine in (self.old, self.new):
            engine.begin(pointer_id)

    def point(self, pointer_id: int, x: float, y: float) -> None:
        """A sample of a pen that is down."""
        for engine in (self.old, self.new):
            engine.point(pointer_id, x, y)

    def gather(self, pointer_id: int, x: float, y: float) -> None:
        """A sample that may wait for others."""
        for engine in (self.old, self.new):
            engine.gather(pointer_id, x, y)

    def flush(self) -> None:
        """Answer what waits for others."""
        for engine in (self.old, self.new):
            engine.flush()

    def lift(self, pointer_id: int) -> None:
        """The pen leaves the paper."""
        for engine in (self.old, self.new):
            engine.lift(pointer_id)

    def end(self, pointer_id: int) -> None:
        """The ink is finished."""
        for engine in (self.old, self.new):
            engine.end(pointer_id)

    def wait(self, seconds: float) -> bool:
        """Wait until both have answered all that came so far, at most so long; whether they have."""
        ends = monotonic() + seconds
        return self.new.wait(seconds) and self.old.wait(max(0.0, ends - monotonic()))

    def replay(self, pointer_id: int, samples: Sequence[Sample]) -> None:
        """Feed an ink so far from its first sample."""
        for engine in (self.old, self.new):
            engine.replay(pointer_id, samples)

    def learn(self, examples: Sequence[Example]) -> None:
        """Take exactly these examples as what is taught."""
        for engine in (self.old, self.new):
            engine.learn(examples)

    def taught_now(self) -> Future[Taught]:
        """What the new one is taught, once it is taken in."""
        return self.new.taught_now()

    def forget(self, pointer_id: int) -> None:
        """This pointer will not come back."""
        for engine in (self.old, self.new):
            engine.forget(pointer_id)

    def keep_warm(self) -> None:
        """Keep the one warm that stays."""
        self.new.keep_warm()

    def timings(self) -> Timings:
        """Microseconds a point, of the new one."""
        return self.new.timings()

    def take_news(self) -> list[News]:
        """What the new one answered since the last call."""
        self.old.take_news()
        return self.new.take_news()

    def take_faults(self) -> list[str]:
        """What went wrong in either."""
        return [*self.old.take_faults(), *self.new.take_faults()]

    def close(self, seconds: float = 0.0) -> None:
        """End both."""
        for engine in (self.old, self.new):
            engine.close(seconds)


def mixed(old: Prediction, new: Prediction, share: float) -> Prediction:
    """An answer between two, label by label.

    Args:
        old: At a share of 0.
        new: At a share of 1. Its labels come first, and what it holds is held.
        share: 0..1.
    """
    if not old.rows or not old.labels or not new.labels or share >= 1.0:
        return new
    labels = tuple(dict.fromkeys((*new.labels, *old.labels)))
    if not new.rows:
        return old
    place = {label: index for index, label in enumerate(labels)}
    probabilities = np.zeros(len(labels), dtype=np.float32)
    for prediction, weight in ((old, 1.0 - share), (new, share)):
        for label, probability in zip(prediction.labels, prediction.probabilities.tolist(), strict=True):
            probabilities[place[label]] += weight * probability
    return Prediction(
        labels,
        probabilities,
        (1.0 - share) * old.progress + share * new.progress,
        new.rows,
        (1.0 - share) * old.unknown + share * new.unknown,
        new.hold,
    )
