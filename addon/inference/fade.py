"""A cross-fade: for a moment two engines answer, and the new one replaces the old one."""

from collections.abc import Callable
from time import monotonic

import numpy as np

from addon.inference.engine import Engine, EngineOver
from addon.inference.inline import News
from addon.prediction import Prediction


class FadingEngine(EngineOver):
    """Feeds both engines and mixes their answers, from the old one's to the new one's.

    `take_news` gives the answers of the new engine alone: a decision is never a mixture.

    Args:
        old: The engine that leaves.
        new: The engine that stays.
        seconds: How long the fade takes, more than 0.
    """

    def __init__(self, old: Engine, new: Engine, seconds: float) -> None:
        super().__init__(new)
        self.old = old
        self.new = new
        self._seconds = seconds
        self._passed = 0.0

    def pass_time(self, dt: float) -> bool:
        """Advance by `dt` seconds; whether the new engine answers alone from here on."""
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

    def _do(self, act: Callable[[Engine], object]) -> None:
        for engine in (self.old, self.new):
            act(engine)

    def wait(self, seconds: float) -> bool:
        """Wait until both have answered all that came so far, at most this long; whether they have."""
        ends = monotonic() + seconds
        return self.new.wait(seconds) and self.old.wait(max(0.0, ends - monotonic()))

    def keep_warm(self) -> None:
        """Keep the new engine warm."""
        self.new.keep_warm()

    def take_news(self) -> list[News]:
        """What the new engine answered since the last call."""
        self.old.take_news()
        return self.new.take_news()

    def take_faults(self) -> list[str]:
        """What went wrong in either engine."""
        return [*self.old.take_faults(), *self.new.take_faults()]

    def close(self, seconds: float = 0.0) -> None:
        """End both engines."""
        for engine in (self.old, self.new):
            engine.close(seconds)


def mixed(old: Prediction, new: Prediction, share: float) -> Prediction:
    """Mix two answers, label by label.

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
        new.progress_known,
        new.outputs,
    )
