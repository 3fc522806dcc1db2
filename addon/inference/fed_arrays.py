"""Check the arrays that an author feeds to a model against what the model declares."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from addon.arrays import Array
from addon.inference.graph import TensorInfo
from addon.text import quoted

_NUMBERS = "biufc"


def checked(name: str, inputs: Sequence[TensorInfo], given: Mapping[str, Any]) -> dict[str, Array]:
    """Return arrays of the declared types.

    An array of another type is converted where each of its numbers stays the same, as from uint8 to float32
    or from int64 to int32, and where floats only lose digits, as from numpy's float64 to float32. Numbers are
    not scaled. Shapes must fit as they are.

    Args:
        name: Of the model, for errors.
        inputs: What the model declares.
        given: An array, a number or rows of numbers for each input, by name.

    Raises:
        ValueError: A name, a shape or a type does not fit; the message says what was given and what is
            declared.
    """
    wanted = {info.name: info for info in inputs}
    if set(given) != set(wanted):
        got = ", ".join(given) or "nothing"
        raise ValueError(f"{name}: it takes {', '.join(wanted) or 'no input'}; got {got}")
    return {key: _fitting(name, info, given[key]) for key, info in wanted.items()}


def declared(info: TensorInfo) -> str:
    """An input as text, such as "float32 1 × 3 × height × width"."""
    sizes = " × ".join(
        "free" if _is_free(size) and not isinstance(size, str) else str(size) for size in info.shape
    )
    return f"{'text' if info.dtype.hasobject else info.dtype} {sizes or 'of one number'}"


def _fitting(name: str, info: TensorInfo, given: Any) -> Array:
    array = as_array(given)
    if array is None:
        raise ValueError(
            _refused(name, info, f"{type(given).__name__}, which is no array of numbers or text")
        )
    fits = len(array.shape) == len(info.shape) and all(
        _is_free(size) or size == has for size, has in zip(info.shape, array.shape, strict=True)
    )
    if not fits:
        raise ValueError(_refused(name, info, f"{array.dtype} of shape {array.shape}"))
    made = _converted(array, info.dtype)
    if made is None:
        held = "text" if info.dtype.hasobject else str(info.dtype)
        raise ValueError(
            _refused(name, info, f"{array.dtype} with values that {held} does not hold; convert it yourself")
        )
    return made


def as_array(given: Any) -> Array | None:
    """An author's value as an array of numbers or of text of a fixed width; None if it is neither."""
    try:
        array = np.asarray(given)
    except ValueError:  # rows of different lengths
        return None
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8", "replace")
    if array.dtype.hasobject:
        return array.astype(np.str_) if all(isinstance(each, str) for each in array.flat) else None
    return array if array.dtype.kind in f"{_NUMBERS}U" else None


def _converted(array: Array, dtype: np.dtype[Any]) -> Array | None:
    """An array of another type; None if its numbers would change."""
    if dtype.hasobject:
        return array if array.dtype.kind == "U" else None
    if array.dtype == dtype:
        return array
    if array.dtype.kind not in _NUMBERS:
        return None
    # To numpy every int64 is a float64, but those above 2 ** 53 are not.
    long = array.dtype.kind in "iu" and array.dtype.itemsize == 8 and dtype.kind in "fc"
    if np.can_cast(array.dtype, dtype, "safe") and not long:
        return array.astype(dtype)
    if array.dtype.kind == "c":
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        made = array.astype(dtype)
        if array.dtype.kind == dtype.kind == "f":
            return None if (np.isinf(made) & np.isfinite(array)).any() else made
        back = made.astype(array.dtype)
    # A whole number that is too large may come back unchanged, with another sign in between.
    kept = (back == array) & ((made < 0) == (array < 0)) if dtype.kind in "iu" else back == array
    return made if kept.all() else None


def _is_free(size: int | str | None) -> bool:
    # Some exporters write -1 for a free size.
    return not isinstance(size, int) or size < 0


def _refused(name: str, info: TensorInfo, got: str) -> str:
    return f"{name}: its input {quoted(info.name)} is declared {declared(info)}; got {got}"
