"""The hot regions of a heat map, and the smallest rotated rectangle around each."""

from dataclasses import dataclass

import numpy as np

from addon.arrays import Bools, Floats, Ints

MOST_REGIONS = 200
ANGLES = np.deg2rad(np.arange(0.0, 90.0, 3.0))


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A hot region.

    Attributes:
        corners: Corners of the rectangle around it, in order: shape (4, 2), x and y.
        score: Mean heat of the region, 0..1.
    """

    corners: Floats
    score: float


def regions(heat: Floats, threshold: float = 0.3, grow: float = 0.0, smallest: int = 4) -> list[Region]:
    """Find the regions of a heat map, the hottest first.

    Args:
        heat: Shape (h, w), 0..1.
        threshold: Pixels above it are hot.
        grow: How far each side moves outward, as a factor on area over circumference: text detectors find
            only the core of a line (Liao et al., 2020, "Real-time scene text detection with differentiable
            binarization").
        smallest: Fewest pixels of a region.

    Returns:
        At most 200; corners are in pixels of the map.
    """
    runs = _runs(heat > threshold)
    found: list[Region] = []
    # The largest ones, if there are too many.
    groups = sorted(_groups(runs), key=lambda group: -_pixels(group))[:MOST_REGIONS]
    for group in groups:
        if _pixels(group) < smallest:
            break
        total = sum(float(heat[row, start:end].sum()) for row, start, end in group.tolist())
        found.append(Region(_rectangle(group, grow), total / _pixels(group)))
    return sorted(found, key=lambda region: -region.score)


def _pixels(runs: Ints) -> int:
    return int((runs[:, 2] - runs[:, 1]).sum())


def _runs(hot: Bools) -> Ints:
    """Runs of hot pixels: row, first column, column after the last; shape (n, 3), row by row."""
    edges = np.diff(np.pad(hot.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    rows, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return np.stack([rows, starts, ends], axis=1)


def _groups(runs: Ints) -> list[Ints]:
    """Ints that touch, corner to corner as well, one group a region."""
    parent = list(range(len(runs)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    listed = runs.tolist()
    above = 0
    for index, (row, start, end) in enumerate(listed):
        while above < index and (
            listed[above][0] < row - 1 or (listed[above][0] == row - 1 and listed[above][2] < start)
        ):
            above += 1
        other = above
        while other < index and listed[other][0] == row - 1 and listed[other][1] <= end:
            parent[root(other)] = root(index)
            other += 1
    members: dict[int, list[int]] = {}
    for index in range(len(listed)):
        members.setdefault(root(index), []).append(index)
    return [runs[group] for group in members.values()]


def _rectangle(runs: Ints, grow: float) -> Floats:
    """The smallest of the rectangles at every third degree: corners, shape (4, 2)."""
    left, right = runs[:, [1, 0]], runs[:, [2, 0]]
    below = np.array((0, 1))
    points = np.concatenate([left, right, left + below, right + below]).astype(np.float64)
    axes = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
    across = points @ axes.T
    down = points @ np.stack([-axes[:, 1], axes[:, 0]], axis=1).T
    sides = np.ptp(across, axis=0), np.ptp(down, axis=0)
    best = int(np.argmin(sides[0] * sides[1]))
    low = np.array((across[:, best].min(), down[:, best].min()))
    high = np.array((across[:, best].max(), down[:, best].max()))
    wide, tall = high - low
    margin = grow * wide * tall / (2 * (wide + tall))
    low, high = low - margin, high + margin
    turned = np.array(((low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])))
    turn = np.array((axes[best], (-axes[best][1], axes[best][0])))
    return (turned @ turn).astype(np.float32)
