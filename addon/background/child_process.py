"""A child process that speaks in lines, and that nobody here ever waits for.

Two threads stand between the pipes and whoever asks: one reads what the child says, one writes what it is
told. So a child that is stopped, or that floods its pipe, holds up those threads and never the frame's; and
no pipe has to be made non-blocking, which Windows can do only from Python 3.12 on.
"""

import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, Full, Queue
from time import monotonic
from typing import IO, Any, Generic, TypeAlias, TypeVar

from addon.errors import AddonError
from addon.text import one_line

Line: TypeAlias = dict[str, Any]
Heard = TypeVar("Heard")

# How long it may take to leave by itself before it is ended, in seconds.
GRACE = 1.0

MOST_HEARD = 4096
"""Lines that wait to be asked for; beyond them the child waits at its own end of the pipe."""

MOST_SAID = 65536
"""Lines that wait for the child to read them; beyond them it is taken for dead."""

LONGEST = 16 * 1024**2
"""Bytes of a line; a child that says more without an end is ended."""

_LAST_BYTES = 4096

_log = logging.getLogger(__name__)


class ChildProcess(Generic[Heard]):
    """`python -P -m MODULE`, which ends when its standard input does, and so with this process at the latest.

    Args:
        module: What to run; it reads lines of ASCII and writes the same.
        read: What a line it says means; raises ValueError for one that means nothing, which is left out.
        niceness: By how much it steps back behind others, 0 to 19; on Windows a lower priority if not 0.
        folder: The folder it works in; None for this process's.
        environment: Variables that it gets besides those of this process.
        log: A file that takes what it prints as errors, behind what is there; None for none to keep.

    Raises:
        AddonError: It cannot be started.
    """

    def __init__(
        self,
        module: str,
        read: Callable[[str], Heard],
        *,
        niceness: int = 0,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self._read_line = read
        given = {**os.environ, **(environment or {})}
        paths = [str(Path(__file__).parents[1]), given.get("PYTHONPATH", "")]
        try:
            self._errors: IO[bytes] = tempfile.TemporaryFile() if log is None else log.open("ab+")  # noqa: SIM115
            self._began = self._errors.seek(0, os.SEEK_END)
            try:
                self._process = subprocess.Popen(
                    # -P keeps the working folder off the path, and with it whatever a sketch is called.
                    [sys.executable, "-P", "-m", module],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._errors,
                    bufsize=0,
                    cwd=folder,
                    env={**given, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
                    creationflags=_quietly(niceness),
                )
            except OSError:
                self._errors.close()
                raise
        except OSError as error:
            raise AddonError(f"no process can be started ({error.strerror or error})") from error
        if niceness and sys.platform != "win32":
            # From here and at once: its start, with all its imports, is to step back as well.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        self._heard: Queue[Heard] = Queue(MOST_HEARD)
        self._said: Queue[bytes | None] = Queue(MOST_SAID)
        self._gone = 0.0
        self._ended = threading.Event()
        self._deaf = threading.Event()
        self._reader = threading.Thread(target=self._read, name="inkloop-hear", daemon=True)
        self._writer = threading.Thread(target=self._write, name="inkloop-say", daemon=True)
        self._reader.start()
        self._writer.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether more may be heard; if it is asked before `heard`, nothing is missed."""
        if self._ended.is_set():
            return False
        if self._process.poll() is None:
            return True
        # Either not all is heard, or something that it has started holds its pipe open, perhaps for ever.
        self._gone = self._gone or monotonic()
        return monotonic() - self._gone < GRACE

    def say(self, line: Line | str) -> None:
        """Send an object or a line; what cannot be sent is lost with the process, as `alive` will tell.

        Never waits: a child that leaves tens of thousands of lines unread is ended.
        """
        text = line if isinstance(line, str) else json.dumps(line)
        try:
            self._said.put_nowait(text.encode("ascii") + b"\n")
        except Full:
            self._process.kill()

    def heard(self) -> list[Heard]:
        """What it has said since the last call, oldest first; never waits."""
        lines: list[Heard] = []
        # No more than there can be, so that a child that floods its pipe is not listened to for ever.
        while len(lines) < MOST_HEARD:
            try:
                lines.append(self._heard.get_nowait())
            except Empty:
                break
        return lines

    def last_words(self) -> str:
        """How it ended: its exit code or signal, and the last line it printed as an error; never waits."""
        code = self._process.poll()
        if code is None:
            return "it still runs"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        try:
            # A log may begin with the words of those before it.
            ends = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(self._began, ends - _LAST_BYTES))
            printed = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        except (OSError, ValueError):
            return how
        return f"{how}: {one_line(printed[-1], 120)}" if printed else how

    def end(self, seconds: float = GRACE) -> None:
        """End it, waiting at most so long for it to leave by itself."""
        self._deaf.set()
        with contextlib.suppress(Full):
            self._said.put_nowait(None)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(Full):
            self._said.put_nowait(None)
        # Whatever the child has started may hold its pipes open: threads that wait for that are left behind.
        self._writer.join(GRACE)
        self._reader.join(GRACE)
        self._errors.close()

    def abandon(self) -> None:
        """End it at once, and do not wait until it is gone: giving back its memory takes a frame's time."""
        self._deaf.set()
        self._process.kill()
        threading.Thread(target=self.end, name="inkloop-reap", daemon=True).start()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        # The reader notices that a child is gone; the queue is emptied all the same.
        with contextlib.suppress(OSError, ValueError):
            while (line := self._said.get()) is not None:
                view = memoryview(line)
                while view:
                    view = view[pipe.write(view) or 0 :]
        with contextlib.suppress(OSError):
            pipe.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with contextlib.suppress(OSError, ValueError):
            left = b""
            while data := pipe.read(1 << 16):
                *lines, left = (left + data).split(b"\n") if b"\n" in data else (left + data,)
                for line in lines:
                    self._take(line)
                if len(left) > LONGEST:
                    _log.warning("a child process said a line of more than %d bytes and was ended", LONGEST)
                    self._process.kill()
                    break
        with contextlib.suppress(OSError):
            pipe.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            # It can say nothing any more, so it is of no use to anybody.
            self._process.kill()
            self._process.wait()
        self._ended.set()

    def _take(self, line: bytes) -> None:
        try:
            heard = self._read_line(line.decode("ascii"))
        except ValueError as error:
            _log.warning("a child process said what means nothing (%s)", str(error)[:120])
            return
        # Where nobody asks any more, what is said is let go, so that this thread comes to its end.
        while not self._deaf.is_set():
            with contextlib.suppress(Full):
                return self._heard.put(heard, timeout=GRACE)


def _quietly(niceness: int) -> int:
    """Windows: no console, and the lower priority that a niceness gives elsewhere; 0 on other systems."""
    names = ("CREATE_NO_WINDOW", *(("BELOW_NORMAL_PRIORITY_CLASS",) if niceness else ()))
    return sum(int(getattr(subprocess, name, 0)) for name in names)
