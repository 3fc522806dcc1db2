"""One training, seen from the sketch: it begins, reports, and leaves a model to load. Nothing here waits."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, TypeAlias

import numpy as np

from addon.corpus import write_corpus
from addon.errors import AddonError
from addon.jobs import Cancelled, Event, Exported, Failed, Job, Progress, Started
from addon.taught import Example
from addon.trainer import TrainerProcess
from addon.training.config import TrainConfig
from addon.training_status import TrainingStatus

CHECKPOINT = "checkpoint.pt"
SNAPSHOT = "taught.npz"
CLOSING_SECONDS = 2.0


class Process(Protocol):
    """A training process, as `TrainerProcess` is one."""

    def poll(self) -> list[Event]:
        """What it has reported since the last call; never waits."""
        ...

    def cancel(self) -> None:
        """Ask it to stop; it reports when it has."""

    def stop(self) -> None:
        """End it, whatever it is doing."""


Start: TypeAlias = Callable[[Job], Process]


class TrainingRun:
    """One run of the training process: a snapshot of what is taught goes in, a model file comes out.

    Args:
        examples: What to train on, two labels at least.
        folder: For the snapshot and the checkpoint; made if need be.
        out: The model file to make; its folder is made if need be.
        name: What the model is called.
        config: How to train.
        resume: Whether to go on from the folder's checkpoint.
        start: Starts the process.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        folder: Path,
        out: Path,
        name: str,
        config: TrainConfig,
        resume: bool,
        start: Start = TrainerProcess.start,
    ) -> None:
        self.status = TrainingStatus("waiting", iterations=config.iterations)
        self._process: Process | None = None
        self._started: SimpleQueue[Process | str] = SimpleQueue()
        self._ending = False
        self._labels = tuple(dict.fromkeys(one.label for one in examples))
        job = Job(
            data=folder / SNAPSHOT,
            out=out,
            checkpoint=folder / CHECKPOINT,
            name=name,
            resume=resume,
            config=asdict(config),
        )
        # Writing the snapshot and starting a process both wait for the system: not on the frame's thread.
        arguments = (tuple(examples), job, start)
        self._thread = threading.Thread(target=self._begin, args=arguments, name="inkloop-train", daemon=True)
        self._thread.start()

    def poll(self) -> Path | None:
        """Take the process's reports into `status`; the path of the model, once, when it is made."""
        if self._process is None and not self._has_started():
            return None
        assert self._process is not None
        made: Path | None = None
        for event in self._process.poll():
            self.status = after(self.status, event)
            if isinstance(event, Exported):
                made = event.path
        return made

    def cancel(self) -> None:
        """Ask it to stop; it says in `status` when it has."""
        self._ending = True
        if self._process is not None:
            self._process.cancel()

    def stop(self) -> None:
        """End the process, waiting a bounded time for one that is just starting."""
        self._ending = True
        self._thread.join(CLOSING_SECONDS)
        self._has_started()
        if self._process is not None:
            self._process.stop()

    def finish(self, loaded: bool) -> None:
        """Its model is in, or could not be loaded."""
        if loaded:
            self.status = replace(self.status, state="done", message=learned(self.status, self._labels))
        else:
            message = "the trained model cannot be loaded; the one before plays on"
            self.status = replace(self.status, state="failed", message=message)

    def _begin(self, examples: tuple[Example, ...], job: Job, start: Start) -> None:
        try:
            for path in (job.data, job.out):
                path.parent.mkdir(parents=True, exist_ok=True)
            inks, labels = [one.strokes for one in examples], [one.label for one in examples]
            write_corpus(job.data, inks, labels)
            self._started.put(start(job))
        except OSError as error:
            self._started.put(
                f"training cannot begin ({error.strerror or error}); free space or check the folder"
            )
        except AddonError as error:
            self._started.put(f"training cannot begin ({error})")

    def _has_started(self) -> bool:
        try:
            begun = self._started.get_nowait()
        except Empty:
            return False
        if isinstance(begun, str):
            self.status = replace(self.status, state="failed", message=begun)
            return False
        self._process = begun
        if self._ending:
            begun.cancel()
        return True


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
            return replace(status, state="exporting", accuracy=event.accuracy, seconds=event.seconds)
        case Cancelled():
            return replace(
                status, state="cancelled", iteration=event.iteration, message="training was cancelled"
            )
        case Failed():
            return replace(status, state="failed", message=event.message)


def learned(status: TrainingStatus, labels: Sequence[str]) -> str:
    """One line about a training that went well."""
    known = ", ".join(labels) if len(labels) <= 8 else f"{len(labels)} letters"
    share = "" if status.accuracy is None else f"; {status.accuracy:.0%} of the examples are recognised"
    return f"learned {known} in {status.seconds:.0f} s{share}"
