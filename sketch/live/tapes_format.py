"""The file of a tape: a header and then records, a line of JSON each; see docs/tapes.md.

A tape may come from anybody, so reading is bounded: in the length of a line, in the events of a frame, in the
files it holds. It is read frame by frame and never as a whole.
"""

import base64
import binascii
import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple, TypeAlias, cast, get_args

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
from sketch.window import Window

VERSION = 1
SUFFIX = ".tape"
KEY = "inkloop tape"
"""The key of the header that has the version."""

LONGEST = 1 << 20
"""Characters of a line; a longer one is not read."""

MOST_EVENTS = 100_000
"""Events of one frame that are read."""

MOST_FILES = 256
MOST_BYTES = 32 * 1024 * 1024
"""Bytes of all the files in a tape together."""

PART = 192 * 1024
"""Bytes of a file in one record."""

MOST_ADDONS = 1000

EDITS = ("version", "toml", "file", "problem", "gone")

Record: TypeAlias = "tuple[Any, ...] | list[Any]"


class TapeError(Exception):
    """A tape cannot be written or read; the message is one line and says why."""


class ModelSwap(NamedTuple):
    """Another model answers.

    Attributes:
        place: Of its addon among those of the sketch, from 0.
        content: What its file holds, as a hash in hex.
        path: Where it was; a path in the sketch's home begins with "home:".
    """

    place: int
    content: str
    path: str


class LateParam(NamedTuple):
    """A parameter that changed after the events of its frame, as on the way to a preset."""

    event: ParamEvent


class Line(NamedTuple):
    """A line that was shown: of the sketch, of an addon, or of Inkloop."""

    text: str


class FrameBegins(NamedTuple):
    """A frame begins at this second on the loop's clock."""

    now: float


class EndBegins(NamedTuple):
    """The show ends; what follows came after the last frame."""


class Closed(NamedTuple):
    """The tape is whole."""


class FileContents(NamedTuple):
    """A part of a file in the sketch's home, as it was before the show."""

    name: str
    part: bytes


class SourceContents(NamedTuple):
    """A part of a file in the sketch's folder, as it was before the show; it only runs if asked to."""

    name: str
    part: bytes


class Edit(NamedTuple):
    """A file of the sketch that was saved while it ran, in the frame that has it first.

    Attributes:
        kind: "version" of a module, "toml", "file" for a shader or a brush, "problem" for a module that does
            not compile, "gone".
        name: Of the file in the sketch's folder, with "/".
        text: What it holds; empty for a problem and for a file that is gone.
        problem: Kind, message and place of a problem, as `looking.problem_row` has them.
    """

    kind: str
    name: str
    text: str
    problem: tuple[Any, ...]


class DroppedFiles(NamedTuple):
    """Files that were dropped, with the SHA-256 of each; empty where it could not be read."""

    event: FilesEvent
    hashes: tuple[str, ...]


Entry: TypeAlias = (
    Event
    | ModelSwap
    | LateParam
    | Line
    | FrameBegins
    | EndBegins
    | Closed
    | FileContents
    | SourceContents
    | Edit
    | DroppedFiles
)
"""What a record says."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a tape.

    Attributes:
        sketch: The sketch's file, as it was given.
        sha256: Of that file, in hex; empty if there is none.
        size: Of the window in logical pixels.
        pixel_ratio: Pixels a logical pixel.
        fps: Frames a second that were aimed at.
        seed: The sketch's.
        random: Seed of Python's `random` and of NumPy's global generator.
        strict: Whether an error ended the run.
        begins: Seconds on the clock before the first frame; above 0 if the tape is the end of a show.
        frame: Number of the first frame.
        parameters: Values with which the show began.
        notes: What cannot be replayed, a line each.
        inkloop: Version of Inkloop.
    """

    sketch: str
    sha256: str = ""
    size: tuple[int, int] = (1280, 720)
    pixel_ratio: float = 1.0
    fps: float = 60.0
    seed: int = 0
    random: int = 0
    strict: bool = False
    begins: float = 0.0
    frame: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    notes: tuple[str, ...] = ()
    inkloop: str = ""


@dataclass(slots=True)
class Frame:
    """What came in for one frame.

    Attributes:
        now: Seconds on the loop's clock; None for what came after the last frame.
        events: Events, oldest first.
        hashes: Of the files that were dropped, by path.
        late: Parameters that changed after the events.
        swaps: Models that took over.
        lines: Lines that were shown.
        edits: Files of the sketch that were swapped in.
    """

    now: float | None
    events: list[Event] = field(default_factory=list[Event])
    hashes: dict[str, str] = field(default_factory=dict[str, str])
    late: list[ParamEvent] = field(default_factory=list[ParamEvent])
    swaps: list[ModelSwap] = field(default_factory=list[ModelSwap])
    lines: list[str] = field(default_factory=list[str])
    edits: list[Edit] = field(default_factory=list[Edit])


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


class TapeReader:
    """Reads a tape, frame by frame. Close it.

    Args:
        path: The file.

    Attributes:
        header: Its first line.
        files: Files of the sketch's home, by name with "/", as they were before the show.
        sources: Files of the sketch's folder, likewise.
        swaps: Models that were in use before the first frame.
        lines: What of the tape was left out, a line each; complete when the frames are over.

    Raises:
        TapeError: It cannot be read, is no tape, or a newer Inkloop wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines: list[str] = []
        self.files: dict[str, bytes] = {}
        self.sources: dict[str, bytes] = {}
        self._number = 1
        self._unknown = 0
        self._is_closed = False
        try:
            self._file: IO[bytes] = path.open("rb")
        except OSError as error:
            raise TapeError(f"the tape {path} cannot be read ({error.strerror or error})") from None
        try:
            self.header = read_header(self._file.readline(LONGEST), path.name)
            self._entries = self._read()
            self.swaps, self._next = self._before()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def frames(self) -> Iterator[Frame]:
        """The frames in order, once."""
        frame: Frame | None = None
        entry, last = self._next, 0.0
        while entry is not None:
            match entry:
                case FrameBegins(now=now):
                    if frame is not None:
                        yield frame
                    last = max(last, now)
                    frame = Frame(last)
                case EndBegins():
                    if frame is not None:
                        yield frame
                    frame = Frame(None)
                case _:
                    if frame is not None:
                        self._add(frame, entry)
            entry = next(self._entries, None)
        if frame is not None:
            yield frame
        if not self._is_closed:
            self.lines.append(f"the recording of {self._path.name} was cut off after {last:.1f} s")
        if self._unknown:
            self.lines.append(
                f"{self._path.name} has {self._unknown} records of kinds that this Inkloop does not know; "
                "they are left out"
            )

    def _before(self) -> tuple[tuple[ModelSwap, ...], Entry | None]:
        """Read up to the first frame."""
        swaps: list[ModelSwap] = []
        contents: dict[type, dict[str, list[bytes]]] = {FileContents: {}, SourceContents: {}}
        totals = Counter[type]()
        for entry in self._entries:
            if isinstance(entry, FileContents | SourceContents):
                totals[type(entry)] += len(entry.part)
                parts = contents[type(entry)]
                parts.setdefault(entry.name, []).append(entry.part)
                if totals[type(entry)] > MOST_BYTES or len(parts) > MOST_FILES:
                    raise TapeError(
                        f"{self._path.name} has more than {MOST_BYTES >> 20} MB or {MOST_FILES} files; "
                        "it is not read"
                    )
            elif isinstance(entry, ModelSwap) and len(swaps) < MOST_ADDONS:
                swaps.append(entry)
            elif isinstance(entry, FrameBegins | EndBegins | Closed):
                self._keep(contents)
                return tuple(swaps), entry
        self._keep(contents)
        return tuple(swaps), None

    def _keep(self, contents: Mapping[type, Mapping[str, list[bytes]]]) -> None:
        self.files = {name: b"".join(each) for name, each in contents[FileContents].items()}
        self.sources = {name: b"".join(each) for name, each in contents[SourceContents].items()}

    def _add(self, frame: Frame, entry: Entry) -> None:
        match entry:
            case ModelSwap():
                frame.swaps.append(entry)
            case LateParam():
                frame.late.append(entry.event)
            case Line():
                frame.lines.append(entry.text)
            case DroppedFiles():
                frame.events.append(entry.event)
                frame.hashes |= dict(zip(entry.event.paths, entry.hashes, strict=True))
            case Edit():
                frame.edits.append(entry)
            case FrameBegins() | EndBegins() | Closed() | FileContents() | SourceContents():
                pass
            case _:
                frame.events.append(entry)

    def _read(self) -> Iterator[Entry]:
        count = 0
        while line := self._file.readline(LONGEST + 1):
            self._number += 1
            if not line.endswith(b"\n"):
                if len(line) > LONGEST:
                    self._leave_out("is too long")
                else:
                    self.lines.append(f"the last record of {self._path.name} was cut off and is left out")
                return
            try:
                entry = read_record(json.loads(line))
            except (ValueError, RecursionError):
                self._leave_out("is damaged")
                return
            if entry is None:
                self._unknown += 1
                continue
            count = 0 if isinstance(entry, FrameBegins | FileContents | SourceContents) else count + 1
            if count > MOST_EVENTS:
                self._leave_out(f"is the {MOST_EVENTS + 1}th of one frame")
                return
            self._is_closed = isinstance(entry, Closed)
            yield entry

    def _leave_out(self, why: str) -> None:
        self.lines.append(f"line {self._number} of {self._path.name} {why}: it and what follows are left out")
