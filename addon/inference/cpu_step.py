"""A step on the CPU, where the overhead of a call takes as long as the LSTM itself.

By far the most common step is one row of one ink. It uses arrays that are bound once, and only its numbers
are copied in and out. That takes two thirds of the time of `session.run`; binding again at each step takes
more.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from addon.features.recipe import COLUMNS
from addon.inference.step import ANSWERS, NOTHING, Floats, StepOutputs, answer_sizes
from addon.model.metadata import ModelSpec


class CpuStep:
    """A `StepSession` whose state is an array of shape (2, layers, batch, hidden): h and c.

    Args:
        session: An `onnxruntime.InferenceSession` of a model that `spec` describes.
        spec: The model's description.
        provider: The provider that the session reports.
    """

    def __init__(self, session: Any, spec: ModelSpec, provider: str) -> None:
        self.spec = spec
        self.provider = provider
        self._session = session
        one_state = (2, spec.layers, 1, spec.hidden)
        self._row = np.zeros((1, 1, len(COLUMNS)), dtype=np.float32)
        self._before = np.zeros(one_state, dtype=np.float32)
        self._after = np.zeros(one_state, dtype=np.float32)
        sizes = answer_sizes(spec)
        self._answers = {name: np.zeros((1, 1, size), np.float32) for name, size in sizes.items()}
        # In the order of the fields, so that a step looks up no names.
        scores, progress, embedding, unknown = (self._answers.get(name, NOTHING) for name in ANSWERS)
        self._told = scores, progress, embedding, unknown
        self._binding = self._bound()

    def start(self, batch: int = 1) -> Floats:
        """The state before the first row."""
        return np.zeros((2, self.spec.layers, batch, self.spec.hidden), dtype=np.float32)

    def step(self, rows: Floats, state: Floats) -> tuple[StepOutputs, Floats]:
        """Run rows of shape (batch, time, features) from a state."""
        if rows.shape != self._row.shape:
            return self._step_many(rows, state)
        self._row[...] = rows
        self._before[...] = state
        self._session.run_with_iobinding(self._binding)
        scores, progress, embedding, unknown = self._told
        outputs = StepOutputs(scores.copy(), progress.copy(), embedding.copy(), unknown.copy())
        return outputs, self._after.copy()

    def join(self, states: Sequence[Floats]) -> Floats:
        """Join the states of single inks into the state of a batch."""
        return np.concatenate(states, axis=2)

    def split(self, state: Floats) -> list[Floats]:
        """Split the state of a batch into the states of its inks."""
        # One copy of the whole batch makes the state of each ink contiguous.
        return list(np.ascontiguousarray(state.transpose(2, 0, 1, 3))[:, :, :, np.newaxis])

    def _step_many(self, rows: Floats, state: Floats) -> tuple[StepOutputs, Floats]:
        feed = {"features": rows, "h": state[0], "c": state[1]}
        h, c, *answers = self._session.run(["h_next", "c_next", *self._answers], feed)
        return StepOutputs(**dict(zip(self._answers, answers, strict=True))), np.stack([h, c])

    def _bound(self) -> Any:
        binding = self._session.io_binding()
        inputs = {"features": self._row, "h": self._before[0], "c": self._before[1]}
        outputs = {
            "h_next": self._after[0],
            "c_next": self._after[1],
            **self._answers,
        }
        for name, array in inputs.items():
            binding.bind_input(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        for name, array in outputs.items():
            binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
        return binding
