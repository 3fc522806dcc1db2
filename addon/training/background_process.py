"""A process that is started off the frame's thread, since preparing its job waits for the disk."""

import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from addon.errors import AddonError
from addon.training.protocol import Event

CLOSING_SECONDS = 2.0


class Process(Protocol):
    """A process beside the sketch, as `addon.training.trainer_process.TrainerProcess` is one."""

    def poll(self) -> list[Event]:
        """What it has reported since the last call; never waits."""
        ...

    def cancel(self) -> None:
        """Ask it to stop; it reports when it has."""

    def stop(self) -> None:
        """End it, whatever it is doing."""


class BackgroundProcess:
    """Prepares a job and starts its process in a thread; nothing else here waits.

    Args:
        begin: Writes what the process is to read, and starts it.
        what: What cannot begin if that fails, as in "training".
    """

    def __init__(self, begin: Callable[[], Process], what: str) -> None:
        self.failure = ""
        self._what = what
        self._process: Process | None = None
        self._ending = False
        self._started: SimpleQueue[Process | str] = SimpleQueue()
        self._thread = threading.Thread(target=self._begin, args=(begin,), name="inkloop-begin", daemon=True)
        self._thread.start()

    @property
    def process(self) -> Process | None:
        """The process, once it is there; `failure` says in one line if it could not begin."""
        if self._process is None:
            self._take()
        return self._process

    def poll(self) -> list[Event]:
        """What the process has reported since the last call."""
        return [] if self.process is None else self.process.poll()

    def cancel(self) -> None:
        """Ask it to stop, once it is there."""
        self._ending = True
        if self._process is not None:
            self._process.cancel()

    def stop(self) -> None:
        """End it, waiting a bounded time for one that is just starting."""
        self._ending = True
        self._thread.join(CLOSING_SECONDS)
        if self.process is not None:
            self.process.stop()

    def _begin(self, begin: Callable[[], Process]) -> None:
        try:
            self._started.put(begin())
        except OSError as error:
            reason = error.strerror or error
            self._started.put(f"{self._what} cannot begin ({reason}); free space or check the folder")
        except AddonError as error:
            self._started.put(f"{self._what} cannot begin ({error})")
        except Exception as error:  # a thread that ends without a word would leave it under way for ever
            self._started.put(f"{self._what} cannot begin ({type(error).__name__}: {error})")

    def _take(self) -> None:
        try:
            begun = self._started.get_nowait()
        except Empty:
            return
        if isinstance(begun, str):
            self.failure = begun
            return
        self._process = begun
        if self._ending:
            begun.cancel()


def make_folders_of(*paths: Path) -> None:
    """Make the folders that files are to go into.

    Raises:
        OSError: One cannot be made.
    """
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
