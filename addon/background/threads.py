"""Threads that are ended before Python takes itself down.

A daemon thread that is inside ONNX Runtime at that moment is unwound through code that does not allow it, and
the process dies with "terminate called without an active exception". A script that never calls `exit()` must
end calmly, too.
"""

import threading
import weakref
from collections.abc import Callable

LAST_SECONDS = 10.0


def end_at_exit(owner: object, thread: threading.Thread, ask: Callable[[], object]) -> None:
    """Have a daemon thread ended when Python ends, at the latest.

    Args:
        owner: Whose thread it is; neither `ask` nor what it is bound to may refer to it.
        thread: The thread.
        ask: Asks it to end.
    """
    weakref.finalize(owner, _end, thread, ask)


def _end(thread: threading.Thread, ask: Callable[[], object]) -> None:
    ask()
    # The thread itself may be the last that knows its owner.
    if thread is not threading.current_thread():
        thread.join(LAST_SECONDS)
