"""Record a show: all that comes in goes to a tape, in the order in which the sketch gets it."""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sketch.input.events import Event, ParamEvent
from sketch.live.tapes_entries import (
    MOST_BYTES,
    MOST_FILES,
    PART,
    SUFFIX,
    Closed,
    Edit,
    EndBegins,
    Entry,
    FileContents,
    FrameBegins,
    Header,
    LateParam,
    Line,
    ModelSwap,
)
from sketch.live.tapes_writer import TapeWriter, hash_of
from sketch.live.warming import ShaderGate
from sketch.loop import Stage
from sketch.resources import file_of, ink_file
from sketch.sketch import Sketch

if TYPE_CHECKING:
    from sketch.live.reload import Watching

OWN_SOURCES = frozenset({"code", "trigger", "reload"})
"""Sources of changes of a parameter that a replay makes by itself."""

LEFT_OUT = frozenset({".onnx", ".tape", ".lock", ".pt", ".mp4", ".png"})
"""Suffixes of files in a sketch's home that no tape holds."""


def tape_file(sketch: Sketch, now: datetime | None = None) -> Path:
    """A new file in the sketch's home for a tape."""
    source = file_of(sketch)
    # A folder that `inkloop new` made is known by its own name.
    stem = (source.parent.name if source.stem == "main" else source.stem).strip("<>") or "sketch"
    name = f"{stem}-{(now or datetime.now()):%Y%m%d-%H%M%S}"
    folder = sketch.home / "tapes"
    files = (folder / f"{name}{f'-{number}' if number else ''}{SUFFIX}" for number in range(1000))
    return next(file for file in files if not file.exists())


def header_of(sketch: Sketch, **fields: Any) -> Header:
    """The header for a tape of a sketch; `fields` replace what the sketch says."""
    source = file_of(sketch)
    try:
        inkloop = version("inkloop")
    except PackageNotFoundError:  # a checkout that is not installed
        inkloop = ""
    given: dict[str, Any] = {
        "sketch": str(source),
        "sha256": hash_of(source),
        "size": sketch.window.size,
        "fps": sketch.window.fps,
        "seed": sketch.seed,
        "inkloop": inkloop,
    }
    return Header(**given | fields)


def new_seed() -> int:
    """A seed for `seed_random` that differs from run to run."""
    return random.SystemRandom().getrandbits(32)


def seed_random(seed: int) -> None:
    """Seed the generators that Python and NumPy share between all code."""
    random.seed(seed)
    np.random.seed(seed)


def home_files(sketch: Sketch) -> tuple[list[FileContents], list[str]]:
    """The files of a sketch's home, as they are before a show.

    Returns:
        The parts, and a line for each file that has no room.
    """
    home = sketch.home
    ink = ink_file(sketch, home)
    parts: list[FileContents] = []
    lines: list[str] = []
    total = count = 0
    for file in _files(home):
        # Inks of other sketches in the folder are not read by this one.
        if file.suffix == ".ink" and (file != ink or not sketch.keeps_ink):
            continue
        name = file.relative_to(home).as_posix()
        try:
            data = file.read_bytes() if file.stat().st_size <= MOST_BYTES - total else None
        except OSError:
            data = None
        if data is None or count == MOST_FILES:
            lines.append(f"{name} has no room in the tape: a replay begins without it")
            continue
        total, count = total + len(data), count + 1
        parts += [FileContents(name, data[at : at + PART]) for at in range(0, len(data), PART)]
    return parts, lines


def _files(home: Path) -> Iterable[Path]:
    if not home.is_dir():
        return []
    found = sorted(file for file in home.rglob("*") if file.is_file() and not file.is_symlink())
    return [file for file in found if file.suffix not in LEFT_OUT and not file.name.endswith("-shm")]


class Entries:
    """What a stage takes in, as entries of a tape; see `sketch.loop.Tape`.

    Args:
        put: Takes each entry, on the frame's thread.
    """

    def __init__(self, put: Callable[[Entry], None]) -> None:
        self._put = put
        self._awaited: tuple[str, str] | None = None
        self._early: list[Entry] = []
        self._is_late = False
        self._is_in_frame = False
        self._listens_to: Any = None
        self._models: dict[int, str] = {}

    def begin_frame(self, stage: Stage, now: float) -> None:
        """Write that a frame begins, and what happened since the last one."""
        if not stage.sketch.frame:
            self._swaps(stage)
        self._put(FrameBegins(now))
        self._is_in_frame, self._is_late = True, False
        for entry in self._early:
            self._put(entry)
        self._early.clear()
        if stage.parameters is not None and self._listens_to is not stage.parameters:
            self._listens_to = stage.parameters
            parameters: Any = getattr(stage.parameters, "parameters", None)
            if parameters is not None:
                parameters.listen(self._changed)

    def took(self, event: Event) -> None:
        """Write an event."""
        if isinstance(event, ParamEvent):
            self._awaited = event.name, event.source
        self._put(event)

    def advance(self, stage: Stage) -> None:
        """What changes from now on is late."""
        self._is_late = True

    def lines(self, stage: Stage, lines: list[str]) -> list[str]:
        """Write the lines that are shown, and which models took over in this frame."""
        self._swaps(stage)
        for text in lines:
            self._put(Line(text))
        # Drawing is what remains of the frame: a panel that is drawn then changes the next one.
        self._is_in_frame = False
        return lines

    def edited(self, edit: Edit) -> None:
        """Write an edit that is swapped in between two frames: it belongs to the next one."""
        self._early.append(edit)

    def read_again(self, edit: Edit) -> None:
        """Write an edit that is read while this frame is drawn."""
        self._put(edit)

    def end(self, stage: Stage) -> None:
        """Write that the show ends."""
        self._put(EndBegins())

    def _changed(self, change: Any) -> None:
        if change.source in OWN_SOURCES:
            return
        if (change.name, change.source) == self._awaited:
            self._awaited = None
            return
        event = ParamEvent(change.name, change.value, change.source)
        if not self._is_in_frame:
            self._early.append(event)
        else:
            self._put(LateParam(event) if self._is_late else event)

    def _swaps(self, stage: Stage) -> None:
        for place, addon in enumerate(stage.sketch.addons):
            content = getattr(addon, "model_content", "")
            if content and self._models.get(place, "") != content:
                self._models[place] = content
                path = getattr(addon, "model_path", None)
                self._put(ModelSwap(place, content, _place(Path(path), stage.sketch.home) if path else ""))


def _place(path: Path, home: Path) -> str:
    path, home = path.absolute(), home.absolute()
    return f"home:{path.relative_to(home).as_posix()}" if home in path.parents else str(path)


class Recording(Entries):
    """Writes a tape while a sketch runs. Close it after the run.

    Args:
        sketch: The sketch.
        path: The tape; it must not exist.
        random_seed: The seed given to `seed_random` before the sketch's file was read; None for a new one.

    Attributes:
        path: The tape.
        notes: What a replay cannot repeat, a line each.

    Raises:
        TapeError: The tape cannot be written.
    """

    clock: Callable[[], float] | None = None
    parameters: Mapping[str, Any] | None = None
    edits = None

    def __init__(self, sketch: Sketch, path: Path, random_seed: int | None = None) -> None:
        from sketch.live.tapes_causes import causes
        from sketch.live.tapes_edits import sources

        files, lines = home_files(sketch)
        code, more = sources(file_of(sketch)) if file_of(sketch).is_file() else ([], [])
        self._parts: list[Entry] = [*files, *code]
        self._folder = file_of(sketch).parent
        self.path = path
        self.notes = (*causes(file_of(sketch)), *lines, *more)
        self._fields: dict[str, Any] = {"random": new_seed() if random_seed is None else random_seed}
        self._writer = TapeWriter(path)
        self._is_reported = False
        super().__init__(self._writer.put)

    def start_with(self, strict: bool, parameters: Mapping[str, Any]) -> None:
        """Note whether an error ends the show, and the values of parameters with which it begins."""
        self._fields |= {"strict": strict, "parameters": dict(parameters)}

    def watched(self, watching: "Watching", gate: ShaderGate) -> "tuple[Watching, ShaderGate]":
        """The same, but what they report is written."""
        from sketch.live.tapes_edits import RecordedFiles, RecordedGate

        folder = self._folder
        return RecordedFiles(watching, folder, self.edited), RecordedGate(gate, folder, self.read_again)

    def begin(self, stage: Stage) -> None:
        """Write the header, and the files of the sketch's home."""
        canvas = stage.canvas
        shown: dict[str, Any] = {"size": canvas.size, "pixel_ratio": canvas.pixel_ratio, "notes": self.notes}
        header = header_of(stage.sketch, **shown, **self._fields)
        self._writer.put(header)
        for part in self._parts:
            self._writer.put(part)
        self._parts.clear()
        seed_random(header.random)

    def lines(self, stage: Stage, lines: list[str]) -> list[str]:
        """Write the lines that are shown; add one if the tape can no longer be written."""
        if self._writer.failure and not self._is_reported:
            self._is_reported = True
            lines = [*lines, self._writer.failure]
        return super().lines(stage, lines)

    def close(self) -> None:
        """Write the rest."""
        self._writer.put(Closed())
        self._writer.close()
