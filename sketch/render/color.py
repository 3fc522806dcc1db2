"""Colors as an author writes them, turned into floats."""

import math
from functools import lru_cache
from numbers import Real
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sketch.ink.ink import Rgba
from sketch.render.checks import share

ColorLike: TypeAlias = str | float | tuple[float, ...]
"""What `color=` arguments take: "#rrggbb", "#rrggbbaa", a grey, or a tuple of one to four channels 0..255."""

FORMS = '(grey), (grey, alpha), (r, g, b), (r, g, b, a) with channels 0..255, or "#rrggbb" or "#rrggbbaa"'


_UNIT = tuple(channel / 255.0 for channel in range(256))


def parse_color(*channels: ColorLike, alpha: float = 1.0) -> Rgba:
    """Turn any of the forms of a color into floats.

    Args:
        *channels: One to four numbers in 0..255: grey; grey and alpha; red, green, blue; or those and alpha.
            Or one string "#rrggbb" or "#rrggbbaa". Or one tuple of such numbers.
        alpha: Factor in 0..1 on the alpha that the channels give.

    Returns:
        Red, green, blue, alpha in 0..1, not premultiplied.

    Raises:
        ValueError: The color has another form, or a number is out of its range.
        TypeError: A channel is not a number.
    """
    if len(channels) == 1 and isinstance(channels[0], tuple) and len(channels[0]) > 1:
        channels = channels[0]
    if len(channels) == 3 and alpha == 1.0:
        red, green, blue = channels
        # By far the commonest form, which sketches write before every shape. A bool's type is not int.
        if type(red) is int and type(green) is int and type(blue) is int and not (red | green | blue) & ~255:
            return (_UNIT[red], _UNIT[green], _UNIT[blue], 1.0)
    share(alpha=alpha)
    red, green, blue, own_alpha = _from_string_or_numbers(channels)
    return (red, green, blue, own_alpha * float(alpha))


def point_colors(values: ArrayLike, count: int) -> NDArray[np.float32]:
    """Turn one color a point into floats.

    Args:
        values: Array of shape (count, 3) or (count, 4), channels 0..255.
        count: How many points there are.

    Returns:
        Float32 array of shape (count, 4), channels 0..1, not premultiplied.

    Raises:
        ValueError: The shape or a channel is wrong.
    """
    given = np.asarray(values, dtype=np.float32)
    if given.shape not in ((count, 3), (count, 4)):
        raise ValueError(
            f"colors for {count} points need shape ({count}, 3) or ({count}, 4); got {given.shape}"
        )
    if not ((given >= 0.0) & (given <= 255.0)).all():
        raise ValueError("color channels must be in 0..255")
    colors = np.ones((count, 4), dtype=np.float32)
    colors[:, : given.shape[1]] = given / np.float32(255.0)
    return colors


def _from_string_or_numbers(channels: tuple[ColorLike, ...]) -> Rgba:
    if len(channels) == 1:
        only = channels[0]
        if isinstance(only, str):
            return _from_string(only)
        if isinstance(only, tuple):
            return _from_numbers(only)
    return _from_numbers(channels)


@lru_cache(256)
def _from_string(text: str) -> Rgba:
    digits = text[1:]
    if (
        not text.startswith("#")
        or len(digits) not in (6, 8)
        or not set(digits.lower()) <= set("0123456789abcdef")
    ):
        raise ValueError(f"a color is {FORMS}; got {text!r}")
    return _from_numbers(tuple(bytes.fromhex(digits)))


def _from_numbers(channels: tuple[object, ...]) -> Rgba:
    if not 1 <= len(channels) <= 4:
        raise ValueError(f"a color is {FORMS}; got {len(channels)} channels")
    values = [_channel(channel) for channel in channels]
    if len(values) <= 2:
        values = [values[0]] * 3 + values[1:]
    red, green, blue, alpha = values if len(values) == 4 else [*values, 1.0]
    return (red, green, blue, alpha)


def _channel(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"a color is {FORMS}; got the channel {value!r}")
    number = float(value)
    if not (math.isfinite(number) and 0.0 <= number <= 255.0):
        raise ValueError(f"color channels must be in 0..255; got {value!r}")
    return number / 255.0
