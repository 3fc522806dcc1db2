"""Let saved shaders and brushes be read again once another process has compiled them."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, TypeAlias

from sketch.live.looking import PATIENCE
from sketch.live.process import Process
from sketch.live.versions import Stamp, stamp_of

MOST_WAIT = 3.0
"""Seconds after which a file is read even if the other process has not answered."""

Key: TypeAlias = tuple[str, tuple[Path, ...]]


class Compiling(Protocol):
    """What compiles files somewhere else; see `Compiler`."""

    def start(self) -> None:
        """Get ready."""
        ...

    def ask(self, number: int, kind: str, files: list[str]) -> None:
        """Compile a "shader" or a "brush"; never waits."""
        ...

    def take(self) -> list[tuple[int, str]]:
        """The numbers of what was compiled since the last call, each with what is wrong; never waits."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class Compiler:
    """The process that compiles shaders and brushes; it is started when it is first asked.

    Args:
        samples: Samples a pixel of the sketch's window, None for those it gets by itself.
        window: Whether the sketch has a window.
    """

    def __init__(self, samples: int | None, window: bool) -> None:
        self._target = (samples, window)
        self._answers: SimpleQueue[tuple[int, str]] = SimpleQueue()
        self._process: Process | None = None
        self._is_gone = False

    def ask(self, number: int, kind: str, files: list[str]) -> None:
        """Compile a "shader" or a "brush"; without the process the answer is that nothing is wrong."""
        self.start()
        if self._process is None or self._is_gone:
            self._answers.put((number, ""))
        else:
            self._process.say((number, kind, files, *self._target))

    def start(self) -> None:
        """Start the process, so that the first file does not wait for it."""
        if self._process is None:
            self._process = Process("sketch.host.warm_process", self._answers.put, self._end)
            self._process.say((0, "", [], *self._target))

    def take(self) -> list[tuple[int, str]]:
        """What was compiled since the last call."""
        taken: list[tuple[int, str]] = []
        with suppress(Empty):
            while True:
                taken.append(self._answers.get_nowait())
        return taken

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()

    def _end(self) -> None:
        self._is_gone = True


@dataclass(slots=True)
class _Saved:
    number: int
    stamps: tuple[Stamp, ...]
    since: float
    answer: str | None = None
    may: bool = False


class ShaderGate:
    """Decides, between two frames, which shaders and brushes may be read again.

    A file that does not compile may be half saved, so it is read only some time after its last change.

    Args:
        compiling: Compiles them first.
        now: Seconds on a clock.
    """

    def __init__(self, compiling: Compiling, now: Callable[[], float] = time.monotonic) -> None:
        self._compiling = compiling
        self._now = now
        self._saved: dict[Key, _Saved] = {}
        self._asked = 0

    def __call__(self, kind: str, files: tuple[Path, ...], paths: tuple[Path, ...]) -> bool:
        """Whether files that differ from what was read may be read in this frame; see `sketch.assets`."""
        stamps = tuple(stamp_of(str(path)) for path in paths)
        saved = self._saved.get((kind, files))
        if saved is None or saved.stamps != stamps:
            self._asked += 1
            self._saved[kind, files] = _Saved(self._asked, stamps, self._now())
            self._compiling.ask(self._asked, kind, [str(file) for file in files])
            return False
        return saved.may

    def start(self) -> None:
        """Get ready: the sketch seems to have shaders or brushes."""
        self._compiling.start()

    def between_frames(self) -> bool:
        """Decide for the next frame; return whether something may be read for the first time."""
        answers = dict(self._compiling.take())
        more = False
        for saved in self._saved.values():
            saved.answer = answers.get(saved.number, saved.answer)
            waits = MOST_WAIT if saved.answer is None else PATIENCE if saved.answer else 0.0
            may = self._now() - saved.since >= waits
            more = more or (may and not saved.may)
            saved.may = may
        return more

    def close(self) -> None:
        """Stop compiling elsewhere."""
        self._compiling.close()
