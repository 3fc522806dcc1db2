"""The confusion matrix of finished inks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from addon.arrays import Ints
from addon.evaluation.outcomes import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Confusions:
    """A confusion matrix.

    Attributes:
        labels: The classes, sorted.
        counts: Int64 array of shape (classes, classes): how many inks of a row's class were classified as the
            column's.
    """

    labels: tuple[str, ...]
    counts: Ints


@dataclass(frozen=True, slots=True)
class Pair:
    """Two classes that are confused.

    Attributes:
        first, second: The classes; the first is mistaken for the second more often than the reverse.
        mistaken: Number of inks of either class that were mistaken for the other.
        asked: Number of inks of both.
    """

    first: str
    second: str
    mistaken: int
    asked: int


def confusions(outcomes: Sequence[Outcome]) -> Confusions:
    """Count the answers with the pen lifted."""
    labels = sorted({one.label for one in outcomes} | {one.answers[-1] for one in outcomes})
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(counts, tuple(np.array([[place[o.label], place[o.answers[-1]]] for o in outcomes]).T), 1)
    return Confusions(tuple(labels), counts)


def worst_pairs(found: Confusions, most: int = 10) -> list[Pair]:
    """The most confused pairs, the worst first; at most `most`."""
    counts, asked = found.counts, found.counts.sum(axis=1)
    both = counts + counts.T
    places = [(a, b) for a in range(len(both)) for b in range(a + 1, len(both)) if both[a, b]]
    pairs: list[Pair] = []
    for a, b in sorted(places, key=lambda place: -int(both[place]))[:most]:
        first, second = (a, b) if counts[a, b] >= counts[b, a] else (b, a)
        names = found.labels[first], found.labels[second]
        pairs.append(Pair(*names, int(both[a, b]), int(asked[a] + asked[b])))
    return pairs


def pair_lines(found: Confusions, pairs: Sequence[Pair]) -> list[str]:
    """The worst pairs as lines for people."""
    if not pairs:
        return ["no class was mistaken for another"]
    place = {label: index for index, label in enumerate(found.labels)}
    made = ["most often confused, of the inks of both:"]
    for pair in pairs:
        there = found.counts[place[pair.first], place[pair.second]]
        back = found.counts[place[pair.second], place[pair.first]]
        share = f"{pair.mistaken} of {pair.asked}"
        made.append(f"  {pair.first} and {pair.second}: {share} ({there} one way, {back} the other)")
    return made
