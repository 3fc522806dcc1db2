"""Read a tape frame by frame, never as a whole.

A tape may come from anybody, so reading is bounded: in the length of a line, in the events of a frame, and in
the files it holds.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sketch.input.events import Event, ParamEvent
from sketch.live.tapes_entries import (
    LONGEST,
    MOST_ADDONS,
    MOST_BYTES,
    MOST_EVENTS,
    MOST_FILES,
    Closed,
    DroppedFiles,
    Edit,
    EndBegins,
    Entry,
    FileContents,
    FrameBegins,
    LateParam,
    Line,
    ModelSwap,
    SourceContents,
    TapeError,
)
from sketch.live.tapes_format import (
    read_header,
    read_record,
)


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
            if not path.exists():
                raise TapeError(f"there is no tape {path}; inkloop record prints where it is") from None
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
