"""Run a sketch: pick a host and go."""

import logging
from collections.abc import Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import fields, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sketch.assets import asset_folder
from sketch.escaped import escaped
from sketch.hooks import SketchError, check_begun, check_hooks, misspelt_methods
from sketch.host.errors import HostError, print_host_errors_in_one_line
from sketch.host.live_film import LiveFilm
from sketch.host.offscreen import Player, Viewer, run_offscreen
from sketch.host.picture_files import open_recorder
from sketch.host.progress import Progress
from sketch.host.window import run_window
from sketch.module_sketch import module_sketch
from sketch.resources import adopted, file_of, folder_of, home_of
from sketch.scalars import as_path, flag, number, short, whole
from sketch.sketch import Sketch
from sketch.window import Window

if TYPE_CHECKING:
    from sketch.live.parameters_document import Document
    from sketch.live.reload import Reloader
    from sketch.live.tapes import Recording
    from sketch.live.tapes_edits import TapeFiles, TapeGate
    from sketch.live.tapes_reader import TapeReader
    from sketch.live.tapes_replay import Replay

_LOCK = Lock()
_RUNNING: set[int] = set()
_ENDED = "_attached_before"
"""Attribute of a sketch that has run: how many addons it had attached before. A sketch may have no hash."""


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
    reload: bool = False,
    like: str | Path | None = None,
    alpha: bool = False,
    scale: float = 1.0,
    tape: "str | Path | Recording | Replay | None" = None,
    **window: Any,
) -> Sketch:
    """Run a sketch until it quits or its window is closed.

        sketch.run(Letters, size=(800, 600), title="Letters")
        sketch.run(Letters, headless=True, frames=120, record="out/letters.mp4")

    Args:
        sketch: A `Sketch` class, an instance of one, or a module with `setup`, `update` and `draw` functions.
        headless: Draw offscreen, without a display; time then moves by the same step at every frame.
        frames: End after so many, at least 1.
        record: Film the frames to this file: `.mp4` (H.264), `.gif`, `.webp`, or `.png`, the last frame; with
            `%d` or `%04d` in its name, a `.png` for every frame. The film of a window keeps the times at
            which frames were seen; if it can no longer be written, a message says so and the sketch keeps
            running. In a window, F9 begins and ends a film while the sketch runs.
        home: Folder for what the user makes; by default `inkloop-data` next to the sketch, and the user's
            data folder for the sketches that ship.
        player: Puts events in the queue before every frame (see `sketch.host.offscreen.Player`).
        viewer: Sees every frame, as uint8 of shape (height, width, 3).
        strict: Whether an error of the sketch or of an addon ends the run. It also does without a window, and
            with `frames` or `record`. Otherwise the window stays, with the last good picture and the error
            over it, and every frame is tried again.
        reload: Whether the sketch, the modules it imported from its folder and the files they read are
            swapped in when they are saved, as `inkloop run` does in a window. An error then ends the run only
            if `strict` is set, with or without a window.
        like: A picture or a film that Inkloop saved: the parameters and the seed start as they are in it.
        alpha: Whether a recorded `.png` or `.webp` keeps what is transparent, after
            `canvas.background(0, alpha)`; only without a window.
        scale: Pixels of a recorded frame per logical pixel, from 0.05 to 16; only without a window.
        tape: Write all that comes in to this new file, for `inkloop replay`.
        **window: Options of `sketch.Window` that replace those of the class: size, title, fullscreen...

    Returns:
        The sketch as it was at the end.

    Raises:
        DocumentError: `like` has no parameters.
        HostError: There is no display, or no OpenGL 3.3.
        RecorderError: The film has no valid name, or it cannot be written and there is no window.
        TapeError: The tape cannot be written.
        SketchError: The sketch cannot run as it is written.
        TypeError: It is not a sketch, or an option has an unknown name or another type than described.
        ValueError: An option is out of range.
    """
    _check_window_options(window)
    _check_functions(player=player, viewer=viewer)
    headless, strict, reload = flag("headless", headless), flag("strict", strict), flag("reload", reload)
    alpha, scale = flag("alpha", alpha), number("scale", scale)
    if not 0.05 <= scale <= 16:
        raise ValueError(f"scale, pixels per logical pixel, must be in 0.05..16; got {scale}")
    if not headless and (alpha or scale != 1):
        raise ValueError("alpha and scale are for recording without a window: add headless=True")
    if alpha and record is None:
        raise ValueError("alpha is for recording: add record=FILE.png")
    frames = None if frames is None else whole("frames", frames, 1)
    record = None if record is None else as_path("record", record)
    home = None if home is None else as_path("home", home)
    document = None if like is None else _read(as_path("like", like))
    with ExitStack() as stack:
        stack.enter_context(asset_folder(folder_of(sketch)))
        instance = as_sketch(sketch)
        stack.enter_context(_running(instance))
        instance.outbox += misspelt_methods(type(instance))
        instance.window = replace(instance.window, **window)
        instance.home = home if home is not None else home_of(sketch)
        if home is None and (message := adopted(instance.home)):
            instance.outbox.append(message)
        log_to_terminal()
        restored = None if document is None else _restore(instance, document)
        written = partial(_document, instance)
        film = None
        offline: dict[str, Any] = {"scale": scale}
        if record is not None and headless:
            # Lines about this machine do not belong in a film.
            instance.shows_messages = False
            fps = instance.window.fps
            recorder = stack.enter_context(open_recorder(record, fps, document=written, alpha=alpha))
            if frames is not None:
                progress = stack.enter_context(closing(Progress(frames)))
                viewer = _both(progress.step, viewer) if viewer is not None else progress.step
            if alpha:
                offline["film"] = recorder.add
            else:
                viewer = recorder.add if viewer is None else _both(recorder.add, viewer)
        elif record is not None:
            live = LiveFilm(record, instance.window.fps, instance.send_message, written)
            film = stack.enter_context(closing(live))
        if isinstance(tape, str | Path):
            tape = _recording(instance, as_path("tape", tape))
        reloader = stack.enter_context(closing(_reloader(instance, headless, tape))) if reload else None
        replayed = None if tape is None else tape.parameters
        restored = restored if replayed is None else replayed
        if replayed is None and not reload:
            strict = strict or headless or frames is not None or record is not None
        views: dict[str, Any] = {"frames": frames, "player": player, "viewer": viewer}
        if tape is not None:
            stack.enter_context(closing(tape))
            tape.start_with(strict, restored or {})
            views |= {"tape": tape, "clock": tape.clock}
        try:
            if headless:
                run_offscreen(instance, **views, **offline, strict=strict, reload=reloader, restored=restored)
            else:
                run_window(instance, **views, film=film, strict=strict, reload=reloader, restored=restored)
        except HostError:
            print_host_errors_in_one_line()
            raise
    return instance


def _reloader(instance: Sketch, headless: bool, tape: "Recording | Replay | None") -> "Reloader":
    """Follow the files of a sketch, or the edits of a tape.

    Raises:
        SketchError: It was not read from a file.
    """
    from sketch.live.reload import Reloader
    from sketch.live.warming import Compiler, ShaderGate
    from sketch.live.watcher import Watcher

    if not file_of(instance).is_file():
        raise SketchError("reload needs a sketch in a file, and this one was typed in")
    if tape is not None and tape.edits is not None:
        return Reloader(instance, *tape.edits)
    watching, gate = Watcher(), ShaderGate(Compiler(instance.window.samples, not headless))
    return Reloader(instance, *(watching, gate) if tape is None else tape.watched(watching, gate))


def _recording(instance: Sketch, path: Path) -> "Recording":
    """Begin a tape, and log what a replay of it cannot repeat."""
    from sketch.live.tapes import Recording

    recording = Recording(instance, path)
    for note in recording.notes:
        logging.getLogger("inkloop").warning("%s", escaped(note))
    return recording


def replay(
    sketch: type[Sketch] | Sketch | ModuleType,
    reader: "TapeReader",
    *,
    film: str | Path | None = None,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    headless: bool = False,
    viewer: Viewer | None = None,
    code: bool = False,
) -> Sketch:
    """Replay a tape: the sketch gets what came in when it was recorded, at the times of then.

        reader = TapeReader(Path("night.tape"))
        replay(Letters, reader, film="night.mp4", size=(1920, 1080))

    What the sketch keeps on the disk goes to a folder that is removed in the end.

    Args:
        sketch: As for `run`; the sketch that was recorded.
        reader: The tape; it is closed.
        film: Film the frames to this file, without a window.
        size: Pixels of the film, of the shape of the recorded window; None for those of the window.
        fps: Frames a second of the film, from 0.01 to 1000; None for those of the recording.
        headless: Draw offscreen, as fast as possible; else in a window, at the recorded speed.
        viewer: Sees every frame.
        code: Whether the edits in the tape are swapped in, too: the sketch's folder must be the one to which
            `unpacked_sketch` wrote, and its files change.

    Returns:
        The sketch as it was at the end.

    Raises:
        HostError: There is no display, or no OpenGL 3.3.
        RecorderError: The film cannot be written.
        TapeError: The tape cannot be replayed.
        ValueError: An option is out of range.
    """
    from sketch.live.tapes_replay import EvenFrames, Replay

    header = reader.header
    headless = headless or film is not None
    with ExitStack() as stack:
        stack.callback(reader.close)
        instance = as_sketch(sketch)
        instance.seed = header.seed
        rate = Window(fps=header.fps if fps is None else fps).fps
        scale = 1.0 if size is None else _scale_to(size, header.size)
        files, gate = _edits(instance) if code else (None, None)
        player = Replay(reader, home_of(sketch), not headless, files, gate)
        stack.enter_context(closing(player))
        if film is not None:
            path = as_path("film", film)
            recorder = stack.enter_context(open_recorder(path, rate, document=partial(_document, instance)))
            even = EvenFrames(recorder.add, rate, player.clock)
            stack.callback(even.finish)
            instance.shows_messages = False
            viewer = even if viewer is None else _both(even, viewer)
        return run(
            instance,
            headless=headless,
            home=player.home,
            player=player,
            viewer=viewer,
            strict=header.strict,
            reload=code,
            tape=player,
            scale=scale if headless else 1.0,
            size=header.size,
            fps=header.fps,
            fullscreen=False,
            resizable=False,
        )


def _edits(instance: Sketch) -> "tuple[TapeFiles, TapeGate]":
    from sketch.live.tapes_edits import TapeFiles, TapeGate

    folder = file_of(instance).parent
    return TapeFiles(folder), TapeGate(folder)


def _scale_to(size: tuple[int, int], recorded: tuple[int, int]) -> float:
    """Pixels of a film of this size per logical pixel of the recorded window."""
    width, height = Window(size=size).size
    wide, high = recorded
    for scale in (width / wide, height / high):
        if (round(wide * scale), round(high * scale)) == (width, height):
            return scale
    raise ValueError(
        f"the tape was recorded at {wide}x{high}, and {width}x{height} has another shape; "
        f"{width}x{round(high * width / wide)} fits"
    )


def _read(path: Path) -> "Document":
    from sketch.live.parameters_document import read_document

    return read_document(path)


def _document(instance: Sketch) -> str:
    # Only when something is saved.
    from sketch.live.parameters_document import document_text

    return document_text(instance)


def _restore(instance: Sketch, document: "Document") -> Mapping[str, Any]:
    """Set the seed of a document; return its parameters, which are set where they are declared."""
    own = file_of(instance)
    if document.sketch and own.is_file() and document.sketch != own.name:
        instance.outbox.append(f"the parameters are those of {document.sketch}; this is {own.name}")
    if document.seed is not None and "seed" not in document.parameters:
        instance.seed = document.seed
    return document.parameters


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
    """Make an instance of a sketch class or module; an instance stays as it is.

    Raises:
        SketchError: A method takes other arguments than it will get, or its `__init__` does not call that of
            `Sketch`.
        TypeError: It is not a sketch.
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
    """Let an instance run once at a time, and from the start if it ran before.

    Raises:
        SketchError: It is running, or addons that ended with its last run cannot start again.
    """
    with _LOCK:
        if id(instance) in _RUNNING:
            raise SketchError(
                "this sketch is already running: make a second instance of its class to run both"
            )
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
            "attach them in setup(), or make another instance of its class"
        )
    instance.addons.clear()
    instance.frame, instance.time, instance.wants_to_quit = 0, 0.0, False
    instance.modifiers, instance.key_code = frozenset(), ""


def _both(first: Viewer, second: Viewer) -> Viewer:
    def see(frame: Any) -> None:
        first(frame)
        second(frame)

    return see


def log_to_terminal() -> None:
    """Print the log, unless the program has set up its own."""
    log = logging.getLogger("inkloop")
    if not log.handlers and not logging.getLogger().handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("inkloop: %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
