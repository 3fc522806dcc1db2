"""The training process, as the sketch sees it. Needs no torch."""

import sys
from pathlib import Path

from addon.background.child_process import ChildProcess
from addon.errors import AddonError, TrainingError
from addon.training.protocol import CANCEL_LINE, LAST, Baking, Event, Failed, Job, event_from, job_line

LOG_NAME = "training.log"

NICENESS = 10
"""Lowers the priority on Windows, where a process cannot do so itself."""


class TrainerProcess:
    """A training, or an export, in a process of its own.

        trainer = TrainerProcess.start(job)
        for event in trainer.poll():      # once a frame
            ...
        trainer.stop()                    # ends it

    The last event is always one of `addon.training.protocol.LAST`, even if the process was killed.
    """

    def __init__(self, child: ChildProcess[Event], log: Path) -> None:
        self._child = child
        self._log = log
        self._last: Event | None = None
        self._over = False

    @classmethod
    def start(cls, job: Job | Baking) -> "TrainerProcess":
        """Start a training or an export.

        Args:
            job: What to do; its folder, which takes the log, is made if it is missing.

        Raises:
            TrainingError: The process cannot be started.
        """
        folder = job.folder
        threads = "1" if isinstance(job, Baking) else str(job.config.get("threads", 1))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            child = ChildProcess(
                "addon.training",
                _event_or_failure,
                # Elsewhere it lowers its own after its imports, which would take minutes on a busy machine.
                niceness=NICENESS if sys.platform == "win32" else 0,
                folder=folder,
                environment={
                    # Not the author's path: one of their modules may be called like one of ours.
                    "PYTHONPATH": "",
                    "OMP_NUM_THREADS": threads,
                    # Torch would leave this folder among the system's temporary files.
                    "TORCHINDUCTOR_CACHE_DIR": str(folder / "torch"),
                },
                log=folder / LOG_NAME,
            )
        except (OSError, AddonError) as error:
            raise TrainingError(f"training cannot start: {error}") from error
        child.say(job_line(job))
        return cls(child, folder / LOG_NAME)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether more events may come; once it is False, one more `poll` gives the last ones."""
        return self._child.alive

    def poll(self) -> list[Event]:
        """The events since the last call, oldest first; never waits."""
        # Before reading, so that no line that it wrote before it ended is missed.
        alive = self._child.alive
        events = self._child.heard()
        self._last = events[-1] if events else self._last
        # A child that has ended leaves no more lines than one call gives.
        if alive or self._over:
            return events
        self._over = True
        if not isinstance(self._last, LAST):
            events.append(
                Failed(f"training ended unexpectedly ({self._child.last_words()}); see {self._log}")
            )
        return events

    def cancel(self) -> None:
        """Ask it to stop after the iteration it is in; `Cancelled` follows."""
        self._child.say(CANCEL_LINE)

    def stop(self) -> None:
        """End it, whatever it does; waits at most a second or two. No event follows."""
        self._over = True
        self._child.end()


def _event_or_failure(line: str) -> Event:
    try:
        return event_from(line)
    except (TrainingError, TypeError) as error:
        return Failed(str(error))
