"""Keep memory between frames."""

import gc
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np

_KEPT = 31 << 20
"""Bytes. glibc learns from a freed block of up to 32 MiB; see M_MMAP_THRESHOLD in mallopt(3)."""


def keep_freed_memory() -> None:
    """Make the C library keep the memory that a frame frees, for the next frame.

    A software driver and numpy take and free some megabytes a frame. Until it has seen a large block freed,
    glibc returns all of that to the system each time, and the system clears it again page by page, which
    takes an eighth of a frame of ten thousand segments. Other C libraries have their own rules.
    """
    np.empty(_KEPT, dtype=np.uint8)


@contextmanager
def setup_kept_from_collector() -> Generator[None]:
    """Exclude all existing objects from garbage collection within a `with` block.

    A collection of the oldest generation visits every object, including modules: in the handwriting sketch it
    delayed a frame by 110 ms on a busy machine, and found hardly any garbage.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
