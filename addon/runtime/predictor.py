"""From the points of one pointer to a prediction, one sample at a time."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from addon.features import Row, Trail, advance, lift
from addon.prediction import Prediction, no_prediction
from addon.runtime.answers import Answers, answers_of
from addon.runtime.step import StepSession

Sample: TypeAlias = tuple[float, float] | None
"""Where the pen was, in logical pixels; None where it was lifted."""


class StreamingPredictor:
    """Follows one ink: its features, its recurrent state, and the answer so far.

    An answer that is no number, or a step that fails, leaves prediction and state as they were and is told in
    `fault`; the pen goes on.

    Args:
        session: The model; several predictors may share it, from one thread.
        answers: How its steps are read; several predictors may share them too. None for the model's own.
    """

    def __init__(self, session: StepSession, answers: Answers | None = None) -> None:
        self._session = session
        self._answers = answers or answers_of(session)
        self._start = session.start()
        self.fault = ""
        self.begin()

    def begin(self) -> None:
        """Start a new ink."""
        self.prediction = no_prediction(self._answers.labels)
        self._recipe = self._answers.recipe
        self._trail: Trail | None = None
        self._state = self._start
        self._rows = 0

    def add(self, x: float, y: float) -> bool:
        """Take one sample of a pen that is down, in logical pixels.

        Returns:
            Whether it was far enough from the one before to make a new answer.

        Raises:
            PointsError: It is not finite; nothing has changed.
        """
        rows, self._trail = advance(self._recipe, self._trail, x, y)
        if rows:
            self._feed(rows)
            return True
        return False

    def lift(self) -> bool:
        """Take the pen off the paper; False if it was off already."""
        if self._trail is None:
            return False
        rows, self._trail = lift(self._recipe, self._trail)
        if rows:
            self._feed(rows)
        return bool(rows)

    def replay(self, samples: Sequence[Sample]) -> None:
        """Start anew with all of an ink so far, in one run of the model."""
        self.begin()
        rows: list[Row] = []
        for sample in samples:
            if sample is not None:
                made, self._trail = advance(self._recipe, self._trail, *sample)
                rows += made
            elif self._trail is not None:
                made, self._trail = lift(self._recipe, self._trail)
                rows += made
        if rows:
            self._feed(rows)

    def _feed(self, rows: list[Row]) -> None:
        try:
            outputs, state = self._session.step(np.array([rows], dtype=np.float32), self._state)
        except Exception as error:  # whatever ONNX Runtime raises: the show goes on with the last answer
            self.fault = f"a step failed ({' '.join(str(error).split())[:160]})"
            return
        said = self._answers.read(outputs)
        if said is None:
            self.fault = "its answers are not numbers (NaN)"
            return
        self._state = state
        self._rows += len(rows)
        self.prediction = Prediction(
            self._answers.labels, said.probabilities, said.progress, self._rows, said.unknown
        )
