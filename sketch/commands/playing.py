"""Commands that play a sketch: run it, record all that comes in, and play that again."""

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sketch.commands.output import aside, stop
from sketch.commands.starting import complete_sketch, list_sketches
from sketch.hooks import SketchError
from sketch.host.errors import HostError
from sketch.load import LoadError, load_sketch, other_sketches, shadowed_imports
from sketch.tracebacks import authors_traceback
from sketch.window import Window

if TYPE_CHECKING:
    from sketch.host.offscreen import Player
    from sketch.live.tapes import Recording
    from sketch.sketch import Sketch

AUTO = "auto"
"""Instead of a tape's file: one in `inkloop-data/tapes`."""

Headless = Annotated[bool, typer.Option("--headless", help="Draw without a window or a display.")]
Frames = Annotated[int | None, typer.Option(min=1, help="End after this many frames.")]
Record = Annotated[
    Path | None,
    typer.Option(
        help="Film the frames to this file: .mp4, .gif, .webp, or .png, the last frame; with %04d in its "
        "name, a .png for every frame."
    ),
]
Alpha = Annotated[
    bool, typer.Option("--alpha", help="Keep what is transparent in .png or .webp; with --headless.")
]
Scale = Annotated[
    float, typer.Option(min=0.05, max=16, help="Recorded pixels per pixel of the sketch; with --headless.")
]
Fps = Annotated[float | None, typer.Option(min=0.01, max=1000, help="Frames a second.")]
Write = Annotated[
    str | None,
    typer.Option(help="A machine-written hand writes this text, letter by letter, as a pen would."),
]
Size = Annotated[str | None, typer.Option(help="Width and height, as in 1280x720.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="End with the traceback of an error, also with a window.")
]
Reload = Annotated[
    bool | None,
    typer.Option(
        "--reload/--no-reload",
        help="Swap in files when they are saved. On in a window, off with --headless, --frames, --record "
        "and --strict.",
    ),
]
Like = Annotated[
    Path | None,
    typer.Option(help="Start with the parameters and the seed of this picture or film, saved by Inkloop."),
]
Seed = Annotated[int | None, typer.Option(help="The sketch's seed, for what is random in it.")]
Fullscreen = Annotated[bool, typer.Option("--fullscreen", help="Cover the screen; F11 changes it.")]
Screen = Annotated[
    str | None, typer.Option(help="The screen to open on: its number, from 1, or its name, as in HDMI-1.")
]
Borderless = Annotated[bool, typer.Option("--borderless", help="Without a title bar and a border.")]
OnTop = Annotated[bool, typer.Option("--on-top", help="Stay over other windows.")]
HideCursor = Annotated[bool, typer.Option("--hide-cursor", help="Hide the mouse cursor over the window.")]
Tape = Annotated[
    str | None,
    typer.Option(
        help=f"Write all that comes in to this new file, for replay; {AUTO} for one in inkloop-data/tapes."
    ),
]


def run(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A sketch: a file with a Sketch class or setup, update and draw functions; a folder with "
            "a main.py; or the name of an example. Without it, all that could be run is listed.",
            autocompletion=complete_sketch,
        ),
    ] = None,
    headless: Headless = False,
    frames: Frames = None,
    record: Record = None,
    write: Write = None,
    size: Size = None,
    fullscreen: Fullscreen = False,
    strict: Strict = False,
    reload: Reload = None,
    like: Like = None,
    seed: Seed = None,
    screen: Screen = None,
    borderless: Borderless = False,
    on_top: OnTop = False,
    hide_cursor: HideCursor = False,
    alpha: Alpha = False,
    scale: Scale = 1.0,
    fps: Fps = None,
    tape: Tape = None,
) -> None:
    """Run a sketch."""
    if file is None:
        list_sketches()
        return
    # Imported before the sketch's folder is on the path: an addon.py next to the sketch must not replace it.
    import addon  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from sketch.host.recorder import RecorderError
    from sketch.launch import as_sketch, log_to_terminal
    from sketch.launch import run as run_sketch
    from sketch.live.parameters_document import DocumentError
    from sketch.live.tapes_entries import TapeError
    from sketch.projects import example, main_of

    if not file.exists() and (shipped := example(str(file))) is not None:
        file = shipped.path
    file = main_of(file)
    flags = {
        "fullscreen": fullscreen,
        "borderless": borderless,
        "on_top": on_top,
        "hides_cursor": hide_cursor,
    }
    options: dict[str, Any] = {name: True for name, wanted in flags.items() if wanted}
    if (alpha or scale != 1) and not headless:
        stop("--alpha and --scale are for recording without a window: add --headless")
    if alpha and record is None:
        stop("--alpha is for recording: add --record FILE.png")
    if fps is not None:
        options["fps"] = fps
    if screen is not None:
        options["screen"] = int(screen) if screen.isdigit() else screen
    # Only errors of the command line are reported in one line; a sketch's own errors keep their traceback.
    if size:
        try:
            options["size"] = Window(size=parse_size(size)).size
        except ValueError as error:
            stop(str(error))
    try:
        chance = None if tape is None else _seeded()
        kind = load_sketch(file)
        instance = as_sketch(kind)
        instance.outbox += [*other_sketches(kind), *shadowed_imports(file.resolve())]
        if seed is not None:
            instance.seed = seed
        if write is not None:
            options["player"] = _hand(write, instance, options.get("size", instance.window.size))
        if reload is None:
            reload = not (headless or strict or frames is not None or record is not None)
        options |= {"alpha": alpha, "scale": scale, "strict": strict, "reload": reload, "like": like}
        if tape is not None:
            log_to_terminal()
            options["tape"] = _recording(instance, tape, chance)
        run_sketch(instance, headless=headless, frames=frames, record=record, **options)
    except (LoadError, SketchError, HostError, RecorderError, DocumentError, TapeError) as error:
        stop(str(error))
    except Exception as error:
        print(authors_traceback(error, file), end="", file=sys.stderr)
        raise SystemExit(1) from None
    if tape is not None:
        aside(f"inkloop replay {options['tape'].path} plays it again")


def _seeded() -> int:
    """Seed what is random, before the sketch's file is read: code at its top may be random, too."""
    from sketch.live.tapes import new_seed, seed_random

    chance = new_seed()
    seed_random(chance)
    return chance


def _recording(instance: "Sketch", tape: str, chance: int | None) -> "Recording":
    """Begin a tape of a sketch, and say where it is and what it cannot repeat."""
    from sketch.live.tapes import Recording, tape_file
    from sketch.resources import home_of

    instance.home = home_of(instance)
    recording = Recording(instance, tape_file(instance) if tape == AUTO else Path(tape), chance)
    for note in recording.notes:
        aside(note)
    aside(f"recording to {recording.path}")
    return recording


def _with_options_of(command: Callable[..., None]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the arguments and options of another; it gets them by name."""
    return wraps(command, assigned=("__module__", "__annotations__"))


@_with_options_of(run)
def record(**given: Any) -> None:
    """Run a sketch and write all that comes in to a tape, for replay; with the options of run."""
    given["tape"] = given["tape"] or AUTO
    run(**given)


def _hand(text: str, sketch: "Sketch", size: tuple[int, int]) -> "Player":
    """A hand that begins to write once every addon of the sketch that has `ready` is ready."""
    from sketch.synthetic_hand.writing import writing

    def ready() -> bool:
        return all(getattr(each, "ready", True) for each in sketch.addons)

    try:
        return writing(text, size, ready, sketch.ink_pause + sketch.ink_reopens, 1 / sketch.window.fps)
    except ValueError as error:
        stop(str(error))


def replay(
    tape: Annotated[Path, typer.Argument(help="A tape that record wrote.")],
    sketch: Annotated[
        Path | None, typer.Option(help="The sketch's file, if it was moved or has changed since.")
    ] = None,
    film: Annotated[Path | None, typer.Option(help="Film it to this file (.mp4), without a window.")] = None,
    size: Annotated[str | None, typer.Option(help="Pixels of the film, as in 1920x1080.")] = None,
    fps: Annotated[float | None, typer.Option(help="Frames a second of the film.")] = None,
    headless: Headless = False,
    code: Annotated[
        bool,
        typer.Option(
            "--code", help="Run the code that is in the tape, with its edits. Only if you trust it!"
        ),
    ] = False,
) -> None:
    """Play a tape: the same pen, keys and parameters at the same times."""
    import addon  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from sketch.host.recorder import RecorderError
    from sketch.launch import replay as replay_sketch
    from sketch.live.tapes import seed_random
    from sketch.live.tapes_entries import (
        TapeError,
    )
    from sketch.live.tapes_reader import TapeReader
    from sketch.live.tapes_replay import recorded_sketch, unpacked_sketch

    if code and sketch is not None:
        stop("--code runs the code of the tape, so there is nothing to name with --sketch")
    if film is None and (size or fps):
        stop("--size and --fps are those of a film: add --film FILE.mp4")
    file = tape
    contexts = ExitStack()
    try:
        reader = TapeReader(tape)
        unpacked = contexts.enter_context(tempfile.TemporaryDirectory(prefix="inkloop-code-")) if code else ""
        if code:
            aside(f"running the code of the tape, unpacked to {unpacked}")
            file = unpacked_sketch(reader, Path(unpacked))
        else:
            file = sketch or recorded_sketch(reader.header)
        aside(f"replaying {file}")
        for note in reader.header.notes:
            aside(note)
        seed_random(reader.header.random)
        pixels = None if size is None else parse_size(size)
        options: dict[str, Any] = {"film": film, "size": pixels, "fps": fps, "headless": headless}
        replay_sketch(load_sketch(file), reader, **options, code=code)
    except (LoadError, SketchError, HostError, RecorderError, TapeError, ValueError) as error:
        stop(str(error))
    except Exception as error:
        print(authors_traceback(error, file), end="", file=sys.stderr)
        raise SystemExit(1) from None
    finally:
        contexts.close()


def parse_size(text: str) -> tuple[int, int]:
    """Read "1280x720".

    Raises:
        ValueError: It is not two whole numbers of at least 1 with an x between them.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise ValueError(f"a size is written as 1280x720; got {text!r}")
    if min(int(width), int(height)) < 1:
        raise ValueError(f"a window's size must be at least 1 x 1; got {text!r}")
    return int(width), int(height)
