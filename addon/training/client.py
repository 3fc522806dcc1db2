"""Where a recogniser's models are made, beside the frame: trained, adapted, exported."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from addon.dataset.taught import Example
from addon.inference.model_manager import ModelManager
from addon.inference.pens import Pens
from addon.model.registry import SUFFIX, next_model_path
from addon.training.config import AdaptConfig, TrainConfig
from addon.training.status import TrainingStatus, refusal

if TYPE_CHECKING:
    from addon.training.export_run import ExportRun
    from addon.training.training_run import Base, TrainingRun

_IDLE = TrainingStatus()


class TrainingClient:
    """One training and one export at a time.

    Args:
        name: Of the recogniser.
        pens: Who is watched by the model that is in.
        slot: Takes a new model in.
        preset: Network to train from scratch; None to adapt the encoder that is in, if one is.

    Raises:
        ValueError: There is no such preset.
    """

    def __init__(self, name: str, pens: Pens, slot: ModelManager, preset: str | None) -> None:
        self._name = name
        self._pens = pens
        self._slot = slot
        self._preset = preset
        self._config = TrainConfig() if preset is None else TrainConfig(preset=preset)
        self._run: TrainingRun | None = None
        self._request = 0
        self._made = Path()
        self._export: ExportRun | None = None

    @property
    def status(self) -> TrainingStatus:
        """Where the training stands."""
        return _IDLE if self._run is None else self._run.status

    @property
    def run(self) -> "TrainingRun | None":
        """The last training; None before the first."""
        return self._run

    def refusal(self, labels: Mapping[str, int]) -> str:
        """Why a training of so many examples a label would not begin now; empty if it would."""
        if self._preset is None and self._pens.model is None and self._slot.busy:
            return "the model is still being loaded; train in a moment"
        return refusal(labels, self.status.active, self._adapts)

    def train(self, examples: Sequence[Example], folder: Path, most: int | None, resume: bool) -> str:
        """Begin a training, which `refusal` has found no fault with.

        Args:
            examples: What is taught.
            folder: Of what the user makes.
            most: Iterations at most; None for as many as suit.
            resume: Whether to go on from the last training.

        Returns:
            What is to be said of it, if anything.
        """
        from addon.training.training_run import TrainingRun

        out = next_model_path(folder / "models", self._name)
        base = self._base()
        config = self._config if most is None else replace(self._config, iterations=most)
        chosen = config if base is None else _adapting(most)
        again = resume and base is None
        before, self._made = self._run, Path()
        self._run = TrainingRun(examples, folder / "training", out, self._name, chosen, again, base, before)
        return "an encoder is adapted anew each time" if resume and base is not None else ""

    def cancel(self) -> str:
        """Stop the training, if one is under way and its model is not made yet; what is to be said."""
        if self._run is None or not self.status.active or self._made != Path():
            return ""
        self._run.cancel()
        return self._run.status.message

    def export(self, examples: Sequence[Example], folder: Path, path: Path) -> str:
        """Begin to write what is known to one file.

        Returns:
            Why it cannot begin; empty if it has.

        Raises:
            ValueError: The path does not end in .onnx.
        """
        if path.suffix.lower() != SUFFIX:
            raise ValueError(f"a model is exported to a path ending in {SUFFIX}; got {str(path)!r}")
        if path.is_dir():
            return f"{path} is a folder, so no model can be exported to it; choose another name"
        model, known = self._pens.model, self._pens.taught_now()
        if self._export is not None:
            return "an export is under way; begin another when it has ended"
        if model is None or known is None:
            return "there is no model to export yet; wait until one is in"
        from addon.training.export_run import CopyRun, ExportRun

        if model.spec.scoring is not None and examples:
            self._export = ExportRun(examples, known, model, folder / "export", path, self._name)
        elif model.spec.labels:
            missing = sorted({one.label for one in examples} - set(model.spec.labels))
            self._export = CopyRun(model, path, missing)
        else:
            return "nothing is taught yet, so there is nothing to export; draw a sign first"
        return ""

    def follow(self, loaded: int) -> list[str]:
        """Take in what has been reported, and the model that came of it; what is to be said.

        Args:
            loaded: The number of the request for a model that has just ended; 0 if none has.
        """
        return [line for line in (self._exported(), self._followed(loaded)) if line]

    def stop(self) -> list[str]:
        """End all that is under way; what is to be said of an export that was."""
        said = self._exported()
        if self._run is not None:
            self._run.stop()
        if self._export is None:
            return [said] if said else []
        if self._export.stop():
            return [f"exported to {self._export.out}"]
        return [f"the export to {self._export.out} was ended before it was done; export again"]

    @property
    def _adapts(self) -> bool:
        model = self._pens.model
        return self._preset is None and model is not None and model.spec.scoring is not None

    def _base(self) -> "Base | None":
        model = self._pens.model
        if model is None or not self._adapts:
            return None
        from addon.training.training_run import Base

        return Base(model, "adapted" in model.spec.training)

    def _exported(self) -> str:
        said = "" if self._export is None else self._export.poll()
        if said:
            self._export = None
        return said

    def _followed(self, loaded: int) -> str:
        if self._run is None:
            return ""
        if loaded and loaded == self._request:
            path = None if self._pens.model is None else self._pens.model.path
            self._run.finish(loaded=path == self._made)
            return self._run.status.message
        if not self._run.status.active:
            return ""
        made = self._run.poll()
        if made is not None:
            self._made, self._request = made, self._slot.load_file(made)
        return self._run.status.message


def _adapting(most: int | None) -> AdaptConfig:
    config = AdaptConfig()
    if most is None or most >= config.iterations:
        return config
    return replace(config, steps=max(1, most // (config.folds + 1)))
