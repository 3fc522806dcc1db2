"""What comes from a stranger is tried in a process that may die, before the sketch's own opens it."""

import threading
from pathlib import Path

from addon.doctor.examiner import Examiner
from addon.errors import ModelError
from addon.inference.loaded_model import read_pen
from addon.inference.opening import ModelFile
from addon.text import escaped

TIMEOUT = 20.0
"""Seconds that a file may take to be opened and warmed; the process that does it is ended then."""

NICENESS = 10
"""The show goes on meanwhile and comes first."""


TRIES = 3
"""How often a file is tried that is replaced while it is tried."""


class Vetting:
    """Tries each file once, by its content, as the pen's engine would open it. For one thread.

    What is handed on is what was tried: the bytes are read here, and the process that tries the file says the
    hash of what it has read.

    Args:
        timeout: Seconds a file may take.
        provider: Where it will run: tried on the CPU first, and then there.
    """

    def __init__(self, timeout: float = TIMEOUT, provider: str = "auto") -> None:
        self._timeout = timeout
        self._provider = provider
        self._passed: set[str] = set()
        self._closed = threading.Event()

    def __call__(self, path: Path) -> ModelFile:
        """Try a file; gives what was read of it.

        Raises:
            ModelError: It is refused, crashes the process, takes too long, or changes all the time.
        """
        for _ in range(TRIES):
            file, why = _read(path)
            if file is not None and file.content in self._passed:
                return file
            content = self._tried(path)
            if file is None:
                # The other process may look further into a file, so its words were worth having.
                raise ModelError(why)
            if content == file.content:
                self._passed.add(content)
                return file
        raise ModelError(f"{path.name}: it was written to while it was tried; load it again after that")

    def close(self) -> None:
        """Give up what is being tried, so that nobody who leaves waits for it. From any thread."""
        self._closed.set()

    def _tried(self, path: Path) -> str:
        """The content of what the other process has read and found sound."""
        closed = self._closed.is_set
        with Examiner(
            self._provider, seconds=0.0, timeout=self._timeout, niceness=NICENESS, given_up=closed
        ) as examiner:
            found = examiner.load_as_pen(path)
        if found["verdict"] == "runs":
            return found.get("content", "")
        why = found.get("why", "it cannot be opened")
        raise ModelError(why if why.startswith(escaped(path.name)) else f"{path.name}: {why}")


def _read(path: Path) -> tuple[ModelFile | None, str]:
    try:
        return read_pen(path), ""
    except ModelError as error:
        return None, str(error)
