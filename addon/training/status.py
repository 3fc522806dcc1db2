"""The status of a training, and why one cannot begin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from addon.arrays import Floats
from addon.training.protocol import Baked, Cancelled, Event, Exported, Failed, Kept, Progress, Started

CANCELLED = "training was cancelled"

State: TypeAlias = Literal["idle", "waiting", "running", "exporting", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingStatus:
    """The status of a training.

    Attributes:
        state: "idle" before the first; "waiting" until the process has begun; "running"; "exporting" until
            the model is loaded; then "done", "failed" or "cancelled".
        iteration: Iterations done.
        iterations: Iterations to do.
        losses: Float32 array of shape (reports,): the loss at each report so far.
        accuracy: Share of the taught inks that are recognised, 0..1; None until known. Where an encoder is
            adapted: the cross-validated accuracy, over inks half drawn and lifted.
        before: The same of the encoder before; None of a training from scratch.
        seconds: Time since it began, as of the last report.
        message: How it ended, in one line; empty until then.
        stays: Whether the encoder stays as it is, since adapting made it no better.
    """

    state: State = "idle"
    iteration: int = 0
    iterations: int = 0
    losses: Floats = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
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
        active: Whether another training runs.
        adapts: Whether a base encoder would be adapted, rather than a network trained from scratch.
    """
    if active:
        return "a training is running; cancel it before you begin another"
    if not labels:
        return "nothing is taught yet; draw some examples of two letters or more, then train"
    if len(labels) == 1:
        return f"only {next(iter(labels))!r} is taught; draw some examples of another letter, then train"
    if adapts and max(labels.values()) < 2:
        return "one example of each is known already; draw a second of some, then train to adapt to your hand"
    return ""


def after(status: TrainingStatus, event: Event) -> TrainingStatus:
    """The status after one report of the process."""
    match event:
        case Started():
            return replace(status, state="running", iterations=event.iterations)
        case Progress():
            return replace(
                status,
                state="exporting" if event.iteration >= event.iterations else "running",
                iteration=event.iteration,
                iterations=event.iterations,
                losses=np.append(status.losses, np.float32(event.loss)),
                accuracy=event.accuracy,
                seconds=event.seconds,
            )
        case Exported():
            return replace(
                status,
                state="exporting",
                accuracy=event.accuracy,
                before=event.before,
                seconds=event.seconds,
            )
        case Kept():
            return replace(
                status,
                state="done",
                accuracy=event.before,
                seconds=event.seconds,
                message=_stays(event),
                stays=True,
            )
        case Cancelled():
            return replace(status, state="cancelled", iteration=event.iteration, message=CANCELLED)
        case Failed():
            return replace(status, state="failed", message=event.message)
        case Baked():
            return status


def finished(status: TrainingStatus, labels: Sequence[str], loaded: bool) -> TrainingStatus:
    """The status after the trained model was loaded, or could not be."""
    if loaded:
        return replace(status, state="done", message=_learned(status, labels))
    message = "the trained model cannot be loaded; the previous model stays active"
    return replace(status, state="failed", message=message)


def _learned(status: TrainingStatus, labels: Sequence[str]) -> str:
    known = ", ".join(labels) if len(labels) <= 8 else f"{len(labels)} letters"
    if status.before is not None and status.accuracy is not None:
        shares = f"{status.accuracy:.1%}, {status.before:.1%} before"
        return f"adapted to {known} in {status.seconds:.0f} s; cross-validated accuracy {shares}"
    share = "" if status.accuracy is None else f"; {status.accuracy:.0%} of the examples are recognised"
    return f"learned {known} in {status.seconds:.0f} s{share}"


def _stays(event: Kept) -> str:
    return (
        f"the encoder stays as it is: cross-validated accuracy {event.before:.1%}, "
        f"{event.after:.1%} if it is adapted"
    )
