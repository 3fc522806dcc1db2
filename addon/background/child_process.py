"""A child process that reads and writes lines, and that the frame's thread never waits for.

One thread reads the child's lines, another writes lines to it. So a child that is stopped, or that floods
its pipe, delays those threads and never the frame's; and no pipe has to be made non-blocking, which Windows
can do only from Python 3.12 on.
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

GRACE = 1.0
"""Seconds that it has to leave by itself before it is ended."""

MOST_RECEIVED = 4096
"""Lines that may wait to be read here; beyond them the child waits at its own end of the pipe."""

MOST_SENT = 65536
"""Lines that may wait for the child; beyond them it is taken for dead."""

LONGEST = 16 * 1024**2
"""Bytes of a line; a child that writes a longer one is ended."""

_LAST_BYTES = 4096

# First on the child's path: other distributions install packages of the same names, such as `tests`.
_ROOT = Path(__file__).resolve().parents[2]

_log = logging.getLogger(__name__)


class ChildProcess(Generic[Heard]):
    """Runs a module by `addon.background.child`; it ends when its standard input does, or this process.

    Args:
        module: What to run; it reads and writes lines of ASCII.
        read: Parses a line it writes; raises ValueError for a malformed one, which is left out.
        niceness: As of Unix, 0 to 19; on Windows a lower priority if not 0.
        folder: The folder it works in; None for this process's.
        environment: Variables that it gets in addition to those of this process.
        log: A file that its standard error is appended to; None for none to keep.

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
        paths = [str(_ROOT), given.get("PYTHONPATH", "")]
        try:
            self._errors: IO[bytes] = tempfile.TemporaryFile() if log is None else log.open("ab+")  # noqa: SIM115
            self._began = self._errors.seek(0, os.SEEK_END)
            try:
                self._process = subprocess.Popen(
                    # -P keeps the working folder off the path, where a sketch may be called like a module.
                    [sys.executable, "-P", "-m", "addon.background.child", module],
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
            # From here and at once, so that its imports already run at the lower priority.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        self._received: Queue[Heard] = Queue(MOST_RECEIVED)
        self._to_send: Queue[bytes | None] = Queue(MOST_SENT)
        self._gone = 0.0
        self._ended = threading.Event()
        self._closing = threading.Event()
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
        """Whether more lines may come; read it before `heard`, so that no line is missed."""
        if self._ended.is_set():
            return False
        if self._process.poll() is None:
            return True
        # Either some lines are not read yet, or a process that it has started holds its pipe open for ever.
        self._gone = self._gone or monotonic()
        return monotonic() - self._gone < GRACE

    def say(self, line: Line | str) -> None:
        """Send an object or a line; never waits. A child that leaves tens of thousands unread is ended."""
        text = line if isinstance(line, str) else json.dumps(line)
        try:
            self._to_send.put_nowait(text.encode("ascii") + b"\n")
        except Full:
            self._process.kill()

    def heard(self) -> list[Heard]:
        """The lines since the last call, oldest first; never waits."""
        lines: list[Heard] = []
        # A bounded number, since a child that floods its pipe would keep this loop busy for ever.
        while len(lines) < MOST_RECEIVED:
            try:
                lines.append(self._received.get_nowait())
            except Empty:
                break
        return lines

    def last_words(self) -> str:
        """How it ended: its exit code or signal, and the last line of its standard error; never waits."""
        code = self._process.poll()
        if code is None:
            return "it still runs"
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        try:
            # A log may begin with the lines of earlier processes.
            ends = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(self._began, ends - _LAST_BYTES))
            printed = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        except (OSError, ValueError):
            return how
        return f"{how}: {one_line(printed[-1], 120)}" if printed else how

    def end(self, seconds: float = GRACE) -> None:
        """End it; waits at most this long for it to leave by itself."""
        self._closing.set()
        with contextlib.suppress(Full):
            self._to_send.put_nowait(None)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(Full):
            self._to_send.put_nowait(None)
        # A process that the child has started may hold its pipes open; then the threads are left behind.
        self._writer.join(GRACE)
        self._reader.join(GRACE)
        self._errors.close()

    def abandon(self) -> None:
        """End it at once without waiting: giving back its memory takes a frame's time."""
        self._closing.set()
        self._process.kill()
        threading.Thread(target=self.end, name="inkloop-reap", daemon=True).start()

    def _write(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        # The reader notices that the child is gone.
        with contextlib.suppress(OSError, ValueError):
            while (line := self._to_send.get()) is not None:
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
                    _log.warning("a child process wrote a line of more than %d bytes and was ended", LONGEST)
                    self._process.kill()
                    break
        with contextlib.suppress(OSError):
            pipe.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            # Its standard output is closed, so no answer can come any more.
            self._process.kill()
            self._process.wait()
        self._ended.set()

    def _take(self, line: bytes) -> None:
        try:
            heard = self._read_line(line.decode("ascii"))
        except ValueError as error:
            _log.warning("a child process wrote a malformed line, which is left out (%s)", str(error)[:120])
            return
        # Once the child is being ended its lines are dropped, so that this thread can end.
        while not self._closing.is_set():
            with contextlib.suppress(Full):
                return self._received.put(heard, timeout=GRACE)


def _quietly(niceness: int) -> int:
    """On Windows: no console, and a lower priority if there is a niceness; 0 on other systems."""
    names = ("CREATE_NO_WINDOW", *(("BELOW_NORMAL_PRIORITY_CLASS",) if niceness else ()))
    return sum(int(getattr(subprocess, name, 0)) for name in names)
