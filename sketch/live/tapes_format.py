"""The lines of a tape: a header and then records, a line of JSON each; see docs/tapes.md.

A tape may come from anybody, so what is read is checked and bounded.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any, cast, get_args

from sketch.input.events import (
    Button,
    Device,
    Event,
    FilesEvent,
    FocusEvent,
    KeyEvent,
    MessageEvent,
    ParamEvent,
    PointerEvent,
    PointerKind,
    PresetEvent,
    ResizeEvent,
)
from sketch.input.sound import LATEST, sound_event
from sketch.live.tapes_entries import (
    EDITS,
    KEY,
    LONGEST,
    MOST_ADDONS,
    VERSION,
    Closed,
    DroppedFiles,
    Edit,
    EndBegins,
    Entry,
    FileContents,
    FrameBegins,
    Header,
    LateParam,
    Line,
    ModelSwap,
    Record,
    SourceContents,
    TapeError,
)
from sketch.window import Window

# Writing


def header_line(header: Header) -> bytes:
    """The first line of a tape."""
    fields = {name: getattr(header, name) for name in Header.__slots__}
    return _line({KEY: VERSION, **fields})


def record_line(entry: Entry) -> bytes:
    """The line of an entry.

    Raises:
        TypeError: It holds what JSON has no form for.
        ValueError: A number of it is not finite.
    """
    return _line(_record(entry))


def _line(value: object) -> bytes:
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, default=_number)
    return text.encode("ascii") + b"\n"


def _number(value: Any) -> Any:
    # A player may send NumPy's numbers.
    item = getattr(value, "item", None)
    if not callable(item):
        raise TypeError(f"{type(value).__name__} has no form in a tape")
    return item()


def _record(entry: Entry) -> Record:
    match entry:
        case PointerEvent():
            held = None if entry.modifiers is None else sorted(entry.modifiers)
            place = (entry.x, entry.y, entry.t, entry.pressure, entry.pointer_id, entry.device)
            return ("p", entry.kind, *place, entry.button, entry.scroll_x, entry.scroll_y, held)
        case FrameBegins():
            return ("f", entry.now)
        case KeyEvent():
            return ("k", entry.kind, entry.key, sorted(entry.modifiers), entry.t, entry.code)
        case ParamEvent():
            return ("v", *_param(entry))
        case LateParam():
            return ("l", *_param(entry.event))
        case ResizeEvent():
            return ("w", entry.width, entry.height, entry.pixel_ratio)
        case DroppedFiles():
            event = entry.event
            return ("d", event.paths, event.x, event.y, entry.hashes)
        case FilesEvent():
            return ("d", entry.paths, entry.x, entry.y, [""] * len(entry.paths))
        case MessageEvent():
            return ("m", entry.text)
        case PresetEvent():
            return ("r", entry.name, entry.seconds, entry.source, entry.t)
        case FocusEvent():
            return ("o", entry.focused)
        case ModelSwap():
            return ("a", *entry)
        case Line():
            return ("t", entry.text)
        case FileContents():
            return ("h", entry.name, base64.b64encode(entry.part).decode("ascii"))
        case SourceContents():
            return ("s", entry.name, base64.b64encode(entry.part).decode("ascii"))
        case Edit():
            return ("c", *entry)
        case EndBegins():
            return ("e",)
        case Closed():
            return ("z",)


def _param(event: ParamEvent) -> Record:
    return (event.name, event.value, event.source, event.t)


# Reading


class _WrongError(ValueError):
    """A record says what none can say."""


def read_record(record: object) -> Entry | None:
    """What a record says; None if it is of a kind that this version does not know.

    Raises:
        ValueError: It says what none can say.
    """
    if not isinstance(record, list) or not record:
        raise _WrongError("a record is a list")
    kind, *rest = cast(list[Any], record)
    read = _READ.get(kind) if isinstance(kind, str) else None
    if read is None:
        return None
    try:
        return read(*rest)
    except TypeError as error:
        raise _WrongError(str(error)) from None


def _frame_begins(now: Any) -> FrameBegins:
    return FrameBegins(_within(_finite(now)))


def _message(text: Any) -> Event:
    return MessageEvent(_text(text, 1 << 16))


def _shown(text: Any) -> Line:
    return Line(_text(text, 1 << 16))


def _focus(focused: Any) -> Event:
    return FocusEvent(_flag(focused))


def _pointer(
    kind: Any, x: Any, y: Any, t: Any, pressure: Any, pointer: Any, device: Any, button: Any,
    scroll_x: Any, scroll_y: Any, held: Any,
) -> Event:  # fmt: skip
    place = _finite(x), _finite(y), _finite(t), _finite(pressure)
    _one_of(kind, get_args(PointerKind))
    _one_of(device, get_args(Device))
    _one_of(button, get_args(Button))
    scrolled = _finite(scroll_x), _finite(scroll_y)
    modifiers = None if held is None else _modifiers(held)
    event = PointerEvent(kind, *place, _whole(pointer, 1 << 62), device, button, *scrolled, modifiers)
    return _sound(event)


def _key(kind: Any, key: Any, held: Any, t: Any, code: Any) -> Event:
    _one_of(kind, ("down", "up"))
    return KeyEvent(kind, _text(key, 64), _modifiers(held), _finite(t), _text(code, 64))


def _preset(name: Any, seconds: Any, source: Any, t: Any) -> Event:
    wait = None if seconds is None else _finite(seconds)
    return _sound(PresetEvent(_text(name, 1024), wait, _text(source, 1024), _finite(t)))


def _resize(width: Any, height: Any, ratio: Any) -> Event:
    return _sound(ResizeEvent(_whole(width, 1 << 16), _whole(height, 1 << 16), _finite(ratio)))


def _files(paths: Any, x: Any, y: Any, hashes: Any) -> DroppedFiles:
    found = tuple(_text(each, 1 << 16) for each in _list(paths, 10_000))
    sums = tuple(_text(each, 64) for each in _list(hashes, 10_000))
    if len(found) != len(sums):
        raise _WrongError("each file has a hash")
    return DroppedFiles(_sound(FilesEvent(found, _finite(x), _finite(y))), sums)


def _event_param(name: Any, value: Any, source: Any, t: Any) -> ParamEvent:
    checked: Any = value
    if isinstance(value, list):
        checked = tuple(_finite(each) for each in _list(value, 8))
    elif isinstance(value, str):
        _text(value, 1 << 16)
    elif not isinstance(value, bool):
        _finite(value)
    return ParamEvent(_text(name, 1024), checked, _text(source, 1024), _finite(t))


def _swap(place: Any, content: Any, path: Any) -> ModelSwap:
    return ModelSwap(_whole(place, MOST_ADDONS, 0), _text(content, 128), _text(path, 1 << 14))


def _file(name: Any, part: Any) -> FileContents:
    return FileContents(_inside(name), _bytes(part))


def _source(name: Any, part: Any) -> SourceContents:
    return SourceContents(_inside(name), _bytes(part))


def _edit(kind: Any, name: Any, text: Any, problem: Any) -> Edit:
    _one_of(kind, EDITS)
    return Edit(kind, _inside(name), _text(text, LONGEST), _problem(_list(problem, 3)))


def _problem(row: list[Any]) -> tuple[Any, ...]:
    if not row:
        return ()
    kind, message, place = row if len(row) == 3 else (None, None, None)
    found = None
    if place is not None:
        line, column, text, end_line, end_column = _list(place, 5)
        numbers = [
            None if each is None else _whole(each, 1 << 31) for each in (line, column, end_line, end_column)
        ]
        found = (*numbers[:2], None if text is None else _text(text, 1 << 16), *numbers[2:])
    return _text(kind, 64), _text(message, 1 << 14), found


def _inside(name: Any) -> str:
    """The name of a file within a folder."""
    place = PurePosixPath(_text(name, 1024))
    is_inside = not place.is_absolute() and ".." not in place.parts and place.parts
    if not is_inside or "\\" in name or ":" in name or "\0" in name:
        raise _WrongError(f"{name!r} is no file of a sketch")
    return str(place)


def _bytes(part: Any) -> bytes:
    try:
        return base64.b64decode(_text(part, LONGEST), validate=True)
    except binascii.Error as error:
        raise _WrongError(str(error)) from None


_READ: dict[str, Callable[..., Entry]] = {
    "f": _frame_begins,
    "p": _pointer,
    "k": _key,
    "v": _event_param,
    "l": lambda *given: LateParam(_event_param(*given)),
    "r": _preset,
    "w": _resize,
    "d": _files,
    "m": _message,
    "o": _focus,
    "a": _swap,
    "t": _shown,
    "h": _file,
    "s": _source,
    "c": _edit,
    "e": lambda: EndBegins(),
    "z": lambda: Closed(),
}


def _sound(event: Any) -> Any:
    checked = sound_event(event)
    if checked is None:
        raise _WrongError("a number is impossible")
    return checked


def _finite(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not abs(value) <= 1e300 or math.isnan(value):
        raise _WrongError("a number is not finite")
    return value


def _within(now: float) -> float:
    if not 0 <= now <= LATEST:
        raise _WrongError("no show lasts so long")
    return now


def _whole(value: Any, most: int, least: int | None = None) -> int:
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or not (-most if least is None else least) <= value <= most
    ):
        raise _WrongError("a whole number is out of range")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("it is neither true nor false")
    return value


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise _WrongError("a text is too long, or is none")
    return value


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(cast(list[Any], value)) > most:
        raise _WrongError("a list is too long, or is none")
    return cast(list[Any], value)


def _one_of(value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        raise _WrongError(f"{value!r} is unknown")


def _modifiers(value: Any) -> frozenset[str]:
    return frozenset(_text(each, 32) for each in _list(value, 16))


def read_header(line: bytes, name: str) -> Header:
    """Read the first line of a tape.

    Args:
        line: The line.
        name: Of the file, for messages.

    Raises:
        TapeError: It is none, or a newer Inkloop wrote it.
    """
    try:
        found = json.loads(line)
        version = found[KEY]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise TapeError(f"{name} is no tape of Inkloop, or its first line is damaged") from None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise TapeError(f"{name} is damaged: it has no version")
    if version > VERSION:
        raise TapeError(f"{name} is a tape of a newer Inkloop (version {version}); this one reads {VERSION}")
    try:
        return _header(cast(dict[str, Any], found))
    except (ValueError, TypeError) as error:
        raise TapeError(f"the first line of {name} is damaged ({error})") from None


def _header(found: Mapping[str, Any]) -> Header:
    plain = Header("")
    given = {name: found.get(name, getattr(plain, name)) for name in Header.__slots__}
    size = tuple(_whole(each, 1 << 16, 1) for each in _list(list(given["size"]), 2))
    ratio, fps = _finite(given["pixel_ratio"]), _finite(given["fps"])
    if not 0 < ratio <= 64:
        raise _WrongError("pixel_ratio is out of range")
    values = given["parameters"]
    return Header(
        sketch=_text(given["sketch"], 1 << 14),
        sha256=_text(given["sha256"], 64),
        size=Window(size=cast(tuple[int, int], size)).size,
        pixel_ratio=ratio,
        fps=Window(fps=fps).fps,
        seed=_whole(given["seed"], 1 << 4096),
        random=_whole(given["random"], (1 << 32) - 1, 0),
        strict=_flag(given["strict"]),
        begins=_within(_finite(given["begins"])),
        frame=_whole(given["frame"], 1 << 53, 0),
        parameters=cast(Mapping[str, Any], values) if isinstance(values, dict) else {},
        notes=tuple(_text(each, 4096) for each in _list(list(given["notes"]), 1000)),
        inkloop=_text(given["inkloop"], 64),
    )
