"""From the outputs of a described model to an answer."""

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite

import numpy as np

from addon.arrays import Array, Floats, Ints
from addon.dataset.taught import Example
from addon.features.ink_input import UNTAUGHT_SIZE, InkInput
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_size, wanted_scale
from addon.inference.described_step import DescribedStep
from addon.inference.row_answer import RowAnswer, chance, probabilities_of
from addon.inference.step import StepOutputs
from addon.model.adaptor import Output

RECIPE = FeatureRecipe(scale=UNTAUGHT_SIZE)
"""Stands for the recipe that a described model does not have; its scale is that of the taught inks."""


class DescribedReader:
    """The answers of a described model.

    Args:
        step: The open model.
        output: The output that has its classes.
        labels: Its classes in the order of the scores; empty where the output itself names them.

    Attributes:
        labels: The classes; of a model that writes text, what it has read.
    """

    taught = None

    def __init__(self, step: DescribedStep, output: Output, labels: tuple[str, ...]) -> None:
        self._step = step
        self._output = output
        self._all = labels
        self._unknown = labels.index(output.unknown) if output.unknown else -1
        self.labels = tuple(label for label in labels if label != output.unknown)
        if output.kind == "text" or not labels:
            self.labels = ()
        self.recipe = RECIPE

    def learn(self, examples: Sequence[Example]) -> bool:
        """Take the size of the taught inks, if that is the scale; such a model learns nothing else."""
        if not (isinstance(self._step.ink, InkInput) and self._step.ink.scale == "taught"):
            return False
        before = self._step.taught
        sizes = [ink_size(example.strokes) for example in examples]
        self._step.taught = wanted_scale(sizes, RECIPE.dot, UNTAUGHT_SIZE) if sizes else UNTAUGHT_SIZE
        self.recipe = replace(RECIPE, scale=self._step.taught)
        return self._step.taught != before

    def read(self, outputs: StepOutputs) -> RowAnswer | None:
        """The answer to the last row."""
        known = bool(outputs.progress.size)
        progress = min(max(float(outputs.progress[0, -1, 0]), 0.0), 1.0) if known else 1.0
        if not isfinite(progress):
            return None
        match self._output.kind:
            case "label":
                return self._of_label(outputs.scores, progress, known)
            case "text":
                return self._of_text(outputs.scores, progress, known)
            case _:
                return self._of_classes(outputs, progress, known)

    def _of_classes(self, outputs: StepOutputs, progress: float, known: bool) -> RowAnswer | None:
        every = probabilities_of(outputs.scores[0, -1])
        if every is None:
            return None
        unknown = chance(float(outputs.unknown[0, -1, 0])) if outputs.unknown.size else 0.0
        if not isfinite(unknown):
            return None
        if self._unknown >= 0:
            unknown = max(unknown, float(every[self._unknown]))
            every = np.delete(every, self._unknown)
            every = every / max(float(every.sum()), 1e-12)
        return RowAnswer(every, progress, unknown, known, outputs.others)

    def _of_label(self, given: Array, progress: float, known: bool) -> RowAnswer | None:
        label = given[-1]
        if not self._all:
            # A text names itself; a number without labels is its own name.
            self.labels = (str(label),)
            return RowAnswer(np.ones(1, dtype=np.float32), progress, 0.0, known)
        place = self._all.index(str(label)) if str(label) in self._all else -1
        if place < 0 and np.issubdtype(given.dtype, np.integer) and 0 <= int(label) < len(self._all):
            place = int(label)
        every = np.zeros(len(self._all), dtype=np.float32)
        if place >= 0:
            every[place] = 1.0
        unknown = 1.0 if place < 0 or place == self._unknown else 0.0
        if self._unknown >= 0:
            every = np.delete(every, self._unknown)
        return RowAnswer(every, progress, unknown, known)

    def _of_text(self, scores: Floats, progress: float, known: bool) -> RowAnswer | None:
        text, sure = greedy_text(scores[0], self._all, self._output.blank)
        if not isfinite(sure):
            return None
        self.labels = (text,)
        return RowAnswer(np.array([sure], dtype=np.float32), progress, 0.0, known)


def greedy_text(scores: Floats, labels: Sequence[str], blank: int) -> tuple[str, float]:
    """The likeliest path of a CTC output, repeats and blanks removed (Graves et al., 2006).

    Args:
        scores: Before the softmax, shape (time, classes).
        labels: Of the classes; without the blank if there is one fewer than classes.
        blank: Index of the blank; -1 for the last class.

    Returns:
        The text, and the mean probability of the classes on the path, 0..1.
    """
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probabilities = raised / raised.sum(axis=-1, keepdims=True)
    classes = scores.shape[-1]
    gap = blank % classes
    path: Ints = probabilities.argmax(axis=-1)
    names = list(labels)
    if len(names) == classes - 1:
        names.insert(gap, "")
    kept: list[int] = [
        index
        for place, index in enumerate(path.tolist())
        if index != gap and (place == 0 or index != path[place - 1])
    ]
    written = path != gap
    sure = probabilities.max(axis=-1)[written].mean() if written.any() else 0.0
    return "".join(names[index] for index in kept), float(sure)
