"""Swap in what an author saved between two frames, and keep everything that the show has made so far."""

import linecache
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib.util import decode_source, resolve_name
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from sketch.assets import reading_gate
from sketch.failures import Failure, QuietError
from sketch.hooks import check_hooks, misspelt_methods
from sketch.live.looking import Event, problem_of
from sketch.live.patch import patch_class
from sketch.live.statements import Part
from sketch.live.swap import AGAIN, Followed, bring, finish_waiting
from sketch.live.undo import Undo
from sketch.live.versions import Version
from sketch.live.warming import ShaderGate
from sketch.loop import Stage, call_addon, set_up
from sketch.module_sketch import module_sketch
from sketch.sketch import Sketch
from sketch.tracebacks import MACHINERY

log = logging.getLogger("inkloop")

_PACKAGES = tuple(Path(__file__).resolve().parents[2] / name for name in ("sketch", "addon"))
_EXAMPLES = _PACKAGES[0] / "examples"

_MOST = 10_000
"""Objects in the sketch, its modules and their containers that are looked at for those to be moved."""


class Watching(Protocol):
    """What reports files that were saved; see `sketch.live.watcher.Watcher`."""

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        """Follow a module."""
        ...

    def take(self) -> list[list[Event]]:
        """What was saved since the last call; never waits."""
        ...

    def close(self) -> None:
        """Stop."""
        ...


class Reloader:
    """Swaps in the files of a running sketch when they are saved.

    Args:
        sketch: The sketch; its class was defined in a module with a file.
        watching: Reports what was saved.
        gate: Decides when shaders and brushes are read again.

    Attributes:
        swaps: How often something was swapped in.
        refused: Versions that failed, by path; the ones before them are in use.
    """

    def __init__(self, sketch: Sketch, watching: Watching, gate: ShaderGate) -> None:
        self.swaps = 0
        self.refused: dict[str, Version] = {}
        self._sketch = sketch
        self._watching = watching
        self._gate = gate
        self._stack = ExitStack()
        self._stack.enter_context(reading_gate(gate))
        self._module = sys.modules[type(sketch).__module__]
        self._folder = Path(str(self._module.__file__)).resolve().parent
        self._followed: dict[str, Followed] = {}
        self._folders = (f"{self._folder}{os.sep}", f"{Path(str(self._module.__file__)).parent}{os.sep}")
        self._names: set[str] = set()
        self._modules = 0
        self._addons = len(sketch.addons)
        self._asked = False
        self._broken: set[str] = set()
        self._trial: tuple[Undo, dict[str, Version]] | None = None
        self._follow(self._module)
        self._follow_imported()
        if any(each for form in ("*.frag", "*/*.frag") for each in self._folder.glob(form)):
            gate.start()

    def ask_setup(self) -> None:
        """Run `setup` again before the next frame."""
        self._asked = True

    def between_frames(self, stage: Stage) -> None:
        """Swap in what was saved since the last frame.

        Raises:
            Exception: What was saved fails, and errors are raised on this stage.
        """
        self._judge(stage)
        self._follow_imported()
        for events in self._watching.take():
            self._handle(stage, events)
        if self._gate.between_frames():
            # They are read where they are drawn.
            self._call(stage, "before_reload", self._sketch.before_reload)
            self._call(stage, "after_reload", self._sketch.after_reload)
            self.swaps += 1
        if self._asked:
            self._asked = False
            if self.refused:
                self._swap(stage, {}, ())
            self._set_up(stage)

    def close(self) -> None:
        """Stop watching."""
        self._stack.close()
        self._watching.close()
        self._gate.close()
        for file in self._followed:
            linecache.cache.pop(file, None)

    # What is followed

    def _follow_imported(self) -> None:
        """Follow the modules that were imported from the sketch's folder since the last call."""
        if len(sys.modules) == self._modules:
            return
        for name in sys.modules.keys() - self._names:
            self._names.add(name)
            if self._is_authors(sys.modules[name]):
                self._follow(sys.modules[name])
        self._modules = len(sys.modules)

    def _is_authors(self, module: ModuleType) -> bool:
        """Whether a module is in the sketch's folder, not Inkloop's own and not of an environment there."""
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.endswith(".py") or not file.startswith(self._folders):
            return False
        path = Path(file).resolve()
        if path.is_relative_to(_EXAMPLES):
            return True
        return not any(path.is_relative_to(each) for each in (*_PACKAGES, *MACHINERY))

    def _follow(self, module: ModuleType) -> None:
        file = str(module.__file__)
        try:
            source = decode_source(Path(file).read_bytes())
        except (OSError, ValueError, SyntaxError):
            return
        if file in self._followed:
            return
        followed = self._followed[file] = Followed(module, file, source)
        followed.note()
        self._cache_lines(file, source)
        needs = ""
        if module is self._module:
            kind = type(self._sketch)
            needs = "setup or draw" if kind.__name__ == "ModuleSketch" else kind.__name__
        self._watching.follow(file, source, needs, str(self._folder))

    @staticmethod
    def _cache_lines(file: str, source: str) -> None:
        # Without a time, so that tracebacks show the version in use while the file has another one.
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)

    # What was saved

    def _handle(self, stage: Stage, events: Sequence[Event]) -> None:
        versions: dict[str, Version] = {}
        tomls: list[str] = []
        for kind, value in events:
            match kind:
                case "known":
                    if (followed := self._followed.get(value.file)) is not None and followed.parts is None:
                        followed.parts = value.parts
                case "version":
                    versions[value.file] = value
                case "toml":
                    name, path = value
                    tomls.append(name)
                    self._let_go(stage, path)
                case "problem":
                    self._refuse(stage, *problem_of(value))
                case "gone":
                    name = Path(value).name
                    self._sketch.outbox.append(f"{name} is gone; the sketch keeps what was loaded")
                case "dead":
                    self._sketch.outbox.append(value)
        if versions or tomls:
            self._swap(stage, versions, tomls)

    @staticmethod
    def _call(stage: Stage, hook: str, function: Callable[..., object], *arguments: object) -> None:
        try:
            function(*arguments)
        except Exception as error:
            if stage.failures is None:
                raise
            stage.failures.caught(error, hook, stage.now, is_event=True)

    def _refuse(self, stage: Stage, file: str, error: Exception) -> None:
        self._broken.add(file)
        if stage.failures is None:
            raise error
        stage.failures.hold(file, error)

    def _let_go(self, stage: Stage, file: str) -> None:
        self._broken.discard(file)
        if stage.failures is not None:
            stage.failures.let_go(file)

    # Swapping

    def _swap(self, stage: Stage, versions: Mapping[str, Version], tomls: Sequence[str]) -> None:
        """Swap in versions, together with those that failed: what they lacked may be there now."""
        was_good = stage.failures is None or not stage.failures.frame_failed
        self._call(stage, "before_reload", self._sketch.before_reload)
        attempts = [{**self.refused, **versions}]
        if self.refused and versions:
            attempts.append({**versions})
        for number, attempt in enumerate(attempts, 1):
            undo = Undo()
            try:
                remarks = self._apply(attempt, tomls, undo)
                self._sketch.after_reload()
            except (Exception, SystemExit) as error:
                undo.back()
                if stage.failures is None:
                    raise
                if isinstance(error, SystemExit):
                    error = QuietError("the file ends the program when it is run")
                if number == len(attempts):
                    self.refused |= versions
                    file = next(iter(versions or self.refused), self._module.__file__)
                    stage.failures.hold(str(file), _shortened(error))
                continue
            self._use(stage, attempt, remarks)
            self._trial = (undo, attempt) if was_good and stage.has_begun else None
            return

    def _use(self, stage: Stage, versions: Mapping[str, Version], remarks: Sequence[str]) -> None:
        for file in versions:
            self.refused.pop(file, None)
            self._let_go(stage, file)
        main = str(self._module.__file__)
        if main not in self.refused and main not in self._broken:
            self._let_go(stage, main)
        self.swaps += 1
        log.info("swapped in %s", ", ".join(Path(file).name for file in versions) or "other files")
        self._sketch.outbox += dict.fromkeys(remarks)
        if not stage.has_begun:
            self._set_up(stage)

    def _judge(self, stage: Stage) -> None:
        """Take a version back if the first frame with it failed, and the frame before it did not."""
        trial, self._trial = self._trial, None
        failures = stage.failures
        if trial is None or failures is None or failures.of_frame is None:
            return
        undo, versions = trial
        undo.back()
        self.refused |= versions
        failure = failures.of_frame
        log.info("took back %s", ", ".join(Path(file).name for file in versions) or "what was read again")
        for file in versions or [str(self._module.__file__)]:
            failures.hold(file, Failure(failure.place, failure.message))

    def _apply(self, versions: Mapping[str, Version], tomls: Sequence[str], undo: Undo) -> list[str]:
        changed: dict[str, set[str]] = {}
        remarks: list[str] = []
        made, window = self._made(), type(self._sketch).window
        parameters: Any = vars(self._sketch).get("_parameters")
        if parameters is not None:
            undo.add(parameters.declare)
        hints = misspelt_methods(type(self._sketch))
        for followed in self._in_order(versions):
            version = versions.get(followed.file)
            outside = self._changed_outside(followed, version, changed, tomls, undo)
            if version is None and not outside:
                continue
            parts = version.parts if version is not None else followed.parts or ()
            if version is not None:
                self._show_lines(followed, version, undo)
            outcome = bring(followed, parts, outside, self._objects, undo)
            changed[followed.module.__name__] = outcome.changed
            remarks += outcome.remarks
            if version is not None:
                followed.source = version.source
        if self._module.__name__ in changed:
            self._fit_sketch(undo)
        if parameters is not None:
            parameters.declare()
        kind = type(self._sketch)
        if kind.window != window:
            remarks.append("the new window applies when the sketch is started again")
        lacking = [name for name in sorted(self._made() - made) if not self._has(name)]
        remarks += [f"{name} is made by the new setup: {AGAIN}" for name in lacking]
        return remarks + [hint for hint in misspelt_methods(kind) if hint not in hints]

    def _show_lines(self, followed: Followed, version: Version, undo: Undo) -> None:
        undo.keep_item(cast(dict[Any, Any], linecache.cache), followed.file)
        self._cache_lines(followed.file, version.source)

    def _in_order(self, versions: Mapping[str, Version]) -> list[Followed]:
        """The modules that are followed, each after those that it imports."""
        by_name = {each.module.__name__: each for each in self._followed.values()}
        ordered: dict[str, Followed] = {}
        entered: set[str] = set()

        def enter(followed: Followed) -> None:
            if followed.file in entered:
                return
            entered.add(followed.file)
            version = versions.get(followed.file)
            for part in (version.parts if version is not None else followed.parts) or ():
                for module, _, _ in _taken(followed, part):
                    if module in by_name:
                        enter(by_name[module])
            ordered[followed.file] = followed

        for each in [*self._followed.values()]:
            enter(each)
        return [*ordered.values()]

    def _changed_outside(
        self,
        followed: Followed,
        version: Version | None,
        changed: Mapping[str, set[str]],
        tomls: Sequence[str],
        undo: Undo,
    ) -> set[str]:
        """The names in a module whose values changed in other modules or in files; the values are renewed."""
        parts = (version.parts if version is not None else followed.parts) or ()
        outside = {name for part in parts for name in part.reads if name in tomls}
        for part in parts:
            for module, name, alias in _taken(followed, part):
                names = changed.get(module)
                if not names:
                    continue
                if not name:
                    outside.update(f"{alias}.{each}" for each in names)
                    if "." in alias:
                        outside.add(".".join(alias.split(".")[:2]))
                    continue
                source = vars(sys.modules[module])
                public = {each: each for each in names if each[:1] != "_"}
                for each, here in public.items() if name == "*" else [(name, alias)]:
                    if each in names and each in source and here in followed.space:
                        undo.set_item(followed.space, here, source[each])
                        followed.note_value(here, source[each])
                        outside.add(here)
        return outside

    def _fit_sketch(self, undo: Undo) -> None:
        """Let the class of the sketch fit its module.

        Raises:
            SketchError: A hook is written in a way that Inkloop cannot call.
            QuietError: The module has no sketch any more.
        """
        kind = type(self._sketch)
        if isinstance(self._followed[str(self._module.__file__)].waiting.get(kind.__name__), type):
            raise QuietError(
                f"{kind.__name__} has other __slots__ or another base, and cannot change while it runs: "
                "start the sketch again"
            )
        if kind.__name__ == "ModuleSketch" and kind.__module__ == self._module.__name__:
            new = module_sketch(self._module)
            patch_class(kind, new, frozenset(vars(kind)), lambda _: False, undo)
        elif vars(self._module).get(kind.__name__) is not kind:
            raise QuietError(f"{kind.__name__} is running and the file no longer defines it as a class")
        check_hooks(kind)

    def _made(self) -> set[str]:
        """What `setup` makes, as its source says: "Letters.grid", or the name of a module variable."""
        found: set[str] = set()
        kinds = {each.__name__ for each in type(self._sketch).__mro__}
        for followed in self._followed.values():
            for part in followed.parts or ():
                for owner, names in part.makes.items():
                    if owner in kinds or (owner == "setup" and followed.module is self._module):
                        found |= {f"{owner}.{name}" for name in names}
                if followed.module is self._module:
                    found |= part.sets
        return found

    def _has(self, made: str) -> bool:
        owner, _, name = made.rpartition(".")
        return hasattr(self._sketch, name) if owner else name in vars(self._module)

    # Setup

    def _set_up(self, stage: Stage) -> None:
        """Run `setup`; the addons that it attached before end first."""
        sketch, undo = self._sketch, Undo()
        try:
            for followed in self._followed.values():
                finish_waiting(followed, self._objects, undo)
        except Exception as error:
            undo.back()
            self._refuse(stage, str(self._module.__file__), _shortened(error))
        gone, sketch.addons[self._addons :] = sketch.addons[self._addons :], []
        for addon in gone:
            self._call(stage, "exit", call_addon, addon, "exit")
        if stage.failures is not None:
            stage.failures.begin_again()
        set_up(stage)

    def _objects(self) -> Iterator[object]:
        """The sketch, its addons, and what they and the modules hold, also in lists and the like."""
        left = _MOST
        seen: set[int] = set()
        holders: list[object] = [self._sketch, *self._sketch.addons]
        spaces = [vars(each) for each in holders if hasattr(each, "__dict__")]
        spaces += [each.space for each in self._followed.values()]
        waiting: list[object] = [*holders, *(value for space in spaces for value in [*space.values()])]
        while waiting and left > 0:
            each = waiting.pop()
            if id(each) in seen:
                continue
            seen.add(id(each))
            left -= 1
            if isinstance(each, dict):
                waiting += cast(dict[object, object], each).values()
            elif isinstance(each, list | tuple | set | frozenset):
                waiting += cast(Iterable[object], each)
            else:
                yield each


def _taken(followed: Followed, part: Part) -> Iterator[tuple[str, str, str]]:
    """What a statement imports: the module's full name, the name in it ("" for all of it), the name here."""
    for each in part.imports:
        module = each.module
        if each.level:
            package = str(getattr(followed.module, "__package__", "") or "")
            try:
                module = resolve_name("." * each.level + each.module, package)
            except ImportError:
                continue
        if each.name and f"{module}.{each.name}" in sys.modules:
            yield f"{module}.{each.name}", "", each.alias
        elif each.name:
            yield module, each.name, each.alias
        else:
            yield module, "", each.alias if each.alias != module.partition(".")[0] else module


def _shortened(error: Exception) -> Exception:
    """The error without the frames of this room, which ran the author's statement."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_HERE):
        trace = trace.tb_next
    return error.with_traceback(trace or error.__traceback__)


_HERE = str(Path(__file__).parent)
