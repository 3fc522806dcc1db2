"""The coach: which taught classes are easily confused, from where on they differ, and what to draw next.

    odds    log odds that the examples of one class are of that class and not of another
    part    two classes part where the odds of both are good, and stay so until the pen is lifted

An example is never compared with itself: its class is represented by its other examples. If it is the only
one, the typical distance of two inks of one class is used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log
from typing import Protocol

import numpy as np

from addon.arrays import Bools, Doubles, Floats, Ints
from addon.features.points import Points, Strokes
from addon.fewshot.prototypes import Prototypes
from addon.fewshot.scoring import Scoring

GOOD = log(9.0)
"""Good odds: nine times likelier."""

CLOSE = 0.5
"""Classes that part before this share of a sign are not reported."""

NEWEST = 5
"""Newest examples of each class that are compared."""

MOST = 5
"""The coach asks for at most this many examples: if they do not help, the signs are too similar."""

AT_ONCE = 4
"""Examples that are compared with all others at once."""

_WORDS = ("", "one", "two", "three", "four", "five")
_SAME = 1e-4
_TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice about two classes.

    Attributes:
        first, second: Their labels, in the order in which they were first taught.
        parts: Share of a sign that is drawn when they part, 0..1; None if they do not.
        draw: The label that needs more examples for them to part, or part earlier; empty if none would help.
        more: How many examples; 0 if none would help.
        same: Whether the same drawing is taught as both.
    """

    first: str
    second: str
    parts: float | None
    draw: str = ""
    more: int = 0
    same: bool = False

    @property
    def text(self) -> str:
        """One line for a person."""
        both = f"{self.first} and {self.second}"
        if self.same:
            return f"the same drawing is taught as {both}; remove one of them"
        parted = "are not told apart" if self.parts is None else f"part at {round(100 * self.parts)} %"
        if self.more:
            return f"{both} {parted}; draw {_WORDS[self.more]} more {self.draw}"
        return f"{both} {parted}" + ("; draw them less alike" if self.parts is None else "")


class Taught(Protocol):
    """A taught example, as `addon.dataset.taught.Example`."""

    @property
    def label(self) -> str:
        """Its class."""
        ...

    @property
    def strokes(self) -> tuple[Points, ...]:
        """Its strokes."""
        ...


def taught_as(examples: Iterable[Taught], label: str, strokes: Strokes) -> list[str]:
    """Other labels under which the same ink is taught, in the order taught."""
    found = [one.label for one in examples if one.label != label and _same_ink(one.strokes, strokes)]
    return list(dict.fromkeys(found))


def _same_ink(ours: Strokes, theirs: Strokes) -> bool:
    if len(ours) != len(theirs):
        return False
    pairs = zip(ours, theirs, strict=True)
    return all(len(a) == len(b) and np.array_equal(a[:, :2], b[:, :2]) for a, b in pairs)


def advice(prototypes: Prototypes, most: int = 3) -> tuple[Advice, ...]:
    """What to draw next, the most urgent pair first; nothing while fewer than two classes are taught.

    For 62 classes this takes a frame or two: call it when the taught set has changed, not at every frame.

    Args:
        prototypes: What is taught.
        most: Maximum number of pairs.
    """
    if len(prototypes.labels) < 2:
        return ()
    odds = pair_odds(prototypes)
    worse = np.minimum(odds, odds.transpose(1, 0, 2))
    same, counts = _same_drawing(prototypes), np.bincount(prototypes.classes)
    found: list[tuple[tuple[bool, float, float], Advice]] = []
    for a, b in np.argwhere(np.triu(same | _late(worse, prototypes.scoring.shares), 1)).tolist():
        parts = parting(worse[a, b], prototypes.scoring.shares)
        if same[a, b] or parts is None or parts >= CLOSE:
            weak = min((a, b), key=lambda one: (counts[one], odds[one, a + b - one, -1]))
            more = 0 if same[a, b] else _needed(worse[a, b], int(counts[weak]), prototypes.scoring.gain)
            draw = prototypes.labels[weak] if more else ""
            pair = prototypes.labels[a], prototypes.labels[b]
            need = not same[a, b], -1.0 if parts is None else 1.0 - parts, float(worse[a, b, -1])
            found.append((need, Advice(*pair, parts, draw, more, bool(same[a, b]))))
    return tuple(pair for _, pair in sorted(found, key=lambda each: each[0])[:most])


def _late(odds: Doubles, shares: Floats) -> Bools:
    """Which pairs may be close: their odds are poor at the last level before `CLOSE` or later."""
    late = odds[:, :, np.append(shares[1:], 1.0) >= CLOSE]
    return np.less(late.min(axis=2), GOOD)


def parting(odds: Doubles, shares: Floats) -> float | None:
    """The share from which odds are good and stay so; None if they are not good at the end.

    Args:
        odds: Shape (levels + 1,).
        shares: Progress at each level, shape (levels + 1,).
    """
    poor = np.flatnonzero(odds < GOOD)
    if not len(poor):
        return float(shares[0])
    last = int(poor[-1])
    if last == len(odds) - 1:
        return None
    return float(np.interp(GOOD, odds[last : last + 2], shares[last : last + 2]))


def _needed(odds: Doubles, count: int, gain: float) -> int:
    """How many more examples bring the last poor level to good odds; 0 if none is poor or none would help."""
    poor = np.flatnonzero(odds < GOOD)
    if not len(poor):
        return 0
    gains = [gain / count - gain / (count + more) for more in range(1, MOST + 1)]
    enough = [more for more, won in enumerate(gains, 1) if odds[poor[-1]] + won >= GOOD]
    return enough[0] if enough else 0


def pair_odds(prototypes: Prototypes) -> Doubles:
    """Odds of a row's class against a column's at each level; shape (classes, classes, levels + 1).

    The mean over the class's newest examples, each left out of its own class.
    """
    tracks, classes = _newest(prototypes)
    rows = np.arange(len(classes))
    members = (classes[:, None] == np.arange(len(prototypes.labels))).astype(np.float64)
    others = members.sum(axis=0) - members
    near = _nearness(prototypes.scoring, tracks)
    near[:, rows, rows] = 0.0
    likely = near @ members / np.fmax(others, 1.0)
    likely[:, others == 0] = exp(-prototypes.scoring.usual)
    logs = np.log(likely + _TINY)
    margins = logs[:, rows, classes][:, :, None] - logs
    return ((members / members.sum(axis=0)).T @ margins).transpose(1, 2, 0)


def _nearness(scoring: Scoring, tracks: Floats) -> Doubles:
    """How near each level of an example is to another example; shape (levels + 1, examples, examples)."""
    count, levels, size = tracks.shape
    flat = tracks.reshape(-1, size)
    squares = np.square(flat).sum(axis=1)
    made = np.empty((count, levels, count))
    # In parts that fit into the cache: all pairs at once would take hundreds of megabytes.
    for at in range(0, count, AT_ONCE):
        rows = slice(at * levels, (at + AT_ONCE) * levels)
        distances = np.maximum(squares[rows, None] + squares - 2 * flat[rows] @ flat.T, 0.0)
        near = np.exp(distances * np.float32(-scoring.sharpness / 2))
        made[at : at + AT_ONCE] = (near.reshape(-1, levels) @ scoring.weights).reshape(-1, levels, count)
    return made.transpose(1, 0, 2)


def _newest(prototypes: Prototypes) -> tuple[Floats, Ints]:
    places = [
        np.flatnonzero(prototypes.classes == index)[-NEWEST:] for index in range(len(prototypes.labels))
    ]
    chosen = np.concatenate(places)
    return prototypes.tracks[chosen], prototypes.classes[chosen]


def _same_drawing(prototypes: Prototypes) -> Bools:
    tracks, classes = _newest(prototypes)
    size = max(float(np.abs(tracks).max()), 1.0)
    count = len(prototypes.labels)
    same = np.zeros((count, count), dtype=bool)
    for place, one in enumerate(tracks):
        alike = np.abs(tracks - one).max(axis=(1, 2)) <= _SAME * size
        same[classes[place], classes[alike]] = True
    return same
