"""Limit the memory, disk and time of a child process that opens an untrusted file."""

import contextlib
import os
import signal
import sys

MEMORY = 4 * 1024**3
"""Most bytes of memory."""

DISK = 64 * 1024**2
"""Most bytes of a file that is written."""


def limit_this_process(memory: int = MEMORY) -> str:
    """Limit this process from now on.

    Args:
        memory: Most bytes of memory.

    Returns:
        A message about what cannot be limited on this system; empty if everything is.
    """
    if os.name != "posix":
        return "memory is not limited on this system; time is"
    import resource

    # CUDA maps more addresses than there is memory, so on Linux limit the data segment instead.
    kind = resource.RLIMIT_DATA if sys.platform == "linux" else resource.RLIMIT_AS
    for name, most in ((kind, memory), (resource.RLIMIT_FSIZE, DISK), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(name)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # Some systems know the limit but do not set it (macOS, for addresses).
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(name, (allowed, hard))
    # Writing more than the limit must raise an error, not end the process.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    return ""


def end_within(seconds: float) -> None:
    """Let the system end this process after this time, even within a native library; 0 cancels it."""
    if os.name == "posix":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
