"""What a tape says: its header, and what came in, entry by entry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from sketch.input.events import Event, FilesEvent, ParamEvent

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
