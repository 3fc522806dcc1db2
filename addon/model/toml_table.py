"""Read a table of a TOML file key by key: each is checked, and unknown keys are refused."""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, TypeVar, cast

from addon.errors import ModelError
from addon.text import one_line

T = TypeVar("T", bound=str)

LONGEST_ERROR = 240


class Table:
    """Keys and values, taken one by one.

    Args:
        file: Name of the file, for errors.
        name: Name of the table; empty for the whole file.
        values: Its contents.
    """

    def __init__(self, file: str, name: str, values: Mapping[str, Any]) -> None:
        self._file = file
        self._name = name
        self._values = values
        self._known: dict[str, None] = {}

    def error(self, message: str) -> ModelError:
        """An error that names the file and the table."""
        parts = (self._file, f"[{self._name}]", one_line(message, LONGEST_ERROR))
        return ModelError(": ".join(part for part in parts if part != "[]"))

    def take(self, key: str, default: object) -> object:
        """A value, unchecked."""
        self._known[key] = None
        return self._values.get(key, default)

    def finish(self) -> None:
        """Refuse keys that were not read.

        Raises:
            ModelError: There is one.
        """
        for key in self._values:
            if key not in self._known:
                raise self.error(f"there is no key {key!r}; there are {', '.join(self._known)}")

    def text(self, key: str) -> str:
        """A text, empty by default."""
        given = self.take(key, "")
        if not isinstance(given, str):
            raise self.error(f"{key} must be a text; got {given!r}")
        return given

    def texts(self, key: str, what: str) -> tuple[str, ...]:
        """A list of texts, empty by default; `what` is allowed, for errors."""
        given = self.take(key, [])
        texts = cast(list[Any], given) if isinstance(given, list) else None
        if texts is None or not all(isinstance(each, str) for each in texts):
            raise self.error(f"{key} must be {what}; got {given!r}")
        return tuple(texts)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        given = self.take(key, default)
        if not isinstance(given, bool):
            raise self.error(f"{key} must be true or false; got {given!r}")
        return given

    def choice(self, key: str, allowed: Sequence[T], default: T) -> T:
        """One of a few texts."""
        given = self.take(key, default)
        for each in allowed:
            if given == each:
                return each
        raise self.error(f"{key} must be one of {', '.join(allowed)}; got {given!r}")

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number in a range."""
        given = _number(self.take(key, default))
        if given is None or not low <= given <= high:
            raise self.error(f"{key} must be in {low}..{high}; got {self._values[key]!r}")
        return given

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number in a range."""
        given = _whole(self.take(key, default))
        if given is None or not low <= given <= high:
            raise self.error(f"{key} must be a whole number in {low}..{high}; got {self._values[key]!r}")
        return given

    def has(self, key: str) -> bool:
        """Whether a key is given."""
        return key in self._values

    def amount(self, key: str, default: float = 0.0) -> float:
        """A number above 0; the default if it is not there."""
        if not self.has(key):
            self.take(key, None)
            return default
        given = _number(self.take(key, None))
        if given is None or given <= 0:
            raise self.error(f"{key} must be a number above 0; got {self._values[key]!r}")
        return given

    def one_or_each(self, key: str, count: int, default: tuple[float, ...]) -> tuple[float, ...]:
        """One number, or a list of `count`."""
        if not self.has(key):
            self.take(key, None)
            return default
        given = self.take(key, None)
        numbers = _numbers(cast(list[Any], given) if isinstance(given, list) else [given])
        if numbers is None or len(numbers) not in {1, count}:
            raise self.error(f"{key} must be one number or a list of {count}; got {given!r}")
        return numbers

    def items(self, key: str) -> list[object]:
        """A list of anything, empty by default."""
        given = self.take(key, [])
        if not isinstance(given, list):
            raise self.error(f"{key} must be a list; got {given!r}")
        return cast(list[object], given)

    def entry(self, key: str, values: object) -> "Table":
        """A table that is an element of the list of a key."""
        if not isinstance(values, dict):
            raise self.error(f"{key}: {values!r} is not a table")
        return Table(self._file, f"{self._name}.{key}" if self._name else key, cast(dict[str, Any], values))

    def span(self, key: str) -> tuple[float, float] | None:
        """Two numbers that differ; None if it is not there."""
        if self.take(key, None) is None:
            return None
        given = _numbers(self._values[key])
        if given is None or len(given) != 2 or given[0] == given[1]:
            raise self.error(f"{key} must be two different numbers; got {self._values[key]!r}")
        return given[0], given[1]

    def size(self, key: str, largest: int) -> tuple[int, int] | None:
        """Height and width, or one number for both; None if it is not there."""
        given = self.take(key, None)
        if given is None:
            return None
        sides = [_whole(each) for each in cast(list[Any], given if isinstance(given, list) else [given] * 2)]
        height, width = sides if len(sides) == 2 else (None, None)
        if height is None or width is None or not (1 <= height <= largest and 1 <= width <= largest):
            raise self.error(f"{key} must be [height, width] in 1..{largest}; got {given!r}")
        return height, width

    def per_channel(
        self, key: str, channels: int, default: tuple[float, ...], *, positive: bool = False
    ) -> tuple[float, ...]:
        """One number, or one a channel."""
        if key not in self._values:
            self.take(key, None)
            return default
        given = self.take(key, None)
        numbers = _numbers(cast(list[Any], given) if isinstance(given, list) else [given])
        if numbers is None or len(numbers) not in {1, channels}:
            raise self.error(f"{key} must be one number or {channels}, one a channel; got {given!r}")
        if positive and min(numbers) <= 0:
            raise self.error(f"{key} must be more than 0; got {given!r}")
        return numbers

    def numbers(self) -> tuple[tuple[str, float], ...]:
        """Every key with its number."""
        for key in self._values:
            if _number(self.take(key, None)) is None:
                raise self.error(f"{key} must be a number; got {self._values[key]!r}")
        return tuple((key, float(value)) for key, value in self._values.items())

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """A list of pairs of texts."""
        given = self.take(key, [])
        pairs = cast(list[list[str]], given) if isinstance(given, list) else None
        if pairs is None or not all(_is_pair(pair) for pair in pairs):
            raise self.error(f"{key} must be a list of pairs [input, output]; got {given!r}")
        return tuple((pair[0], pair[1]) for pair in pairs)

    def table(self, key: str) -> "Table":
        """A nested table, empty if it is not there."""
        given = self.take(key, {})
        if not isinstance(given, dict):
            raise self.error(f"{key} must be a table, [{key}]; got {given!r}")
        return Table(self._file, key, cast(dict[str, Any], given))

    def tables(self, key: str) -> list["Table"]:
        """One nested table, or several; empty if there is none."""
        given = self.take(key, [])
        several = cast(list[Any], given if isinstance(given, list) else [given])
        if not all(isinstance(each, dict) for each in several):
            raise self.error(f"{key} must be a table, [{key}], or several, [[{key}]]; got {given!r}")
        return [Table(self._file, key, each) for each in several]


def _number(given: object) -> float | None:
    # In Python True is a number, in TOML it is not.
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    try:
        return float(given) if isfinite(given) else None
    except OverflowError:
        return None


def _whole(given: object) -> int | None:
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def _numbers(given: object) -> tuple[float, ...] | None:
    if not isinstance(given, list):
        return None
    numbers = [_number(each) for each in cast(list[Any], given)]
    return tuple(each for each in numbers if each is not None) if None not in numbers else None


def _is_pair(given: object) -> bool:
    names = cast(list[Any], given) if isinstance(given, list) else []
    return len(names) == 2 and all(isinstance(name, str) for name in names)
