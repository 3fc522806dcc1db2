"""The sketch's end of the process that watches its files."""

import contextlib
import sys
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sketch.live.looking import Event
from sketch.live.process import Process
from sketch.live.versions import Version

_STARTS = 4
"""How often the process is started; a file that ends it each time must not be read for ever."""

GONE = "saved files are no longer swapped in: the process that watches them ended; start the sketch again"


class Watcher:
    """Reports the files that were saved; no method waits. The process is started again if it ends by itself.

    Packages that a new version imports are imported in the thread that reads from the process, before the
    frame's thread gets the version.
    """

    def __init__(self) -> None:
        self._saved: SimpleQueue[list[Event]] = SimpleQueue()
        self._followed: list[tuple[str, str, str, str]] = []
        self._starts = 0
        self._start()

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        """Follow a module; see `Looker.follow`."""
        self._followed.append((file, source, needs, folder))
        self._process.say(self._followed[-1])

    def take(self) -> list[list[Event]]:
        """What was saved since the last call; events in one list were saved together."""
        taken: list[list[Event]] = []
        with contextlib.suppress(Empty):
            while True:
                taken.append(self._saved.get_nowait())
        return taken

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _start(self) -> None:
        self._starts += 1
        self._process = Process("sketch.live.watch_process", self._read, self._start_again)

    def _start_again(self) -> None:
        if self._starts == _STARTS:
            self._saved.put([("dead", GONE)])
            return
        self._start()
        for each in [*self._followed]:
            self._process.say(each)

    def _read(self, message: Any) -> None:
        events = [built(event) for event in message]
        for kind, version in events:
            if kind == "version":
                import_packages(version)
        self._saved.put(events)


def built(event: Event) -> Event:
    """An event with its `Version`, of which a message has the row."""
    kind, value = event
    return (kind, Version.of_row(value) if kind in ("known", "version") else value)


def import_packages(version: Version) -> None:
    """Import the packages that are new, so that the frame does not wait; the author's modules are left."""
    folder = Path(version.file).parent
    for each in (each for part in version.parts for each in part.imports):
        root = each.module.partition(".")[0]
        is_authors = each.level or (folder / f"{root}.py").exists() or (folder / root).exists()
        if is_authors or each.module in sys.modules:
            continue
        # The error is raised once more where the statement runs.
        with contextlib.suppress(Exception):
            import_module(each.module)
