"""Few-shot accuracy of an encoder, many inks at once: for research, and for the figures of a model's card.

The rows and the formulas are those of use; only the batching differs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from addon.corpus import Corpus, inks
from addon.features import FeatureRecipe, RowTable, ink_rows, ink_scale
from addon.prototypes import level_rows

# Quarters of the pen-down travel.
FRACTIONS = (0.25, 0.5, 0.75, 1.0)
NAMES = (*map(str, FRACTIONS), "lifted")
BINS = 15

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Encode = Callable[[Floats, Ints], Floats]
"""Rows of several inks, one after the other, and their offsets, to an embedding at every row."""


class Task(NamedTuple):
    """Inks to teach and inks to recognise, as indices into a corpus."""

    taught: Ints
    asked: Ints


def wd_tasks(corpus: Corpus, shots: int, seed: int, most_writers: int | None = None) -> Iterator[Task]:
    """One task a writer: `shots` inks of each class are taught, the writer's others are asked."""
    chance = np.random.default_rng(seed)
    for writer in chosen_writers(corpus, most_writers):
        taught: list[int] = []
        asked: list[int] = []
        mine = np.flatnonzero(corpus.writers == writer)
        for label in np.unique(corpus.labels[mine]):
            found = chance.permutation(mine[corpus.labels[mine] == label]).tolist()
            if len(found) > shots:
                taught += found[:shots]
                asked += found[shots:]
        if len(set(corpus.labels[taught].tolist())) >= 2:
            yield Task(np.array(taught), np.array(asked))


def wi_tasks(corpus: Corpus, shots: int, seed: int, most_writers: int | None = None) -> Iterator[Task]:
    """One task: `shots` inks of each class, each by another writer; a third of the writers are asked."""
    chance = np.random.default_rng(seed)
    writers = chance.permutation(chosen_writers(corpus, most_writers))
    apart = writers[: max(1, len(writers) // 3)]
    asked = np.flatnonzero(np.isin(corpus.writers, apart))
    rest = np.flatnonzero(np.isin(corpus.writers, writers[len(apart) :]))
    taught: list[int] = []
    for label in np.unique(corpus.labels):
        found = chance.permutation(rest[corpus.labels[rest] == label])
        _, first = np.unique(corpus.writers[found], return_index=True)
        taught += found[np.sort(first)[:shots]].tolist()
    if len(set(corpus.labels[taught].tolist())) >= 2:
        yield Task(np.array(taught), asked)


def chosen_writers(corpus: Corpus, most: int | None) -> list[str]:
    """The writers, sorted; at most so many."""
    return np.unique(corpus.writers).tolist()[:most]


def halved(corpus: Corpus, task: Task, seed: int) -> Task:
    """The same task with half of its classes taught and all of them asked."""
    labels = np.random.default_rng(seed).permutation(np.unique(corpus.labels[task.taught]))
    known = labels[: (len(labels) + 1) // 2]
    return Task(task.taught[np.isin(corpus.labels[task.taught], known)], task.asked)


@dataclass(slots=True)
class Figures:
    """Sums over tasks."""

    accuracy: list[NDArray[np.float64]] = field(default_factory=list[NDArray[np.float64]])
    progress: list[float] = field(default_factory=list[float])
    auroc: list[float] = field(default_factory=list[float])
    auroc_softmax: list[float] = field(default_factory=list[float])
    sure: list[Floats] = field(default_factory=list[Floats])
    right: list[NDArray[np.bool_]] = field(default_factory=list[NDArray[np.bool_]])

    def document(self) -> dict[str, Any]:
        """The means, by name; what was not measured is left out."""
        doc: dict[str, Any] = {}
        if self.accuracy:
            doc["accuracy"] = dict(zip(NAMES, np.mean(self.accuracy, axis=0).round(4).tolist(), strict=True))
            doc["progress_mae"] = round(float(np.mean(self.progress)), 4)
            doc["ece"] = round(ece(np.concatenate(self.sure), np.concatenate(self.right)), 4)
        if self.auroc:
            doc["unknown_auroc"] = round(float(np.mean(self.auroc)), 4)
            doc["unknown_auroc_softmax"] = round(float(np.mean(self.auroc_softmax)), 4)
        return doc


class Scored(NamedTuple):
    """Answers at some rows.

    Attributes:
        scores: Shape (rows, classes): log-probabilities.
        progress: Shape (rows,).
        unknown: Shape (rows,): larger is stranger.
    """

    scores: Floats
    progress: Floats
    unknown: Floats


class Encoder(NamedTuple):
    """What is measured: rows to embeddings, embeddings of taught inks to a scorer."""

    spacing: float
    encode: Encode
    teach: Callable[[Floats, RowTable, Ints], Callable[[Floats], Scored]]


def measure(
    encoder: Encoder,
    corpus: Corpus,
    protocol: str,
    shots: int,
    seeds: int = 3,
    most_writers: int | None = None,
    unknown: bool = False,
) -> dict[str, Any]:
    """The figures of a protocol."""
    tasks = wd_tasks if protocol == "wd" else wi_tasks
    figures = Figures()
    for seed in range(seeds):
        for task in tasks(corpus, shots, seed, most_writers):
            _measure_task(encoder, corpus, task, figures)
            if unknown:
                _measure_unknown(encoder, corpus, halved(corpus, task, seed), figures)
    return figures.document()


class _Run(NamedTuple):
    table: RowTable
    scored: Scored
    answers: Ints
    known: NDArray[np.bool_]


def _run(encoder: Encoder, corpus: Corpus, task: Task) -> _Run:
    taught = inks(corpus, task.taught)
    recipe = FeatureRecipe(ink_scale(taught), encoder.spacing)
    labels, classes = np.unique(corpus.labels[task.taught], return_inverse=True)
    table = ink_rows(recipe, taught)
    score = encoder.teach(encoder.encode(table.rows, table.offsets), table, classes)
    asked = ink_rows(recipe, inks(corpus, task.asked))
    scored = score(encoder.encode(asked.rows, asked.offsets))
    known = np.isin(corpus.labels[task.asked], labels)
    answers = np.searchsorted(labels, corpus.labels[task.asked])
    return _Run(asked, scored, answers, known)


def _measure_task(encoder: Encoder, corpus: Corpus, task: Task, figures: Figures) -> None:
    run = _run(encoder, corpus, task)
    at = fraction_rows(run.table)[run.known]
    right = run.scored.scores[at].argmax(axis=2) == run.answers[run.known][:, None]
    figures.accuracy.append(right.mean(axis=0))
    total = np.repeat(run.table.travel[run.table.offsets[1:] - 1], np.diff(run.table.offsets))
    true = np.divide(run.table.travel, total, out=np.ones_like(total), where=total > 0)
    figures.progress.append(float(np.abs(true - run.scored.progress).mean()))
    figures.sure.append(np.exp(run.scored.scores[at].max(axis=2)).ravel())
    figures.right.append(right.ravel())


def _measure_unknown(encoder: Encoder, corpus: Corpus, task: Task, figures: Figures) -> None:
    run = _run(encoder, corpus, task)
    last = run.table.offsets[1:] - 1
    figures.auroc.append(auroc(run.scored.unknown[last], ~run.known))
    figures.auroc_softmax.append(auroc(-run.scored.scores[last].max(axis=1), ~run.known))


def fraction_rows(table: RowTable) -> Ints:
    """Shape (inks, 5): the last row at or before each fraction while the pen is down, then the last row."""
    ends = zip(table.offsets[:-1].tolist(), table.offsets[1:].tolist(), strict=True)
    return np.stack([start + level_rows(table.travel[start:stop], len(FRACTIONS)) for start, stop in ends])


def auroc(strangeness: Floats, strange: NDArray[np.bool_]) -> float:
    """Area under the ROC: how likely a strange ink is stranger than one that is not."""
    order = np.argsort(strangeness, kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    _, inverse, counts = np.unique(strangeness, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=ranks) / counts
    count = int(strange.sum())
    others = len(strange) - count
    return float((means[inverse][strange].sum() - count * (count + 1) / 2) / max(count * others, 1))


def ece(sure: Floats, right: NDArray[np.bool_]) -> float:
    """Expected calibration error over bins of equal width."""
    which = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(sure[which == b].mean()) - float(right[which == b].mean())) * float((which == b).mean())
        for b in range(BINS)
        if (which == b).any()
    ]
    return float(sum(gaps))
