"""Made-up inputs for a model of which only the signature is known."""

import re
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from addon.arrays import Array
from addon.doctor.findings import Value
from addon.inference.graph import DTYPES

Feeds = dict[str, Any]
"""An array for each input, or a list of arrays for a sequence, by name."""

MOST_BYTES = 256 * 1024**2
"""Of all inputs together."""

PICTURE = 224
STEPS = 16

_BATCH = re.compile(r"batch|^(n|b|bs|bsz)$", re.I)
_SIDE = re.compile(r"height|width|^(h|w)$", re.I)
_OTHER_SIZES = (1, 2, 3, 4, 5, 8, 32, 64, 128, 256, 512, 640)
# An index may always be 0, and a size 1; some audio models accept only their own sample rate.
_WHOLE_NUMBERS = (1, 0, 2, 16000)
_TYPE = re.compile(r"(seq|optional)?\(?(?:seq\()?tensor\((\w+)\)\)*")


def attempts(values: Sequence[Value], steps: int, constants: Mapping[str, float]) -> Iterator[Feeds]:
    """Inputs to try, the most plausible first; the same each time.

    Args:
        values: The model's inputs.
        steps: Time steps, for a model with a time axis.
        constants: Constant inputs of its description, by name.

    Raises:
        TypeError: An input has a type for which no input can be made up.
    """
    tried: set[str] = set()
    for sizes in _sizings(values, steps):
        for whole in _WHOLE_NUMBERS:
            feeds = made_up(values, sizes, whole)
            feeds |= {name: np.full_like(feeds[name], constants[name]) for name in constants if name in feeds}
            free = [_is_whole(array) and name not in constants for name, array in feeds.items()]
            signature = repr(
                [(np.shape(array), whole * use) for array, use in zip(feeds.values(), free, strict=True)]
            )
            if signature not in tried:
                tried.add(signature)
                yield feeds


def made_up(values: Sequence[Value], sizes: Sequence[Sequence[int]], whole: int) -> Feeds:
    """Make up an array for each input: floats in 0..1, whole numbers `whole`.

    Args:
        values: The model's inputs.
        sizes: The shape of each.
        whole: Number for inputs of whole numbers.

    Raises:
        TypeError: An input has a type for which no input can be made up.
        MemoryError: They would take more than `MOST_BYTES`.
    """
    random = np.random.default_rng(0)
    feeds: Feeds = {}
    left = MOST_BYTES
    for value, shape in zip(values, sizes, strict=True):
        sequence, dtype = type_of(value["type"])
        left -= prod(shape) * dtype.itemsize
        if left < 0:
            raise MemoryError(f"its inputs would take more than {MOST_BYTES // 1024**2} MB")
        array = _filled(random, tuple(shape), dtype, whole)
        feeds[value["name"]] = [array] if sequence else array
    return feeds


def type_of(name: str) -> tuple[bool, np.dtype[Any]]:
    """Whether ONNX Runtime's type is a sequence, and the type of its elements.

    Raises:
        TypeError: numpy has no such type.
    """
    found = _TYPE.fullmatch(name)
    dtype = DTYPES.get(found[2]) if found else None
    if dtype is None:
        raise TypeError(f"no input can be made up for the type {name}")
    return "seq(" in name, dtype


def _is_whole(array: Any) -> bool:
    return not isinstance(array, list) and np.asarray(array).dtype.kind in "iu"


def _filled(random: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any], whole: int) -> Array:
    if dtype.kind in "fc":
        return random.random(shape).astype(dtype)
    if dtype == np.uint8 and len(shape) >= 3:
        return random.integers(0, 256, shape, np.uint8)
    if dtype.kind == "O":
        return np.full(shape, "a", dtype)
    return np.full(
        shape,
        min(whole, 1) if dtype.kind == "b" else min(whole, 100) if dtype.itemsize == 1 else whole,
        dtype,
    )


def _sizings(values: Sequence[Value], steps: int) -> Iterator[list[list[int]]]:
    """Shapes for every input: plausible ones, then others for more and more of the free axes."""
    yield [[_sensible(value, axis, steps) for axis in range(len(value["shape"]))] for value in values]
    for first in (-1, 1, 0):
        for size in _OTHER_SIZES:
            yield [_with(value, size, first) for value in values]


def _with(value: Value, size: int, first: int) -> list[int]:
    """A shape with `size` at the free axes from the axis `first` on, and 1 at those before."""
    axes = range(len(value["shape"]))
    return [_fixed(value, axis) or (size if axis >= first % max(len(axes), 1) else 1) for axis in axes]


def _fixed(value: Value, axis: int) -> int:
    size = value["shape"][axis]
    # Some exporters write -1 or 0 for a free size.
    return size if isinstance(size, int) and size > 0 else 0


def _sensible(value: Value, axis: int, steps: int) -> int:
    fixed = _fixed(value, axis)
    if fixed:
        return fixed
    name, shape = str(value["shape"][axis] or ""), value["shape"]
    if _BATCH.search(name):
        return 1
    if _SIDE.search(name):
        return PICTURE
    if len(shape) == 4:
        channels = next((at for at in (1, 3) if shape[at] in (1, 3, 4)), 1)
        return {0: 1, channels: 3}.get(axis, PICTURE)
    return (steps if len(shape) > 2 else STEPS) if axis else 1
