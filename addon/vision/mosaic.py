"""Draw many small maps in one picture, to show a layer."""

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from addon.arrays import Floats, Pixels
from addon.errors import ModelError

MOST_MAPS = 400
MOST_VALUES = 1 << 24
GAP = 1

# Percent of the values that are clipped at either end, so that outliers do not hide the others.
CLIPPED = 0.5


def maps_of(tensor: NDArray[np.generic]) -> Floats:
    """The maps in a tensor: float32 of shape (n, h, w).

    A vector becomes one map, as square as possible; of a batch the first is used.

    Raises:
        ModelError: It is empty, too large, or has more than four axes.
    """
    if not tensor.size or tensor.size > MOST_VALUES or tensor.ndim > 4 or tensor.dtype.kind not in "fiub":
        raise ModelError(f"a tensor of shape {tensor.shape} and type {tensor.dtype} cannot be drawn")
    values = np.nan_to_num(np.asarray(tensor, dtype=np.float32))
    if values.ndim == 4:
        return values[0]
    if values.ndim == 3:
        return values
    flat = values.ravel() if values.ndim < 2 or 1 in values.shape else None
    if flat is None:
        return values[None]
    wide = ceil(sqrt(len(flat)))
    square = np.full(wide * ceil(len(flat) / wide), flat.min(), np.float32)
    square[: len(flat)] = flat
    return square.reshape(1, -1, wide)


def mosaic(maps: Floats, width: int = 640, proportion: float = 1.9) -> Pixels:
    """Draw maps in a grid, scaled to one range.

    Args:
        maps: Shape (n, h, w); of more than 400 the first are used.
        width: Approximate width of the picture in pixels.
        proportion: Approximate ratio of its width to its height.

    Returns:
        Uint8 of shape (height, width).
    """
    shown = maps[:MOST_MAPS]
    count, rows, columns = shown.shape
    across = _across(count, sqrt(count * proportion * rows / columns))
    down = ceil(count / across)
    zoom = max(1, width // (across * (columns + GAP)))
    tiles = np.zeros((down * across, rows * zoom + GAP, columns * zoom + GAP), np.uint8)
    tiles[:count, : rows * zoom, : columns * zoom] = grays(shown).repeat(zoom, axis=1).repeat(zoom, axis=2)
    whole = tiles.reshape(down, across, *tiles.shape[1:]).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(whole.reshape(down * tiles.shape[1], across * tiles.shape[2]))


def filters(weights: Floats, width: int = 640, proportion: float = 1.9) -> Pixels:
    """Draw the weights of a layer.

    Args:
        weights: Shape (out, in, h, w) of a convolution, or (out, in) of a product.
        width: As for `mosaic`.
        proportion: As for `mosaic`.

    Returns:
        Uint8 of shape (height, width), or (height, width, 3) for a layer whose input is colors.
    """
    if weights.ndim != 4 or weights.shape[2:] == (1, 1):
        matrix = weights.reshape(len(weights), -1)
        return mosaic((matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T)[None], width, proportion)
    if weights.shape[1] == 3:
        # Each kernel is scaled separately; otherwise only the strongest would be visible.
        low, high = weights.min(axis=(1, 2, 3), keepdims=True), weights.max(axis=(1, 2, 3), keepdims=True)
        even = (weights - low) / np.maximum(high - low, 1e-12)
        return np.stack([mosaic(even[:, channel], width, proportion) for channel in range(3)], axis=2)
    return mosaic(weights.reshape(-1, *weights.shape[2:]), width, proportion)


def grays(maps: Floats) -> Pixels:
    """Scale values to 0..255, all by one range, with clipped ends."""
    low, high = np.percentile(maps, (CLIPPED, 100 - CLIPPED))
    return np.rint((maps - low).clip(0, high - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)


def _across(count: int, ideal: float) -> int:
    """The number of columns near the ideal that leaves the fewest cells empty."""
    near = range(max(round(ideal * 0.75), 1), max(round(ideal * 1.35), 1) + 1)
    return min(min(near, key=lambda across: (-count % across, abs(across - ideal))), count)
