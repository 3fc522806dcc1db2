"""Threads that do not delay the end of the program, and do not outlive it."""

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

LAST_SECONDS = 10.0

Result = TypeVar("Result")


def in_thread(work: Callable[[], Result], name: str) -> Future[Result]:
    """Run a function in a daemon thread of its own, which an executor would wait for when Python ends.

    Args:
        work: What to run; what it raises is raised again by the future.
        name: Of the thread.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def end_at_exit(owner: object, thread: threading.Thread, ask: Callable[[], object]) -> None:
    """End a daemon thread when Python ends, at the latest.

    A daemon thread that is inside ONNX Runtime at that moment would be unwound through code that does not
    allow it, and the process would die with "terminate called without an active exception", also after a
    script that never calls `exit()`.

    Args:
        owner: The object whose thread it is; neither `ask` nor its arguments may refer to it.
        thread: The thread.
        ask: Asks it to end.
    """
    weakref.finalize(owner, _end, thread, ask)


def _end(thread: threading.Thread, ask: Callable[[], object]) -> None:
    ask()
    # The thread itself may hold the last reference to its owner.
    if thread is not threading.current_thread():
        thread.join(LAST_SECONDS)
