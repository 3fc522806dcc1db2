"""What is taught becomes a file of its own, beside the frame: nothing here waits."""

import io
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from addon.dataset.corpus import write_corpus
from addon.dataset.taught import Example, frozen
from addon.errors import TaughtError
from addon.features.recipe import FeatureRecipe
from addon.fewshot.prototypes import Prototypes
from addon.files import write_atomically
from addon.inference.inline import Taught
from addon.inference.loaded_model import LoadedModel, copied, read_again
from addon.model.folder_watch import stamp_of
from addon.training.background_process import BackgroundProcess, Process, make_folders_of
from addon.training.protocol import Baked, Baking, Event, Failed
from addon.training.trainer_process import TrainerProcess

SNAPSHOT = "exported.npz"
TRACKS = "exported.npy"

TAKING_IN_SECONDS = 60.0
"""So long an export waits for a worker that is behind."""

Start: TypeAlias = Callable[[Baking], Process]


class ExportRun:
    """One export: what is taught now is written down, and a process bakes it into the encoder.

    Args:
        examples: What is taught; what becomes of them afterwards makes no difference.
        known: The same as it is in use, once the model has taken it in: a worker may be behind.
        model: The base encoder, whose file is still the one that was loaded.
        folder: For the snapshot and the log; made if need be.
        out: The file to write or to replace; its folder is made if need be.
        name: What the model is called.
        start: Starts the process.

    Attributes:
        out: The file to write or to replace.
    """

    _besides = ""

    def __init__(
        self,
        examples: Sequence[Example],
        known: Future[Taught],
        model: LoadedModel,
        folder: Path,
        out: Path,
        name: str,
        start: Start = TrainerProcess.start,
    ) -> None:
        self.out, self._before = out, stamp_of(out)
        self._known: Future[Taught] | None = known
        given = frozen(examples)

        def begin() -> Process:
            prototypes, recipe = _taken_in(known, given)
            base = read_again(model).path
            job = Baking(base, folder / SNAPSHOT, folder / TRACKS, recipe.scale, out, name)
            return _begun(given, prototypes, job, start)

        self._beside = BackgroundProcess(begin, "export")

    def poll(self) -> str:
        """How it ended, in one line; empty as long as it has not."""
        for event in self._beside.poll():
            if isinstance(event, Baked):
                of = f" of {event.examples} examples" if event.examples else ""
                return f"exported {len(event.labels)} classes{of} to {event.path}{self._besides}"
            if isinstance(event, Failed):
                return f"export failed: {event.message}"
        return self._beside.failure

    def stop(self) -> bool:
        """End it; a file that is not finished is not there. Whether it was finished all the same."""
        if self._known is not None:
            self._known.cancel()
        self._beside.stop()
        return stamp_of(self.out) != self._before


class CopyRun(ExportRun):
    """An export of a model that knows its classes already: its file is copied.

    Args:
        model: The model, whose file is still the one that was loaded.
        out: The file to write or to replace; its folder is made if need be.
        missing: Labels of taught examples that the model does not know.
    """

    def __init__(self, model: LoadedModel, out: Path, missing: Sequence[str] = ()) -> None:
        self.out, self._before = out, stamp_of(out)
        self._known = None
        if missing:
            names = ", ".join(map(repr, missing[:8])) + (", ..." if len(missing) > 8 else "")
            self._besides = f"; the model was not trained on {names}: train it, then export again"
        self._beside = BackgroundProcess(partial(_copied, model, out), "export")


def _taken_in(known: Future[Taught], examples: Sequence[Example]) -> tuple[Prototypes, FeatureRecipe]:
    """What is in use, which is to be of exactly these examples.

    Raises:
        TaughtError: It is not, or was not taken in.
    """
    try:
        prototypes, recipe = known.result(TAKING_IN_SECONDS)
    except (CancelledError, TimeoutError) as error:
        raise TaughtError("what is taught was not taken in by the model; export again") from error
    labels = {one.id: one.label for one in examples}
    if prototypes is None:
        raise TaughtError("the model learns nothing by being taught; export again")
    names: list[str] = [prototypes.labels[index] for index in prototypes.classes.tolist()]
    if dict(zip(prototypes.keys, names, strict=True)) != labels:
        raise TaughtError("the model could not take in all that is taught; see what was said before")
    return prototypes, recipe


class _Done:
    """A process that has ended."""

    def __init__(self, event: Event) -> None:
        self._events = [event]

    def poll(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def cancel(self) -> None:
        pass

    def stop(self) -> None:
        pass


def _copied(model: LoadedModel, out: Path) -> Process:
    make_folders_of(out)
    copied(model, out)
    return _Done(Baked(out, model.spec.labels, 0, 0.0))


def _begun(examples: Sequence[Example], prototypes: Prototypes, job: Baking, start: Start) -> Process:
    by_id = {one.id: one for one in examples}
    # In the order of the prototypes, which decides how examples are grouped.
    given = [by_id[key] for key in prototypes.keys]
    make_folders_of(job.data, job.out)
    write_corpus(job.data, [one.strokes for one in given], [one.label for one in given])
    _save(job.tracks, prototypes.tracks)
    return start(job)


def _save(path: Path, array: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
