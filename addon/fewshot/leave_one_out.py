"""Taught examples, each asked as if it had not been taught: which do not fit their label, and are all known?

An example is odd if it is nearer to another label's examples, or far from its own label's. The measures are
the coach's (`fewshot.coach`): odds are good where one is nine times likelier. The first example of a label is
odd if it is as near to another's as two inks of one sign usually are.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from addon.arrays import Bools, Doubles, Ints
from addon.fewshot.coach import GOOD
from addon.fewshot.novelty import summed
from addon.fewshot.prototypes import Prototypes
from addon.fewshot.scoring import Scoring

NEWEST = 8
"""Examples of each label that are looked at."""

_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Oddity:
    """An example that is asked about.

    Attributes:
        id: The example's number.
        label: As what it is taught.
        looks_like: The label whose examples it is near to; empty if it is near to none.
        place: Which of the label's examples it is, counted from 1, in the order taught.
        count: How many the label has.
    """

    id: int
    label: str
    looks_like: str
    place: int
    count: int

    @property
    def text(self) -> str:
        """One line for a person."""
        if self.looks_like:
            return f"{self.label} {self.place} of {self.count} looks like {self.looks_like}"
        return f"{self.label} {self.place} of {self.count} is unlike the other {self.label}"


class _Looked(NamedTuple):
    """The examples that are looked at: their places, classes and tracks."""

    places: list[int]
    classes: Ints
    tracks: Doubles


def oddities(prototypes: Prototypes) -> tuple[Oddity, ...]:
    """The examples that do not fit their label, oldest first.

    Where a label has two examples that are unlike each other, either may be meant: both are named.

    Args:
        prototypes: What is taught.
    """
    if len(prototypes.keys) < 2:
        return ()
    looked = _newest(prototypes)
    scoring, rows = prototypes.scoring, np.arange(len(looked.places))
    alone = np.bincount(looked.classes)[looked.classes] < 2
    # The first example of a label is not to blame for what came after it.
    others = _nearness(scoring, looked, looked.tracks[:, -1], alone)
    own: Doubles = np.where(alone, -scoring.usual, others[rows, looked.classes])
    others[rows, looked.classes] = _NEVER
    best: Ints = others.argmax(axis=1)
    near: Doubles = others[rows, best]
    near_enough = -scoring.usual - GOOD
    taken: Bools = np.where(alone, near >= own, (near - own >= GOOD) & (near >= near_enough))
    far = ~alone & (own < near_enough) & (_strange(scoring, looked.tracks[:, -1]) - own > GOOD)
    found: list[Oddity] = []
    for row in np.flatnonzero(taken | far).tolist():
        index, at = int(looked.classes[row]), looked.places[row]
        mine: list[int] = np.flatnonzero(prototypes.classes == index).tolist()
        like = prototypes.labels[int(best[row])] if taken[row] else ""
        place = mine.index(at) + 1
        found.append(Oddity(prototypes.keys[at], prototypes.labels[index], like, place, len(mine)))
    return tuple(found)


def all_known(prototypes: Prototypes) -> bool:
    """Whether every example of a label with several is recognised without itself, half drawn and finished.

    An encoder that is adapted has nothing to gain then: it comes in only if it recognises more of such.
    False if no label has several, or there is one label alone.

    Args:
        prototypes: What is taught.
    """
    if len(prototypes.labels) < 2:
        return False
    looked = _newest(prototypes)
    asked = np.bincount(looked.classes)[looked.classes] > 1
    half = max(0, prototypes.scoring.levels // 2 - 1)
    for level in (half, -1):
        named = _nearness(prototypes.scoring, looked, looked.tracks[:, level]).argmax(axis=1)
        if bool((named != looked.classes)[asked].any()):
            return False
    return bool(asked.any())


def _newest(prototypes: Prototypes) -> _Looked:
    mine = [np.flatnonzero(prototypes.classes == at)[-NEWEST:] for at in range(len(prototypes.labels))]
    places = sorted(int(place) for some in mine for place in some)
    return _Looked(places, prototypes.classes[places], prototypes.tracks[places].astype(np.float64))


def _nearness(scoring: Scoring, looked: _Looked, points: Doubles, looks_back: Bools | None = None) -> Doubles:
    """How near a point of each example is to each label, itself left out, as a logarithm.

    Args:
        scoring: How embeddings are read.
        looked: The examples.
        points: One embedding of each, shape (examples, embedding).
        looks_back: Which examples are compared with older ones alone, shape (examples,); None for none.

    Returns:
        Shape (examples, labels).
    """
    count, levels, size = looked.tracks.shape
    distances = _distances(points, looked.tracks.reshape(-1, size)).reshape(count, count, levels)
    near: Doubles = summed(np.log(scoring.weights) - scoring.sharpness / 2 * distances)
    np.fill_diagonal(near, _NEVER)
    if looks_back is not None:
        near[looks_back[:, None] & np.triu(np.ones((count, count), dtype=np.bool_))] = _NEVER
    made = np.full((count, int(looked.classes.max()) + 1), _NEVER)
    for label in range(made.shape[1]):
        mine = looked.classes == label
        made[:, label] = summed(near[:, mine]) - np.log(np.maximum(mine.sum() - mine, 1))
    return made


def _strange(scoring: Scoring, points: Doubles) -> Doubles:
    """How near points are to the background, as a logarithm; shape (points,)."""
    distances = _distances(points, scoring.background.astype(np.float64))
    strange: Doubles = summed(scoring.background_bias - scoring.sharpness / 2 * distances)
    return strange


def _distances(points: Doubles, others: Doubles) -> Doubles:
    squares = np.square(points).sum(axis=1)[:, None] + np.square(others).sum(axis=1)
    return np.maximum(squares - 2 * points @ others.T, 0.0)
