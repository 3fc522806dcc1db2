"""What comes from a stranger is tried in a process that may die, before the sketch's own opens it."""

import hashlib
import threading
from pathlib import Path

from addon.doctor.examiner import Examiner
from addon.errors import ModelError

TIMEOUT = 20.0
"""Seconds that a file may take to be opened and warmed; the process that does it is ended then."""

NICENESS = 10
"""The show goes on meanwhile and comes first."""


class Vetting:
    """Tries each file once, by its content, as the pen's engine would open it. For one thread.

    Args:
        timeout: Seconds a file may take.
        provider: Where it will run: tried on the CPU first, and then there.
    """

    def __init__(self, timeout: float = TIMEOUT, provider: str = "auto") -> None:
        self._timeout = timeout
        self._provider = provider
        self._passed: set[str] = set()
        self._closed = threading.Event()

    def __call__(self, path: Path) -> None:
        """Try a file.

        Raises:
            ModelError: It is refused, crashes the process, or takes too long.
        """
        content = _content(path)
        if content in self._passed:
            return
        closed = self._closed.is_set
        with Examiner(
            self._provider, seconds=0.0, timeout=self._timeout, niceness=NICENESS, given_up=closed
        ) as examiner:
            found = examiner.load_as_pen(path)
        if found["verdict"] != "runs":
            why = found.get("why", "it cannot be opened")
            raise ModelError(why if why.startswith(path.name) else f"{path.name}: {why}")
        self._passed.add(content)

    def close(self) -> None:
        """Give up what is being tried, so that nobody who leaves waits for it. From any thread."""
        self._closed.set()


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # The child says what is wrong with it.
