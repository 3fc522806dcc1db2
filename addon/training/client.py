"""The sketch's side of training and export, which run in a process of their own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from addon.background.threads import in_thread
from addon.dataset.taught import Example, frozen
from addon.inference.inline import Taught
from addon.inference.model_manager import ModelManager
from addon.inference.pens import Pens
from addon.model.folder_watch import stamp_of
from addon.model.registry import SUFFIX, next_model_path
from addon.training.config import AdaptConfig, TrainConfig
from addon.training.jobs import (
    BASE,
    CHECKPOINT,
    LEAVING_SECONDS,
    SNAPSHOT,
    Base,
    cancel,
    copy_model,
    result_of,
    start_export,
    start_training,
    stop,
)
from addon.training.protocol import Baked, Event, Exported, Failed, Job
from addon.training.status import CANCELLED, TrainingStatus, after, finished, refusal
from addon.training.trainer_process import TrainerProcess


class ExportRun:
    """An export in the background; nothing here waits but `stop`.

    Args:
        out: The file to write or to replace.
        begin: Starts the process that makes it, or makes it at once; called in a thread.
        learned: What `begin` waits for, if anything.
        missing: Labels of taught examples that the model does not know.
    """

    def __init__(
        self,
        out: Path,
        begin: Callable[[], TrainerProcess | Baked],
        learned: Future[Taught] | None = None,
        missing: Sequence[str] = (),
    ) -> None:
        self.out = out
        self._before = stamp_of(out)
        self._learned = learned
        self._missing = missing
        self._begun = in_thread(begin, "inkloop-export")

    def poll(self) -> str:
        """How it ended, in one line; empty while it has not."""
        begun = result_of(self._begun, "export")
        if begun is None or isinstance(begun, str):
            return begun or ""
        for event in [begun] if isinstance(begun, Baked) else begun.poll():
            if isinstance(event, Baked):
                of = f" of {event.examples} examples" if event.examples else ""
                return f"exported {len(event.labels)} classes{of} to {event.path}{_unknown(self._missing)}"
            if isinstance(event, Failed):
                return f"export failed: {event.message}"
        return ""

    def stop(self) -> bool:
        """End it; a file that is not finished does not appear. Whether it was finished all the same."""
        if self._learned is not None:
            self._learned.cancel()
        stop(self._begun)
        return stamp_of(self.out) != self._before


def _unknown(labels: Sequence[str]) -> str:
    if not labels:
        return ""
    names = ", ".join(map(repr, labels[:8])) + (", ..." if len(labels) > 8 else "")
    return f"; the model was not trained on {names}: train it, then export again"


class TrainingClient:
    """Runs one training and one export at a time; nothing here waits but `stop`.

    Args:
        name: Of the recogniser.
        pens: The model in use, and what it has learned.
        manager: Loads a new model.
        preset: Network to train from scratch; None to adapt the encoder in use, if there is one.

    Attributes:
        status: Of the last training.

    Raises:
        ValueError: There is no such preset.
    """

    def __init__(self, name: str, pens: Pens, manager: ModelManager, preset: str | None) -> None:
        self.status = TrainingStatus()
        self._name = name
        self._pens = pens
        self._manager = manager
        self._preset = preset
        self._config = TrainConfig() if preset is None else TrainConfig(preset=preset)
        self._training: Future[TrainerProcess] | None = None
        self._labels: tuple[str, ...] = ()
        self._leaving: threading.Thread | None = None
        self._hurry = threading.Event()
        self._request = 0
        self._made = Path()
        self._export: ExportRun | None = None

    def refusal(self, labels: Mapping[str, int]) -> str:
        """Why a training cannot begin now, in one line; empty if it can.

        Args:
            labels: Number of taught examples by label.
        """
        if self._preset is None and self._pens.model is None and self._manager.busy:
            return "the model is still being loaded; train in a moment"
        return refusal(labels, self.status.active, self._base() is not None)

    def train(self, examples: Sequence[Example], folder: Path, most: int | None, resume: bool) -> str:
        """Begin a training; `refusal` must be empty.

        Args:
            examples: What is taught.
            folder: Of what the user makes.
            most: Iterations at most; None for as many as suit.
            resume: Whether to continue the last training.

        Returns:
            A message for the user; may be empty.
        """
        base = self._base()
        own = self._config if most is None else replace(self._config, iterations=most)
        config = own if base is None else _adapting(most)
        work = folder / "training"
        job = Job(
            data=work / SNAPSHOT,
            out=next_model_path(folder / "models", self._name),
            checkpoint=work / CHECKPOINT,
            name=self._name,
            resume=resume and base is None,
            config=asdict(config),
            model=None if base is None else work / BASE,
        )
        begin = partial(start_training, frozen(examples), job, base, self._leaving)
        self._labels = tuple(dict.fromkeys(one.label for one in examples))
        self._leaving, self._made = None, Path()
        self.status = TrainingStatus("waiting", iterations=config.iterations)
        self._training = in_thread(begin, "inkloop-train")
        return "an encoder is adapted from its first state each time" if resume and base is not None else ""

    def cancel(self) -> str:
        """Stop the training, if one runs and its model is not made yet.

        Returns:
            A message for the user; empty if nothing was stopped.
        """
        if self._training is None or not self.status.active or self._made != Path():
            return ""
        self.status = replace(self.status, state="cancelled", message=CANCELLED)
        end = partial(cancel, self._training, self._hurry)
        self._leaving = threading.Thread(target=end, name="inkloop-cancel", daemon=True)
        self._leaving.start()
        return CANCELLED

    def export(self, examples: Sequence[Example], folder: Path, path: Path) -> str:
        """Begin to write what is taught, and its encoder, to one file.

        Returns:
            Why it cannot begin; empty if it has.

        Raises:
            ValueError: The path does not end in .onnx.
        """
        if path.suffix.lower() != SUFFIX:
            raise ValueError(f"a model is exported to a path ending in {SUFFIX}; got {str(path)!r}")
        if path.is_dir():
            return f"{path} is a folder, so no model can be exported to it; choose another name"
        model, learned = self._pens.model, self._pens.taught_now()
        if self._export is not None:
            return "an export is running; begin another when it has ended"
        if model is None or learned is None:
            return "there is no model to export yet; wait until one is loaded"
        if model.spec.scoring is not None and examples:
            work = folder / "export"
            begin = partial(start_export, frozen(examples), learned, model, work, path, self._name)
            self._export = ExportRun(path, begin, learned)
        elif model.spec.labels:
            missing = sorted({one.label for one in examples} - set(model.spec.labels))
            self._export = ExportRun(path, partial(copy_model, model, path), missing=missing)
        else:
            return "nothing is taught yet, so there is nothing to export; draw a sign first"
        return ""

    def follow(self, loaded: int) -> list[str]:
        """Take in the reports of training and export, and load a model that was made; messages for the user.

        Args:
            loaded: The number of the request for a model that has just ended; 0 if none has.
        """
        return [line for line in (self._exported(), self._trained(loaded)) if line]

    def stop(self) -> list[str]:
        """End training and export; messages for the user about an unfinished export."""
        ended = self._exported()
        self._hurry.set()
        if self._leaving is not None:
            self._leaving.join(LEAVING_SECONDS)
        elif self._training is not None:
            stop(self._training)
        if self._export is None:
            return [ended] if ended else []
        if self._export.stop():
            return [f"exported to {self._export.out}"]
        return [f"the export to {self._export.out} was ended before it was done; export again"]

    def _base(self) -> Base | None:
        model = self._pens.model
        if self._preset is not None or model is None or model.spec.scoring is None:
            return None
        return Base(model, "adapted" in model.spec.training)

    def _exported(self) -> str:
        ended = "" if self._export is None else self._export.poll()
        if ended:
            self._export = None
        return ended

    def _trained(self, loaded: int) -> str:
        if loaded and loaded == self._request:
            path = None if self._pens.model is None else self._pens.model.path
            self.status = finished(self.status, self._labels, loaded=path == self._made)
            return self.status.message
        if not self.status.active:
            return ""
        for event in self._reports():
            self.status = after(self.status, event)
            if isinstance(event, Exported):
                self._made, self._request = event.path, self._manager.load_file(event.path)
        return self.status.message

    def _reports(self) -> list[Event]:
        begun = None if self._training is None else result_of(self._training, "training")
        if isinstance(begun, str):
            return [Failed(begun)]
        return [] if begun is None else begun.poll()


def _adapting(most: int | None) -> AdaptConfig:
    config = AdaptConfig()
    if most is None or most >= config.iterations:
        return config
    return replace(config, steps=max(1, most // (config.folds + 1)))
