"""A coach: which taught classes are close, how far into them they part, and what to draw next.

    odds    how much likelier, as a logarithm, the examples of one class are found to be of it than of another
    part    two classes part where the odds of both are good, and stay so until the pen is lifted

An example cannot be asked about itself. If its class has others, these speak for it; if it has none, it is
taken to be as far from what will be drawn as two inks of one class usually are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log
from typing import Protocol

import numpy as np

from addon.features.points import Points, Strokes
from addon.fewshot.prototypes import Prototypes
from addon.fewshot.scoring import Scoring

GOOD = log(9.0)
"""Odds that are good: nine times likelier."""

CLOSE = 0.5
"""Classes that part earlier are not close."""

NEWEST = 5
"""Examples of each class that are looked at."""

MOST = 5
"""More examples than this are not asked for: what they would not part is drawn too alike."""

AT_ONCE = 4
"""Examples that are held against all others at once."""

_WORDS = ("", "one", "two", "three", "four", "five")
_SAME = 1e-4
_TINY = 1e-30


@dataclass(frozen=True, slots=True)
class Advice:
    """What is to be said of two classes.

    Attributes:
        first, second: Their labels, in the order in which they were first taught.
        parts: How much of a sign is drawn when they part, 0..1; None if they do not.
        draw: The label of which more examples would part them, or part them earlier; empty if none would.
        more: How many; 0 if none would.
        same: Whether the very same drawing is taught as both.
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
    """Other labels under which the very same ink is taught, in the order taught."""
    found = [one.label for one in examples if one.label != label and _same_ink(one.strokes, strokes)]
    return list(dict.fromkeys(found))


def _same_ink(ours: Strokes, theirs: Strokes) -> bool:
    if len(ours) != len(theirs):
        return False
    pairs = zip(ours, theirs, strict=True)
    return all(len(a) == len(b) and np.array_equal(a[:, :2], b[:, :2]) for a, b in pairs)


def advice(prototypes: Prototypes, most: int = 3) -> tuple[Advice, ...]:
    """What to draw next, the pair in greatest need first; nothing while fewer than two classes are taught.

    For 62 classes this takes a frame or two: ask when what is taught has changed, not at every frame.

    Args:
        prototypes: What is taught.
        most: Pairs that are named at most.
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
    return tuple(said for _, said in sorted(found, key=lambda each: each[0])[:most])


def _late(odds: Doubles, shares: Floats) -> Bools:
    """Which pairs may be close: odds are poor at a level after which `CLOSE` comes."""
    late = odds[:, :, np.append(shares[1:], 1.0) >= CLOSE]
    return np.less(late.min(axis=2), GOOD)


def parting(odds: Doubles, shares: Floats) -> float | None:
    """From which share on odds are good and stay so; None if they are not good at the end.

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
    """How many more examples bring the last poor level to good odds; 0 if none is poor, or they do not."""
    poor = np.flatnonzero(odds < GOOD)
    if not len(poor):
        return 0
    gains = [gain / count - gain / (count + more) for more in range(1, MOST + 1)]
    enough = [more for more, won in enumerate(gains, 1) if odds[poor[-1]] + won >= GOOD]
    return enough[0] if enough else 0


def pair_odds(prototypes: Prototypes) -> Doubles:
    """Odds at each level, of a row's class against a column's; shape (classes, classes, levels + 1).

    They are the mean over the class's newest examples, each left out of its own class.
    """
    tracks, classes = _newest(prototypes)
    rows = np.arange(len(classes))
    members = (classes[:, None] == np.arange(len(prototypes.labels))).astype(np.float64)
    others = members.sum(axis=0) - members
    near = _nearness(prototypes.scoring, tracks)
    near[:, rows, rows] = 0.0
    likely = near @ members / np.fmax(others, 1.0)
    likely[:, others == 0] = exp(-prototypes.scoring.usual)
    told = np.log(likely + _TINY)
    margins = told[:, rows, classes][:, :, None] - told
    return ((members / members.sum(axis=0)).T @ margins).transpose(1, 2, 0)


def _nearness(scoring: Scoring, tracks: Floats) -> Doubles:
    """How near each level of an example is to another example; shape (levels + 1, examples, examples)."""
    count, levels, size = tracks.shape
    flat = tracks.reshape(-1, size)
    squares = np.square(flat).sum(axis=1)
    made = np.empty((count, levels, count))
    # Part by part, so that it stays in the cache: all against all would be hundreds of megabytes.
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
