"""Strangers' files, opened in a process that may crash, hang or be ended: there is always an answer."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, cast

from addon.doctor.findings import Findings
from addon.runtime.opening import LIMIT

TIMEOUT = 60.0
"""Seconds for a file to be loaded, run and measured."""

_STARTING = 60.0
_CLOSING = 2.0


class Examiner:
    """Asks one file after the other in a child process, and starts another where one ended.

    Args:
        provider: "auto", "cuda" or "cpu".
        seconds: To spend on measuring a file.
        timeout: Seconds that a file may take in all, more than `seconds`; after that the child is ended.
        limit: Bytes of a file, and of each thing it declares.

    Attributes:
        started: How many processes it took so far.

    Raises:
        ValueError: There is less time than the measuring takes.
    """

    def __init__(
        self, provider: str = "auto", seconds: float = 1.0, timeout: float = TIMEOUT, limit: int = LIMIT
    ) -> None:
        if not 0 <= seconds < timeout:
            raise ValueError(
                f"seconds must be from 0 to less than the time limit of {timeout:g}; got {seconds:g}"
            )
        self._request = {"provider": provider, "seconds": seconds, "timeout": timeout, "limit": limit}
        self._timeout = timeout
        self._child: _Child | None = None
        self.started = 0

    def examine(self, path: Path) -> Findings:
        """Find out everything about a file."""
        return self._ask(path, as_pen=False)

    def load_as_pen(self, path: Path) -> Findings:
        """Find out whether the pen's engine takes a file."""
        return self._ask(path, as_pen=True)

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def __enter__(self) -> "Examiner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, path: Path, as_pen: bool) -> Findings:
        if self._child is None:
            self._child = _Child()
            self.started += 1
        request = {**self._request, "path": str(path.resolve()), "as_pen": as_pen}
        line = self._child.ask(json.dumps(request), self._timeout)
        if line:
            return cast(Findings, json.loads(line))
        if line is None:
            self.close()
            return Findings(
                file=path.name, verdict="timed out", why=f"it did not end within {self._timeout:g} seconds"
            )
        why = self._child.last_words()
        self.close()
        return Findings(file=path.name, verdict="crashed", why=why)


class _Child:
    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._process = subprocess.Popen(
            # -P keeps the working folder off the path, and with it whatever lies there.
            [sys.executable, "-P", "-m", "addon.doctor.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="ascii",
            cwd=tempfile.gettempdir(),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
            creationflags=int(getattr(subprocess, "CREATE_NO_WINDOW", 0)),
        )
        self._answers: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="inkloop-doctor", daemon=True)
        self._reader.start()

    def ask(self, request: str, timeout: float) -> str | None:
        """The line that answers; empty if the process ended, None if it takes too long."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
        except OSError:
            return ""
        try:
            return self._answers.get(timeout=timeout)
        except Empty:
            return None

    def last_words(self) -> str:
        """How the process ended, and the last line that it printed."""
        code = self._process.wait(_CLOSING)
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
        said = f": {' '.join(lines[-1].split())[:160]}" if lines else ""
        return f"the process that opened it ended with {name}{said}"

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._errors):
            try:
                cast(Any, pipe).close()
            except OSError:
                continue  # Closing flushes; nobody is there to read it.

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(line)
        self._answers.put("")
