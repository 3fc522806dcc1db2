r"""The file format of a kept ink.

    b"inkloop ink 1\n", then records, one for each change of the ink, in order:
    size     uint32, bytes of the change
    check    uint32, CRC-32 of the four bytes of the size
    change   see `encoded`
    check    uint32, CRC-32 of the change

Numbers are little-endian. A process that is killed leaves at most one incomplete record at the end; the next
run ignores it.
"""

import json
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from sketch.ink.brush import Brush, BrushError
from sketch.ink.history import Change
from sketch.ink.ink import Color, Stroke
from sketch.ink.points import as_points
from sketch.ink.style import StrokeStyle

MAGIC = b"inkloop ink "
FORMAT = 1
HEADER = MAGIC + f"{FORMAT}\n".encode()
SUFFIX = ".ink"

_SIZE = struct.Struct("<II")
_CHECK = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The content of a file.

    Attributes:
        strokes: The ink.
        end: Bytes up to which the file is complete.
        damaged: Whether what follows is damaged and not only incomplete.
        newer: Whether a newer Inkloop made it, so that it was not read.
        unfinished: Strokes of inks that were not closed when it was written last.
    """

    strokes: list[Stroke]
    end: int = 0
    damaged: bool = False
    newer: bool = False
    unfinished: int = 0


def encoded(change: Change[Stroke], unfinished: int = 0) -> bytes:
    """A change as bytes: a uint32 length, that much JSON, then float32 arrays in the order of the JSON.

    Args:
        change: It may change nothing.
        unfinished: Strokes of inks that are not closed yet.
    """
    arrays: list[bytes] = []
    document = {
        "at": change.index,
        "gone": len(change.before),
        "new": [_described(stroke, arrays) for stroke in change.after],
        "unfinished": unfinished,
    }
    text = json.dumps(document, default=float).encode()
    return b"".join((_CHECK.pack(len(text)), text, *arrays))


def applied(strokes: list[Stroke], data: bytes) -> int:
    """Apply a change that `encoded` wrote; return the number of unfinished strokes after it.

    Raises:
        ValueError: It is not such a change, or does not fit these strokes.
    """
    try:
        (size,) = _CHECK.unpack_from(data)
        document = json.loads(data[4 : 4 + size])
        values = np.frombuffer(data, dtype="<f4", offset=4 + size).astype(np.float32)
        at, gone = int(document["at"]), int(document["gone"])
        unfinished = int(document.get("unfinished", 0))  # files of older versions have none
        new: list[Stroke] = []
        for described in document["new"]:
            stroke, values = _stroke(described, values)
            new.append(stroke)
    except (KeyError, TypeError, AttributeError, struct.error) as error:
        raise ValueError(f"this is not a change of an ink: {error}") from error
    if not (0 <= at <= at + gone <= len(strokes)) or len(values):
        raise ValueError("this change does not fit the ink")
    strokes[at : at + gone] = new
    return max(0, min(unfinished, len(strokes)))


def _described(stroke: Stroke, arrays: list[bytes]) -> dict[str, Any]:
    def kept(values: Any) -> list[int]:
        array = np.ascontiguousarray(values, dtype="<f4")
        arrays.append(array.tobytes())
        return list(array.shape)

    style = {name: value for name, value in _style_values(stroke.style).items() if value is not None}
    color = {"color": list(stroke.color)} if isinstance(stroke.color, tuple) else {}
    width = {} if isinstance(stroke.width, np.ndarray) else {"width": float(stroke.width)}
    described: dict[str, Any] = {"points": kept(stroke.points), **color, **width, "style": style}
    if not color:
        described["colors"] = kept(stroke.color)
    if not width:
        described["widths"] = kept(stroke.width)
    described["data"] = {name: kept(values) for name, values in _numbers(stroke).items()}
    return described


def _numbers(stroke: Stroke) -> dict[str, NDArray[np.float32]]:
    """A stroke's data for its brush, numbers only."""
    numbers: dict[str, NDArray[np.float32]] = {}
    for name, values in (stroke.data or {}).items():
        with suppress(TypeError, ValueError):
            numbers[name] = np.asarray(values, dtype=np.float32)
    return numbers


def _style_values(style: StrokeStyle) -> dict[str, Any]:
    values = {each.name: getattr(style, each.name) for each in fields(style)}
    brush = style.brush
    if isinstance(brush, Brush):
        values["brush"] = {"path": str(brush.path), "uniforms": dict(brush.uniforms)}
    return values


def _stroke(described: dict[str, Any], values: NDArray[np.float32]) -> tuple[Stroke, NDArray[np.float32]]:
    def taken(shape: Sequence[int]) -> NDArray[np.float32]:
        nonlocal values
        count = int(np.prod(shape)) if len(shape) else 1
        if count > len(values) or min(shape, default=0) < 0:
            raise ValueError("an array is cut off")
        mine, values = values[:count].reshape(tuple(shape)), values[count:]
        return mine

    points = as_points(taken(described["points"]))
    if not len(points):
        raise ValueError("a stroke needs at least one point")
    plain = tuple(float(channel) for channel in described.get("color", ()))
    color = cast(Color, taken(described["colors"]) if "colors" in described else plain)
    width = taken(described["widths"]) if "widths" in described else float(described["width"])
    data = {name: taken(shape) for name, shape in described["data"].items()}
    style = dict(described["style"])
    style["dash"] = tuple(style.get("dash", ()))
    style["brush"] = _brush(style.get("brush"))
    return Stroke(points, color, width, StrokeStyle(**style), data or None), values


def _brush(kept: Any) -> Brush | str | None:
    if not isinstance(kept, dict):
        return cast("str | None", kept)
    described = cast(dict[str, Any], kept)
    # If the files of a brush are gone, its strokes are drawn in plain color: the drawing matters more.
    with suppress(BrushError):
        given = cast(dict[str, float | list[float]], described["uniforms"])
        uniforms = {name: tuple(one) if isinstance(one, list) else one for name, one in given.items()}
        return Brush.load(described["path"]).with_uniforms(**uniforms)
    return None


def record(change: Change[Stroke], unfinished: int = 0) -> bytes:
    """A change as a record of the file; see `encoded`."""
    data = encoded(change, unfinished)
    size = _CHECK.pack(len(data))
    return b"".join((size, _CHECK.pack(zlib.crc32(size)), data, _CHECK.pack(zlib.crc32(data))))


def read(data: bytes) -> KeptFile:
    """Read the content of a file from its bytes."""
    if not data.startswith(HEADER):
        if HEADER.startswith(data):  # killed before the first line was complete
            return KeptFile([])
        version = data[len(MAGIC) :].split(b"\n", 1)[0]
        newer = data.startswith(MAGIC) and version.isdigit() and int(version[:9]) > FORMAT
        return KeptFile([], damaged=not newer, newer=newer)
    strokes: list[Stroke] = []
    end, unfinished = len(HEADER), 0
    while len(data) - end >= _SIZE.size:
        size, check = _SIZE.unpack_from(data, end)
        start, stop = end + _SIZE.size, end + _SIZE.size + size
        if check != zlib.crc32(data[end : end + 4]):
            return KeptFile(strokes, end, damaged=True)
        if stop + 4 > len(data):
            break
        body = data[start:stop]
        if _CHECK.unpack_from(data, stop) != (zlib.crc32(body),):
            return KeptFile(strokes, end, damaged=True)
        try:
            unfinished = applied(strokes, body)
        except ValueError:
            return KeptFile(strokes, end, damaged=True)
        end = stop + 4
    return KeptFile(strokes, end, unfinished=unfinished)


def size_of(stroke: Stroke) -> int:
    """The approximate number of bytes of a stroke in the file."""
    numbers = 4 * len(stroke.points)
    numbers += 0 if isinstance(stroke.color, tuple) else stroke.color.size
    numbers += stroke.width.size if isinstance(stroke.width, np.ndarray) else 0
    numbers += sum(int(np.size(values)) for values in (stroke.data or {}).values())
    return 4 * numbers + 320
