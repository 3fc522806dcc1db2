"""Where a training stands, and why one cannot begin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from addon.arrays import Floats

State: TypeAlias = Literal["idle", "waiting", "running", "exporting", "done", "failed", "cancelled"]


def _no_losses() -> Floats:
    return np.zeros(0, dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingStatus:
    """Where a training stands.

    Attributes:
        state: "idle" before the first; "waiting" until the process has begun; "running"; "exporting" until
            the model is in; then "done", "failed" or "cancelled".
        iteration: Iterations done.
        iterations: Iterations to do.
        losses: Float32 array of shape (reports,): the loss at each report so far.
        accuracy: Share of the taught inks that are recognised, 0..1; None until known. Of an encoder that is
            adapted: of inks left out in turn, half drawn and lifted taken together.
        before: The same of the encoder as it was; None of a training from scratch.
        seconds: Time since it began, as of the last report.
        message: How it ended, in one line; empty until then.
        stays: Whether the encoder stays as it is, since adapting made it no better.
    """

    state: State = "idle"
    iteration: int = 0
    iterations: int = 0
    losses: Floats = field(default_factory=_no_losses)
    accuracy: float | None = None
    before: float | None = None
    seconds: float = 0.0
    message: str = ""
    stays: bool = False

    @property
    def active(self) -> bool:
        """Whether it has begun and not ended."""
        return self.state in ("waiting", "running", "exporting")


def refusal(labels: Mapping[str, int], active: bool, adapts: bool = False) -> str:
    """Why a training cannot begin, in one line; empty if it can.

    Args:
        labels: Number of taught examples by label.
        active: Whether another one is under way.
        adapts: Whether a base encoder is to be adapted, rather than a network trained from scratch.
    """
    if active:
        return "a training is under way; cancel it before beginning another"
    if not labels:
        return "nothing is taught yet; draw some examples of two letters or more, then train"
    if len(labels) == 1:
        return f"only {next(iter(labels))!r} is taught; draw some examples of another letter, then train"
    if adapts and max(labels.values()) < 2:
        return "one example of each is known already; draw a second of some, then train to adapt to your hand"
    return ""
