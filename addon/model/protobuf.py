"""A reader of protocol buffers that builds no objects from a schema: enough to inspect an untrusted file.

Format: https://protobuf.dev/programming-guides/encoding. Bytes are views into the file; nothing is copied.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5

MOST_PARTS = 2_000_000
"""Most fields that are read; a network of ten thousand operators has a tenth of them."""

DEEPEST = 64
"""Most levels of nested messages; a branch in a branch takes six."""

LEAF = ""
Schema = Mapping[str, Mapping[int, str]]
"""For each kind of message the wanted fields: by number, the kind of the nested message, or LEAF."""


class WireError(ValueError):
    """The bytes are not a protocol buffer, are truncated, or have too many fields."""


class TooManyError(WireError):
    """There are too many fields."""


@dataclass(slots=True)
class Message:
    """The wanted fields of one message; each as often as it occurs, in the order of the file."""

    numbers: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    views: dict[int, list[memoryview]] = field(default_factory=dict[int, list[memoryview]])
    within: dict[int, list["Message"]] = field(default_factory=dict[int, list["Message"]])

    def number(self, field_number: int) -> int:
        """A whole number; 0 if it does not occur."""
        return self.numbers.get(field_number, (0,))[-1]

    def many(self, field_number: int, most: int) -> tuple[int, ...]:
        """A list of whole numbers, packed or not; at most the first `most`.

        Raises:
            WireError: The last one is truncated.
        """
        found = list(self.numbers.get(field_number, ()))
        for view in self.views.get(field_number, ()):
            at = 0
            while at < len(view) and len(found) < most:
                value, at = varint(view, at, len(view))
                found.append(signed(value))
        return tuple(found[:most])

    def text(self, field_number: int) -> str:
        """A string; empty if it does not occur.

        Raises:
            WireError: It is not UTF-8.
        """
        return (self.texts(field_number) or [""])[-1]

    def texts(self, field_number: int) -> list[str]:
        """Strings.

        Raises:
            WireError: One is not UTF-8.
        """
        try:
            return [str(view, "utf-8") for view in self.views.get(field_number, ())]
        except UnicodeDecodeError as error:
            raise WireError("a name that is not UTF-8") from error

    def messages(self, *field_numbers: int) -> list["Message"]:
        """Nested messages."""
        return [message for number in field_numbers for message in self.within.get(number, ())]


def parse(data: bytes, schema: Schema, kind: str, most: int | None = None) -> Message:
    """Read a message of `kind`; fields that `schema` does not name are skipped.

    Raises:
        TooManyError: There are more than `most` fields, by default `MOST_PARTS`.
        WireError: The bytes are not a message, or are truncated.
    """
    return _Parser(schema, MOST_PARTS if most is None else most).message(memoryview(data), kind, 0)


def written(number: int, value: bytes) -> bytes:
    """Write one field of bytes, such as a string or a message in a message."""
    return _as_varint(number << 3 | LENGTH) + _as_varint(len(value)) + value


def signed(value: int) -> int:
    """Convert an unsigned number of 64 bits to the signed one it encodes."""
    return value - (1 << 64) if value >= 1 << 63 else value


class _Parser:
    def __init__(self, schema: Schema, most: int) -> None:
        self._schema = schema
        self._left = most

    def message(self, data: memoryview, kind: str, depth: int) -> Message:
        if depth > DEEPEST:
            raise WireError("messages are nested too deeply")
        wanted, found = self._schema[kind], Message()
        for number, value in self._fields(data):
            inner = wanted.get(number)
            if inner is None:
                continue
            if isinstance(value, int):
                found.numbers.setdefault(number, []).append(value)
            elif inner == LEAF:
                found.views.setdefault(number, []).append(value)
            else:
                found.within.setdefault(number, []).append(self.message(value, inner, depth + 1))
        return found

    def _fields(self, data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
        at, end = 0, len(data)
        while at < end:
            self._left -= 1
            tag, at = varint(data, at, end)
            number, wire = tag >> 3, tag & 7
            if self._left < 0:
                raise TooManyError("too many fields")
            if number == 0 or tag >= 1 << 32:
                raise WireError("a field without a number")
            if wire == VARINT:
                value, at = varint(data, at, end)
                yield number, signed(value)
                continue
            if wire == LENGTH:
                size, at = varint(data, at, end)
            elif wire in (FIXED64, FIXED32):
                size = 8 if wire == FIXED64 else 4
            else:  # groups were removed from the format long before ONNX existed
                raise WireError("a field of an unknown kind")
            if size > end - at:
                raise WireError("it was cut off")
            if wire == LENGTH:
                yield number, data[at : at + size]
            at += size


def varint(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """Read a number of at most ten bytes; returns it and the position after it.

    Raises:
        WireError: It does not end before `end`, or has more bytes.
    """
    if at < end and data[at] < 0x80:
        return data[at], at + 1
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise WireError("it was cut off")


def _as_varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
