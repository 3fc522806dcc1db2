"""Named arrays in memory that two processes share.

The process that makes a block also ends it; a process that attaches to one only closes it.
"""

import os
import sys
from collections.abc import Sequence
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import TypeAlias

import numpy as np

from addon.arrays import Array, Tensors
from addon.errors import AddonError

Place: TypeAlias = tuple[str, str, Sequence[int], int]
"""Where an array is in a block: its name, its numpy type, its shape, the offset in bytes."""

ALIGNED = 64


def plan(tensors: Tensors) -> tuple[list[Place], int]:
    """Where each array will be, and how many bytes that takes, at least 1.

    Raises:
        ValueError: An array holds objects, which no other process could read.
    """
    places: list[Place] = []
    size = 0
    for name, array in tensors.items():
        if array.dtype.hasobject:
            raise ValueError(f"{name!r} holds Python objects; a tensor has a numeric or fixed-width type")
        places.append((name, array.dtype.str, array.shape, size))
        size += -(-array.nbytes // ALIGNED) * ALIGNED
    return places, max(size, 1)


def write(block: SharedMemory, places: Sequence[Place], tensors: Tensors) -> None:
    """Copy arrays into a block, as planned."""
    for place in places:
        view = _view(block, place)
        view[...] = tensors[place[0]]


def read(block: SharedMemory, places: Sequence[Place]) -> dict[str, Array]:
    """Copies of the arrays in a block."""
    return {place[0]: _view(block, place).copy() for place in places}


def create(size: int) -> SharedMemory:
    """A new block of at least `size` bytes.

    Raises:
        AddonError: There is not enough memory; one line says what to do.
    """
    try:
        block = SharedMemory(create=True, size=size)
    except OSError as error:
        raise AddonError(_too_little(size)) from error
    try:
        _occupy(block.name, size)
    except OSError as error:
        end(block)
        raise AddonError(_too_little(size)) from error
    return block


def grown(block: SharedMemory | None, size: int) -> SharedMemory:
    """A block of at least `size` bytes: the given one, or a new one in its place.

    Raises:
        AddonError: As `create`; the given block is ended then, too.
    """
    if block is not None and block.size >= size:
        return block
    if block is not None:
        end(block)
    return create(size)


def attach(name: str) -> SharedMemory:
    """A block that another process made, by its name."""
    # A block must not end with a process that has only attached to it. Python has an option for that from
    # 3.13 on; before, its resource tracker registers every block, unless it is kept from doing so.
    register = resource_tracker.register
    resource_tracker.register = _register_nothing
    try:
        return SharedMemory(name)
    finally:
        resource_tracker.register = register


def end(block: SharedMemory) -> None:
    """Give a block back to the system; a process that is attached to it keeps it until it closes it."""
    block.close()
    block.unlink()


def _occupy(name: str, size: int) -> None:
    """Have the system reserve a block's memory now.

    Linux promises more than it has, as in a container, whose /dev/shm is small; a process that then writes
    into missing memory is killed at once, without a message.
    """
    if sys.platform != "linux":
        return
    file = os.open(f"/dev/shm/{name}", os.O_RDWR)
    try:
        os.posix_fallocate(file, 0, size)
    finally:
        os.close(file)


def _too_little(size: int) -> str:
    return (
        f"{size / 1e6:.0f} MB of shared memory are not available; feed smaller pictures, or enlarge /dev/shm "
        "(in Docker: --shm-size=1g)"
    )


def _register_nothing(name: str, rtype: str) -> None:
    pass


def _view(block: SharedMemory, place: Place) -> Array:
    _, kind, shape, offset = place
    return np.ndarray(tuple(shape), np.dtype(kind), buffer=block.buf, offset=offset)
