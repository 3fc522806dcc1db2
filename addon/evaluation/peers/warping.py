"""Dynamic time warping with dtaidistance: the nearest example, for the finished ink and point by point.

A finished ink is resampled to 32 points, centered, scaled by its size, and compared in a band of 4. Point by
point, an ink is as a live pen sees it: relative to its first point, scaled by the taught inks, at equal steps
of travel. The end of the example is open (Tormene and others, 2009), and the position of the cheapest end is
the progress.
"""

from collections.abc import Sequence
from importlib import import_module
from time import perf_counter
from typing import Any

import numpy as np

from addon.arrays import Doubles
from addon.evaluation.outcomes import FRACTIONS
from addon.evaluation.peers.peer import Ask, PeerAnswer, when_finished
from addon.features.batch import ink_rows
from addon.features.points import Strokes
from addon.features.recipe import FeatureRecipe
from addon.features.scale import ink_scale

POINTS = 32
BAND = 4

# Shares of the travel at which the open-end answers and their progress are read.
LOOKS = tuple(step / 8 for step in range(1, 9))


def teach_nearest(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """The nearest example of the finished ink."""
    warping: Any = import_module("dtaidistance.dtw_ndim")
    examples = [_normalized(ink) for ink in inks]

    def ask(strokes: Strokes) -> PeerAnswer:
        began = perf_counter()
        series = _normalized(strokes)
        costs = [warping.distance_fast(series, example, window=BAND + 1) for example in examples]
        return when_finished(labels[int(np.argmin(costs))], perf_counter() - began)

    return ask


def teach_open_end(inks: Sequence[Strokes], labels: Sequence[str]) -> Ask:
    """The nearest beginning of an example, at any time."""
    warping: Any = import_module("dtaidistance.dtw_ndim")
    recipe = FeatureRecipe(ink_scale(inks))
    examples = [_path(recipe, ink)[0] for ink in inks]

    def ask(strokes: Strokes) -> PeerAnswer:
        path, travel = _path(recipe, strokes)
        share = travel / travel[-1] if travel[-1] > 0 else np.ones(len(travel))
        labelled: dict[float, str] = {}
        errors: list[float] = []
        seconds: list[float] = []
        for look in LOOKS:
            end = max(int(np.searchsorted(share, look + 1e-9, side="right")), 1)
            began = perf_counter()
            place, progress = _nearest_beginning(warping, path[:end], examples)
            seconds.append(perf_counter() - began)
            labelled[look] = labels[place]
            errors.append(abs(progress - float(share[end - 1])))
        answers = (*(labelled[fraction] for fraction in FRACTIONS), labelled[1.0])
        return PeerAnswer(answers, float(np.mean(errors)), tuple(seconds))

    return ask


def _nearest_beginning(warping: Any, path: Doubles, examples: Sequence[Doubles]) -> tuple[int, float]:
    """The example with the cheapest beginning, and how much of it that beginning is."""
    costs = [warping.distance_fast(path, example, psi=(0, 0, 0, len(example) - 1)) for example in examples]
    nearest = int(np.argmin(costs))
    example = examples[nearest]
    _, paths = warping.warping_paths_fast(path, example)
    return nearest, (1 + int(np.argmin(paths[-1, 1:]))) / len(example)


def _path(recipe: FeatureRecipe, ink: Strokes) -> tuple[Doubles, Doubles]:
    table = ink_rows(recipe, [ink])
    down = table.rows[:, 4] == 0
    return np.ascontiguousarray(table.rows[down, :2], dtype=np.float64), table.travel[down]


def _normalized(ink: Strokes) -> Doubles:
    points = np.concatenate([stroke[:, :2] for stroke in ink]).astype(np.float64)
    lengths = np.sqrt(np.square(points[1:] - points[:-1]).sum(axis=1))
    along = np.append(0.0, np.cumsum(lengths))
    at = np.arange(POINTS) * (along[-1] / (POINTS - 1))
    even = np.column_stack([_between(at, along, points[:, axis]) for axis in (0, 1)])
    even -= even.mean(axis=0)
    size = float(np.ptp(even, axis=0).max())
    return even / size if size > 0 else even


def _between(at: Doubles, along: Doubles, values: Doubles) -> Doubles:
    return np.interp(at, along, values)
