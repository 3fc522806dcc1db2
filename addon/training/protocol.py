"""The messages between the sketch and the training process: one JSON object a line, ASCII only.

The sketch sends a `Job` or a `Baking`, and may send {"command": "cancel"} later; when the pipe ends, the
sketch is gone. For a `Job` the trainer sends `Started`, then `Progress` many times, and last `Exported`,
`Kept`, `Cancelled` or `Failed`; for a `Baking` only `Baked` or `Failed`.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeAlias, cast

from addon.errors import TrainingError

CANCEL_LINE = json.dumps({"command": "cancel"})

REPORT_EVERY = 0.05
"""Progress is reported at most this often, in seconds."""


@dataclass(frozen=True, slots=True)
class Job:
    """A training: its data, and where the results go.

    Attributes:
        data: The taught inks, as `addon.dataset.corpus` writes them.
        out: The model to write or replace.
        checkpoint: The file of the training's state; the log is next to it.
        name: Name of the recogniser, for the model's description.
        resume: Continue from the checkpoint.
        labels: The classes, in their order; None for those of the inks, sorted.
        config: Fields of `addon.training.config.TrainConfig`, or of `AdaptConfig` for a base encoder; the
            others take their defaults.
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
        """The folder of the log."""
        return self.checkpoint.parent


@dataclass(frozen=True, slots=True)
class Baking:
    """An export: the taught examples become a model file of their own.

    Attributes:
        model: The base encoder that learned them.
        data: The taught inks, as `addon.dataset.corpus` writes them, oldest first.
        tracks: A .npy file of their tracks, in the same order.
        scale: The scale that they were read with.
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
        """The folder of the log."""
        return self.data.parent


@dataclass(frozen=True, slots=True)
class Started:
    """Training begins: the classes, the number of examples, the iterations to make."""

    labels: tuple[str, ...]
    examples: int
    iterations: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress: iterations made and to make, smoothed loss, accuracy on the last batch (0..1), seconds."""

    iteration: int
    iterations: int
    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Exported:
    """The model is written: its path, accuracy on the taught inks (0..1), seconds since the start.

    For an adapted base encoder the accuracy is cross-validated, and `before` is that of the encoder before.
    """

    path: Path
    accuracy: float
    seconds: float
    before: float | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Adapting made the base encoder no better: cross-validated accuracy before and after (0..1), seconds."""

    before: float
    after: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Baked:
    """The export is written: its path, the classes, the number of examples, seconds since the start."""

    path: Path
    labels: tuple[str, ...]
    examples: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Training was cancelled after this many iterations; the old model is unchanged."""

    iteration: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Training failed; the message is one line and says what to do. The old model is unchanged."""

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
        TrainingError: The line is not a job.
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
        TrainingError: The line is not an event.
    """
    given = _object(line, "event")
    kind = _KINDS.get(given.pop("event", ""))
    if kind is None:
        raise TrainingError(f"the training process sent an unknown event: {line[:80]!r}")
    if "path" in given:
        given["path"] = Path(given["path"])
    if "labels" in given:
        given["labels"] = tuple(given["labels"])
    return kind(**given)


def _object(line: str, what: str) -> dict[str, Any]:
    try:
        given = json.loads(line)
    except ValueError as error:
        raise TrainingError(f"this line is not a training {what}: {line[:80]!r}") from error
    if not isinstance(given, dict):
        raise TrainingError(f"this line is not a training {what}: {line[:80]!r}")
    return cast(dict[str, Any], given)


class CancelledError(Exception):
    """A training was cancelled."""


@dataclass(slots=True)
class Teller:
    """Reports progress, and raises when a training is cancelled.

    Attributes:
        tell: Called with each event.
        cancelled: Whether to stop.
        iterations: Total number of steps.
        began: Start time, by the monotonic clock.
        made: Steps made so far.
        reported: Seconds since the start at which progress was last reported.
    """

    tell: Callable[[Event], None]
    cancelled: Callable[[], bool]
    iterations: int
    began: float = field(default_factory=time.monotonic)
    made: int = 0
    reported: float = -REPORT_EVERY

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def step(self, loss: float, accuracy: float) -> None:
        """Count one step, and report it if it is the first, the last, or `REPORT_EVERY` has passed.

        Raises:
            CancelledError: The training was cancelled.
        """
        self.made += 1
        if self.seconds - self.reported >= REPORT_EVERY or self.made == self.iterations:
            self.reported = self.seconds
            self.tell(Progress(self.made, self.iterations, loss, accuracy, self.reported))
        self.check()

    def check(self) -> None:
        """Stop if the training was cancelled.

        Raises:
            CancelledError: It was.
        """
        if self.cancelled():
            raise CancelledError
