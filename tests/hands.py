"""A machine-written hand for tests: four signs, drawn with a wobble that a seed decides."""

import numpy as np
from numpy.typing import NDArray

Stroke = NDArray[np.float32]

# Corners in a unit square, y growing downward; each sign a list of strokes.
SIGNS: dict[str, list[list[tuple[float, float]]]] = {
    "L": [[(0, 0), (0, 1), (0.7, 1)]],
    "T": [[(0, 0), (0.8, 0)], [(0.4, 0), (0.4, 1)]],
    "V": [[(0, 0), (0.4, 1), (0.8, 0)]],
    "Z": [[(0, 0), (0.8, 0), (0, 1), (0.8, 1)]],
}


def written(label: str, seed: int, size: float = 180.0) -> list[Stroke]:
    """One ink of a sign in logical pixels, 60 samples a second."""
    chance = np.random.default_rng([seed, ord(label)])
    turn, slant = chance.normal(0, 0.06), chance.normal(0, 0.08)
    shape = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn) + slant, np.cos(turn)]])
    origin, strokes, began = chance.uniform(100, 500, 2), [], 0.0
    for corners in SIGNS[label]:
        moved = np.array(corners) + chance.normal(0, 0.04, (len(corners), 2))
        line = _sampled(moved @ shape.T * size, speed=chance.uniform(6, 14))
        times = began + np.arange(len(line)) / 60
        began = float(times[-1]) + 0.2
        xy = origin + line + chance.normal(0, 0.8, line.shape)
        strokes.append(np.column_stack([xy, times, np.full(len(line), 0.5)]).astype(np.float32))
    return strokes


def taught(labels: str = "LTVZ", each: int = 4, seed: int = 0) -> tuple[list[list[Stroke]], list[str]]:
    """Inks and their labels."""
    pairs = [(label, seed * 1000 + index) for label in labels for index in range(each)]
    return [written(label, chance) for label, chance in pairs], [label for label, _ in pairs]


def _sampled(corners: NDArray[np.float64], speed: float) -> NDArray[np.float64]:
    lengths = np.hypot(*np.diff(corners, axis=0).T)
    at = np.concatenate(([0.0], np.cumsum(lengths)))
    along = np.linspace(0, at[-1], max(2, int(at[-1] / speed)))
    return np.column_stack([np.interp(along, at, corners[:, 0]), np.interp(along, at, corners[:, 1])])
