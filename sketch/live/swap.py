"""Bring a module that is in use to a new version of its source, statement by statement."""

import enum
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, cast

from sketch.live.fingerprint import fingerprint
from sketch.live.patch import (
    LayoutError,
    codes_in,
    fits,
    functions_of_module,
    is_patchable,
    is_whole,
    patch_class,
    patch_function,
    same_function,
)
from sketch.live.statements import CALL, Part
from sketch.live.undo import Undo

AGAIN = "Ctrl+R"
"""The key that runs `setup` again, as messages name it."""


@dataclass(slots=True)
class Followed:
    """A module whose file is followed.

    Attributes:
        module: The module.
        file: Its path, as tracebacks name it.
        source: The text of the version in use.
        parts: Its statements; None until they are known.
        prints: Fingerprints of its values as they were loaded: "SIZE", "Letters.speed".
        known: The names that each class had when it was loaded, by qualified name.
        waiting: What `setup` must come first for: statements that were not run again, and classes whose
            objects could not be moved.
    """

    module: ModuleType
    file: str
    source: str
    parts: tuple[Part, ...] | None = None
    prints: dict[str, object] = field(default_factory=dict[str, object])
    known: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    waiting: dict[str, Part | type] = field(default_factory=dict[str, Part | type])

    @property
    def space(self) -> dict[str, Any]:
        """The module's variables."""
        return vars(self.module)

    def note(self) -> None:
        """Take the fingerprints of all values."""
        for name, value in [*self.space.items()]:
            self.note_value(name, value)

    def note_value(self, name: str, value: object) -> None:
        """Take the fingerprint of a value; of a class also those of its attributes."""
        if name[:2] == "__":
            return
        self.prints[name] = fingerprint(value)
        if isinstance(value, type) and value.__module__ == self.module.__name__:
            self.known[value.__qualname__] = frozenset(vars(value))
            for each, held in [*vars(value).items()]:
                if each[:2] != "__":
                    self.prints[f"{name}.{each}"] = fingerprint(held)

    def as_loaded(self, name: str, value: object) -> bool:
        """Whether a value can be compared and is what it was."""
        known = self.prints.get(name)
        return known is not None and fingerprint(value) == known


@dataclass(slots=True)
class Outcome:
    """What a swap did.

    Attributes:
        changed: Names whose values or functions are new.
        remarks: Messages for the author.
    """

    changed: set[str]
    remarks: list[str] = field(default_factory=list[str])


def bring(
    followed: Followed,
    parts: Sequence[Part],
    outside: Iterable[str],
    objects: Callable[[], Iterable[object]],
    undo: Undo,
) -> Outcome:
    """Bring a module to a version of its source.

    Args:
        followed: The module; its `parts` are known.
        parts: The statements of the version.
        outside: Names whose values changed elsewhere: "SIZE" if it was imported, "helper.SIZE",
            "file:look.toml".
        objects: The objects that are moved if the layout of their class changes.
        undo: Takes everything back.

    Raises:
        Exception: What a statement raised. The caller takes the changes back.
    """
    work = _Bringing(followed, parts, set(outside), objects, undo)
    work.run()
    return Outcome(work.changed, work.remarks)


class _Bringing:
    def __init__(
        self,
        followed: Followed,
        parts: Sequence[Part],
        changed: set[str],
        objects: Callable[[], Iterable[object]],
        undo: Undo,
    ) -> None:
        self.changed = changed
        self.remarks: list[str] = []
        self._followed = followed
        self._parts = tuple(parts)
        self._old = followed.parts or ()
        self._by_name = {name: part for part in self._old for name in part.names}
        self._objects = objects
        self._undo = undo
        self._space = followed.space
        self._ran: set[int] = set()
        self._calm: set[str] = set()

    def run(self) -> None:
        self.keep()
        effects = {part.text for part in self._old if part.kind == "effect"}
        for part in self._parts:
            if part.kind == "effect":
                if part.text not in effects:
                    where = f"{Path(self._followed.file).name}, line {part.line}"
                    self.remarks.append(f"{where} runs only when the sketch starts")
            elif self._must_run(part):
                self.run_part(part)
        self._remove_gone()
        self._move_lines()
        self._followed.parts = self._parts

    def run_part(self, part: Part) -> None:
        """Run statements, and keep the objects that were in use where that is possible."""
        held = {name: self._space[name] for name in part.names if name in self._space}
        for name in part.names:
            self._followed.waiting.pop(name, None)
        exec(part.code, self._space)
        for name in part.names:
            if name in held and name in self._space:
                self._space[name] = self._joined(name, held[name], self._space[name], part)
            if part.kind != "import" or held.get(name) is not self._space.get(name):
                self.changed.add(name)
            if name in self._space:
                self._followed.note_value(name, self._space[name])
        self._ran.add(id(part))

    def keep(self) -> None:
        """Let `undo` restore the module and what is known about it."""
        followed, space, before = self._followed, self._space, dict(self._space)
        state = (followed.parts, followed.source)
        facts = [(each, dict(each)) for each in (followed.prints, followed.known, followed.waiting)]

        def restore() -> None:
            for name in space.keys() - before.keys():
                del space[name]
            space.update(before)
            followed.parts, followed.source = state
            for each, old in facts:
                cast(dict[str, Any], each).clear()
                cast(dict[str, Any], each).update(old)

        self._undo.add(restore)

    def _must_run(self, part: Part) -> bool:
        old = {id(self._by_name[name]): self._by_name[name] for name in part.names if name in self._by_name}
        same = len(old) == 1 and all(
            (each.text, each.names) == (part.text, part.names) for each in old.values()
        )
        if not same:
            return True
        reach = self._reach()
        causes = part.reads & reach
        if not causes or part.kind == "import":
            return False
        if part.kind != "value":
            return True
        free = [
            name
            for name in sorted(part.names)
            if name in self._space and not self._followed.as_loaded(name, self._space[name])
        ]
        if causes <= self._calm:
            # It has objects of a class that got new methods; they have these methods, too.
            return not free
        for name in free:
            self.remarks.append(f"{name} depends on {_cause(causes, self.changed)}: {AGAIN}")
            self._followed.waiting[name] = part
        return not free

    def _reach(self) -> set[str]:
        """The names that changed, and the functions and classes that read one of them when called."""
        reach = set(self.changed)
        callers = [part for part in self._parts if part.kind in ("function", "class")]
        grows = True
        while grows:
            more = {
                name for part in callers if part.later & reach for name in part.names if name not in reach
            }
            reach |= more
            grows = bool(more)
        return reach

    def _joined(self, name: str, old: Any, new: Any, part: Part) -> Any:
        """The value of a name after its statement ran again: the old object with new content, or the new."""
        if old is new:
            return old
        if same_function(old, new):
            patch_function(old, new, self._undo)
            self._forget_twin(new, old)
            return old
        module = self._followed.module.__name__
        if not (isinstance(old, type) and isinstance(new, type)):
            return new
        if not old.__module__ == new.__module__ == module or old.__qualname__ != new.__qualname__:
            return new
        if not (is_patchable(old) and is_patchable(new)):
            self._move_members(old, new)
            return new
        return self._joined_class(name, old, new, part)

    def _joined_class(self, name: str, old: type, new: type, part: Part) -> type:
        was = self._followed.known.get(old.__qualname__, frozenset())
        try:
            if not fits(old, new):
                raise LayoutError(f"{name} has other __slots__ or another metaclass")
            patch_class(old, new, was, self._keeper(name, old, new, part), self._undo)
        except LayoutError:
            if self._move_objects(old, new):
                return new
            self.remarks.append(
                f"{name} has other __slots__ or another base, and its objects cannot change: "
                f"its old code stays until {AGAIN}"
            )
            self._followed.waiting[name] = new
            return old
        before = self._by_name[name].members if name in self._by_name else {}
        if before.get(CALL) == part.members.get(CALL):
            self._calm.add(name)
        self._forget_twin(new, old)
        return old

    def _keeper(self, name: str, old: type, new: type, part: Part) -> Callable[[str], bool]:
        before = self._by_name.get(name)
        reach = self._reach() - {name}

        def kept(attribute: str) -> bool:
            member = part.members.get(attribute)
            was = before.members.get(attribute) if before is not None else None
            if is_whole(new) or member is None or was is None or member.text != was.text:
                return False
            causes = member.reads & reach
            if not causes:
                return True
            free = not self._followed.as_loaded(f"{name}.{attribute}", vars(old).get(attribute))
            if free:
                self.remarks.append(f"{name}.{attribute} depends on {_cause(causes, self.changed)}: {AGAIN}")
            return free

        return kept

    def _move_objects(self, old: type, new: type) -> bool:
        """Make the objects of one class those of another, if Python allows it."""
        try:
            object.__new__(old).__class__ = new
        except TypeError:
            return False
        for each in self._objects():
            if type(each) is old:
                self._undo.add(lambda each=each: object.__setattr__(each, "__class__", old))
                object.__setattr__(each, "__class__", new)
        return True

    def _forget_twin(self, twin: object, used: object) -> None:
        """Replace what a statement made once more where a decorator or a metaclass has registered it.

        The containers that the module's variables and classes hold are searched: a list of scenes would have
        each scene twice otherwise.
        """
        for value in _containers(self._space, self._followed.module.__name__):
            if isinstance(value, list):
                _in_list(cast(list[object], value), twin, used, self._undo)
            elif isinstance(value, dict):
                held = cast(dict[object, object], value)
                for key in [key for key, each in held.items() if each is twin]:
                    self._undo.set_item(held, key, used)
            elif isinstance(value, set) and twin in value:
                group = cast(set[object], value)
                was = set(group)
                self._undo.add(lambda group=group, was=was: (group.clear(), group.update(was)))
                group.discard(twin)
                group.add(used)

    def _move_members(self, old: type, new: type) -> None:
        """Replace members of an enum, where an object or a module holds one, by those of the same name."""
        members: Any = getattr(new, "__members__", {})
        if not issubclass(old, enum.Enum):
            return
        for space in [self._space, *(vars(each) for each in self._objects() if hasattr(each, "__dict__"))]:
            # The attributes of a class are not in a dictionary that can be changed.
            for name, value in [*space.items()] if type(space) is dict else []:
                if type(value) is old and value.name in members:
                    self._undo.set_item(space, name, members[value.name])

    def _remove_gone(self) -> None:
        left = {name for part in self._parts for name in part.names}
        for name in self._by_name.keys() - left:
            if name in self._space:
                del self._space[name]
            self.changed.add(name)

    def _move_lines(self) -> None:
        """Give functions that did not change the lines they have now, for tracebacks."""
        found: dict[str, list[CodeType]] = {}
        for part in self._parts:
            if id(part) not in self._ran:
                for code in codes_in(part.code):
                    found.setdefault(code.co_qualname, []).append(code)
        for function in functions_of_module(self._space, self._followed.module.__name__):
            code = function.__code__
            same = [each for each in found.get(code.co_qualname, []) if _is_same(each, code)]
            if same and not any(_same_lines(each, code) for each in same):
                self._undo.set_object_attribute(function, "__code__", same[0])


def _containers(space: dict[str, Any], module: str) -> Iterator[object]:
    for value in [*space.values()]:
        if isinstance(value, list | dict | set):
            yield cast(object, value)
        elif isinstance(value, type) and value.__module__ == module:
            yield from (each for each in [*vars(value).values()] if isinstance(each, list | dict | set))


def _in_list(values: list[object], twin: object, used: object, undo: Undo) -> None:
    if not any(each is twin for each in values):
        return
    was = [*values]
    undo.add(lambda: values.__setitem__(slice(None), was))
    there = any(each is used for each in values)
    values[:] = [used if each is twin else each for each in values if not (there and each is twin)]


def _is_same(one: CodeType, other: CodeType) -> bool:
    """Whether two codes do the same, in whichever lines they are."""
    names = ("co_filename", "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _same_lines(one: CodeType, other: CodeType) -> bool:
    return (one.co_firstlineno, one.co_linetable) == (other.co_firstlineno, other.co_linetable)


def _cause(causes: Iterable[str], changed: set[str]) -> str:
    """The name of what changed, as the author wrote it: the fullest of "helper" and "helper.SIZE"."""
    named = [name for name in causes if name in changed] or [*causes]
    return max(named, key=lambda name: ("." in name, name)).removeprefix("file:")


def finish_waiting(followed: Followed, objects: Callable[[], Iterable[object]], undo: Undo) -> None:
    """Run the statements that wait for `setup`, and use the classes that do.

    Raises:
        Exception: What a statement raised. The caller takes the changes back.
    """
    work = _Bringing(followed, followed.parts or (), set(), objects, undo)
    work.keep()
    waiting = {**followed.waiting}
    followed.waiting.clear()
    done: list[Part] = []
    for name, each in waiting.items():
        if isinstance(each, type):
            followed.space[name] = each
            followed.note_value(name, each)
        elif each not in done:
            done.append(each)
            work.run_part(each)
