"""Split a corpus into inks to teach and inks to test, by the two protocols that accuracies are reported for.

wd    writer-dependent: some inks of each class of a writer are taught, the writer's other inks are tested
wi    writer-independent: inks of each class by several writers are taught, other writers' inks are tested

Every choice is determined by a seed.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from addon.arrays import Ints, Texts
from addon.dataset.corpus import Corpus

PROTOCOLS = ("wd", "wi")


class Task(NamedTuple):
    """Inks to teach and inks to test ("asked"), as indices into a corpus."""

    taught: Ints
    asked: Ints


def tasks(
    corpus: Corpus, protocol: str, shots: int, seed: int, most_writers: int | None = None
) -> list[Task]:
    """The tasks of one seed; none if the corpus has too little for the protocol.

    Args:
        corpus: Labelled inks.
        protocol: "wd" gives a task for each writer, "wi" one task.
        shots: Inks of each class that are taught, at least 1.
        seed: Determines which.
        most_writers: Use at most this many writers, drawn by the seed; None for all.

    Raises:
        ValueError: The protocol is unknown, or a number is below 1.
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"a protocol is one of {', '.join(PROTOCOLS)}; got {protocol!r}")
    if shots < 1 or (most_writers is not None and most_writers < 1):
        raise ValueError(f"shots and writers must be at least 1; got {shots} and {most_writers}")
    writers = drawn_writers(corpus, seed, most_writers)
    chance = np.random.default_rng(seed)
    found = _wd if protocol == "wd" else _wi
    made = (_with_enough(corpus, task) for task in found(corpus, writers, shots, chance))
    return [task for task in made if task is not None]


def drawn_writers(corpus: Corpus, seed: int, most: int | None) -> Texts:
    """At most this many writers, drawn by the seed, sorted by name."""
    writers = np.unique(corpus.writers)
    if most is None or most >= len(writers):
        return writers
    # A separate random stream, so that the taught inks do not depend on the number of writers.
    return np.sort(np.random.default_rng([seed, 1]).permutation(writers)[:most])


def _wd(corpus: Corpus, writers: Texts, shots: int, chance: np.random.Generator) -> Iterator[Task]:
    for writer in writers:
        mine = np.flatnonzero(corpus.writers == writer)
        taught: list[int] = []
        asked: list[int] = []
        for label in np.unique(corpus.labels[mine]):
            found = chance.permutation(mine[corpus.labels[mine] == label]).tolist()
            if len(found) >= shots:
                taught += found[:shots]
                asked += found[shots:]
        yield _task(taught, asked)


def _wi(corpus: Corpus, writers: Texts, shots: int, chance: np.random.Generator) -> Iterator[Task]:
    mixed = chance.permutation(writers)
    apart = mixed[: max(1, len(mixed) // 3)]
    rest = np.flatnonzero(np.isin(corpus.writers, mixed[len(apart) :]))
    taught: list[int] = []
    for label in np.unique(corpus.labels[rest]):
        found = chance.permutation(rest[corpus.labels[rest] == label])
        _, first = np.unique(corpus.writers[found], return_index=True)
        if len(first) >= shots:
            taught += found[np.sort(first)[:shots]].tolist()
    known = np.isin(corpus.labels, corpus.labels[taught])
    yield _task(taught, np.flatnonzero(known & np.isin(corpus.writers, apart)).tolist())


def _task(taught: list[int], asked: list[int]) -> Task:
    return Task(np.array(taught, dtype=np.int64), np.array(asked, dtype=np.int64))


def _with_enough(corpus: Corpus, task: Task) -> Task | None:
    # Two classes on either side: with a single class there is nothing to distinguish.
    sides = (np.unique(corpus.labels[inks]) for inks in task)
    return task if min(map(len, sides)) >= 2 else None


def halved(corpus: Corpus, task: Task, seed: int) -> Task:
    """The same task with half of its classes taught (rounded up) and all of them tested."""
    labels = np.random.default_rng(seed).permutation(np.unique(corpus.labels[task.taught]))
    known = labels[: (len(labels) + 1) // 2]
    return Task(task.taught[np.isin(corpus.labels[task.taught], known)], task.asked)
