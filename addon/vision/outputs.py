"""Convert an output by its description: to a picture, regions, boxes or points."""

import numpy as np

from addon.arrays import Array, Floats
from addon.errors import ModelError
from addon.model.adaptor import Corners, Output
from addon.model.image_arrays import FLOATS, as_picture, as_rows
from addon.model.picture_outputs import class_map, float_map
from addon.vision.regions import regions

MOST_ROWS = 10_000


def meaning_of(
    output: Output, values: Array, size: tuple[int, int], stretched: bool = False
) -> dict[str, Array]:
    """Convert one output of an image model to arrays by name.

    Args:
        output: Its description.
        values: The output; of a batch the first is used.
        size: Height and width of the model's picture.
        stretched: As for `float_map`.

    Returns:
        Depending on its kind `picture.NAME`, uint8 (h, w, 3); `map.NAME`, float32 (h, w) or (c, h, w), 0..1;
        `class map.NAME`, int64 (h, w); `regions.NAME`, float32 (n, 9), four corners and a score;
        `boxes.NAME`, float32 (n, 4), left, top, right and bottom; `points.NAME`, float32 (n, 2). Coordinates
        are in 0..1. Nothing for classes and features.

    Raises:
        ModelError: Its shape does not fit the description.
    """
    made: dict[str, Array] = {}
    if output.kind == "picture":
        made["picture"] = as_picture(values, output)
    elif output.kind == "heat map":
        made["regions"] = _regions(values, output)
        made["map"] = float_map(values, output, stretched=False)
    elif output.kind == "map":
        made["map"] = float_map(values, output, stretched)
    elif output.kind == "class map":
        made["class map"] = class_map(values, output)
    elif output.kind == "boxes":
        made["boxes"] = as_corners(_rows(values, output, 4), output.corners) / _unit(output, size, 2)
    elif output.kind == "points":
        made["points"] = _rows(values, output, 2) / _unit(output, size, 1)
    return {f"{kind}.{output.name}": array for kind, array in made.items()}


def as_corners(boxes: Floats, corners: Corners) -> Floats:
    """Convert boxes to left, top, right and bottom, shape (n, 4)."""
    start, other = boxes[:, :2], boxes[:, 2:]
    if corners == "xywh":
        return np.concatenate([start, start + other], axis=1)
    if corners == "center":
        return np.concatenate([start - other / 2, start + other / 2], axis=1).astype(np.float32)
    return boxes


def _rows(values: Array, output: Output, width: int) -> Floats:
    """Rows of shape (n, width), without those that are not finite."""
    given = np.asarray(values, dtype=np.float32)
    given = given[0] if given.ndim == 3 and len(given) else given
    if given.ndim == 0 or given.shape[-1] % width:
        raise ModelError(
            f"its output {output.name!r} is of shape {values.shape}, which holds no {output.kind} of {width}"
        )
    rows = given.reshape(-1, width)[:MOST_ROWS]
    return rows[np.isfinite(rows).all(axis=1)]


def _unit(output: Output, size: tuple[int, int], turns: int) -> Floats:
    sides = (1, 1) if output.unit else (size[1], size[0])
    return np.array(sides * turns, dtype=np.float32)


def _regions(values: Array, output: Output) -> Floats:
    low, high = output.span or FLOATS
    heat = np.nan_to_num((as_rows(values, output.layout)[:, :, 0] - low) / (high - low))
    size = (heat.shape[1], heat.shape[0])
    found = [
        (*(each.corners / size).ravel(), each.score) for each in regions(heat, output.threshold, output.grow)
    ]
    return np.array(found, dtype=np.float32).reshape(len(found), 9)
