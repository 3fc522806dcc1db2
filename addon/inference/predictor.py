"""From the points of one pointer to a prediction, one sample at a time."""

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple, TypeAlias

import numpy as np

from addon.errors import PointsError, said
from addon.features.streaming import Row, Trail, advance, lift
from addon.hysteresis import UNDECIDED, Tuning, held
from addon.inference.answers import AnswerReader, answer_reader
from addon.inference.step import State, StepOutputs, StepSession
from addon.prediction import Prediction, no_prediction

Sample: TypeAlias = tuple[float, float, float, float] | None
"""Where the pen was, in logical pixels, when, in seconds, and its pressure; None where it was lifted."""

STILL = 0.0
UNPRESSED = 0.5
"""Time and pressure of a sample that comes without them."""


class Feed(NamedTuple):
    """Rows of one ink for one run of the model.

    Attributes:
        rows: At least one, oldest first.
        lifted: Whether the pen has left the paper at the last one.
        came: When the event came, in `perf_counter_ns`; 0 if it is not timed.
    """

    rows: list[Row]
    lifted: bool = False
    came: int = 0


class StreamingPredictor:
    """Follows one ink: its features, its recurrent state, and the answer so far.

    An answer that is not a number, or a step that fails, leaves prediction and state unchanged. `fault` gives
    the reason, and after a failed step `failure` does, too.

    Args:
        session: The model; several predictors may share it, from one thread.
        answers: How its steps are read; several predictors may share them too. None for the model's own.
        tuning: What a performer may change; it is read at every answer.
    """

    def __init__(
        self, session: StepSession, answers: AnswerReader | None = None, tuning: Tuning | None = None
    ) -> None:
        self._session = session
        self._tuning = tuning or Tuning()
        self._answers = answers or answer_reader(session)
        self._start = session.start()
        # A model by someone else reads samples of the pen, as its description prepares them.
        self._takes_samples = session.spec.ink is not None
        self.fault = ""
        self.failure = ""
        self.begin()

    def begin(self) -> None:
        """Start a new ink."""
        self.prediction = no_prediction(self._answers.labels)
        self._recipe = self._answers.recipe
        self._trail: Trail | None = None
        self._last: Row | None = None
        self.state = self._start
        self._read: StepOutputs | None = None
        self._hold = UNDECIDED
        self._rows = 0

    def add(self, x: float, y: float, t: float = STILL, pressure: float = UNPRESSED) -> bool:
        """Take one sample of a pen that is down: logical pixels, seconds since the ink began, 0..1.

        Returns:
            Whether there is a new answer: it was far enough from the sample before.

        Raises:
            PointsError: It is not finite in x and y; nothing has changed.
        """
        rows = self.advance(x, y, t, pressure)
        return bool(rows) and self.feed(rows)

    def lift(self) -> bool:
        """Take the pen off the paper; False if it was off already."""
        rows = self.raised()
        return bool(rows) and self.feed(rows, lifted=True)

    def advance(self, x: float, y: float, t: float = STILL, pressure: float = UNPRESSED) -> list[Row]:
        """The rows of one sample, which are yet to be fed.

        Raises:
            PointsError: It is not finite in x and y; nothing has changed.
        """
        if self._takes_samples:
            if not (isfinite(x) and isfinite(y)):
                raise PointsError(f"a pen sample must be finite; got x={x}, y={y}")
            self._last = (x, y, t, pressure, 0.0)
            return [self._last]
        rows, self._trail = advance(self._recipe, self._trail, x, y)
        return rows

    def raised(self) -> list[Row]:
        """The rows of the pen's leaving the paper, which are yet to be fed; none if it was off already."""
        if self._takes_samples:
            rows = [] if self._last is None else [(*self._last[:4], 1.0)]
            self._last = None
            return rows
        if self._trail is None:
            return []
        rows, self._trail = lift(self._recipe, self._trail)
        return rows

    def replay(self, samples: Sequence[Sample]) -> None:
        """Begin again with all of an ink so far, in one run of the model."""
        self.begin()
        rows: list[Row] = []
        for sample in samples:
            rows += self.raised() if sample is None else self.advance(*sample)
        if rows:
            self.feed(rows, lifted=samples[-1] is None)

    def feed(self, rows: list[Row], lifted: bool = False) -> bool:
        """Run the model over rows of this ink, by itself; `lifted` if the pen leaves at the last one.

        Returns:
            Whether there is something new: an answer or a fault.
        """
        try:
            outputs, state = self._session.step(np.array([rows], dtype=np.float32), self.state)
        except Exception as error:  # whatever ONNX Runtime raises: the sketch continues with the last answer
            self.failed(error)
            return True
        return self.take(outputs, state, len(rows), lifted)

    def take(self, outputs: StepOutputs, state: State, rows: int, lifted: bool) -> bool:
        """Take the outputs of a step over `rows` rows of this ink; NaN changes nothing.

        Returns:
            Whether they are new; a model that is asked now and then gives the same ones in between.
        """
        if outputs is self._read:
            self.state = state
            self._rows += rows
            return False
        answer = self._answers.read(outputs)
        if answer is None:
            self.fault = "its answers are not numbers (NaN)"
            return True
        probabilities, progress, unknown, known, others = answer
        self.state = state
        self._rows += rows
        if self._takes_samples:
            # One answer is one piece of evidence, however many samples it has read.
            rows = 1
            self._read = outputs
        unknown = self._tuning.tuned(unknown)
        hold = self._hold = held(self._hold, probabilities, unknown, rows, lifted, self._tuning.hold)
        labels = self._answers.labels
        self.prediction = Prediction(
            labels, probabilities, progress, self._rows, unknown, hold, known, others
        )
        return True

    def failed(self, error: Exception) -> None:
        """Report that a step of this ink has failed; nothing has changed."""
        self.failure = said(error)
        self.fault = f"a step failed ({self.failure})"
