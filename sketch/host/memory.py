"""What a frame frees, the next one takes again."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

_KEPT = 31 << 20
"""Bytes. glibc learns from a freed block of up to 32 MiB; see M_MMAP_THRESHOLD in mallopt(3)."""


def keep_freed_memory() -> None:
    """Have the C library keep the memory that a frame frees, for the next frame.

    A software driver and numpy take and free some megabytes a frame. Until it has seen a large block freed,
    glibc gives all of that back to the system every time, and the system clears it again page by page, which
    takes an eighth of a frame of ten thousand segments. Other C libraries keep memory as they see fit.
    """
    np.empty(_KEPT, dtype=np.uint8)


@contextmanager
def setup_kept_from_collector() -> Generator[None]:
    """Have Python's garbage collector leave alone, within this, what there is when it begins.

    A collection of the oldest generation looks at every object, modules among them: in the
    handwriting sketch it held a frame up for 110 ms on a busy machine, and there is hardly any garbage there.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
