"""What a picture model's outputs are, judged by name, type and shape; and how its maps are read."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from addon.arrays import Array, Floats, Ints
from addon.errors import ModelError
from addon.model.adaptor import Layout, Output, OutputKind
from addon.model.image_arrays import FLOATS
from addon.text import quoted

NAMES_OF_FEATURES = re.compile(r"embed|feature|pool|latent|encod", re.I)

_FEWEST = 8  # pixels a side: fewer numbers are hardly a map
_COARSEST = 32
"""By how much a map may be smaller than the picture: few networks halve it more than five times."""


def output_kind(
    name: str, sizes: Sequence[int], dtype: np.dtype[Any], picture: tuple[int, int], layout: Layout
) -> OutputKind:
    """Judge one output.

    Args:
        name: Its name.
        sizes: Its sizes in an answer.
        dtype: Type of its elements.
        picture: Height and width of the picture that it answers.
        layout: Order of the axes of the model's input.

    Returns:
        "classes" for scores; "picture"; "heat map" for one channel, and "map" for none; "class map" for whole
        numbers, or for more channels than colors, whose largest is the class of a pixel; else "features".
    """
    whole = dtype.kind in "iub"
    if dtype.kind not in "iubf":
        return "features"
    has_batch = len(layout) == 4
    if len(sizes) == 4 or (len(sizes) == 3 and not has_batch):
        channels, sides = _channels(sizes[-3:], layout)
        if sides == (1, 1):
            return "features" if whole or not has_batch else _scores(name)
        if channels == 3 and not (whole and dtype != np.uint8):
            return "picture"
        if channels == 1:
            return "class map" if whole and _fits(sides, picture) else "heat map"
        return "class map" if not whole and _fits(sides, picture) else "features"
    if len(sizes) in (2, 3) and _fits((sizes[-2], sizes[-1]), picture):
        return "class map" if whole else "map"
    return _scores(name) if len(sizes) == 2 and not whole else "features"


def float_map(values: Array, output: Output, stretched: bool) -> Floats:
    """A map of numbers, to be drawn.

    Args:
        values: Shape (h, w), (n, h, w), or of the output's layout; of a batch the first is used.
        output: Its description; its `span` becomes 0..1.
        stretched: Without a `span`: whether the least and the greatest number become 0 and 1.

    Returns:
        Float32 of shape (h, w), or (c, h, w) for several channels; what is no number stays NaN.

    Raises:
        ModelError: It has another shape.
    """
    channels = _as_channels(values, output).astype(np.float32)
    low, high = output.span or FLOATS
    if stretched and output.span is None:
        finite = channels[np.isfinite(channels)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else FLOATS
    with np.errstate(invalid="ignore"):
        spread = (channels - np.float32(low)) / np.float32((high - low) or 1.0)
    return spread[0] if len(spread) == 1 else spread


def leaves_unit(values: Array) -> bool:
    """Whether a map has numbers outside of 0..1, so that it must be scaled to be seen."""
    if values.dtype.kind != "f" or not values.size:
        return values.dtype.kind in "iu"
    finite = values[np.isfinite(values)]
    return bool(finite.size) and not -1e-3 <= float(finite.min()) <= float(finite.max()) <= 1 + 1e-3


def class_map(values: Array, output: Output) -> Ints:
    """A map of classes.

    Args:
        values: As for `float_map`: classes, or scores in a channel for each class, whose greatest wins.
        output: Its description.

    Returns:
        Int64 of shape (h, w).

    Raises:
        ModelError: It has another shape.
    """
    channels = _as_channels(values, output)
    if len(channels) > 1:
        return channels.argmax(axis=0).astype(np.int64)
    if channels.dtype.kind == "f":
        # Exporters that know no whole numbers give classes as floats; what is no number is no class.
        channels = np.nan_to_num(np.rint(channels), nan=-1.0, posinf=-1.0, neginf=-1.0)
    return channels[0].astype(np.int64)


def _as_channels(values: Array, output: Output) -> Array:
    """Channels, rows and columns, the first of a batch."""
    axes = values.ndim
    if values.size and axes in (2, 3, 4) and values.dtype.kind in "iubf":
        has_batch = len(output.layout) == 4
        if axes == 2:
            return values[None]
        if axes == 3 and has_batch:
            return values[:1]
        inner = values[0] if axes == 4 else values
        return inner if output.layout in ("NCHW", "CHW") else np.moveaxis(inner, 2, 0)
    raise ModelError(
        f"its output {quoted(output.name)} is {values.dtype} of shape {values.shape}; a {output.kind} is of "
        f"shape [height, width], [batch, height, width] or {output.layout}"
    )


def _channels(inner: Sequence[int], layout: Layout) -> tuple[int, tuple[int, int]]:
    """Channels and sides of a picture without its batch axis."""
    rows, columns, channels = (layout.removeprefix("N").index(axis) for axis in "HWC")
    return inner[channels], (inner[rows], inner[columns])


def _fits(sides: tuple[int, int], picture: tuple[int, int]) -> bool:
    """Whether sides are those of a picture, or of a smaller or larger one of its proportions."""
    if min(*sides, *picture) < 1 or min(sides) < _FEWEST:
        return False
    # Each side is rounded when it is halved.
    apart = abs(sides[0] * picture[1] - sides[1] * picture[0])
    return sides[0] * _COARSEST >= picture[0] and apart <= max(picture)


def _scores(name: str) -> OutputKind:
    return "features" if NAMES_OF_FEATURES.search(name) else "classes"
