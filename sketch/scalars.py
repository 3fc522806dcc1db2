"""Read single values as an author gives them: clamp where that is harmless, else refuse by name.

The rule for what is clamped and what is refused is in docs/decisions/0012-numbers.md.
"""

import math
import os
import sys
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

_T = TypeVar("_T")

LARGEST = 3.4e38
"""The largest number of the GPU (float32)."""

_PLAIN = frozenset((float, np.float64, np.float32))


def short(value: object) -> str:
    """A value for an error message: one line, shortened if it is long."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # a whole number of more than 4300 digits, or an author's class
        return f"a value of type {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:80]}…"


def are_plain(*values: float) -> bool:
    """Whether these are numbers that are surely finite in float32; a quick check before `floats`.

    False also for numbers whose sum is beyond float32 and for some types of numpy; `floats` decides then.
    """
    try:
        total = sum(values, 0.0)  # from 0.0, since numpy's small integers would wrap around
        return total.__class__ in _PLAIN and -LARGEST < total < LARGEST
    except (TypeError, ValueError, OverflowError):
        return False


def one_of(name: str, value: object, allowed: tuple[_T, ...]) -> _T:
    """Return a word, or None, if it is allowed.

    Raises:
        ValueError: It is not.
    """
    if not isinstance(value, str | None) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(str, allowed))}; got {short(value)}")
    return cast(_T, value)


def as_float(value: Any) -> float:
    """Read one number of any size; a whole number beyond float becomes the largest or smallest float.

    Raises:
        TypeError: It is not a number; text, a complex number and an array of one number are not, either.
    """
    kind = getattr(getattr(value, "dtype", None), "kind", "f")
    if isinstance(value, str | bytes | bytearray) or getattr(value, "ndim", 0) != 0 or kind not in "biufO":
        raise TypeError(f"not a number: {short(value)}")
    try:
        return float(value)
    except OverflowError:
        return sys.float_info.max if value > 0 else -sys.float_info.max
    except ValueError:
        raise TypeError(f"not a number: {short(value)}") from None


def number(name: str, value: Any) -> float:
    """Read one finite number.

    Args:
        name: Its name in an error.
        value: Python's or numpy's number, of any type that becomes a float; a bool counts as 0 or 1.

    Raises:
        TypeError: It is not a number; an array of one number is not, either.
        ValueError: It is NaN, infinite, or beyond float32.
    """
    try:
        read = as_float(value)
    except TypeError:
        raise TypeError(f"{name} must be a number; got {short(value)}") from None
    if not math.isfinite(read):
        raise ValueError(f"{name} must be finite; got {short(value)}")
    if abs(read) > LARGEST:
        raise ValueError(
            f"{name} must be within {LARGEST}, the largest number of the GPU; got {short(value)}"
        )
    return read


def floats(**values: Any) -> tuple[float, ...]:
    """Read finite numbers, in order; errors as in `number`, with the names of the arguments."""
    return tuple(number(name, value) for name, value in values.items())


def magnitude(name: str, value: Any) -> float:
    """Read a radius, a width or a size: a negative one counts as its magnitude."""
    return abs(number(name, value))


def clamped(name: str, value: Any, low: float = 0.0, high: float = 1.0) -> float:
    """Read a number and take the nearest one in low..high."""
    return min(max(number(name, value), low), high)


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Read a whole number, also one written as a float.

    Raises:
        TypeError: It is not a number, or has a fraction.
        ValueError: It is below `least` or above `most`, or not finite.
    """
    read = number(name, value)
    if read != int(read):
        raise TypeError(f"{name} must be a whole number; got {short(value)}")
    if read < least or (most is not None and read > most):
        allowed = f"{least} or more" if most is None else f"in {least}..{most}"
        raise ValueError(f"{name} must be {allowed}; got {value!r}")
    return int(value)


def rounded(name: str, value: Any) -> int:
    """Read a side in pixels: a whole number, at least 1."""
    return max(1, round(number(name, value)))


def sides(name: str, value: Any) -> tuple[int, int]:
    """Read a width and a height in pixels, each rounded and at least 1.

    Raises:
        TypeError: It is not a pair of numbers.
        ValueError: One of them is not finite.
    """
    try:
        width, height = value
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a width and a height, as (1280, 720); got {short(value)}") from None
    return (rounded(f"the width of {name}", width), rounded(f"the height of {name}", height))


def flag(name: str, value: Any) -> bool:
    """Read True or False.

    Raises:
        TypeError: It is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {short(value)}")
    return bool(cast(Any, value))


def as_text(name: str, value: Any) -> str:
    """Read a text.

    Raises:
        TypeError: It is not a text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, as str({short(value)}) is; got {short(value)}")
    return value


def as_path(name: str, value: Any) -> Path:
    """Read the path of a file or a folder.

    Raises:
        TypeError: It is neither a text nor a `Path`.
    """
    if not isinstance(value, str | os.PathLike):
        raise TypeError(f"{name} must be a text or a Path; got {short(value)}")
    return Path(cast("str | os.PathLike[str]", value))
