"""A sketch whose files are saved while it runs, without a window, a process or a clock."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from sketch.failures import Failures
from sketch.launch import as_sketch
from sketch.live.looking import Event, Looker
from sketch.live.reload import Reloader
from sketch.live.warming import ShaderGate
from sketch.live.watcher import built
from sketch.load import load_sketch
from sketch.loop import Stage, begin, run_frame
from sketch.resources import file_of


class Looking:
    """Looks at the files when it is asked, in this thread; time passes only while it waits."""

    def __init__(self) -> None:
        self.waited = 0.0
        self.meanwhile: Callable[[float], None] = lambda waited: None
        self._events: list[list[Event]] = []
        self.looker = Looker(self._events.append, lambda: self.waited, self._pause)

    def follow(self, file: str, source: str, needs: str, folder: str) -> None:
        self.looker.follow(file, source, needs, folder)

    def take(self) -> list[list[Event]]:
        self.looker.look()
        taken, self._events[:] = [*self._events], []
        return [[built(event) for event in events] for events in taken]

    def close(self) -> None:
        pass

    def _pause(self, seconds: float) -> None:
        self.waited += seconds
        self.meanwhile(self.waited)


class Compiles:
    """Compiles nothing, and says at once that all is well."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, str, list[str]]] = []
        self.answers: list[tuple[int, str]] = []

    def start(self) -> None:
        pass

    def ask(self, number: int, kind: str, files: list[str]) -> None:
        self.asked.append((number, kind, files))
        self.answers.append((number, ""))

    def take(self) -> list[tuple[int, str]]:
        taken, self.answers = self.answers, []
        return taken

    def close(self) -> None:
        pass


class FakeCanvas:
    """Draws nothing."""

    size = (320, 200)

    def notices(self) -> list[str]:
        return []


class Show:
    """A running sketch in a folder.

    Args:
        folder: Where its files are.
        strict: Whether errors are raised.
        **files: The texts of its files by their names without ".py"; the one called "main" is run.
    """

    def __init__(self, folder: Path, strict: bool = False, **files: str) -> None:
        self.folder = folder
        self._saves = 0
        self._before = set(sys.modules)
        for name, text in files.items():
            self.write(f"{name}.py", text)
        self.path = folder / "main.py"
        self.sketch: Any = as_sketch(load_sketch(self.path))
        self.looking = Looking()
        self.reloader = Reloader(self.sketch, self.looking, ShaderGate(Compiles()))
        self.stage = Stage(self.sketch, cast(Any, FakeCanvas()), reload=self.reloader, is_hidden=True)
        if not strict:
            self.stage.failures = Failures(file_of(self.sketch))
        self.messages: list[str] = []
        self.now = 0.0
        begin(self.stage)
        self.frame()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def save(self, text: str, name: str = "main.py") -> "Show":
        """Save a file and run a frame."""
        self.write(name, text)
        return self.frame()

    def frame(self) -> "Show":
        self.now += 1 / 60
        seen = [line for _, line in self.stage.notices.lines]
        run_frame(self.stage, self.now, cast(Any, None))
        self.messages += [line for _, line in self.stage.notices.lines if line not in seen]
        return self

    @property
    def module(self) -> Any:
        return sys.modules["_inkloop_main"]

    @property
    def shown(self) -> str:
        """The error on the screen, in one line; empty without one."""
        failures = self.stage.failures
        shown = failures.shown if failures is not None else None
        return f"{shown.place}: {shown.message}" if shown is not None else ""

    def close(self) -> None:
        self.reloader.close()
        for name in set(sys.modules) - self._before:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(self.folder)):
                del sys.modules[name]
        while str(self.folder) in sys.path:
            sys.path.remove(str(self.folder))
