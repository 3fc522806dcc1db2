"""What a child process does at its end of the pipes.

It ends with its parent, however the parent ends and whatever the child does.

The sign is the pipe on standard input: only the parent has its other end, so it hangs up when the parent
ends, also after `kill -9`. (Linux's signal at a parent's death comes when the starting thread ends.)
"""

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn, TextIO

GRACE = 0.5
"""Seconds a child has to leave by itself once its parent is gone, or has closed the pipe."""

_LOOK_SECONDS = 0.2
_NAME = "inkloop-parent"
_leaves: list[Callable[[], object]] = []


def end_with_parent(leave: Callable[[], object] | None = None) -> None:
    """Have this process ended soon after its parent is gone or has closed the pipe; returns at once.

    Nothing is read from standard input. A process that calls it again is not watched twice.

    Args:
        leave: Called just before the end, to clean up; an exception in it changes nothing. None for nothing
            more to clean up.
    """
    watched = any(thread.name == _NAME for thread in threading.enumerate())
    if leave is not None:
        _leaves.append(leave)
    if not watched:
        threading.Thread(target=_watch, args=(_gone(),), name=_NAME, daemon=True).start()


def claim_stdout() -> TextIO:
    """A stream to standard output for lines of answers alone; all other prints go to standard error."""
    ours = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    os.dup2(2, 1)
    return ours


def run_and_leave(main: Callable[[], int | None]) -> NoReturn:
    """Run a child's main function, then end the process at once, with its result as exit code.

    Taking down the interpreter takes seconds once torch is imported. Python ends its background threads
    first, so meanwhile nothing would notice that the parent is gone.

    Args:
        main: An exception in it is printed, and the exit code is 1. Functions registered with `atexit` are
            not called.
    """
    try:
        code = main() or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _watch(gone: Callable[[], bool]) -> None:
    while not gone():
        pass
    time.sleep(GRACE)
    try:
        for leave in _leaves:
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
