"""Parameters: values of a sketch that a panel, a preset or another program may change while it runs.

    class Waves(sketch.Sketch):
        speed = sketch.Param(1.0, 0, 10, unit="px/s", group="motion")
        ink = sketch.Param("#ffb454")
        burst = sketch.Trigger()
        level = sketch.Monitor(0, 1)

A parameter is declared on the class; each instance has a value of its own, which reads and is set as an
attribute. Whoever sets it (the code, the panel, a preset, another program) goes through `Parameters.set`, and
every change is reported with its source.
"""

import ast
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from random import Random
from typing import Any, Generic, NamedTuple, Self, TypeVar, cast, overload

import numpy as np

from sketch.hooks import SketchError
from sketch.live.parameters_kinds import (
    Choice,
    Color,
    Flag,
    Kind,
    Number,
    Point,
    Pulse,
    Reading,
    Scalar,
    Text,
)
from sketch.resources import file_of
from sketch.scalars import as_text, number, one_of, short

T = TypeVar("T")

KINDS = ("float", "int", "bool", "color", "point", "text")
"""What `kind` may be."""

HISTORY = 240
"""Values that the graph of a monitor has: four seconds at 60 frames a second."""

_SLOT = "_parameters"
"""Attribute of an instance: its `Parameters`."""


class Param(Generic[T]):
    """A parameter, declared on a class.

        speed = sketch.Param(1.0, 0, 10, unit="px/s")
        count = sketch.Param(12, 1, 100)
        wild = sketch.Param(False)
        mode = sketch.Param("rain", choices=("rain", "snow"))
        ink = sketch.Param("#ffb454")
        center = sketch.Param((400, 300), (0, 0), (800, 600))
        title = sketch.Param("hello")

    The default decides the kind: a float, an int, a bool, one of `choices`, a color, a point, a text. A value
    of another type is refused where it is set; a number out of range becomes the nearest one in it.

    Args:
        default: The value at first.
        low: The least; for a point, its least x and y.
        high: The most; for a point, its most x and y.
        step: Numbers are rounded to `low` plus a multiple of this, above 0.
        unit: What it counts, as in "px/s"; shown after the number.
        group: The folder of the panel that has it.
        label: Its name in the panel; by default the attribute's.
        help: A sentence that the panel shows when the mouse rests on it.
        choices: The allowed values, texts or numbers, all different.
        kind: "float", "int", "bool", "color", "point" or "text", where the default does not decide:
            `Param(1, 0, 10, kind="float")`.

    Raises:
        TypeError: The default has none of these types, or a range another type than the default.
        ValueError: The default is out of range, or the range or the step is impossible.
    """

    is_parameter = True
    """What Inkloop knows a parameter by where it cannot import this module."""

    def __init__(
        self,
        default: T,
        low: Any = None,
        high: Any = None,
        *,
        step: float | None = None,
        unit: str = "",
        group: str = "",
        label: str = "",
        help: str = "",
        choices: Sequence[Scalar] | None = None,
        kind: str | None = None,
    ) -> None:
        found = _kind(default, low, high, step, choices, kind)
        self._describe(found, unit, group, label, help)
        self.default = cast(T, found.checked("the default", default))
        if isinstance(found, Number | Point) and not _is_close(self.default, default):
            raise ValueError(f"the default must be in its range and on a step; got {short(default)}")

    def _describe(self, kind: Kind, unit: str, group: str, label: str, help: str) -> None:
        self.kind = kind
        self.unit = as_text("unit", unit)
        self.group = as_text("group", group)
        self.label = as_text("label", label)
        self.help = as_text("help", help)
        self.name = ""
        self.names: set[str] = set()

    def __set_name__(self, owner: type, name: str) -> None:
        """Take the attribute's name."""
        self.name = name
        self.names.add(name)

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> Self: ...

    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...

    def __get__(self, instance: object | None, owner: type | None = None) -> Self | T:
        """The value of an instance; the declaration itself where it is read on the class."""
        if instance is None:
            return self
        try:
            return cast(T, instance.__dict__[_SLOT].values[self.name])
        except KeyError:
            return cast(T, parameters_of(instance).values.get(self.name, self.default))

    def __set__(self, instance: object, value: T) -> None:
        """Set the value of an instance.

        Raises:
            TypeError: It has another type.
            ValueError: It is not finite, or none of the choices.
        """
        parameters_of(instance).set(self.name, value, "code")


class Trigger(Param[bool]):
    """A button: True for one frame after it was pressed, or after the code set it to True.

    Args:
        group: As for `Param`.
        label: As for `Param`.
        help: As for `Param`.
    """

    def __init__(self, *, group: str = "", label: str = "", help: str = "") -> None:
        self._describe(Pulse(), "", group, label, help)
        self.default = False


class Monitor(Param[Any]):
    """A value that the code sets and the panel shows: a number with a graph, a text or a flag.

    It is no part of a preset, and nothing but the code sets it.

    Args:
        low: Where the graph ends below; by default at the least value that it shows.
        high: Where the graph ends above; by default at the most.
        unit: As for `Param`.
        group: As for `Param`.
        label: As for `Param`.
        help: As for `Param`.
    """

    def __init__(
        self,
        low: float | None = None,
        high: float | None = None,
        *,
        unit: str = "",
        group: str = "",
        label: str = "",
        help: str = "",
    ) -> None:
        _check_range(low, high)
        self._describe(Reading(low, high), unit, group, label, help)
        self.default = 0.0


class Change(NamedTuple):
    """A parameter has another value.

    Attributes:
        name: Of the parameter; that of an addon has the addon's before it, as in "letters.hold".
        value: The new one.
        source: What set it: "code", "panel", "preset", "variation", "reload", or what an event names.
    """

    name: str
    value: Any
    source: str


class Entry:
    """One parameter of a show.

    Attributes:
        name: As in `Change`.
        declared: Its declaration.
        target: The object that has it as an attribute; None for the owner of the `Parameters`.
        history: The last values of a monitor that are numbers, oldest first.
    """

    __slots__ = ("declared", "history", "name", "target")

    def __init__(self, name: str, declared: Param[Any], target: object | None = None) -> None:
        self.name = name
        self.declared = declared
        self.target = target
        self.history: deque[float] = deque(maxlen=HISTORY)

    @property
    def kind(self) -> Kind:
        """What its values have in common."""
        return self.declared.kind

    @property
    def label(self) -> str:
        """Its name in the panel."""
        return self.declared.label or self.declared.name.replace("_", " ")

    @property
    def is_kept(self) -> bool:
        """Whether a preset has it; triggers and monitors are in none."""
        return not isinstance(self.kind, Pulse | Reading)


class Parameters:
    """All parameters of one object, usually of a sketch, and of its addons. Use it on the frame's thread.

    Other threads put a `ParamEvent` in the queue instead.

    Attributes:
        owner: The object.
        values: The values of its own parameters by name; read-only.
        entries: Every parameter by name, in the order of declaration; addons come last.
    """

    def __init__(self, owner: object) -> None:
        self.owner = owner
        self.values: dict[str, Any] = {}
        self.entries: dict[str, Entry] = {}
        self._changes: list[Change] = []
        self._listeners: list[Callable[[Change], None]] = []
        self._pressed: set[str] = set()
        self._lit: set[str] = set()
        # A plain module's names hold the values; its functions read and set them as globals.
        self._module: dict[str, Any] | None = getattr(type(owner), "module_names", None)
        self._prefixes: dict[int, str] = {}
        self._monitors: list[Entry] = []
        self.declare()

    def declare(self) -> None:
        """Read the declarations again, as after the class has changed.

        Values are kept. One that is out of a new range is clamped; one that was at its default takes the new
        default; one whose kind is another takes the default.

        Raises:
            SketchError: Two parameters have one name.
        """
        if self._module is not None:
            self._adopt(self._module)
        found = declared_by(type(self.owner))
        _check_names(type(self.owner), found)
        gone = [name for name, entry in self.entries.items() if entry.target is None and name not in found]
        for name in gone:
            del self.entries[name], self.values[name]
        addons = {name: entry for name, entry in self.entries.items() if entry.target is not None}
        before = self.entries
        self.entries = {}
        for name, declared in found.items():
            entry = before.get(name)
            if entry is None:
                entry = Entry(name, declared)
                self._write(name, declared.default)
            elif entry.declared is not declared:
                self._redeclare(entry, declared)
            self.entries[name] = entry
        self.entries |= addons
        self._find_monitors()

    def _adopt(self, module: dict[str, Any]) -> None:
        """Give the class of a module's sketch the parameters that the module declares now."""
        kind = type(self.owner)
        for name, value in module.items():
            if isinstance(value, Param):
                declared = cast(Param[Any], value)
                declared.__set_name__(kind, name)
                setattr(kind, name, declared)
        for name in self.values:
            if name not in module:
                delattr(kind, name)

    def _redeclare(self, entry: Entry, declared: Param[Any]) -> None:
        old, value = entry.declared, self.values[entry.name]
        entry.declared = declared
        kept = declared.default
        if type(declared.kind) is type(old.kind) and value != old.default:
            try:
                kept = declared.kind.checked(entry.name, value)
            except (TypeError, ValueError):  # a choice that is gone
                kept = declared.default
        if kept != value:
            self._note(entry, kept, "reload")
        # Also where it is the same: a module's name holds the declaration now.
        self._write(entry.name, kept)

    def include(self, addons: Iterable[object]) -> None:
        """Take in the parameters of addons, and drop those of addons that are gone.

        Raises:
            SketchError: Two parameters have one name.
            TypeError: What an addon declares is no parameter.
        """
        attached = {id(addon): addon for addon in addons}
        lost = [key for key in self._prefixes if key not in attached]
        if lost:
            names = tuple(f"{self._prefixes.pop(key)}." for key in lost)
            self.entries = {
                name: entry
                for name, entry in self.entries.items()
                if entry.target is None or not name.startswith(names)
            }
        for key, addon in attached.items():
            if key in self._prefixes:
                continue
            found = declared_by_addon(addon)
            prefix = _unique(_name_of(addon), set(self._prefixes.values()))
            self._prefixes[key] = prefix
            for name, declared in found.items():
                full = f"{prefix}.{name}"
                self.entries[full] = Entry(full, declared, addon)
        self._find_monitors()

    def _find_monitors(self) -> None:
        self._monitors = [each for each in self.entries.values() if isinstance(each.kind, Reading)]

    # Values

    def get(self, name: str) -> Any:
        """The value of a parameter.

        Raises:
            ValueError: There is none of this name.
        """
        entry = self._entry(name)
        if entry.target is None:
            return self.values[name]
        value = getattr(entry.target, entry.declared.name, entry.declared.default)
        try:
            return entry.kind.checked(name, value)
        except (TypeError, ValueError):  # an addon sets its own attributes as it likes
            return entry.declared.default

    def set(self, name: str, value: Any, source: str = "code") -> Any:
        """Set a parameter, and report the change if it is one.

        Args:
            name: As in `Change`.
            value: Of the parameter's type; a number out of range becomes the nearest one in it.
            source: What sets it.

        Returns:
            The value as it was set.

        Raises:
            TypeError: It has another type.
            ValueError: There is no parameter of this name, or the value is not finite or none of the choices.
        """
        entry = self._entry(name)
        if isinstance(entry.kind, Reading) and source != "code":
            raise ValueError(f"{name} is a monitor, which the code alone sets")
        checked = entry.kind.checked(name, value)
        if isinstance(entry.kind, Pulse):
            if checked:
                self._pressed.add(name)
            return checked
        if entry.target is not None:
            if self.get(name) != checked:
                setattr(entry.target, entry.declared.name, checked)
                self._note(entry, checked, source)
        elif self.values[name] != checked or type(self.values[name]) is not type(checked):
            self._write(name, checked)
            if not isinstance(entry.kind, Reading):
                self._note(entry, checked, source)
        return checked

    def reset(self, name: str, source: str = "panel") -> None:
        """Set a parameter to its default."""
        self.set(name, self._entry(name).declared.default, source)

    def snapshot(self) -> dict[str, Any]:
        """The values that a preset has, by name."""
        return {name: self.get(name) for name, entry in self.entries.items() if entry.is_kept}

    def fitting(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The values of a preset or a file as they can be set here.

        Args:
            values: By name; they may come from a file that was edited by hand.

        Returns:
            The checked values by name, and a line for each that cannot be set.
        """
        found: dict[str, Any] = {}
        lines: list[str] = []
        for name, value in values.items():
            entry = self.entries.get(name)
            if entry is None or not entry.is_kept:
                lines.append(f"there is no parameter {name}" + self._meant(name))
                continue
            try:
                found[name] = entry.kind.checked(name, value)
            except (TypeError, ValueError, OverflowError) as error:
                lines.append(f"{error}; {name} stays as it is")
        return found, lines

    def varied(self, amount: float, seed: int, names: Iterable[str] | None = None) -> dict[str, Any]:
        """A random variation: the same seed gives the same one.

        Args:
            amount: How far each value may go, as a share of its range, 0..1; it is clamped.
            seed: Any whole number.
            names: Which parameters; by default all but texts, triggers and monitors.
        """
        amount = min(1.0, max(0.0, number("amount", amount)))
        chosen = self.snapshot() if names is None else {name: self.get(name) for name in names}
        # Each has its own random numbers: a parameter more does not change the others.
        return {
            name: self.entries[name].kind.varied(value, amount, Random(f"{seed} {name}"))
            for name, value in chosen.items()
        }

    # Events

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Call a function with every change, at once, on the frame's thread."""
        self._listeners.append(listener)

    def unlisten(self, listener: Callable[[Change], None]) -> None:
        """Call a function no more; nothing happens if it was not called."""
        self._listeners = [each for each in self._listeners if each != listener]

    def take_changes(self) -> list[Change]:
        """The last change of each parameter since the last call, in order."""
        if not self._changes:
            return []
        changes, self._changes = self._changes, []
        return list({change.name: change for change in changes}.values())

    def advance(self) -> None:
        """Begin a frame: read what a module's functions have set, and turn triggers on and off.

        Raises:
            TypeError: A module's function has set one of its parameters to a value of another type.
        """
        if self._module is not None:
            self._read_module(self._module)
        if self._lit or self._pressed:
            for name in self._lit - self._pressed:
                self._pulse(name, False)
            for name in self._pressed:
                self._pulse(name, True)
            self._lit, self._pressed = self._pressed, set()

    def record(self) -> None:
        """Add the values of the monitors to their graphs, once a frame."""
        for entry in self._monitors:
            value = self.get(entry.name)
            if isinstance(value, int | float):
                entry.history.append(float(value))

    def _pulse(self, name: str, is_on: bool) -> None:
        entry = self.entries.get(name)
        if entry is None:
            return
        if entry.target is None:
            self._write(name, is_on)
        else:
            setattr(entry.target, entry.declared.name, is_on)
        if is_on:
            self._note(entry, True, "trigger")

    def _read_module(self, module: dict[str, Any]) -> None:
        for name, value in [*self.values.items()]:
            found = module.get(name, value)
            if found is value:
                continue
            if isinstance(found, Param):
                # The module was loaded again.
                self.declare()
                return
            module[name] = value
            self.set(name, found, "code")

    def _entry(self, name: str) -> Entry:
        try:
            return self.entries[name]
        except KeyError:
            raise ValueError(f"there is no parameter {name}" + self._meant(name)) from None

    def _meant(self, name: str) -> str:
        near = get_close_matches(name, self.entries, n=1)
        return f"; did you mean {near[0]}?" if near else ""

    def _write(self, name: str, value: Any) -> None:
        self.values[name] = value
        if self._module is not None:
            self._module[name] = value

    def _note(self, entry: Entry, value: Any, source: str) -> None:
        change = Change(entry.name, value, source)
        self._changes.append(change)
        for listener in self._listeners:
            listener(change)


def parameters_of(instance: object) -> Parameters:
    """The parameters of a sketch, or of another object whose class declares some.

        knobs = sketch.parameters_of(self)
        knobs.set("speed", 3.0)

    Raises:
        SketchError: Two parameters have one name.
    """
    found = instance.__dict__.get(_SLOT)
    if found is None:
        found = Parameters(instance)
        instance.__dict__[_SLOT] = found
    return cast(Parameters, found)


def declared_by(kind: type) -> dict[str, Param[Any]]:
    """The parameters that a class and its bases declare, by name: those of the bases first."""
    found: dict[str, Param[Any]] = {}
    for part in reversed(kind.__mro__):
        for name, value in vars(part).items():
            if isinstance(value, Param):
                found[name] = cast(Param[Any], value)
            else:
                found.pop(name, None)
    return found


def declared_by_addon(addon: object) -> dict[str, Param[Any]]:
    """The parameters of an addon: those its class declares, and those its `parameters` describe.

    Raises:
        SketchError: Both describe one name, or what is described is no parameter.
    """
    found = declared_by(type(addon))
    described: Any = getattr(addon, "parameters", None)
    if described is None or isinstance(described, Parameters):
        return found
    who = type(addon).__name__
    described = described() if callable(described) else described
    if not isinstance(described, Mapping):
        raise SketchError(
            f"{who}.parameters must be a mapping from attributes to options; got {short(described)}"
        )
    for name, options in cast(Mapping[str, Mapping[str, Any]], described).items():
        if name in found:
            raise SketchError(f"{who} has two parameters of the name {name}: give one another name")
        try:
            declared = Param(getattr(addon, name), **options)
        except (AttributeError, TypeError, ValueError) as error:
            raise SketchError(f"{who}.parameters[{name!r}]: {error}") from error
        declared.__set_name__(type(addon), name)
        found[name] = declared
    return found


def has_parameters(addon: object) -> bool:
    """Whether an addon has something for a panel."""
    return getattr(addon, "parameters", None) is not None or bool(declared_by(type(addon)))


def _name_of(addon: object) -> str:
    name = getattr(addon, "name", None)
    return name if isinstance(name, str) and name else type(addon).__name__


def _unique(name: str, taken: set[str]) -> str:
    number = 2
    found = name
    while found in taken:
        found, number = f"{name} {number}", number + 1
    return found


def _check_names(kind: type, found: Mapping[str, Param[Any]]) -> None:
    """Refuse two parameters of one name.

    Raises:
        SketchError: One object is bound to two names, two are labelled alike in one group, or the body of a
            class assigns one name twice.
    """
    seen: dict[tuple[str, str], str] = {}
    for name, declared in found.items():
        if len(declared.names & found.keys()) > 1:
            both = " and ".join(sorted(declared.names & found.keys()))
            raise SketchError(f"{kind.__name__}: {both} are one parameter: write sketch.Param(...) for each")
        place = declared.group, declared.label or name.replace("_", " ")
        if place in seen:
            raise SketchError(
                f"{kind.__name__}: {seen[place]} and {name} have one name in the panel, {place[1]!r}: "
                "give one another label or group"
            )
        seen[place] = name
    if found:
        for part in kind.__mro__:
            _check_body(part, found)


def _check_body(kind: type, found: Mapping[str, Param[Any]]) -> None:
    """Refuse a class or a module that assigns a parameter twice: Python itself forgets the first one."""
    source = file_of(kind)
    if not any(name in vars(kind) for name in found) or not source.is_file():
        return
    try:
        body = ast.parse(source.read_bytes()).body
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    if not hasattr(kind, "module_names"):
        path = kind.__qualname__.split(".")
        if "<locals>" in path:
            return
        for part in path:
            inner = (node for node in body if isinstance(node, ast.ClassDef) and node.name == part)
            body = next((node.body for node in inner), list[ast.stmt]())
    lines: dict[str, int] = {}
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets if isinstance(getattr(node, "value", None), ast.Call) else ():
            if isinstance(target, ast.Name) and target.id in found:
                if target.id in lines:
                    raise SketchError(
                        f"{source.name}: {target.id} is assigned twice, in lines {lines[target.id]} and "
                        f"{node.lineno}: give one another name"
                    )
                lines[target.id] = node.lineno


def _kind(
    default: object, low: Any, high: Any, step: Any, choices: Sequence[Scalar] | None, wanted: str | None
) -> Kind:
    """The kind of a parameter.

    Raises:
        TypeError: The default has no type that a parameter may have, or an option does not belong to it.
        ValueError: A range, a step or the choices are impossible.
    """
    if choices is not None:
        return _choice(choices, low, high, step)
    word = _word(default, low, high, step) if wanted is None else str(one_of("kind", wanted, KINDS))
    if word in ("float", "int"):
        low, high = _check_range(low, high)
        if step is not None and number("step", step) <= 0:
            raise ValueError(f"step must be above 0; got {short(step)}")
        return Number(low, high, None if step is None else float(step), word == "int")
    if step is not None:
        raise TypeError(f"step is for numbers, and the default is a {word}")
    if word == "point":
        lows, highs = (None if end is None else Point().checked("the range", end) for end in (low, high))
        for axis in (0, 1):
            _check_range(lows and lows[axis], highs and highs[axis])
        return Point(lows, highs)
    if low is not None or high is not None:
        raise TypeError(f"a range is for numbers and points, and the default is a {word}")
    return {"bool": Flag(), "color": Color(), "text": Text()}[word]


def _word(default: object, low: Any, high: Any, step: Any) -> str:
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, int | float) or getattr(default, "ndim", None) == 0:
        parts = [default, *(part for part in (low, high, step) if part is not None)]
        return "int" if all(isinstance(part, int) for part in parts) else "float"
    if isinstance(default, str):
        try:
            Color().checked("it", default)
        except ValueError:
            return "text"
        return "color"
    if isinstance(default, tuple | list) and len(cast(Sequence[Any], default)) in (2, 3, 4):
        return "point" if len(cast(Sequence[Any], default)) == 2 else "color"
    raise TypeError(
        "the default of a parameter is a number, True or False, a text, a color such as '#ffb454', or a "
        f"point such as (400, 300); got {short(cast(object, default))}"
    )


def _choice(choices: Sequence[Scalar], low: Any, high: Any, step: Any) -> Choice:
    if not (low is None and high is None and step is None):
        raise TypeError("choices have no range and no step: leave out low, high and step")
    found: tuple[Any, ...] = tuple(choices) if not isinstance(choices, str) else ()
    if not found or not all(isinstance(each, str | int | float) for each in found):
        raise TypeError(f"choices must be several texts or numbers; got {short(choices)}")
    if len(set(found)) < len(found):
        raise ValueError(f"choices must all be different; got {short(choices)}")
    return Choice(found)


def _check_range(low: Any, high: Any) -> tuple[float | None, float | None]:
    least, most = (None if end is None else number("the range", end) for end in (low, high))
    if least is not None and most is not None and least >= most:
        raise ValueError(f"low must be below high; got {short(low)} and {short(high)}")
    return least, most


def _is_close(kept: Any, given: Any) -> bool:
    return bool(np.allclose(np.array(kept, float), np.array(given, float), rtol=1e-6, atol=1e-9))
