"""The kinds of parameters: how a value is checked, mixed with another one, varied, and written to a file.

A kind knows nothing of sketches or panels. A value of the wrong type is refused; a magnitude out of its range
counts as the nearest one in it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol, TypeAlias, cast

import numpy as np

from sketch.render.color import FORMS, parse_color
from sketch.render.oklab import from_oklab, to_oklab
from sketch.scalars import number, short

Scalar: TypeAlias = str | int | float
Pair: TypeAlias = tuple[float, float]
Plain: TypeAlias = bool | int | float | str | list[float]
"""What a file holds: a value of TOML and of JSON."""

LONGEST = 2000
"""Characters of a text."""


class Kind(Protocol):
    """What all values of a parameter have in common."""

    @property
    def word(self) -> str:
        """The name of the kind: "float", "int", "bool"..."""
        ...

    def checked(self, name: str, value: Any) -> Any:
        """Return the value to keep: of the kind's own type, and in range.

        Raises:
            TypeError: It has another type.
            ValueError: It is not finite, or not one of the choices.
        """
        ...

    def mixed(self, start: Any, end: Any, share: float) -> Any:
        """The value at a share of the way between two, 0..1; more or less where a curve overshoots."""
        ...

    def varied(self, value: Any, amount: float, random: Random) -> Any:
        """Another value at random, at most `amount` of the range away, 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a whole number.

    Attributes:
        low: The least; None for none.
        high: The most; None for none.
        step: Values are a whole number of these away from `low`, or from 0; None for any.
        whole: Whether it is a whole number.
    """

    low: float | None = None
    high: float | None = None
    step: float | None = None
    whole: bool = False

    @property
    def word(self) -> str:
        """The name of the kind."""
        return "int" if self.whole else "float"

    @property
    def allowed(self) -> str:
        """What a value must be, for a message."""
        noun = "a whole number" if self.whole else "a number"
        if self.low is None and self.high is None:
            return noun
        if self.low is None or self.high is None:
            return f"{noun} of at " + (f"most {self.high:g}" if self.low is None else f"least {self.low:g}")
        return f"{noun} in {self.low:g}..{self.high:g}"

    def checked(self, name: str, value: Any) -> Any:
        """Clamp a number, after rounding it to a step."""
        try:
            read = number(name, value)
        except TypeError:
            raise TypeError(f"{name} must be {self.allowed}; got {short(value)}") from None
        if self.whole and read != int(read):
            raise TypeError(f"{name} must be {self.allowed}; got {short(value)}")
        return self.fitted(int(value) if self.whole else read)

    def fitted(self, value: float) -> Any:
        """The nearest allowed number."""
        if self.step is not None:
            origin = self.low or 0.0
            digits = max(0, 6 - math.floor(math.log10(self.step)))
            value = round(origin + round((value - origin) / self.step) * self.step, digits)
        if self.high is not None:
            value = min(value, self.high)
        if self.low is not None:
            value = max(value, self.low)
        return round(value) if self.whole else float(value)

    def mixed(self, start: Any, end: Any, share: float) -> Any:
        """On the straight line between two."""
        return self.fitted(start + (end - start) * share)

    def varied(self, value: Any, amount: float, random: Random) -> Any:
        """Evenly spread around the value; without a range, around its own size."""
        has_range = self.low is not None and self.high is not None
        span = (self.high or 0.0) - (self.low or 0.0) if has_range else max(1.0, abs(float(value)))
        return self.fitted(value + span * amount * random.uniform(-1.0, 1.0))


class _Switched:
    """Kinds with nothing in between: they change at half of the way."""

    __slots__ = ()

    def mixed(self, start: Any, end: Any, share: float) -> Any:
        """The first value in the first half of the way."""
        return start if share < 0.5 else end

    def varied(self, value: Any, amount: float, random: Random) -> Any:
        """The value stays."""
        return value


@dataclass(frozen=True, slots=True)
class Flag(_Switched):
    """True or False."""

    word: str = "bool"

    def checked(self, name: str, value: Any) -> bool:
        """Refuse what is neither."""
        if not isinstance(value, bool | np.bool_):
            raise TypeError(f"{name} must be True or False; got {short(value)}")
        return bool(cast(Any, value))

    def varied(self, value: Any, amount: float, random: Random) -> bool:
        """Switched in half of the cases at the full amount."""
        return (not value) if random.random() < amount / 2 else bool(value)


@dataclass(frozen=True, slots=True)
class Choice(_Switched):
    """One of several texts or numbers.

    Attributes:
        choices: At least one, all different.
    """

    choices: tuple[Scalar, ...] = ()
    word: str = "choice"

    def checked(self, name: str, value: Any) -> Scalar:
        """Refuse what is none of the choices."""
        for each in self.choices:
            if type(each) is type(value) and each == value:
                return each
        listed = ", ".join(map(str, self.choices))
        error = ValueError if isinstance(value, str | int | float) else TypeError
        raise error(f"{name} must be one of {listed}; got {short(value)}")

    def varied(self, value: Any, amount: float, random: Random) -> Scalar:
        """Another choice, the more probable the larger the amount."""
        other = random.choice(self.choices)
        return other if random.random() < amount else cast(Scalar, value)


@dataclass(frozen=True, slots=True)
class Color:
    """A color, kept as "#rrggbb", or "#rrggbbaa" where it is translucent."""

    word: str = "color"

    def checked(self, name: str, value: Any) -> str:
        """Read a color in any form that `canvas.color` takes; channels out of range are clamped."""
        try:
            return hex_of(parse_color(tuple(cast(list[float], value)) if isinstance(value, list) else value))
        except (TypeError, ValueError):
            is_near = isinstance(value, str | tuple | list)  # of a right type, and written wrongly
            error = ValueError if is_near else TypeError
            raise error(f"{name} must be a color, {FORMS}; got {short(cast(object, value))}") from None

    def mixed(self, start: Any, end: Any, share: float) -> str:
        """On the straight line in OKLab, where equal steps look equal."""
        share = min(1.0, max(0.0, share))
        first, second = (np.array(parse_color(color)) for color in (start, end))
        lab = to_oklab(first[:3]) * (1 - share) + to_oklab(second[:3]) * share
        alpha = float(first[3] * (1 - share) + second[3] * share)
        red, green, blue = from_oklab(lab).tolist()
        return hex_of((red, green, blue, alpha))

    def varied(self, value: Any, amount: float, random: Random) -> str:
        """Another lightness and hue, the alpha stays."""
        red, green, blue, alpha = parse_color(value)
        lab = to_oklab(np.array((red, green, blue)))
        change = [random.uniform(-1.0, 1.0) * amount * most for most in (0.3, 0.25, 0.25)]
        red, green, blue = from_oklab(
            np.clip(lab + np.array(change), (0, -0.4, -0.4), (1, 0.4, 0.4))
        ).tolist()
        return hex_of((red, green, blue, alpha))


@dataclass(frozen=True, slots=True)
class Point:
    """A point or another pair of numbers.

    Attributes:
        low: The least x and y; None for none.
        high: The most x and y; None for none.
    """

    low: Pair | None = None
    high: Pair | None = None
    word: str = "point"

    def axes(self) -> tuple[Number, Number]:
        """The kinds of x and of y."""
        lows, highs = self.low or (None, None), self.high or (None, None)
        return Number(lows[0], highs[0]), Number(lows[1], highs[1])

    def checked(self, name: str, value: Any) -> Pair:
        """Clamp x and y."""
        wrong = f"{name} must be a point, two numbers such as (400, 300); got {short(value)}"
        if isinstance(value, str | bytes):
            raise TypeError(wrong)
        try:
            x, y = value
        except (TypeError, ValueError):
            raise TypeError(wrong) from None
        across, down = self.axes()
        return across.checked(f"the x of {name}", x), down.checked(f"the y of {name}", y)

    def mixed(self, start: Any, end: Any, share: float) -> Pair:
        """On the straight line between two."""
        across, down = self.axes()
        return across.mixed(start[0], end[0], share), down.mixed(start[1], end[1], share)

    def varied(self, value: Any, amount: float, random: Random) -> Pair:
        """Evenly spread around the point."""
        across, down = self.axes()
        return across.varied(value[0], amount, random), down.varied(value[1], amount, random)


@dataclass(frozen=True, slots=True)
class Text(_Switched):
    """A text of at most 2000 characters; the rest is cut off."""

    word: str = "text"

    def checked(self, name: str, value: Any) -> str:
        """Refuse what is no text."""
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a text; got {short(value)}")
        return value[:LONGEST]


@dataclass(frozen=True, slots=True)
class Pulse(_Switched):
    """What a trigger is: True for one frame."""

    word: str = "trigger"

    def checked(self, name: str, value: Any) -> bool:
        """Refuse what is neither True nor False."""
        return Flag().checked(name, value)


@dataclass(frozen=True, slots=True)
class Reading(_Switched):
    """What a monitor shows: a number, a flag or a text; a number is not clamped.

    Attributes:
        low: Where the graph ends below; None for the least that was seen.
        high: Where the graph ends above; None for the most that was seen.
    """

    low: float | None = None
    high: float | None = None
    word: str = "monitor"

    def checked(self, name: str, value: Any) -> Scalar:
        """Refuse what a panel cannot show; NaN and infinity are shown as they are."""
        if isinstance(value, str | bool):
            return value[:LONGEST] if isinstance(value, str) else value
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            raise TypeError(f"{name} must be a number, a text, True or False; got {short(value)}") from None


def hex_of(rgba: Sequence[float]) -> str:
    """A color of channels 0..1 as "#rrggbb", or "#rrggbbaa" where it is translucent."""
    red, green, blue, alpha = (min(255, max(0, round(255 * channel))) for channel in rgba)
    return f"#{red:02x}{green:02x}{blue:02x}" + (f"{alpha:02x}" if alpha < 255 else "")


def plain(value: Any) -> Plain:
    """A value as a file holds it."""
    return list(cast(Pair, value)) if isinstance(value, tuple) else value
