"""From the points of one pointer to a prediction, one sample at a time."""

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from addon.errors import said
from addon.features.streaming import Row, Trail, advance, lift
from addon.hysteresis import UNDECIDED, Tuning, held
from addon.inference.answers import AnswerReader, answer_reader
from addon.inference.step import State, StepOutputs, StepSession
from addon.prediction import Prediction, no_prediction

Sample: TypeAlias = tuple[float, float] | None
"""Where the pen was, in logical pixels; None where it was lifted."""


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
        self.fault = ""
        self.failure = ""
        self.begin()

    def begin(self) -> None:
        """Start a new ink."""
        self.prediction = no_prediction(self._answers.labels)
        self._recipe = self._answers.recipe
        self._trail: Trail | None = None
        self.state = self._start
        self._hold = UNDECIDED
        self._rows = 0

    def add(self, x: float, y: float) -> bool:
        """Take one sample of a pen that is down, in logical pixels.

        Returns:
            Whether it was far enough from the one before to make a new answer.

        Raises:
            PointsError: It is not finite; nothing has changed.
        """
        rows = self.advance(x, y)
        if rows:
            self.feed(rows)
            return True
        return False

    def lift(self) -> bool:
        """Take the pen off the paper; False if it was off already."""
        rows = self.raised()
        if rows:
            self.feed(rows, lifted=True)
        return bool(rows)

    def advance(self, x: float, y: float) -> list[Row]:
        """The rows of one sample, which are yet to be fed.

        Raises:
            PointsError: It is not finite; nothing has changed.
        """
        rows, self._trail = advance(self._recipe, self._trail, x, y)
        return rows

    def raised(self) -> list[Row]:
        """The rows of the pen's leaving the paper, which are yet to be fed; none if it was off already."""
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

    def feed(self, rows: list[Row], lifted: bool = False) -> None:
        """Run the model over rows of this ink, by itself; `lifted` if the pen leaves at the last one."""
        try:
            outputs, state = self._session.step(np.array([rows], dtype=np.float32), self.state)
        except Exception as error:  # whatever ONNX Runtime raises: the sketch continues with the last answer
            self.failed(error)
            return
        self.take(outputs, state, len(rows), lifted)

    def take(self, outputs: StepOutputs, state: State, rows: int, lifted: bool) -> None:
        """Take the outputs of a step over `rows` rows of this ink; NaN changes nothing."""
        answer = self._answers.read(outputs)
        if answer is None:
            self.fault = "its answers are not numbers (NaN)"
            return
        probabilities, progress, unknown = answer
        self.state = state
        self._rows += rows
        unknown = self._tuning.tuned(unknown)
        hold = self._hold = held(self._hold, probabilities, unknown, rows, lifted, self._tuning.hold)
        self.prediction = Prediction(self._answers.labels, probabilities, progress, self._rows, unknown, hold)

    def failed(self, error: Exception) -> None:
        """Report that a step of this ink has failed; nothing has changed."""
        self.failure = said(error)
        self.fault = f"a step failed ({self.failure})"
