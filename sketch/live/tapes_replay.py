"""Replay a tape: a player that puts in what came in, by the clock that was recorded."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from math import ceil
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING, Any

from sketch.escaped import escaped
from sketch.input.events import Event, FilesEvent, KeyEvent, ResizeEvent
from sketch.input.queue import EventQueue
from sketch.live.tapes import seed_random
from sketch.live.tapes_edits import TapeFiles, TapeGate, unpack
from sketch.live.tapes_entries import (
    Header,
    ModelSwap,
    TapeError,
)
from sketch.live.tapes_reader import Frame, TapeReader
from sketch.live.tapes_writer import hash_of
from sketch.live.warming import ShaderGate
from sketch.loop import Stage

if TYPE_CHECKING:
    from sketch.live.reload import Watching

log = logging.getLogger("inkloop")

SETTLING = 60.0
"""Seconds that a frame waits for a worker's answers."""

LONGEST_PAUSE = 10.0
"""Seconds of a pause in a tape that a window or a film shows; a longer one is cut to it."""


def recorded_sketch(header: Header) -> Path:
    """The file of the sketch that was recorded, if it is still as it was.

    A tape may come from anybody, so it alone never decides that another file runs.

    Raises:
        TapeError: The file is gone, or has changed.
    """
    file = Path(header.sketch)
    if not file.is_file():
        raise TapeError(f"the sketch {file} is not here: name its file, as in --sketch {file.name}")
    if hash_of(file) != header.sha256:
        raise TapeError(
            f"{file.name} has changed since it was recorded: --sketch {file} replays it as it is now"
        )
    return file


def unpacked_sketch(reader: TapeReader, folder: Path) -> Path:
    """Unpack the sketch that is in a tape; return its file. Running it is the user's choice.

    Raises:
        TapeError: The tape has none, or it cannot be written.
    """
    name = Path(reader.header.sketch).name
    if name not in reader.sources:
        raise TapeError("the tape has no code: name the sketch's file, as in --sketch FILE")
    unpack(reader.sources, folder)
    return folder / name


class Replay:
    """Plays a tape; it is the player, the clock and the tape of a run. Close it after the run.

    Args:
        reader: The tape.
        home: The sketch's own home, where trained models are looked for.
        paced: Whether frames come as fast as they were recorded, as in a window; else as fast as they can.
        files: Swaps in the edits of modules and TOML files; None leaves edits out.
        gate: Swaps in those of shaders and brushes; None leaves them out.

    Attributes:
        home: Folder with the files that the home had before the show; it is removed in the end.
        now: Seconds on the recorded clock.
        is_over: Whether all frames were played.
        parameters: Values with which the show began.
        edits: What swaps in edits; None leaves them out.

    Raises:
        TapeError: The files in it cannot be unpacked.
    """

    def __init__(
        self,
        reader: TapeReader,
        home: Path,
        paced: bool = False,
        files: TapeFiles | None = None,
        gate: TapeGate | None = None,
    ) -> None:
        self._reader = reader
        self.edits = None if files is None or gate is None else (files, gate)
        self._left_out = 0
        self._own_home = home
        self._paced = paced
        self._stack = ExitStack()
        self._stack.callback(reader.close)
        folder = tempfile.TemporaryDirectory(prefix="inkloop-replay-", ignore_cleanup_errors=True)
        self.home = Path(self._stack.enter_context(folder))
        self.now = reader.header.begins
        self.parameters: Mapping[str, Any] | None = reader.header.parameters
        self.is_over = False
        self._frames: Iterator[Frame] = reader.frames()
        self._frame: Frame | None = None
        self._rest: list[Event] = []
        self._swaps = list(reader.swaps)
        self._has_begun = False
        self._due: float | None = None
        self._last = 0.0
        self._pixels = reader.header.size
        try:
            for name, data in reader.files.items():
                file = self.home / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
        except (OSError, ValueError) as error:
            self._stack.close()
            raise TapeError(f"the files in the tape cannot be unpacked ({error})") from None

    def close(self) -> None:
        """Close the tape and remove the folder; log what of the tape was left out."""
        if self._left_out:
            self._reader.lines.append(
                f"{self._left_out} edits of the sketch are left out: --code runs the code that is in the tape"
            )
        for line in self._reader.lines:
            log.warning("%s", escaped(line))
        self._reader.lines.clear()
        self._stack.close()

    # The player and the clock of a host

    def __call__(self, now: float, queue: EventQueue) -> bool:
        """Put the events of the next frame in the queue; False once the tape is over, or at Escape."""
        # What the user of this window does is no part of the show.
        if any(isinstance(each, KeyEvent) and each.key == "escape" for each in queue.drain()):
            return False
        frame = next(self._frames, None)
        if frame is None or frame.now is None:
            self.is_over = True
            self._rest = [] if frame is None else frame.events
            return False
        self._frame = frame
        self._wait(frame.now)
        self.now = frame.now
        self._check_files(frame)
        self._edit(frame)
        for event in frame.events:
            queue.put(self._fitted(event))
        return True

    def clock(self) -> float:
        """Seconds on the recorded clock."""
        return self.now

    def _wait(self, now: float) -> None:
        if not self._paced:
            return
        here = perf_counter()
        if self._due is not None:
            self._due += min(now - self._last, LONGEST_PAUSE)
            sleep(max(0.0, self._due - here))
        # A replay that is late does not hurry: each frame is shown.
        self._due = max(here, self._due or here)
        self._last = now

    def _fitted(self, event: Event) -> Event:
        if isinstance(event, ResizeEvent) and min(event.width, event.height) >= 1:
            # The frames keep their size, so the drawing is fitted into them.
            wide, high = self._pixels
            return replace(event, pixel_ratio=min(wide / event.width, high / event.height))
        return event

    def _edit(self, frame: Frame) -> None:
        if self.edits is None:
            self._left_out += len(frame.edits)
            return
        files, gate = self.edits
        files.bring(frame.edits)
        gate.bring(frame.edits)

    def _check_files(self, frame: Frame) -> None:
        for event in frame.events:
            for path in event.paths if isinstance(event, FilesEvent) else ():
                wanted = frame.hashes.get(path, "")
                if wanted and hash_of(Path(path)) != wanted:
                    log.warning(
                        "%s was dropped in the show; it is gone or has changed since",
                        escaped(Path(path).name),
                    )

    def watched(self, watching: "Watching", gate: ShaderGate) -> "tuple[Watching, ShaderGate]":
        """A replay without its edits swaps in what is saved now."""
        return watching, gate

    def start_with(self, strict: bool, parameters: Mapping[str, Any]) -> None:
        """Nothing is noted."""

    # The tape of a stage

    def begin(self, stage: Stage) -> None:
        """Seed what was seeded when the show began."""
        width, height = stage.canvas.size
        ratio = stage.canvas.pixel_ratio
        self._pixels = round(width * ratio), round(height * ratio)
        seed_random(self._reader.header.random)

    def begin_frame(self, stage: Stage, now: float) -> None:
        """Hold back models that the show did not have yet."""
        self._hold(stage)
        if not self._has_begun:
            self._has_begun = True
            for swap in self._swaps:
                addon = self._expect(stage, swap)
                if addon is not None:
                    addon.update(0.0)

    def took(self, event: Event) -> None:
        """Nothing is written."""

    def advance(self, stage: Stage) -> None:
        """Wait for the answers of workers, and set what changed at this moment of the show."""
        self._hold(stage)
        for addon in stage.sketch.addons:
            settle = getattr(addon, "settle", None)
            if callable(settle) and settle(SETTLING) is False:
                log.warning("%s did not answer in time; this replay may differ", type(addon).__name__)
        if self._frame is None:
            return
        for swap in self._frame.swaps:
            self._expect(stage, swap)
        for event in self._frame.late:
            if stage.parameters is not None:
                stage.parameters.takes(event)

    def lines(self, stage: Stage, lines: list[str]) -> list[str]:
        """The lines of the show; those of the replay are only logged if they differ."""
        shown = [] if self._frame is None else self._frame.lines
        for text in lines:
            if text not in shown:
                log.info("%s", escaped(str(text)))
        return shown

    def end(self, stage: Stage) -> None:
        """Put in what came after the last frame."""
        stage.queue.drain()
        for event in self._rest:
            stage.queue.put(event)
        for addon in stage.sketch.addons:
            settle = getattr(addon, "settle", None)
            if callable(settle):
                settle(SETTLING)

    def _hold(self, stage: Stage) -> None:
        addons: list[Any] = stage.sketch.addons
        for addon in addons:
            if hasattr(addon, "expect_model"):
                addon.replays = True

    def _expect(self, stage: Stage, swap: ModelSwap) -> Any:
        """Ask for a model; return its addon, None if there is none."""
        addons = stage.sketch.addons
        addon: Any = addons[swap.place] if swap.place < len(addons) else None
        if not hasattr(addon, "expect_model"):
            return None
        inside = swap.path.removeprefix("home:")
        path = self._own_home / inside if inside != swap.path else Path(swap.path)
        addon.expect_model(swap.content, [path])
        return addon


class EvenFrames:
    """Turns frames at recorded times into a film of one rate: a frame is shown until the next one.

    Args:
        add: Takes a frame of the film.
        fps: Frames a second of the film, above 0.
        now: The recorded clock.
    """

    def __init__(self, add: Callable[[Any], None], fps: float, now: Callable[[], float]) -> None:
        self._add = add
        self._step = 1 / fps
        self._now = now
        self._began: float | None = None
        self._last = 0.0
        self._count = 0
        self._kept: Any = None

    def __call__(self, frame: Any) -> None:
        """Take a frame as of now."""
        now = self._now()
        if self._began is None:
            self._began = self._last = now
        # A pause, such as of a computer that slept, does not fill the disk.
        self._began += max(0.0, now - self._last - LONGEST_PAUSE)
        self._last = now
        # A quarter of a step early or late is in step.
        due = ceil((now - self._began) / self._step - 0.25)
        while self._kept is not None and self._count < due:
            self._add(self._kept)
            self._count += 1
        self._kept = frame

    def finish(self) -> None:
        """Add the last frame."""
        if self._kept is not None:
            self._add(self._kept)
            self._kept = None
