"""What is taught becomes a file of its own, beside the frame: nothing here waits."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from addon.beside import Beside, Process, make_folders_of
from addon.corpus import write_corpus
from addon.features import FeatureRecipe
from addon.files import write_atomically
from addon.jobs import Baked, Baking, Event, Failed
from addon.prototypes import Prototypes
from addon.taught import Example
from addon.trainer import TrainerProcess

SNAPSHOT = "exported.npz"
TRACKS = "exported.npy"

Start: TypeAlias = Callable[[Baking], Process]


class ExportRun:
    """One export: what is taught now is written down, and a process bakes it into the encoder.

    Args:
        examples: What is taught.
        prototypes: As it is in use.
        recipe: How points become rows, as it is in use.
        model: The base encoder's file.
        folder: For the snapshot and the log; made if need be.
        out: The file to write or to replace; its folder is made if need be.
        name: What the model is called.
        start: Starts the process.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        prototypes: Prototypes,
        recipe: FeatureRecipe,
        model: Path,
        folder: Path,
        out: Path,
        name: str,
        start: Start = TrainerProcess.start,
    ) -> None:
        by_id = {one.id: one for one in examples}
        # In the order of the prototypes, which decides how examples are grouped.
        given = [by_id[key] for key in prototypes.keys]
        job = Baking(model, folder / SNAPSHOT, folder / TRACKS, recipe.scale, out, name)
        self._beside = Beside(partial(_begun, given, prototypes, job, start), "export")

    def poll(self) -> str:
        """How it ended, in one line; empty as long as it has not."""
        for event in self._beside.poll():
            if isinstance(event, Baked):
                of = f" of {event.examples} examples" if event.examples else ""
                return f"exported {len(event.labels)} classes{of} to {event.path}"
            if isinstance(event, Failed):
                return f"export failed: {event.message}"
        return self._beside.failure

    def stop(self) -> None:
        """End it; a file that is not finished is not there."""
        self._beside.stop()


class CopyRun(ExportRun):
    """An export of a model that knows its classes already: its file is copied.

    Args:
        model: The model's file.
        labels: Its classes.
        out: The file to write or to replace; its folder is made if need be.
    """

    def __init__(self, model: Path, labels: tuple[str, ...], out: Path) -> None:
        self._beside = Beside(partial(_copied, model, labels, out), "export")


def agree(prototypes: Prototypes, examples: Sequence[Example]) -> bool:
    """Whether prototypes are of exactly these examples; a worker may be behind."""
    names: list[str] = [prototypes.labels[index] for index in prototypes.classes.tolist()]
    labels = {one.id: one.label for one in examples}
    return dict(zip(prototypes.keys, names, strict=True)) == labels


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


def _copied(model: Path, labels: tuple[str, ...], out: Path) -> Process:
    make_folders_of(out)
    write_atomically(out, model.read_bytes())
    return _Done(Baked(out, labels, 0, 0.0))


def _begun(examples: Sequence[Example], prototypes: Prototypes, job: Baking, start: Start) -> Process:
    make_folders_of(job.data, job.out)
    write_corpus(job.data, [one.strokes for one in examples], [one.label for one in examples])
    _save(job.tracks, prototypes.tracks)
    return start(job)


def _save(path: Path, array: np.ndarray) -> None:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
