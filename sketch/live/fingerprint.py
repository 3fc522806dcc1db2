"""Whether a value is still what it was when its module was loaded."""

from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, cast
from zlib import crc32

import numpy as np

MOST = 20_000
"""Values in a container that are compared; one with more counts as changed."""

MOST_BYTES = 4 << 20
"""Bytes of an array that are compared."""

_PLAIN = (int, float, complex, str, bytes, bool, type(None), type(...), range, slice)
_BY_IDENTITY = (type, FunctionType, BuiltinFunctionType, ModuleType)


class UnknownValueError(Exception):
    """A value whose content cannot be compared."""


def fingerprint(value: object) -> object | None:
    """What can be compared later with the fingerprint of the same value; None if it cannot be compared.

    A function, a class and a module are the same as long as they are the same object; numbers, texts, arrays,
    containers and plain objects as long as their content is.
    """
    try:
        return _print(value, [MOST], set())
    except Exception:  # an object of somebody else may raise anything when it is looked at
        return None


def _print(value: Any, left: list[int], within: set[int]) -> object:
    left[0] -= 1
    if left[0] < 0:
        raise UnknownValueError
    kind = cast(Any, type(value))
    if kind in _PLAIN:
        # Not a number would differ from itself.
        return (kind, repr(value) if kind in (float, complex) else value)
    if isinstance(value, _BY_IDENTITY):
        return (kind, id(value))
    if kind is np.ndarray:
        if value.dtype.hasobject or value.nbytes > MOST_BYTES:
            raise UnknownValueError
        return (kind, value.dtype.str, value.shape, crc32(np.ascontiguousarray(value).tobytes()))
    if isinstance(value, np.generic):
        return (kind, repr(cast(Any, value)))
    if id(value) in within:
        return (kind, "itself")
    within.add(id(value))
    try:
        return (kind, _content(value, kind, left, within))
    finally:
        within.discard(id(value))


def _content(value: Any, kind: Any, left: list[int], within: set[int]) -> object:
    def of(each: object) -> object:
        return _print(each, left, within)

    if isinstance(value, list | tuple):
        return tuple(of(each) for each in cast(list[object], value))
    if isinstance(value, dict):
        items = cast(dict[object, object], value).items()
        return tuple((of(key), of(each)) for key, each in items)
    if isinstance(value, set | frozenset):
        return frozenset(of(each) for each in cast(set[object], value))
    slots = [name for part in kind.__mro__ for name in _slots(part)]
    state = cast(dict[str, object] | None, getattr(value, "__dict__", None))
    # What is written in C may hold more than its attributes show.
    python = all(part is object or part.__flags__ & _HEAP for part in kind.__mro__)
    if not python or (state is None and not slots):
        raise UnknownValueError
    held: dict[str, object] = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    held |= state or {}
    return tuple((name, of(each)) for name, each in held.items())


_HEAP = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: the type was made while Python ran, as by a class statement."""


def _slots(kind: type) -> tuple[str, ...]:
    given = vars(kind).get("__slots__", ())
    return tuple(name for name in ((given,) if isinstance(given, str) else given) if name[:2] != "__")
