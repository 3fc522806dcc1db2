"""Find what changed between two lists of strokes."""

from collections.abc import Sequence
from dataclasses import dataclass

from sketch.ink.ink import Stroke


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between two lists of strokes.

    Attributes:
        stale: Strokes that are gone, or new with old strokes after them: their place must be redrawn.
        fresh: New strokes at the end, which are drawn on top.
    """

    stale: list[Stroke]
    fresh: list[Stroke]


def changes(before: Sequence[Stroke], after: Sequence[Stroke]) -> Changes:
    """Compare two lists of strokes by identity, not by what they look like.

    Args:
        before: What was drawn, in order.
        after: What is to be drawn, in order.

    Returns:
        The strokes between which the lists differ; where strokes changed places, all strokes between them.
    """
    start = _common_start(before, after)
    end = _common_start(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    olds, news = {id(stroke) for stroke in old}, {id(stroke) for stroke in new}
    kept = [stroke for stroke in old if id(stroke) in news]
    if kept != [stroke for stroke in new if id(stroke) in olds]:
        return Changes([*old, *new], [])
    fresh = _fresh(new, olds) if end == 0 else []
    gone = [stroke for stroke in old if id(stroke) not in news]
    inserted = [stroke for stroke in new[: len(new) - len(fresh)] if id(stroke) not in olds]
    return Changes([*gone, *inserted], fresh)


def _fresh(strokes: Sequence[Stroke], known: set[int]) -> list[Stroke]:
    """The strokes after the last known one."""
    last = max((index for index, stroke in enumerate(strokes) if id(stroke) in known), default=-1)
    return list(strokes[last + 1 :])


def _common_start(a: Sequence[Stroke], b: Sequence[Stroke]) -> int:
    """Length of the common start of two lists, by bisection: Python compares slices fast."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
