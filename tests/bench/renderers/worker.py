"""A renderer in a process of its own, kept alive: it is told over a pipe which scene to draw how often.

Requests and answers are JSON, a line each:

    {"scene": "strokes", "frames": 5}              {"wall_ms": [...], "cpu_ms": 7.9, ...}
    {"scene": "strokes", "picture": "ours.npy"}    {}
    {"memory": true}                               {"megabytes": 90.1}
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frame = Callable[[], Mapping[str, float] | None]
"""Draws a frame to its very end; may return figures of its own, in milliseconds."""

ROOT = Path(__file__).parents[3]


class WorkerError(Exception):
    """A renderer did not start or broke off; the message is its last line."""


class Worker:
    """A renderer that runs in another process.

    Args:
        command: What to run; it answers once when it is ready.
        log: File for what it says on standard error.
        environment: Variables added to this process's own.

    Raises:
        WorkerError: It does not start.
    """

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                cwd=ROOT,
                env={**os.environ, **environment},
            )
        try:
            self.hello = self._answer()
        except BaseException:
            self.close()
            raise

    def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for the answer.

        Raises:
            WorkerError: The renderer broke off.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise WorkerError(self._last_words()) from None
        return self._answer()

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # what was not read when it broke off
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(10)
            raise WorkerError(self._last_words())
        try:
            return json.loads(line)
        except ValueError:
            raise WorkerError(f"said what is no answer: {line[:80]!r}") from None

    def _last_words(self) -> str:
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else f"ended with code {self._process.poll()} and said nothing"


def serve(scenes: Mapping[str, Frame], pixels: Callable[[], NDArray[np.uint8]], pipe: "Pipe") -> None:
    """Answer requests until the pipe is closed.

    Args:
        scenes: What can be drawn, by name.
        pixels: Reads the last frame: uint8 of shape (height, width, 3), top row first.
        pipe: Where requests come from.
    """
    pipe.say(scenes=sorted(scenes))
    for request in pipe:
        if "memory" in request:
            pipe.say(megabytes=resident_megabytes(os.getpid()))
        elif "picture" in request:
            scenes[request["scene"]]()
            np.save(request["picture"], pixels())
            pipe.say()
        else:
            pipe.say(**timed(scenes[request["scene"]], request["frames"]))


def timed(frame: Frame, count: int) -> dict[str, Any]:
    """Draw some frames: wall time of each, processor time of all threads on average, and what frames say."""
    wall: list[float] = []
    own: dict[str, list[float]] = {}
    busy = process_time()
    for _ in range(count):
        began = perf_counter()
        said = frame()
        wall.append((perf_counter() - began) * 1e3)
        for name, value in (said or {}).items():
            own.setdefault(name, []).append(value)
    return {"wall_ms": wall, "cpu_ms": (process_time() - busy) * 1e3 / count, **own}


class Pipe:
    """Requests on standard input, answers on what was standard output; other prints go to standard error."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        if isinstance(sys.stdout, TextIOWrapper):
            # Line by line, as standard error is, so that what a renderer prints stays in order in its log.
            # Standard output is a pipe here and Python would keep it back to the very end.
            sys.stdout.reconfigure(line_buffering=True)

    def __iter__(self):
        """Every request until the pipe is closed."""
        for line in sys.stdin:
            yield json.loads(line)

    def say(self, **answer: Any) -> None:
        """Answer."""
        self._out.write(json.dumps(answer) + "\n")
        self._out.flush()


def resident_megabytes(pid: int) -> float:
    """Memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
