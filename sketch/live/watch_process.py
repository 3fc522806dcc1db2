"""The process that watches the files of a sketch and compiles them, so that no frame waits for it.

It reads what to follow from its standard input, writes what was saved to its standard output, and ends when
its standard input does.
"""

import os
import sys
import threading
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue
from typing import Any

from sketch.live.looking import Looker
from sketch.live.process import read_message, write_message

WAKE_MS = 1000
"""The files are looked at this often even if the system reports no change, as on some network drives."""

STEP_MS = 10


def main() -> None:
    """Watch until the standard input ends."""
    out = sys.stdout.buffer
    # What an import prints must not come between two messages.
    sys.stdout = sys.stderr
    asked: SimpleQueue[Any] = SimpleQueue()
    wake = [threading.Event()]
    looker = Looker(lambda events: write_message(out, events))

    def listen() -> None:
        try:
            while True:
                asked.put(read_message(sys.stdin.buffer))
                wake[0].set()
        except EOFError:
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        wake[0] = event = threading.Event()
        for each in _drained(asked):
            looker.follow(*each)
        looker.look()
        for _ in _wakes(looker.folders(), event):
            looker.look()
            if event.is_set():
                break


def _drained(queue: "SimpleQueue[Any]") -> Iterator[Any]:
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def _wakes(folders: Sequence[str], event: threading.Event) -> Iterator[None]:
    """Yield whenever something in the folders changes, and regularly, until the event is set."""
    there = [folder for folder in folders if os.path.isdir(folder)]
    if not there:
        event.wait(WAKE_MS / 1000)
        return
    try:
        from watchfiles import watch

        for _ in watch(
            *there,
            stop_event=event,
            watch_filter=None,
            debounce=4 * STEP_MS,
            step=STEP_MS,
            rust_timeout=WAKE_MS,
            yield_on_timeout=True,
            recursive=False,
            raise_interrupt=False,
        ):
            yield
            if len(there) < len(folders) and any(os.path.isdir(each) for each in {*folders} - {*there}):
                return
    # A folder was removed while it was watched, or the system has no more watches: look from time to time.
    except (OSError, RuntimeError):
        event.wait(WAKE_MS / 1000)


if __name__ == "__main__":
    main()
