"""Read an author's colors as floats."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from sketch.arrays import Floats
from sketch.ink.ink import Rgba
from sketch.render.checks import as_floats
from sketch.scalars import as_float, clamped, short

ColorLike: TypeAlias = str | float | tuple[float, ...]
"""What `color=` arguments take: "#rrggbb", "#rrggbbaa", a grey, or a tuple of one to four channels 0..255."""

FORMS = '(grey), (grey, alpha), (r, g, b), (r, g, b, a) with channels 0..255, or "#rrggbb" or "#rrggbbaa"'


_UNIT = tuple(channel / 255.0 for channel in range(256))


def parse_color(*channels: ColorLike, alpha: float = 1.0) -> Rgba:
    """Read a color in any of its forms.

    Args:
        *channels: One to four numbers: grey; grey and alpha; red, green, blue; or those and alpha. Numbers
            outside of 0..255 count as 0 or 255. Or one string "#rrggbb" or "#rrggbbaa". Or one tuple of such
            numbers.
        alpha: Factor on the alpha that the channels give; numbers outside of 0..1 count as 0 or 1.

    Returns:
        Red, green, blue, alpha in 0..1, not premultiplied.

    Raises:
        ValueError: The color has another form, or a number is NaN or infinite.
        TypeError: A channel is not a number.
    """
    if len(channels) == 1 and isinstance(channels[0], tuple) and len(channels[0]) > 1:
        channels = channels[0]
    if len(channels) == 3 and alpha == 1.0:
        red, green, blue = channels
        # By far the most common form, which sketches write before every shape. A bool's type is not int.
        if type(red) is int and type(green) is int and type(blue) is int and not (red | green | blue) & ~255:
            return (_UNIT[red], _UNIT[green], _UNIT[blue], 1.0)
    factor = clamped("alpha", alpha)
    red, green, blue, own_alpha = _from_string_or_numbers(channels)
    return (red, green, blue, own_alpha * factor)


def point_colors(values: ArrayLike, count: int) -> Floats:
    """Read one color per point.

    Args:
        values: Array of shape (count, 3) or (count, 4); channels outside of 0..255 count as 0 or 255.
        count: How many points there are.

    Returns:
        Float32 array of shape (count, 4), channels 0..1, not premultiplied.

    Raises:
        ValueError: The shape is another one, or a channel is NaN or infinite.
        TypeError: The channels are not numbers.
    """
    given = as_floats("colors", values)
    if given.shape not in ((count, 3), (count, 4)):
        raise ValueError(
            f"colors for {count} points need shape ({count}, 3) or ({count}, 4); got {given.shape}"
        )
    if not np.isfinite(given).all():
        row = int(np.flatnonzero(~np.isfinite(given).all(axis=1))[0])
        raise ValueError(f"color channels must be finite; row {row} of the colors is {given[row].tolist()}")
    colors = np.ones((count, 4), dtype=np.float32)
    colors[:, : given.shape[1]] = np.clip(given / np.float32(255.0), 0.0, 1.0)
    return colors


def one_or_point_colors(color: ColorLike | ArrayLike, count: int) -> Rgba | Floats:
    """Read one color as `parse_color` does, or one color per point as `point_colors` does."""
    if isinstance(color, str) or not _is_row(color):
        return parse_color(cast(ColorLike, color))
    if isinstance(color, tuple) and not any(map(_is_row, color)):
        return parse_color(cast(tuple[float, ...], color))
    return point_colors(cast(ArrayLike, color), count)


def _is_row(part: object) -> bool:
    return isinstance(part, Sequence) or getattr(part, "ndim", 0) > 0


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
        raise ValueError(f"a color is {FORMS}; got {short(text)}")
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
    # The two most common types first: checking others takes ten times as long.
    if type(value) is not float and type(value) is not int:
        if isinstance(value, bool) or getattr(value, "dtype", None) == np.bool_:
            raise TypeError(f"a color is {FORMS}; got the channel {short(value)}")
        try:
            value = as_float(value)
        except TypeError:
            raise TypeError(f"a color is {FORMS}; got the channel {short(value)}") from None
    try:
        share = value / 255.0
    except OverflowError:  # a whole number of more than 308 digits
        share = as_float(value) / 255.0
    if 0.0 <= share <= 1.0:
        return share
    if not math.isfinite(share):
        raise ValueError(f"color channels must be finite; got {short(value)}")
    return 0.0 if share < 0.0 else 1.0
