"""Try an untrusted file in another process, which may crash, before the sketch's process opens it."""

import threading
from pathlib import Path

from addon.doctor.examiner import Examiner
from addon.errors import ModelError
from addon.inference.loaded_model import read_pen
from addon.inference.opening import ModelFile
from addon.text import escaped

TIMEOUT = 60.0
"""Most seconds to open and warm a file; then the process is ended. It takes two on an idle machine; next to a
training and a busy frame, at its lower priority, it took more than twenty."""

NICENESS = 10
"""The sketch is running at the same time and has priority."""

TRIES = 3
"""How often a file is tried if it is replaced during the attempt."""


class Vetting:
    """Tries each file once, by its content, as the pen's engine would open it. For use from one thread.

    The bytes that are returned are those that were tried: they are read here, and the other process returns
    the hash of what it has read.

    Args:
        timeout: Most seconds for a file.
        provider: The provider that will run it; it is tried after the CPU.
    """

    def __init__(self, timeout: float = TIMEOUT, provider: str = "auto") -> None:
        self._timeout = timeout
        self._provider = provider
        self._passed: set[str] = set()
        self._closed = threading.Event()

    def __call__(self, path: Path) -> ModelFile:
        """Try a file; returns its contents.

        Raises:
            ModelError: It is refused, crashes the process, takes too long, or keeps changing.
        """
        for _ in range(TRIES):
            file, why = _read(path)
            if file is not None and file.content in self._passed:
                return file
            content = self._tried(path)
            if file is None:
                # The other process may read further and have a better message, so it was asked first.
                raise ModelError(why)
            if content == file.content:
                self._passed.add(content)
                return file
        raise ModelError(f"{path.name}: it changed while it was tried; load it again when it is complete")

    def close(self) -> None:
        """Cancel the current attempt, so that nothing waits for it at exit. From any thread."""
        self._closed.set()

    def _tried(self, path: Path) -> str:
        """The hash of what the other process has read and accepted."""
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
