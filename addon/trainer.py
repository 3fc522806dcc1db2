"""The sketch's handle on a training that runs in a process of its own. Needs no torch and never waits."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from addon.errors import TrainingError
from addon.jobs import CANCEL_LINE, LAST, Baking, Event, Failed, Job, event_from, job_line

LOG_NAME = "training.log"

# How long the process may take to leave by itself before it is ended, in seconds.
GRACE = 1.0


class TrainerProcess:
    """A training that runs beside the sketch.

        trainer = TrainerProcess.start(job)
        for event in trainer.poll():      # once a frame
            ...
        trainer.stop()                    # surely ends it

    The last event is always one of `addon.jobs.LAST`, also when the process was killed.
    """

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._ended = threading.Event()
        self._stopped = False
        self._reader = threading.Thread(target=self._read, name="inkloop-trainer", daemon=True)
        self._reader.start()

    @classmethod
    def start(cls, job: Job | Baking) -> "TrainerProcess":
        """Start to train, or to bake.

        Args:
            job: What to do; its folder is made if it is not there, and takes the log.

        Raises:
            TrainingError: The process cannot be started.
        """
        folder = job.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            process = _spawn(job, folder / LOG_NAME)
        except OSError as error:
            raise TrainingError(f"training cannot start: {error}") from error
        trainer = cls(process, folder / LOG_NAME)
        trainer._say(job_line(job))
        return trainer

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether more events may come; once it is False, one more `poll` gives the last of them."""
        return not self._ended.is_set()

    def poll(self) -> list[Event]:
        """What happened since the last call, oldest first; never waits."""
        return list(_drained(self._events))

    def cancel(self) -> None:
        """Ask it to stop after the iteration it is in; `Cancelled` follows."""
        self._say(CANCEL_LINE)

    def stop(self) -> None:
        """End it, whatever it is doing; waits at most a second or two. No event follows."""
        self._stopped = True
        _close(self._process.stdin)
        try:
            self._process.wait(timeout=GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (OSError, ValueError):
            return  # It is gone or going; the reader tells why.

    def _read(self) -> None:
        assert self._process.stdout is not None
        last: Event | None = None
        with self._process.stdout as lines:
            for line in lines:
                last = _understood(line)
                self._events.put(last)
        code = self._process.wait()
        if not isinstance(last, LAST) and not self._stopped:
            self._events.put(Failed(f"training ended unexpectedly ({_how(code)}); see {self._log}"))
        _close(self._process.stdin)
        self._ended.set()


def _spawn(job: Job | Baking, log: Path) -> subprocess.Popen[str]:
    with log.open("a", encoding="utf-8") as errors:
        return subprocess.Popen(
            # -P keeps the working folder off the path, and with it whatever the author's sketch is called.
            [sys.executable, "-P", "-m", "addon.training"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            encoding="ascii",
            cwd=log.parent,
            env=_environment(job),
            creationflags=_quietly(),
        )


def _environment(job: Job | Baking) -> dict[str, str]:
    packages = str(Path(__file__).parents[1])
    threads = "1" if isinstance(job, Baking) else str(job.config.get("threads", 1))
    # Torch would leave its folder among the system's temporary files.
    kept = str(job.folder / "torch")
    return {
        **os.environ,
        "PYTHONPATH": packages,
        "OMP_NUM_THREADS": threads,
        "TORCHINDUCTOR_CACHE_DIR": kept,
    }


def _quietly() -> int:
    """Windows: no console, and the lower priority that `os.nice` gives elsewhere; 0 on other systems."""
    names = ("CREATE_NO_WINDOW", "BELOW_NORMAL_PRIORITY_CLASS")
    return sum(int(getattr(subprocess, name, 0)) for name in names)


def _drained(queue: "SimpleQueue[Event]") -> Iterator[Event]:
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def _understood(line: str) -> Event:
    try:
        return event_from(line)
    except (TrainingError, TypeError) as error:
        return Failed(str(error))


def _how(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"


def _close(pipe: IO[str] | None) -> None:
    assert pipe is not None
    try:
        pipe.close()
    except OSError:
        return  # Closing flushes; what was not read is of no use to a process that is gone.
