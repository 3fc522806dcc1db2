"""Examine untrusted files in a process that may crash, hang or be ended: there is always an answer."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from types import TracebackType
from typing import cast

from addon.background.child_process import ChildProcess, Line
from addon.doctor.findings import Findings
from addon.inference.opening import LIMIT

TIMEOUT = 60.0
"""Seconds for a file to be loaded, run and measured."""

FOLDER_PREFIX = "inkloop-doctor-"
"""Prefix of a child's temporary folder, which is deleted with the child."""

_LOOK_SECONDS = 0.005


class Examiner:
    """Examines files one after the other in a child process, and starts a new one after a crash.

    Args:
        provider: "auto", "cuda" or "cpu".
        seconds: Time to spend on measuring a file.
        timeout: Most seconds for a file, more than `seconds`; then the child is ended.
        limit: Most bytes of a file, and of each tensor it declares.
        niceness: As for `ChildProcess`.
        given_up: Polled while a file is examined: whether the answer is no longer wanted.

    Attributes:
        started: Number of processes started so far.

    Raises:
        ValueError: The timeout is not more than the time for measuring.
    """

    def __init__(
        self,
        provider: str = "auto",
        seconds: float = 1.0,
        timeout: float = TIMEOUT,
        limit: int = LIMIT,
        niceness: int = 0,
        given_up: Callable[[], bool] = lambda: False,
    ) -> None:
        if not 0 <= seconds < timeout:
            raise ValueError(
                f"seconds must be from 0 to less than the time limit of {timeout:g}; got {seconds:g}"
            )
        self._request = {"provider": provider, "seconds": seconds, "timeout": timeout, "limit": limit}
        self._timeout = timeout
        self._niceness = niceness
        self._given_up = given_up
        self._child: ChildProcess[Line] | None = None
        self.started = 0

    @property
    def pid(self) -> int:
        """The process id; 0 if there is no process yet."""
        return self._child.pid if self._child is not None else 0

    def examine(self, path: Path) -> Findings:
        """Examine a file."""
        return self._ask(path, as_pen=False)

    def load_as_pen(self, path: Path) -> Findings:
        """Find out whether the pen's engine can load a file."""
        return self._ask(path, as_pen=True)

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            # It has nothing to finish, and may be stuck.
            self._child.end(0.0)
            self._child = None
            self._folder.cleanup()

    def __enter__(self) -> "Examiner":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, path: Path, as_pen: bool) -> Findings:
        if self._child is not None and not self._child.alive:
            self.close()
        if self._child is None:
            # Files that a crashed child leaves behind are deleted with this folder.
            self._folder = TemporaryDirectory(prefix=FOLDER_PREFIX, ignore_cleanup_errors=True)
            self._child = ChildProcess("addon.doctor.child", json.loads, niceness=self._niceness)
            self.started += 1
        place = {"path": str(path.absolute()), "folder": self._folder.name}
        self._child.say({**self._request, **place, "as_pen": as_pen})
        answer = self._wait(self._child)
        if answer is not None:
            return answer
        if self._given_up():
            verdict, why = "timed out", "the examination was stopped"
        elif self._child.alive:
            verdict, why = "timed out", f"it did not end within {self._timeout:g} seconds"
        else:
            verdict, why = "crashed", f"the process that opened it ended with {self._child.last_words()}"
        self.close()
        return Findings(file=path.name, verdict=verdict, why=why)

    def _wait(self, child: ChildProcess[Line]) -> Findings | None:
        """The answer; None if the child ended without one, or takes too long."""
        ends = monotonic() + self._timeout
        while True:
            # Check this before reading, so that the last line before its end is not missed.
            alive = child.alive
            for line in child.heard():
                return cast(Findings, line)
            if not alive or monotonic() > ends or self._given_up():
                return None
            sleep(_LOOK_SECONDS)
