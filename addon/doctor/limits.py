"""What a child process may take, so that no file takes more: memory, disk and time."""

import contextlib
import os
import signal
import sys

MEMORY = 4 * 1024**3
"""Bytes of memory that may be asked for."""

FOLDER_PREFIX = "inkloop-doctor-"
"""Of the folder in which a child may leave what it writes, and which goes with it."""

DISK = 64 * 1024**2
"""Bytes that a file may have that is written."""


def limit_this_process(memory: int = MEMORY) -> str:
    """Bound what this process may take from now on.

    Args:
        memory: Bytes that it may ask for.

    Returns:
        What cannot be bounded on this system, in words; empty if everything is.
    """
    if os.name != "posix":
        return "memory is not bounded on this system; time is"
    import resource

    # A CUDA device maps more addresses than there is memory, so on Linux bound what can be written.
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    for name, most in ((kind, memory), (resource.RLIMIT_FSIZE, DISK), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(name)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # A system that knows the limit and will not set it (macOS, for addresses) is no reason to stop.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (allowed, hard))
    # Writing past the bound is an error to be told, not the end.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return ""


def end_within(seconds: float) -> None:
    """Let the system end this process then, even within a native library; 0 takes it back."""
    if os.name == "posix":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
