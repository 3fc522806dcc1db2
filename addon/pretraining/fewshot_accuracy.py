"""Few-shot accuracy of an encoder, many inks at once: for research, and for model cards.

Rows and formulas are the same as in use; only the batching differs.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from addon.arrays import Bools, Doubles, Floats, Ints, Texts
from addon.dataset.corpus import Corpus, inks
from addon.dataset.splits import Task, halved, tasks
from addon.evaluation.checkpoints import STEPS
from addon.evaluation.metrics import auroc, calibration_error, mean_over_groups
from addon.evaluation.outcomes import NAMES
from addon.features.batch import RowTable, ink_rows
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_size, scale_after
from addon.fewshot.prototypes import level_rows

# Indices of the steps in `NAMES` among the equal steps of the travel.
READ = [4, 9, 14, 19, 20]

Encode = Callable[[Floats, Ints], Floats]
"""From rows of several inks, one after the other, and their offsets to an embedding at every row."""


class Scored(NamedTuple):
    """Answers at some rows.

    Attributes:
        scores: Shape (rows, classes): log-probabilities.
        progress: Shape (rows,).
        unknown: Shape (rows,): larger for unknown signs.
    """

    scores: Floats
    progress: Floats
    unknown: Floats


class Encoder(NamedTuple):
    """An encoder to measure: rows to embeddings, embeddings of taught inks to a scorer."""

    spacing: float
    encode: Encode
    teach: Callable[[Floats, RowTable, Ints], Callable[[Floats], Scored]]


@dataclass(slots=True)
class FewShotAccuracy:
    """The outcomes of all tested inks, and of all tasks with unknown signs.

    Attributes:
        groups: Seed and writer of each ink: their means are averaged.
        right, sure: For each ink, shape (5,): whether the answer was right, and its confidence.
        off: Mean error of each ink's progress.
        unknown, softmax: Area under the ROC of each task, by `unknown` and by the largest probability.
    """

    groups: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    right: list[Bools] = field(default_factory=list[Bools])
    sure: list[Floats] = field(default_factory=list[Floats])
    off: list[Floats] = field(default_factory=list[Floats])
    unknown: list[float] = field(default_factory=list[float])
    softmax: list[float] = field(default_factory=list[float])

    def document(self) -> dict[str, Any]:
        """The means by name, without those that were not measured."""
        doc: dict[str, Any] = {}
        if self.groups:
            right = np.concatenate(self.right)
            accuracy = mean_over_groups(right.astype(np.float64), self.groups)
            off = mean_over_groups(np.concatenate(self.off).astype(np.float64), self.groups)
            sure = np.concatenate(self.sure).astype(np.float64)
            doc["accuracy"] = dict(zip(NAMES, accuracy.round(4).tolist(), strict=True))
            doc["progress_mae"] = round(float(off), 4)
            doc["ece"] = round(calibration_error(sure.ravel(), right.ravel()), 4)
        if self.unknown:
            doc["unknown_auroc"] = round(float(np.mean(self.unknown)), 4)
            doc["unknown_auroc_softmax"] = round(float(np.mean(self.softmax)), 4)
        return doc


def measure(
    encoder: Encoder,
    corpus: Corpus,
    protocol: str,
    shots: int,
    seeds: int = 3,
    most_writers: int | None = None,
    unknown: bool = False,
) -> dict[str, Any]:
    """The accuracy by a protocol of `addon.dataset.splits`, averaged as `inkloop evaluate` does."""
    figures = FewShotAccuracy()
    for seed in range(seeds):
        for task in tasks(corpus, protocol, shots, seed, most_writers):
            _measure_task(encoder, corpus, task, seed, figures)
            if unknown:
                _measure_unknown(encoder, corpus, halved(corpus, task, seed), figures)
    return figures.document()


class TaskRows(NamedTuple):
    """A task as rows.

    Attributes:
        taught, asked: Rows of the inks.
        labels: Of the taught classes, sorted.
        classes: Shape (taught,): places in `labels`.
    """

    taught: RowTable
    asked: RowTable
    labels: Texts
    classes: Ints


def task_rows(corpus: Corpus, task: Task, spacing: float) -> TaskRows:
    """Convert the inks of a task to rows, at the scale of the taught ones."""
    taught = inks(corpus, task.taught)
    recipe = FeatureRecipe(scale_after([ink_size(ink) for ink in taught]), spacing)
    labels, classes = np.unique(corpus.labels[task.taught], return_inverse=True)
    return TaskRows(ink_rows(recipe, taught), ink_rows(recipe, inks(corpus, task.asked)), labels, classes)


class _Run(NamedTuple):
    table: RowTable
    scored: Scored
    answers: Ints
    known: Bools


def _run(encoder: Encoder, corpus: Corpus, task: Task) -> _Run:
    table, asked, labels, classes = task_rows(corpus, task, encoder.spacing)
    score = encoder.teach(encoder.encode(table.rows, table.offsets), table, classes)
    scored = score(encoder.encode(asked.rows, asked.offsets))
    known = np.isin(corpus.labels[task.asked], labels)
    answers = np.searchsorted(labels, corpus.labels[task.asked])
    return _Run(asked, scored, answers, known)


def _measure_task(encoder: Encoder, corpus: Corpus, task: Task, seed: int, figures: FewShotAccuracy) -> None:
    run = _run(encoder, corpus, task)
    at = step_rows(run.table)
    read = at[:, READ]
    figures.right.append(run.scored.scores[read].argmax(axis=2) == run.answers[:, None])
    figures.sure.append(np.exp(run.scored.scores[read].max(axis=2)))
    off = np.abs(true_progress(run.table) - run.scored.progress[at[:, :STEPS]])
    figures.off.append(off.mean(axis=1).astype(np.float32))
    figures.groups += [(seed, str(writer)) for writer in corpus.writers[task.asked].tolist()]


def _measure_unknown(encoder: Encoder, corpus: Corpus, task: Task, figures: FewShotAccuracy) -> None:
    run = _run(encoder, corpus, task)
    if not 0 < int(run.known.sum()) < len(run.known):
        return
    last = run.table.offsets[1:] - 1
    doubt = -run.scored.scores[last].max(axis=1)
    figures.unknown.append(auroc(run.scored.unknown[last].astype(np.float64), ~run.known))
    figures.softmax.append(auroc(doubt.astype(np.float64), ~run.known))


def true_progress(table: RowTable) -> Doubles:
    """The true progress at each step while the pen is down, shape (inks, STEPS); 1 everywhere for a dot."""
    total = table.travel[table.offsets[1:] - 1][:, None]
    return np.where(total > 0, np.arange(1, STEPS + 1) / STEPS, 1.0)


def step_rows(table: RowTable) -> Ints:
    """The last row at or before each pen-down step, then the last row; shape (inks, STEPS + 1)."""
    ends = zip(table.offsets[:-1].tolist(), table.offsets[1:].tolist(), strict=True)
    return np.stack([start + level_rows(table.travel[start:stop], STEPS) for start, stop in ends])
