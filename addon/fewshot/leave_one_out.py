"""Leave one out: which taught examples do not fit their label, and is every example recognised by the others?

An example is odd if it is nearer to another label's examples, or far from its own label's. Odds are good, as
for the coach (`fewshot.coach`), if one is nine times likelier. The first example of a label is odd if it is
as near to another label as two inks of one sign usually are.
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
"""Newest examples of each label that are checked."""

_NEVER = -1e9


@dataclass(frozen=True, slots=True)
class Oddity:
    """An example that does not fit its label.

    Attributes:
        id: The example's number.
        label: Its label.
        looks_like: The label whose examples it is near to; empty if it is near to none.
        place: Its place among the label's examples, from 1, in the order taught.
        count: How many examples the label has.
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
    """The examples that are checked: their places, classes and tracks."""

    places: list[int]
    classes: Ints
    tracks: Doubles


def oddities(prototypes: Prototypes) -> tuple[Oddity, ...]:
    """The examples that do not fit their label, oldest first.

    If a label has two examples that differ, either may be the wrong one: both are returned.

    Args:
        prototypes: What is taught.
    """
    if len(prototypes.keys) < 2:
        return ()
    looked = _newest(prototypes)
    scoring, rows = prototypes.scoring, np.arange(len(looked.places))
    alone = np.bincount(looked.classes)[looked.classes] < 2
    # The first example of a label is only compared with older ones.
    others = _nearness(scoring, looked, looked.tracks[:, -1], alone)
    own: Doubles = np.where(alone, -scoring.usual, others[rows, looked.classes])
    others[rows, looked.classes] = _NEVER
    best: Ints = others.argmax(axis=1)
    near: Doubles = others[rows, best]
    near_enough = -scoring.usual - GOOD
    taken: Bools = np.where(alone, near >= own, (near - own >= GOOD) & (near >= near_enough))
    far = ~alone & (own < near_enough) & (_background(scoring, looked.tracks[:, -1]) - own > GOOD)
    found: list[Oddity] = []
    for row in np.flatnonzero(taken | far).tolist():
        index, at = int(looked.classes[row]), looked.places[row]
        mine: list[int] = np.flatnonzero(prototypes.classes == index).tolist()
        like = prototypes.labels[int(best[row])] if taken[row] else ""
        place = mine.index(at) + 1
        found.append(Oddity(prototypes.keys[at], prototypes.labels[index], like, place, len(mine)))
    return tuple(found)


def all_known(prototypes: Prototypes) -> bool:
    """Whether every example of a label with several is recognised when left out, half drawn and finished.

    Adapting the encoder has nothing to gain then: an adapted one is used only if it recognises more of them.
    False if no label has several examples, or there is only one label.

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
    """Log nearness of a point of each example to each label, without the example itself.

    Args:
        scoring: How embeddings are scored.
        looked: The examples.
        points: One embedding of each, shape (examples, embedding).
        looks_back: Which examples are only compared with older ones, shape (examples,); None for none.

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


def _background(scoring: Scoring, points: Doubles) -> Doubles:
    """Log nearness of points to the background; shape (points,)."""
    distances = _distances(points, scoring.background.astype(np.float64))
    return summed(scoring.background_bias - scoring.sharpness / 2 * distances)


def _distances(points: Doubles, others: Doubles) -> Doubles:
    squares = np.square(points).sum(axis=1)[:, None] + np.square(others).sum(axis=1)
    return np.maximum(squares - 2 * points @ others.T, 0.0)
