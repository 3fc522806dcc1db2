"""One LSTM step: rows and state in, answers and the next state out.

    outputs, state = session.step(rows, state)

A state is opaque and is never changed: whoever keeps one can go back to it, and feed it twice.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from addon.arrays import Floats
from addon.model.metadata import ModelSpec

State: TypeAlias = Any
"""The recurrent state of a batch of inks; only the session that made it knows what it is."""


NOTHING: Floats = np.zeros((0, 0, 0), dtype=np.float32)


class StepOutputs(NamedTuple):
    """What a step answers; `NOTHING` stands for what the model does not say.

    Attributes:
        scores: Float32 array of shape (batch, time, classes), before the softmax.
        progress: Float32 array of shape (batch, time, 1), 0..1.
        embedding: Float32 array of shape (batch, time, embedding); only a base encoder tells it.
        unknown: Float32 array of shape (batch, time, 1), how much likelier it is, as a logarithm, that the
            ink is none of the classes.
    """

    scores: Floats = NOTHING
    progress: Floats = NOTHING
    embedding: Floats = NOTHING
    unknown: Floats = NOTHING


def answer_sizes(spec: ModelSpec) -> dict[str, int]:
    """Of what a step answers, the field of `StepOutputs` and its last size."""
    sizes = {"embedding": spec.embedding, "scores": len(spec.labels), "progress": 1, "unknown": 1}
    # Without a scoring nobody looks at the embedding, so it is not copied out at every point.
    unread = () if spec.scoring is not None else ("embedding",)
    return {name: size for name, size in sizes.items() if name in spec.outputs and name not in unread}


class StepSession(Protocol):
    """A model that is open, wherever it runs. One thread at a time may use it."""

    @property
    def spec(self) -> ModelSpec:
        """What the model says about itself."""
        ...

    @property
    def provider(self) -> str:
        """What really runs: "cuda", "cpu", or another provider's own name."""
        ...

    def start(self, batch: int = 1) -> State:
        """The state before the first row, for so many inks at once."""
        ...

    def step(self, rows: Floats, state: State) -> tuple[StepOutputs, State]:
        """Take rows of shape (batch, time, features), time at least 1, on from a state."""
        ...


@runtime_checkable
class JoiningSession(StepSession, Protocol):
    """A session that can take several inks through one step, whatever came before in each."""

    def join(self, states: Sequence[State]) -> State:
        """The state of a batch, of states of one ink each; these stay as they are."""
        ...

    def split(self, state: State) -> list[State]:
        """The states of a batch's inks, in order, each as if it had been alone."""
        ...
