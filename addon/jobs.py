"""What the sketch's process and the training process say to each other: one JSON object a line, ASCII only.

To the trainer goes a `Job`, later perhaps {"command": "cancel"}; when the pipe ends, the sketch is gone.
From it come `Started`, then `Progress` again and again, and last one of `Exported`, `Cancelled`, `Failed`.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias, cast

from addon.errors import TrainingError

CANCEL_LINE = json.dumps({"command": "cancel"})


@dataclass(frozen=True, slots=True)
class Job:
    """What to train on, and where the results go.

    Attributes:
        data: The taught inks, as `addon.corpus` writes them.
        out: The model to write or replace.
        checkpoint: Where the training keeps its state; the log lies beside it.
        name: Name of the recogniser, for the model's description.
        resume: Go on from the checkpoint instead of starting afresh.
        labels: The classes, in their order; None for those of the inks, sorted.
        config: Fields of `addon.training.config.TrainConfig`; the rest take their defaults.
    """

    data: Path
    out: Path
    checkpoint: Path
    name: str
    resume: bool = False
    labels: tuple[str, ...] | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Started:
    """Training begins: the classes, how many examples there are, how many iterations are to be made."""

    labels: tuple[str, ...]
    examples: int
    iterations: int


@dataclass(frozen=True, slots=True)
class Progress:
    """So far: iterations made of those to make, smoothed loss, accuracy on the last batch (0..1), seconds."""

    iteration: int
    iterations: int
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Exported:
    """The model is in its place: its path, accuracy on the taught inks (0..1), seconds since the start."""

    path: Path
    accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Training was told to stop, after so many iterations; the old model is as it was."""

    iteration: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Training ended badly; the message is one line and says what to do. The old model is as it was."""

    message: str


Event: TypeAlias = Started | Progress | Exported | Cancelled | Failed
LAST: tuple[type[Event], ...] = (Exported, Cancelled, Failed)

_KINDS: dict[str, type[Event]] = {
    "started": Started,
    "progress": Progress,
    "exported": Exported,
    "cancelled": Cancelled,
    "failed": Failed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def job_line(job: Job) -> str:
    """A job as one line."""
    return json.dumps(asdict(job), default=str)


def job_from(line: str) -> Job:
    """A job from its line.

    Raises:
        TrainingError: The line is no job.
    """
    given = _object(line, "job")
    known = {each.name for each in fields(Job)}
    missing = {"data", "out", "checkpoint", "name"} - set(given)
    if missing or set(given) - known:
        raise TrainingError(
            f"a job has {', '.join(sorted(known))}; got {', '.join(sorted(given)) or 'nothing'}"
        )
    labels = given.get("labels")
    return Job(
        data=Path(given["data"]),
        out=Path(given["out"]),
        checkpoint=Path(given["checkpoint"]),
        name=str(given["name"]),
        resume=bool(given.get("resume", False)),
        labels=None if labels is None else tuple(map(str, labels)),
        config=dict(given.get("config", {})),
    )


def event_line(event: Event) -> str:
    """An event as one line."""
    return json.dumps({"event": _NAMES[type(event)], **asdict(event)}, default=str)


def event_from(line: str) -> Event:
    """An event from its line.

    Raises:
        TrainingError: The line is no event.
    """
    given = _object(line, "event")
    kind = _KINDS.get(given.pop("event", ""))
    if kind is None:
        raise TrainingError(f"the training process said something unknown: {line[:80]!r}")
    if "path" in given:
        given["path"] = Path(given["path"])
    if "labels" in given:
        given["labels"] = tuple(given["labels"])
    return kind(**given)


def _object(line: str, what: str) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise TrainingError(f"this is no {what}: {line[:80]!r}") from error
    if not isinstance(given, dict):
        raise TrainingError(f"this is no {what}: {line[:80]!r}")
    return cast(dict[str, Any], given)
