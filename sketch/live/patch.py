"""Put new code into the functions and classes that are in use, so that everything that holds them gets it."""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from types import CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any, cast

from sketch.live.undo import Undo

_OF_THE_CLASS = frozenset({"__dict__", "__weakref__", "__slots__", "__module__", "_abc_impl"})
_ANNOTATIONS = ("__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__")
_FUNCTION = ("__code__", "__defaults__", "__kwdefaults__", "__doc__")


class LayoutError(TypeError):
    """The objects of a class cannot become objects of its new version; the message says why."""


def same_function(old: object, new: object) -> bool:
    """Whether the code of one function can be put into the other: neither is a closure.

    A closure keeps values of the call that made it, which another function would not have.
    """
    if not (isinstance(old, FunctionType) and isinstance(new, FunctionType)):
        return False
    free = old.__code__.co_freevars
    return (
        free == new.__code__.co_freevars
        and free in ((), ("__class__",))
        and old.__globals__ is new.__globals__
        and old.__code__.co_flags & _SAME_FLAGS == new.__code__.co_flags & _SAME_FLAGS
    )


_SAME_FLAGS = 0x20 | 0x80 | 0x200
"""Generator, coroutine and asynchronous generator: what calls such a function depends on it."""


def patch_function(old: FunctionType, new: FunctionType, undo: Undo) -> None:
    """Give a function the code, defaults, annotations and attributes of another one."""
    for name in _FUNCTION:
        undo.set_object_attribute(old, name, getattr(new, name))
    # From 3.14 on, annotations are evaluated when they are asked for.
    lazy = "__annotate__" if hasattr(new, "__annotate__") else "__annotations__"
    undo.set_object_attribute(old, lazy, getattr(new, lazy))
    for name, value in vars(new).items():
        undo.set_item(vars(old), name, value)


def is_whole(kind: type) -> bool:
    """Whether a class is one whose parts depend on each other: a dataclass, an enum or a named tuple."""
    bases: tuple[type, ...] = kind.__mro__
    named_tuple = tuple in bases and "_fields" in dir(kind)
    return named_tuple or enum.Enum in bases or dataclasses.is_dataclass(cast(Any, kind))


def is_patchable(kind: type) -> bool:
    """Whether a class can be patched at all: not an enum or named tuple, whose values are made with it."""
    return enum.Enum not in kind.__mro__ and tuple not in kind.__mro__


def fits(old: type, new: type) -> bool:
    """Whether objects of a class can stay as they are when it gets the content of another one."""
    return type(old) is type(new) and _slots(old) == _slots(new)


def _slots(kind: type) -> tuple[str, ...] | None:
    given = vars(kind).get("__slots__")
    return None if given is None else (given,) if isinstance(given, str) else tuple(given)


def patch_class(
    old: type, new: type, was: frozenset[str], kept: Callable[[str], bool], undo: Undo
) -> list[type]:
    """Give a class that is in use the content of its new version.

    Args:
        old: The class in use.
        new: Its new version, which nothing uses yet.
        was: The names that the old class had when it was loaded; of these the new one decides. What was set
            on the class later stays.
        kept: Whether an attribute keeps its value: what set it has not changed.
        undo: Takes it back.

    Returns:
        The classes that were patched: this one, and classes in it.

    Raises:
        LayoutError: Its bases differ in a way that Python refuses; nothing was changed.
    """
    if old.__bases__ != new.__bases__:
        bases = old.__bases__
        try:
            old.__bases__ = new.__bases__
        except TypeError as error:
            raise LayoutError(str(error)) from None
        undo.add(lambda: setattr(old, "__bases__", bases))
    patched = [old]
    own = {name: value for name, value in vars(new).items() if not _is_layout(name, value)}
    for name in sorted(was - vars(new).keys()):
        if name in vars(old) and not _is_layout(name, vars(old)[name]):
            undo.del_attribute(old, name)
    _point_cells(new, old, own.values())
    for name, value in own.items():
        held = vars(old).get(name)
        if name in vars(old) and kept(name):
            continue
        if _is_own_class(held, value):
            patched += patch_class(cast(type, held), value, frozenset(vars(cast(type, held))), _never, undo)
        elif name in _ANNOTATIONS:
            continue
        elif (pair := _functions_of(held, value)) is not None:
            patch_function(*pair, undo)
        else:
            undo.set_attribute(old, name, value)
            _name_again(value, old, name)
    _patch_annotations(old, new, undo)
    return patched


def _never(_: str) -> bool:
    return False


def _patch_annotations(old: type, new: type, undo: Undo) -> None:
    if hasattr(new, "__annotate__"):
        later: tuple[Any, Any] = (cast(Any, old).__annotate__, cast(Any, new).__annotate__)
        undo.add(lambda: setattr(old, "__annotate__", later[0]))
        cast(Any, old).__annotate__ = later[1]
    elif "__annotations__" in vars(new):
        undo.set_attribute(old, "__annotations__", vars(new)["__annotations__"])


def _is_layout(name: str, value: object) -> bool:
    return name in _OF_THE_CLASS or isinstance(value, MemberDescriptorType | GetSetDescriptorType)


def _is_own_class(held: object, value: object) -> bool:
    return (
        isinstance(held, type)
        and isinstance(value, type)
        and held is not value
        and held.__qualname__ == value.__qualname__
        and held.__module__ == value.__module__
        and is_patchable(held)
        and fits(held, value)
        and held.__bases__ == value.__bases__
    )


def _functions_of(held: object, value: object) -> tuple[FunctionType, FunctionType] | None:
    """Two functions, or those in two static methods or class methods, if one can be patched."""
    if type(held) is not type(value):
        return None
    if isinstance(held, staticmethod | classmethod):
        wrapped, new = cast(Any, held).__func__, cast(Any, value).__func__
    else:
        wrapped, new = held, value
    return cast(Any, (wrapped, new)) if same_function(wrapped, new) else None


def _name_again(value: Any, owner: type, name: str) -> None:
    """Tell a descriptor which class it is in: it was made in the new version of the class."""
    kind = cast(Any, type(value))
    named = getattr(kind, "__set_name__", None)
    if named is not None:
        named(value, owner, name)


def _point_cells(new: type, old: type, values: Iterable[object]) -> None:
    """Let `super()` and `__class__` in the new functions mean the class in use."""
    for value in values:
        for function in functions_in(value):
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                if name == "__class__" and cell.cell_contents is new:
                    cell.cell_contents = old


def functions_in(value: Any) -> Iterator[FunctionType]:
    """The functions that an attribute of a class or a module consists of."""
    match value:
        case FunctionType():
            yield value
        case staticmethod() | classmethod():
            yield from functions_in(cast(Any, value).__func__)
        case property():
            for each in (value.fget, value.fset, value.fdel):
                yield from functions_in(each)
        case cached_property() | partial():
            yield from functions_in(cast(Any, value).func)
        case _:
            pass
    wrapped = None if isinstance(value, type) else getattr(cast(Any, value), "__wrapped__", None)
    if wrapped is not None and wrapped is not value:
        yield from functions_in(wrapped)


def functions_of_module(namespace: Mapping[str, object], module: str) -> Iterator[FunctionType]:
    """The functions of a module, and of the classes in it."""
    for value in [*namespace.values()]:
        if isinstance(value, type) and value.__module__ == module:
            yield from _functions_of_class(value, module)
        elif not isinstance(value, type):
            yield from functions_in(value)


def _functions_of_class(kind: type, module: str) -> Iterator[FunctionType]:
    for value in [*vars(kind).values()]:
        if isinstance(value, type):
            inside = value.__qualname__.startswith(f"{kind.__qualname__}.")
            if inside and value.__module__ == module:
                yield from _functions_of_class(value, module)
        else:
            yield from functions_in(value)


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """The codes of the functions and methods that a module's code defines."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from codes_in(each)
