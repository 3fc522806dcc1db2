"""Waiting for what another thread or process does: by what happens, never for a time."""

import time
from collections.abc import Callable

# After so long something hangs. A machine that is only slow or busy must never reach it, so it is far more
# than anything takes; it costs nothing where all is well.
PATIENCE = 300.0
_PAUSE = 0.002


def until(
    happened: Callable[[], object], meanwhile: Callable[[], object] = lambda: None, what: str = "it"
) -> None:
    """Wait until something is true.

    Args:
        happened: What is waited for.
        meanwhile: Is called between two looks at it, as a sketch calls `update` once a frame.
        what: Names it, should it never come.

    Raises:
        AssertionError: It never came.
    """
    gives_up = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < gives_up, f"{what} did not happen"
        meanwhile()
        time.sleep(_PAUSE)
