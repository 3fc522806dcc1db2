"""A child of this process that speaks in lines, read without ever waiting."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from addon.errors import AddonError
from addon.text import one_line

Line = dict[str, Any]

# How long it may take to leave by itself before it is ended, in seconds.
GRACE = 1.0


class ChildProcess:
    """`python -P -m MODULE`, which ends when its standard input does, and so with this process at the latest.

    Args:
        module: What to run; it reads JSON objects, a line each, and writes the same.
        niceness: By how much it steps back behind others, 0 to 19, where the system knows of it.

    Raises:
        AddonError: It cannot be started.
    """

    def __init__(self, module: str, niceness: int = 0) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open while it runs
        self._left = b""
        paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
        try:
            self._process = subprocess.Popen(
                # -P keeps the working folder off the path, and with it what the author's sketch is called.
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
                creationflags=int(getattr(subprocess, "CREATE_NO_WINDOW", 0)),
            )
        except OSError as error:
            self._errors.close()
            raise AddonError(f"no process can be started ({error.strerror or error})") from error
        if niceness and hasattr(os, "setpriority"):
            # From here and at once: its start, with all its imports, is to step back as well.
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def say(self, line: Line) -> None:
        """Send an object; one that cannot be sent is lost with the process, as `alive` will tell."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(line).encode("ascii") + b"\n")
            self._process.stdin.flush()

    def heard(self) -> list[Line]:
        """What it has said since the last call."""
        assert self._process.stdout is not None
        # Unbuffered and not by lines: half a line waits here for its other half.
        while True:
            try:
                data = os.read(self._process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                break
            self._left += data
            if not data:
                break
        *lines, self._left = self._left.split(b"\n")
        return [json.loads(line) for line in lines]

    def last_words(self) -> str:
        """How it ended: its exit code or signal, and the last line it printed as an error."""
        code = self._process.wait()
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        self._errors.seek(0)
        printed = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"{how}: {one_line(printed[-1], 120)}" if printed else how

    def end(self, seconds: float = GRACE) -> None:
        """End it, waiting at most so long for it to leave by itself."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def abandon(self) -> None:
        """End it at once, and do not wait until it is gone: giving back its memory takes a frame's time."""
        self._process.kill()
        threading.Thread(target=self.end, name="inkloop-reap", daemon=True).start()
