"""Named arrays in memory that two processes share.

Whoever makes a block also ends it; whoever attaches to one only lets go of it.
"""

from collections.abc import Mapping, Sequence
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Tensors: TypeAlias = Mapping[str, NDArray[Any]]
"""Arrays by name, as a model takes and gives them; any fixed-size type, no objects."""

Place: TypeAlias = tuple[str, str, Sequence[int], int]
"""Where an array lies in a block: its name, its numpy type, its shape, the offset in bytes."""

ALIGNED = 64


def plan(tensors: Tensors) -> tuple[list[Place], int]:
    """Where each array is to lie, and how many bytes that takes, at least 1.

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


def read(block: SharedMemory, places: Sequence[Place]) -> dict[str, NDArray[Any]]:
    """Copies of the arrays in a block."""
    return {place[0]: _view(block, place).copy() for place in places}


def create(size: int) -> SharedMemory:
    """A new block of at least `size` bytes."""
    return SharedMemory(create=True, size=size)


def attach(name: str) -> SharedMemory:
    """A block that another process made, by its name."""
    # A process that attaches must not have the block ended when it leaves. Python can be told so from 3.13
    # on; before, it books every block it sees, and there is no other way than not to let it.
    register = resource_tracker.register
    resource_tracker.register = _book_nothing
    try:
        return SharedMemory(name)
    finally:
        resource_tracker.register = register


def end(block: SharedMemory) -> None:
    """Give a block back to the system; whoever is attached to it keeps it until it lets go."""
    block.close()
    block.unlink()


def _book_nothing(name: str, rtype: str) -> None:
    pass


def _view(block: SharedMemory, place: Place) -> NDArray[Any]:
    _, kind, shape, offset = place
    return np.ndarray(tuple(shape), np.dtype(kind), buffer=block.buf, offset=offset)
