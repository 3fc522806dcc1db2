"""What the sketch's process and the training process say to each other: one JSON object a line, ASCII only.

To the trainer goes a `Job` or a `Baking`, later perhaps {"command": "cancel"}; when the pipe ends, the sketch
is gone. From it come `Started`, then `Progress` again and again, and last one of `Exported`, `Kept`,
`Cancelled`, `Failed`; of a `Baking` only `Baked` or `Failed`.
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
        data: The taught inks, as `addon.dataset.corpus` writes them.
        out: The model to write or replace.
        checkpoint: Where the training keeps its state; the log lies beside it.
        name: Name of the recogniser, for the model's description.
        resume: Go on from the checkpoint instead of starting afresh.
        labels: The classes, in their order; None for those of the inks, sorted.
        config: Fields of `addon.training.config.TrainConfig`, or, of a base encoder, of `AdaptConfig`; the
            rest take their defaults.
        model: The base encoder to adapt; None to train from scratch.
    """

    data: Path
    out: Path
    checkpoint: Path
    name: str
    resume: bool = False
    labels: tuple[str, ...] | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    model: Path | None = None

    @property
    def folder(self) -> Path:
        """Where the log goes."""
        return self.checkpoint.parent


@dataclass(frozen=True, slots=True)
class Baking:
    """What is taught is to become a model of its own.

    Attributes:
        model: The base encoder it was taught to.
        data: The taught inks, as `addon.dataset.corpus` writes them, oldest first.
        tracks: A .npy file of their tracks, in the same order, as they are in use.
        scale: That they were read with.
        out: The model to write or replace.
        name: Name of the recogniser, for the model's description.
    """

    model: Path
    data: Path
    tracks: Path
    scale: float
    out: Path
    name: str

    @property
    def folder(self) -> Path:
        """Where the log goes."""
        return self.data.parent


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
    """The model is in its place: its path, accuracy on the taught inks (0..1), seconds since the start.

    Of a base encoder that was adapted the accuracy is that of inks left out in turn, and `before` the same of
    the encoder as it was.
    """

    path: Path
    accuracy: float
    seconds: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Adapting the base encoder made nothing better: accuracy on inks left out in turn (0..1), seconds."""

    before: float
    after: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Baked:
    """What is taught is in a file: its path, the classes, how many examples, seconds since the start."""

    path: Path
    labels: tuple[str, ...]
    examples: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Training was told to stop, after so many iterations; the old model is as it was."""

    iteration: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Training ended badly; the message is one line and says what to do. The old model is as it was."""

    message: str


Event: TypeAlias = Started | Progress | Exported | Kept | Baked | Cancelled | Failed
LAST: tuple[type[Event], ...] = (Exported, Kept, Baked, Cancelled, Failed)

_KINDS: dict[str, type[Event]] = {
    "started": Started,
    "progress": Progress,
    "exported": Exported,
    "kept": Kept,
    "baked": Baked,
    "cancelled": Cancelled,
    "failed": Failed,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def job_line(job: Job | Baking) -> str:
    """A job as one line."""
    return json.dumps(asdict(job), default=str)


def job_from(line: str) -> Job | Baking:
    """A job from its line.

    Raises:
        TrainingError: The line is no job.
    """
    given = _object(line, "job")
    if set(given) == {each.name for each in fields(Baking)}:
        paths = {name: Path(given[name]) for name in ("model", "data", "tracks", "out")}
        return Baking(**paths, scale=float(given["scale"]), name=str(given["name"]))
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
        model=Path(given["model"]) if given.get("model") else None,
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
