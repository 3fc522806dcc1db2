"""One training, seen from the sketch: it begins, reports, and leaves a model to load. Nothing here waits."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from addon.dataset.corpus import write_corpus
from addon.dataset.taught import Example, frozen
from addon.errors import TrainingError
from addon.inference.loaded_model import LoadedModel, copied
from addon.training.background_process import BackgroundProcess, Process, make_folders_of
from addon.training.config import AdaptConfig, TrainConfig
from addon.training.protocol import (
    LAST,
    Baked,
    Cancelled,
    Event,
    Exported,
    Failed,
    Job,
    Kept,
    Progress,
    Started,
)
from addon.training.status import TrainingStatus
from addon.training.trainer_process import TrainerProcess

CHECKPOINT = "checkpoint.pt"
SNAPSHOT = "taught.npz"
BASE = "base.onnx"

LEAVING_SECONDS = 10.0
"""A training that is cancelled may take so long to end by itself; then it is ended."""

CANCELLED = "training was cancelled"

Start: TypeAlias = Callable[[Job], Process]


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder to adapt.

    Attributes:
        model: The one that is in.
        adapted: Whether it is adapted itself. Then the one it was adapted from is taken: inks that it has
            learnt from could not tell whether it is better.
    """

    model: LoadedModel
    adapted: bool


class TrainingRun:
    """One run of the training process: a snapshot of what is taught goes in, a model file comes out.

    Args:
        examples: What to train on, two labels at least.
        folder: For the snapshot and the checkpoint; made if need be.
        out: The model file to make; its folder is made if need be.
        name: What the model is called.
        config: How to train, or how to adapt a base encoder.
        resume: Whether to go on from the folder's checkpoint.
        base: The encoder to adapt; None to train from scratch.
        after: Waited for before the process starts: one that was cancelled may still write to the folder.
        start: Starts the process.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        folder: Path,
        out: Path,
        name: str,
        config: TrainConfig | AdaptConfig,
        resume: bool = False,
        base: Base | None = None,
        after: "TrainingRun | None" = None,
        start: Start = TrainerProcess.start,
    ) -> None:
        self._leaving: threading.Thread | None = None
        self._hurry = False
        self.status = TrainingStatus("waiting", iterations=config.iterations)
        self._labels = tuple(dict.fromkeys(one.label for one in examples))
        job = Job(
            data=folder / SNAPSHOT,
            out=out,
            checkpoint=folder / CHECKPOINT,
            name=name,
            resume=resume,
            config=asdict(config),
            model=None if base is None else folder / BASE,
        )
        before = None if after is None else after._leaving
        work = partial(_begun, frozen(examples), job, base, start, before)
        self._beside = BackgroundProcess(work, "training")

    @property
    def process(self) -> Process | None:
        """The training process, once it is there."""
        return self._beside.process

    def poll(self) -> Path | None:
        """Take the process's reports into `status`; the path of the model, once, when it is made."""
        made: Path | None = None
        if self._leaving is not None:
            return None
        for event in self._beside.poll():
            self.status = after(self.status, event)
            if isinstance(event, Exported):
                made = event.path
        if self._beside.failure:
            self.status = replace(self.status, state="failed", message=self._beside.failure)
        return made

    def cancel(self) -> None:
        """Stop it: it is over at once, and its process ends as soon as it can, in a thread."""
        if self._leaving is None:
            self._beside.cancel()
            self.status = replace(self.status, state="cancelled", message=CANCELLED)
            self._leaving = threading.Thread(target=self._leave, name="inkloop-cancel", daemon=True)
            self._leaving.start()

    def stop(self) -> None:
        """End the process, waiting a bounded time for one that is just starting."""
        if self._leaving is not None:
            self._hurry = True
            self._leaving.join(LEAVING_SECONDS)
        self._beside.stop()

    def _leave(self) -> None:
        # What was learnt so far is written, for a training that goes on from there.
        ends = time.monotonic() + LEAVING_SECONDS
        while time.monotonic() < ends and not self._hurry and not self._beside.failure:
            if any(isinstance(event, LAST) for event in self._beside.poll()):
                break
            time.sleep(0.01)
        self._beside.stop()

    def finish(self, loaded: bool) -> None:
        """Its model is in, or could not be loaded."""
        if loaded:
            self.status = replace(self.status, state="done", message=learned(self.status, self._labels))
        else:
            message = "the trained model cannot be loaded; the one before plays on"
            self.status = replace(self.status, state="failed", message=message)


def _begun(
    examples: tuple[Example, ...],
    job: Job,
    base: Base | None,
    start: Start,
    before: threading.Thread | None,
) -> Process:
    if before is not None:
        before.join()
    make_folders_of(job.data, job.out)
    if base is not None and job.model is not None:
        _keep_base(base, job.model)
    write_corpus(job.data, [one.strokes for one in examples], [one.label for one in examples])
    return start(job)


def _keep_base(base: Base, kept: Path) -> None:
    if not base.adapted:
        copied(base.model, kept)
    elif not kept.is_file():
        raise TrainingError("the encoder this one was adapted from is gone; load one that is not adapted")


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
                message=stays(event),
                stays=True,
            )
        case Cancelled():
            return replace(status, state="cancelled", iteration=event.iteration, message=CANCELLED)
        case Failed():
            return replace(status, state="failed", message=event.message)
        case Baked():
            return status


def learned(status: TrainingStatus, labels: Sequence[str]) -> str:
    """One line about a training that went well."""
    known = ", ".join(labels) if len(labels) <= 8 else f"{len(labels)} letters"
    if status.before is not None and status.accuracy is not None:
        shares = f"{status.accuracy:.1%} are recognised, {status.before:.1%} before"
        return f"adapted to {known} in {status.seconds:.0f} s; of inks left out in turn {shares}"
    share = "" if status.accuracy is None else f"; {status.accuracy:.0%} of the examples are recognised"
    return f"learned {known} in {status.seconds:.0f} s{share}"


def stays(event: Kept) -> str:
    """One line about an encoder that adapting made no better."""
    return (
        f"the encoder stays as it is: of inks left out in turn {event.before:.1%} are recognised, "
        f"{event.after:.1%} if it is adapted"
    )
