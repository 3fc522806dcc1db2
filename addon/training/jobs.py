"""Jobs for the training process: what it reads is written to disk, then the process starts.

These functions wait for the disk, so `in_thread` runs them in the background.
"""

import io
import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from addon.arrays import Floats
from addon.dataset.corpus import write_corpus
from addon.dataset.taught import Example
from addon.errors import AddonError, TaughtError, TrainingError
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.files import write_atomically
from addon.inference.inline import Taught
from addon.inference.loaded_model import LoadedModel, copied, read_again
from addon.training.protocol import LAST, Baked, Baking, Job
from addon.training.trainer_process import TrainerProcess

CHECKPOINT = "checkpoint.pt"
SNAPSHOT = "taught.npz"
BASE = "base.onnx"
EXPORT_SNAPSHOT = "exported.npz"
TRACKS = "exported.npy"

LEARNING_SECONDS = 60.0
"""An export waits this long, at most, until a worker has learned what is taught."""

LEAVING_SECONDS = 10.0
"""A training that is cancelled has this long to end by itself; then it is ended."""

CLOSING_SECONDS = 2.0

Begun = TypeVar("Begun")


@dataclass(frozen=True, slots=True)
class Base:
    """The encoder to adapt.

    Attributes:
        model: The one in use.
        adapted: Whether it is adapted itself. Then the one it was adapted from is taken: inks that it has
            learned from could not tell whether it is better.
    """

    model: LoadedModel
    adapted: bool


def start_training(
    examples: Sequence[Example], job: Job, base: Base | None, before: threading.Thread | None
) -> TrainerProcess:
    """Write what a training reads, and start it.

    Args:
        examples: What to train on, two labels at least.
        job: The training; its folders are made if they are missing.
        base: The encoder to adapt; None to train from scratch.
        before: Waited for: a training that was cancelled may still write to the folder.

    Raises:
        AddonError: The base encoder's file is gone, or the process cannot be started.
        OSError: The disk takes no more.
    """
    if before is not None:
        before.join()
    _make_folders_of(job.data, job.out)
    if base is not None and job.model is not None:
        _write_base(base, job.model)
    write_corpus(job.data, [one.strokes for one in examples], [one.label for one in examples])
    return TrainerProcess.start(job)


def start_export(
    examples: Sequence[Example],
    learned: Future[Taught],
    model: LoadedModel,
    folder: Path,
    out: Path,
    name: str,
) -> TrainerProcess:
    """Write what an export reads, and start it.

    Args:
        examples: What is taught.
        learned: The same as the model has learned it; a worker may be behind.
        model: The base encoder, whose file is still the one that was loaded.
        folder: For the snapshot and the log; made if it is missing.
        out: The file to write or to replace; its folder is made if it is missing.
        name: What the exported model is called.

    Raises:
        AddonError: The model has not learned these examples, its file was replaced, or the process cannot be
            started.
        OSError: The disk takes no more.
    """
    prototypes, recipe = _learned(learned, examples)
    data, tracks = folder / EXPORT_SNAPSHOT, folder / TRACKS
    job = Baking(read_again(model).path, data, tracks, recipe.scale, out, name)
    by_id = {one.id: one for one in examples}
    # In the order of the prototypes, which decides how examples are grouped.
    given = [by_id[key] for key in prototypes.keys]
    _make_folders_of(data, out)
    write_corpus(data, [one.strokes for one in given], [one.label for one in given])
    write_atomically(tracks, _npy(prototypes.tracks))
    return TrainerProcess.start(job)


def copy_model(model: LoadedModel, out: Path) -> Baked:
    """Export a model that knows its classes already: copy its file.

    Raises:
        ModelError: As `copied`.
        OSError: The disk takes no more.
    """
    _make_folders_of(out)
    copied(model, out)
    return Baked(out, model.spec.labels, 0, 0.0)


def result_of(begun: Future[Begun], what: str) -> Begun | str | None:
    """What a job has become; never waits.

    Args:
        begun: The job.
        what: What cannot begin if it fails, as in "training".

    Returns:
        None while it is being prepared; a line that says why it cannot begin.
    """
    if not begun.done():
        return None
    try:
        return begun.result()
    except OSError as error:
        return f"{what} cannot begin ({error.strerror or error}); free space or check the folder"
    except AddonError as error:
        return f"{what} cannot begin ({error})"
    except Exception as error:  # without a message it would be under way for ever
        return f"{what} cannot begin ({type(error).__name__}: {error})"


def stop(begun: Future[TrainerProcess] | Future[TrainerProcess | Baked]) -> None:
    """End a job's process; waits a bounded time for one that is just starting."""
    try:
        process = begun.result(CLOSING_SECONDS)
    except Exception:  # it could not begin, or begins so late that it ends with this process
        return
    if not isinstance(process, Baked):
        process.stop()


def cancel(begun: Future[TrainerProcess], hurry: threading.Event) -> None:
    """Ask a training to stop, wait until it has written what it has learned so far, and end its process.

    Args:
        begun: The training.
        hurry: Set to end the process at once.
    """
    try:
        process = begun.result()
    except Exception:  # it could not begin
        return
    process.cancel()
    ends = time.monotonic() + LEAVING_SECONDS
    while time.monotonic() < ends and not any(isinstance(event, LAST) for event in process.poll()):
        if hurry.wait(0.01):
            break
    process.stop()


def _write_base(base: Base, path: Path) -> None:
    if not base.adapted:
        copied(base.model, path)
    elif not path.is_file():
        raise TrainingError("the encoder this one was adapted from is gone; load one that is not adapted")


def _learned(learned: Future[Taught], examples: Sequence[Example]) -> tuple[Prototypes, FeatureRecipe]:
    """What the model has learned, which must be exactly these examples.

    Raises:
        TaughtError: It is not, or the model did not learn it in time.
    """
    try:
        prototypes, recipe = learned.result(LEARNING_SECONDS)
    except (CancelledError, TimeoutError) as error:
        raise TaughtError("the model did not learn what is taught in time; export again") from error
    if prototypes is None:
        raise TaughtError("the model learns nothing by being taught; export again")
    names: list[str] = [prototypes.labels[index] for index in prototypes.classes.tolist()]
    if dict(zip(prototypes.keys, names, strict=True)) != {one.id: one.label for one in examples}:
        raise TaughtError("the model could not learn all that is taught; see the messages before this one")
    return prototypes, recipe


def _make_folders_of(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)


def _npy(array: Floats) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()
