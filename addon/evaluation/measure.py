"""Measure all tasks of a protocol, one after the other, with the same engine as a sketch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import numpy as np

from addon.dataset.corpus import Corpus, inks
from addon.dataset.splits import Task, halved, tasks
from addon.errors import EvaluationError
from addon.evaluation.checkpoints import marked
from addon.evaluation.model import bare_run, new_engine
from addon.evaluation.outcomes import NoveltyOutcome, Outcome, novelty_outcome, outcome
from addon.evaluation.replay import Stopwatch, draw, finished, teach
from addon.inference.loaded_model import LoadedModel
from addon.text import quoted

Say = Callable[[str], None]

SEEDS = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        protocol: "wd" or "wi", see `addon.dataset.splits`.
        shots: Inks of each class that are taught, at least 1.
        seeds: Number of random draws to average, at least 1.
        most_writers: Most writers to use; None for all.

    Raises:
        ValueError: A value is not allowed.
    """

    protocol: str = "wd"
    shots: int = 1
    seeds: int = SEEDS
    most_writers: int | None = None

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise ValueError(f"seeds must be at least 1; got {self.seeds}")


@dataclass(slots=True)
class Measured:
    """The results.

    Attributes:
        outcomes: One for each tested ink.
        novelty_outcomes: Those of inks of unknown classes, task by task.
        watch: The times.
        writers: The largest number of writers that a seed used.
    """

    outcomes: list[Outcome] = field(default_factory=list[Outcome])
    novelty_outcomes: list[list[NoveltyOutcome]] = field(default_factory=list[list[NoveltyOutcome]])
    watch: Stopwatch = field(default_factory=Stopwatch)
    writers: int = 0


def planned(corpus: Corpus, plan: Plan) -> list[list[Task]]:
    """The tasks of each seed.

    Raises:
        EvaluationError: The corpus has too little for the protocol.
        ValueError: The plan is not possible.
    """
    labels, counts = np.unique(corpus.labels, return_counts=True)
    if len(labels) == 1:
        raise EvaluationError(
            f"all {len(corpus)} inks are {quoted(str(labels[0]))}, so there is nothing to tell apart; "
            "use a file with two classes or more"
        )
    blank = int(sum(counts[[not label.strip() for label in labels.tolist()]]))
    if blank:
        raise EvaluationError(
            f"{blank} of its {len(corpus)} inks have a blank label; label them, or leave them out"
        )
    once = int((counts == 1).sum())
    if 2 * once > len(labels):
        raise EvaluationError(
            f"{once} of its {len(labels)} labels are there only once, as in a file of words; "
            "use a file of signs that are each drawn several times"
        )
    made = [tasks(corpus, plan.protocol, plan.shots, seed, plan.most_writers) for seed in range(plan.seeds)]
    if not all(made):
        raise EvaluationError(_too_little(corpus, plan))
    return made


def _too_little(corpus: Corpus, plan: Plan) -> str:
    writers = len(np.unique(corpus.writers)[: plan.most_writers])
    who = "some writer" if plan.protocol == "wd" else f"two thirds of its {writers} writers"
    return (
        f"there is too little data for {plan.protocol} with {plan.shots} inks a class: {who} must have "
        "two classes or more with that many inks, and more inks for the test"
    )


def measure(model: LoadedModel, corpus: Corpus, plan: Plan, say: Say, unknown: bool = True) -> Measured:
    """Teach and test everything in a plan.

    Args:
        model: A base encoder.
        corpus: Labelled inks.
        plan: What to measure.
        say: Called with messages about the progress.
        unknown: Whether to test inks of classes that were not taught, too; that takes a fifth of the time.
    """
    found, bare = Measured(), bare_run(model)
    began = monotonic()
    for seed, of_seed in enumerate(planned(corpus, plan)):
        used = np.concatenate([each for task in of_seed for each in task])
        found.writers = max(found.writers, len(np.unique(corpus.writers[used])))
        for task in of_seed:
            found.outcomes += asked(model, corpus, task, seed, found.watch, bare)
            if unknown:
                found.novelty_outcomes += [novelty_outcomes(model, corpus, halved(corpus, task, seed))]
        say(f"seed {seed}: {len(found.outcomes)} inks asked so far, {monotonic() - began:.0f} s")
    return found


def asked(
    model: LoadedModel,
    corpus: Corpus,
    task: Task,
    seed: int,
    watch: Stopwatch | None = None,
    bare: Callable[[], list[int]] | None = None,
) -> list[Outcome]:
    """Teach a task's inks and draw those to test."""
    engine = new_engine(model)
    teach(engine, corpus, task.taught, watch)
    made: list[Outcome] = []
    for ink, strokes in zip(task.asked.tolist(), inks(corpus, task.asked), strict=True):
        ready = marked(strokes)
        seen = draw(engine, ready.strokes, watch)
        made.append(outcome(ready, seen, ink, seed, str(corpus.writers[ink]), str(corpus.labels[ink])))
        if watch is not None and bare is not None:
            watch.bare += bare()
    return made


def novelty_outcomes(model: LoadedModel, corpus: Corpus, task: Task) -> list[NoveltyOutcome]:
    """Teach a task's inks and test inks of known and unknown classes."""
    engine = new_engine(model)
    teach(engine, corpus, task.taught)
    labels = corpus.labels[task.asked].tolist()
    shown = zip(inks(corpus, task.asked), labels, strict=True)
    return [novelty_outcome(finished(engine, strokes), label) for strokes, label in shown]


def same_ink_twice(corpus: Corpus) -> list[tuple[str, str]]:
    """Pairs of labels of the same ink, each pair once."""
    seen: dict[bytes, str] = {}
    pairs: dict[tuple[str, str], None] = {}
    for strokes, label in zip(inks(corpus), corpus.labels.tolist(), strict=True):
        first = seen.setdefault(_fingerprint(strokes), label)
        if first != label:
            pairs[min(first, label), max(first, label)] = None
    return list(pairs)


def _fingerprint(strokes: Sequence[np.ndarray]) -> bytes:
    return b"|".join(np.ascontiguousarray(stroke[:, :2]).tobytes() for stroke in strokes)
