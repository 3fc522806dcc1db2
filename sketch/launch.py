"""Run a sketch: pick a host and go."""

import logging
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from sketch.assets import beside
from sketch.hooks import SketchError, check_begun, check_hooks, misspelt_methods
from sketch.host.errors import HostError, tell_in_one_line
from sketch.host.live_film import LiveFilm
from sketch.host.offscreen import Player, Viewer, run_offscreen
from sketch.host.recorder import Recorder
from sketch.host.window import run_window
from sketch.module_sketch import module_sketch
from sketch.resources import adopted, folder_of, home_of
from sketch.scalars import as_path, flag, short, whole
from sketch.sketch import Sketch
from sketch.window import Window

_LOCK = Lock()
_RUNNING: set[int] = set()
_ENDED = "_attached_before"
"""Of a sketch that has run: how many addons it had attached before it did. Authors' sketches need no hash."""


def run(
    sketch: type[Sketch] | Sketch | ModuleType,
    *,
    headless: bool = False,
    frames: int | None = None,
    record: str | Path | None = None,
    home: str | Path | None = None,
    player: Player | None = None,
    viewer: Viewer | None = None,
    strict: bool = False,
    **window: Any,
) -> Sketch:
    """Run a sketch until it quits or its window is closed.

        sketch.run(Letters, size=(800, 600), title="Letters")
        sketch.run(Letters, headless=True, frames=120, record="out/letters.mp4")

    Args:
        sketch: A `Sketch` class, an instance of one, or a module with `setup`, `update` and `draw` functions.
        headless: Draw offscreen, without a display; time then moves by the same step at every frame.
        frames: End after so many, at least 1.
        record: Film the frames to this file (H.264). Offscreen, messages then go to the log alone. A film of
            a window has the times at which its frames were seen; if it cannot be written any more, a line
            says so, and the show goes on.
        home: Folder for what the user makes; `inkloop-data` beside the sketch unless told otherwise, and the
            user's own data folder for one of Inkloop's own sketches.
        player: Puts events in the queue before every frame (see `sketch.host.offscreen.Player`).
        viewer: Sees every frame, as uint8 of shape (height, width, 3).
        strict: Whether an error of the sketch or of an addon ends the run. So it does, too, where there is no
            window, or where `frames` or `record` is given; else the window stays, with the last good picture
            and the error over it, and every frame is tried again.
        **window: Options of `sketch.Window` that replace those of the class: size, title, fullscreen...

    Returns:
        The sketch as it was at the end.

    Raises:
        HostError: There is no display, or no OpenGL 3.3.
        RecorderError: The film has a name that is none, or cannot be written and there is no window.
        SketchError: The sketch cannot run as it is written.
        TypeError: What was given is no sketch, or an option has an unknown name or is of another type than
            described.
        ValueError: An option is out of range.
    """
    _check_window_options(window)
    _check_functions(player=player, viewer=viewer)
    headless, strict = flag("headless", headless), flag("strict", strict)
    frames = None if frames is None else whole("frames", frames, 1)
    record = None if record is None else as_path("record", record)
    home = None if home is None else as_path("home", home)
    with ExitStack() as stack:
        stack.enter_context(beside(folder_of(sketch)))
        instance = as_sketch(sketch)
        stack.enter_context(_running(instance))
        instance.outbox += misspelt_methods(type(instance))
        instance.window = replace(instance.window, **window)
        instance.home = home if home is not None else home_of(sketch)
        if home is None and (said := adopted(instance.home)):
            instance.outbox.append(said)
        _log_to_terminal()
        film = None
        if record is not None and headless:
            # Nobody watches it being made, and whoever sees it later has no use for lines about this machine.
            instance.shows_messages = False
            recorder = stack.enter_context(Recorder(record, fps=instance.window.fps))
            viewer = recorder.add if viewer is None else _both(recorder.add, viewer)
        elif record is not None:
            live = LiveFilm(record, instance.window.fps, instance.send_message)
            film = stack.enter_context(closing(live))
        try:
            if headless:
                run_offscreen(instance, frames=frames, player=player, viewer=viewer)
            else:
                strict = strict or frames is not None or record is not None
                run_window(instance, frames=frames, player=player, viewer=viewer, film=film, strict=strict)
        except HostError:
            tell_in_one_line()
            raise
    return instance


def _check_window_options(given: Mapping[str, Any]) -> None:
    known = [each.name for each in fields(Window)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, [*known, *(run.__kwdefaults__ or ())], n=1)
            meant = f"; did you mean {near[0]}?" if near else ";"
            raise TypeError(f"run() has no option {name}{meant} a window has {', '.join(known)}")


def _check_functions(**given: object) -> None:
    for name, value in given.items():
        if value is not None and not callable(value):
            raise TypeError(f"{name} must be a function; got {short(value)}")


def as_sketch(sketch: type[Sketch] | Sketch | ModuleType) -> Sketch:
    """Make an instance of whatever describes a sketch.

    Raises:
        SketchError: A method of it takes other arguments than it will be given, or its `__init__` leaves out
            that of `Sketch`.
        TypeError: It is no sketch.
    """
    if isinstance(sketch, ModuleType):
        return module_sketch(sketch)()
    kind = sketch if isinstance(sketch, type) else type(sketch)
    if not issubclass(kind, Sketch):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"run() takes a Sketch class, an instance of one or a module; got {sketch!r}")
    check_hooks(kind)
    instance = sketch if isinstance(sketch, Sketch) else kind()
    check_begun(instance)
    return instance


@contextmanager
def _running(instance: Sketch) -> Generator[None]:
    """Let an instance run once at a time, and from its beginning if it ran before.

    Raises:
        SketchError: It is running, or what ended with its last run cannot begin again.
    """
    with _LOCK:
        if id(instance) in _RUNNING:
            raise SketchError("this sketch is running already: make a second one of its class to run both")
        if _ENDED in vars(instance):
            _begin_again(instance)
        _RUNNING.add(id(instance))
    attached = len(instance.addons)
    try:
        yield
    finally:
        with _LOCK:
            _RUNNING.discard(id(instance))
            vars(instance)[_ENDED] = attached


def _begin_again(instance: Sketch) -> None:
    if vars(instance)[_ENDED]:
        raise SketchError(
            "this sketch has run, and the addons it attached before it ran have ended: "
            "attach them in setup(), or make another one of its class"
        )
    instance.addons.clear()
    instance.frame, instance.time, instance.wants_to_quit = 0, 0.0, False
    instance.modifiers, instance.key_code = frozenset(), ""


def _both(first: Viewer, second: Viewer) -> Viewer:
    def see(frame: Any) -> None:
        first(frame)
        second(frame)

    return see


def _log_to_terminal() -> None:
    log = logging.getLogger("inkloop")
    if not log.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("inkloop: %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
