"""A process that works for a running sketch; its messages never keep the frame's thread waiting."""

import contextlib
import marshal
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

# First on the process's path: other distributions install packages of the same names.
_ROOT = Path(__file__).resolve().parents[2]

_GRACE = 1.0


def write_message(pipe: IO[bytes], value: Any) -> None:
    """Write four bytes of length, and a value as marshal writes it.

    Raises:
        OSError: The other process is gone.
    """
    data = marshal.dumps(value)
    pipe.write(len(data).to_bytes(4, "big") + data)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> Any:
    """Read what `write_message` wrote.

    Raises:
        EOFError: The other process is gone.
    """
    head = pipe.read(4)
    length = int.from_bytes(head, "big")
    data = pipe.read(length) if len(head) == 4 else b""
    if len(head) < 4 or len(data) < length:
        raise EOFError
    return marshal.loads(data)


class Process:
    """Runs `python -P -m MODULE`, which ends when its standard input does.

    Args:
        module: What to run.
        take: Gets each message, in a thread of its own.
        gone: Called in that thread when the process ended by itself.
    """

    def __init__(self, module: str, take: Callable[[Any], None], gone: Callable[[], None]) -> None:
        self._take = take
        self._gone = gone
        self._closing = False
        self._asked: SimpleQueue[Any] = SimpleQueue()
        path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
        optimized = ["-" + "O" * sys.flags.optimize] if sys.flags.optimize else []
        self._process = subprocess.Popen(
            # -P keeps the working folder off the path, where a sketch may be called like a module.
            [sys.executable, "-P", *optimized, "-W", "ignore", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
        for target in (self._write, self._read):
            threading.Thread(target=target, name="inkloop-reload", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def say(self, value: Any) -> None:
        """Send a message of plain values; never waits."""
        self._asked.put((value,))

    def close(self) -> None:
        """End the process."""
        self._closing = True
        self._asked.put(None)
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self) -> None:
        pipe: Any = self._process.stdin
        with contextlib.suppress(OSError), pipe:
            while (asked := self._asked.get()) is not None:
                write_message(pipe, asked[0])

    def _read(self) -> None:
        pipe: Any = self._process.stdout
        try:
            while True:
                self._take(read_message(pipe))
        except (EOFError, OSError, ValueError, TypeError):
            if not self._closing:
                self._gone()
        finally:
            pipe.close()
