"""What a child process does at its end of the pipes.

It ends with its parent, however the parent ends and whatever the child does.

The sign is the pipe on standard input: only the parent has its other end, so it hangs up when the parent
ends, also after `kill -9`. (Linux's signal at a parent's death comes when the starting thread ends.)
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

GRACE = 0.5
"""Seconds a child has to leave by itself once its parent is gone, or has closed the pipe."""

_LOOK_SECONDS = 0.2


def end_with_parent(leave: Callable[[], object] = lambda: None, grace: float = GRACE) -> None:
    """Have this process ended soon after its parent is gone or has closed the pipe; returns at once.

    Nothing is read from standard input.

    Args:
        leave: Called just before the end, to clean up; an exception in it changes nothing.
        grace: Seconds that this process has to leave by itself.
    """
    watch = threading.Thread(target=_watch, args=(_gone(), leave, grace), name="inkloop-parent", daemon=True)
    watch.start()


def claim_stdout() -> TextIO:
    """A stream to standard output for lines of answers alone; all other prints go to standard error."""
    ours = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    os.dup2(2, 1)
    return ours


def _watch(gone: Callable[[], bool], leave: Callable[[], object], grace: float) -> None:
    while not gone():
        pass
    time.sleep(grace)
    try:
        leave()
    finally:
        os._exit(1)


if sys.platform == "win32":
    import _winapi
    import msvcrt

    def _gone() -> Callable[[], bool]:
        pipe = msvcrt.get_osfhandle(0)
        try:
            parent = _winapi.OpenProcess(_winapi.SYNCHRONIZE, False, os.getppid())
        except OSError:
            parent = 0

        def gone() -> bool:
            # With unread bytes in the pipe this does not fail, so the parent is checked as well.
            try:
                _winapi.PeekNamedPipe(pipe, 0)
            except OSError:
                return True
            if parent:
                ended = _winapi.WaitForSingleObject(parent, int(1000 * _LOOK_SECONDS))
                return ended == _winapi.WAIT_OBJECT_0
            time.sleep(_LOOK_SECONDS)
            return False

        return gone
else:
    import select

    def _gone() -> Callable[[], bool]:
        parent, pipe = os.getppid(), select.poll()
        # No event is requested: a hang-up is always reported, and unread bytes are not.
        pipe.register(0, 0)

        def gone() -> bool:
            return bool(pipe.poll(1000 * _LOOK_SECONDS)) or os.getppid() != parent

        return gone
