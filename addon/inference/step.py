"""One LSTM step: rows and state in, answers and the next state out.

    outputs, state = session.step(rows, state)

A state is opaque and is never changed: a caller can keep one, go back to it, and feed it twice.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, runtime_checkable

import numpy as np

from addon.arrays import Array, Floats
from addon.features.recipe import COLUMNS
from addon.model.metadata import ModelSpec
from addon.prediction import NO_OUTPUTS

SAMPLE = 5
"""Numbers of a sample of the pen: x, y, t, pressure, and 1 where the pen is lifted."""

State: TypeAlias = Any
"""The recurrent state of a batch of inks; only the session that made it can read it."""


NOTHING: Floats = np.zeros((0, 0, 0), dtype=np.float32)


class StepOutputs(NamedTuple):
    """The answers of a step; `NOTHING` for an answer that the model does not give.

    Attributes:
        scores: Float32 array of shape (batch, time, classes), before the softmax.
        progress: Float32 array of shape (batch, time, 1), 0..1.
        embedding: Float32 array of shape (batch, time, embedding); only a base encoder gives it.
        unknown: Float32 array of shape (batch, time, 1): the logarithm of how much likelier it is that the
            ink is none of the classes.
        others: What else a model by someone else gives, by the names of its outputs.
    """

    scores: Floats = NOTHING
    progress: Floats = NOTHING
    embedding: Floats = NOTHING
    unknown: Floats = NOTHING
    others: Mapping[str, Array] = NO_OUTPUTS


ANSWERS = ("scores", "progress", "embedding", "unknown")
"""The fields of `StepOutputs` that Inkloop's own models may have, in their order."""


def row_width(spec: ModelSpec) -> int:
    """Numbers of a row: the features of Inkloop's own models, or a sample of the pen."""
    return len(COLUMNS) if spec.ink is None else SAMPLE


def answer_sizes(spec: ModelSpec) -> dict[str, int]:
    """The last size of each answer of a step, by its field in `StepOutputs`."""
    sizes = {"embedding": spec.embedding, "scores": len(spec.labels), "progress": 1, "unknown": 1}
    # Without a scoring the embedding is not used, so it is not copied at every point.
    unread = () if spec.scoring is not None else ("embedding",)
    return {name: size for name, size in sizes.items() if name in spec.outputs and name not in unread}


class StepSession(Protocol):
    """An open model on any provider. Only one thread at a time may use it."""

    @property
    def spec(self) -> ModelSpec:
        """The model's description."""
        ...

    @property
    def provider(self) -> str:
        """The provider that actually runs it: "cuda", "cpu", or another provider's own name."""
        ...

    def start(self, batch: int = 1) -> State:
        """The state before the first row, for a batch of this many inks."""
        ...

    def step(self, rows: Floats, state: State) -> tuple[StepOutputs, State]:
        """Run rows of shape (batch, time, features), time at least 1, from a state."""
        ...


@runtime_checkable
class JoiningSession(StepSession, Protocol):
    """A session that can run several inks in one step, whatever came before in each."""

    def join(self, states: Sequence[State]) -> State:
        """Join the states of single inks into the state of a batch; they are not changed."""
        ...

    def split(self, state: State) -> list[State]:
        """Split the state of a batch into the states of its inks, in order, each as if it had been alone."""
        ...
