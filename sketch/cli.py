"""The command `inkloop`, which combines the drawing half and the learning half."""

import ast
import json
import shlex
import sys
import tempfile
from contextlib import ExitStack
from enum import StrEnum
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from sketch.escaped import escaped
from sketch.hooks import SketchError
from sketch.host.errors import HostError
from sketch.host.window import has_display
from sketch.load import LoadError, load_sketch, other_sketches, shadowed_imports
from sketch.tracebacks import authors_traceback
from sketch.window import Window

if TYPE_CHECKING:
    from sketch.host.offscreen import Player
    from sketch.sketch import Sketch

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Live sketches with a pen that learns.",
)

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


def _complete_sketch(typed: str) -> list[str]:
    """For the shell: the sketches in the folder that was typed so far, and the examples."""
    from sketch.projects import examples, sketches_in

    folder = Path(typed) if typed.endswith("/") else Path(typed).parent
    here = [str(each.path) for each in sketches_in(folder)] if folder.is_dir() else []
    return [name for name in [*here, *(each.path.stem for each in examples())] if name.startswith(typed)]


def _complete_example(typed: str) -> list[str]:
    from sketch.projects import examples

    return [each.path.stem for each in examples() if each.path.stem.startswith(typed)]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"inkloop {version('inkloop')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Live sketches with a pen that learns."""


@app.command()
def run(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A sketch: a file with a Sketch class or setup, update and draw functions; a folder with "
            "a main.py; or the name of an example. Without it, all that could be run is listed.",
            autocompletion=_complete_sketch,
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
) -> None:
    """Run a sketch."""
    if file is None:
        _list_sketches()
        return
    # Imported before the sketch's folder is on the path: an addon.py next to the sketch must not replace it.
    import addon  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from sketch.host.recorder import RecorderError
    from sketch.launch import as_sketch
    from sketch.launch import run as run_sketch
    from sketch.live.parameters_document import DocumentError
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
        _stop("--alpha and --scale are for recording without a window: add --headless")
    if alpha and record is None:
        _stop("--alpha is for recording: add --record FILE.png")
    if fps is not None:
        options["fps"] = fps
    if screen is not None:
        options["screen"] = int(screen) if screen.isdigit() else screen
    # Only errors of the command line are reported in one line; a sketch's own errors keep their traceback.
    if size:
        try:
            options["size"] = Window(size=parse_size(size)).size
        except ValueError as error:
            _stop(str(error))
    try:
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
        run_sketch(instance, headless=headless, frames=frames, record=record, **options)
    except (LoadError, SketchError, HostError, RecorderError, DocumentError) as error:
        _stop(str(error))
    except Exception as error:
        print(authors_traceback(error, file), end="", file=sys.stderr)
        raise SystemExit(1) from None


def _hand(text: str, sketch: "Sketch", size: tuple[int, int]) -> "Player":
    """A hand that begins to write once every addon of the sketch that has `ready` is ready."""
    from sketch.synthetic_hand.writing import writing

    def ready() -> bool:
        return all(getattr(each, "ready", True) for each in sketch.addons)

    try:
        return writing(text, size, ready, sketch.ink_pause + sketch.ink_reopens, 1 / sketch.window.fps)
    except ValueError as error:
        _stop(str(error))


@app.command()
def new(folder: Annotated[Path, typer.Argument(help="A new folder; its name is the sketch's.")]) -> None:
    """Make a folder with a sketch that runs, presets for its parameters, a test and a README."""
    from sketch.projects import MAIN, ProjectError, new_project

    try:
        files = new_project(folder)
    except ProjectError as error:
        _stop(str(error))
    print(escaped(f"{folder} has {', '.join(file.name for file in files)}"))
    print(escaped(f"run it: inkloop run {shlex.quote(str(folder / MAIN))}"))


@app.command("examples")
def show_examples(
    name: Annotated[str | None, typer.Argument(help="One of them.", autocompletion=_complete_example)] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy it into the current folder.")] = False,
) -> None:
    """List the examples, say what one of them does, or copy it."""
    from sketch.projects import ProjectError, copy_example, example

    if name is None:
        if copy:
            _stop("name the example to copy, as in inkloop examples letters --copy")
        print("\n".join(_listed_examples()))
        return
    try:
        if copy:
            copies = copy_example(name, Path.cwd())
            print(escaped(f"wrote {', '.join(each.name for each in copies)}"))
        found = example(name)
        if found is None:
            raise ProjectError(f"there is no example {name!r}; inkloop examples lists them")
    except ProjectError as error:
        _stop(str(error))
    own = found.path.name
    if not copy:
        print(ast.get_docstring(ast.parse(found.path.read_bytes())))
        print(f"\ncopy it: inkloop examples {found.path.stem} --copy")
        own = f"-m sketch.examples.{found.path.stem}" if found.is_program else found.path.stem
    print(f"run it: {'python' if found.is_program else 'inkloop run'} {own}")


def _list_sketches() -> None:
    from sketch.projects import sketches_in

    here = sketches_in(Path.cwd())
    print("Sketches in this folder, as in inkloop run FILE:" if here else "No sketch in this folder.")
    for each in here:
        print(escaped(f"  {each.path.relative_to(Path.cwd())!s:<24} {each.about}".rstrip()))
    print("Examples, as in inkloop run NAME:")
    print("\n".join(_listed_examples()))
    print("inkloop new FOLDER makes a sketch of your own; inkloop run --help lists the options.")


def _listed_examples() -> list[str]:
    from sketch.projects import examples

    return [f"  {each.path.stem:<24} {each.about}" for each in examples()]


@app.command()
def record(
    file: Annotated[Path, typer.Argument(help="A sketch, as for run.")],
    tape: Annotated[
        Path | None, typer.Argument(help="The tape to write; by default in the sketch's inkloop-data/tapes.")
    ] = None,
    headless: Headless = False,
    frames: Frames = None,
    write: Write = None,
    size: Size = None,
    fullscreen: Fullscreen = False,
    strict: Strict = False,
    reload: Reload = None,
    like: Like = None,
    seed: Seed = None,
) -> None:
    """Run a sketch and write all that comes in to a tape, for replay."""
    import addon  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from sketch.host.recorder import RecorderError
    from sketch.launch import as_sketch, log_to_terminal
    from sketch.launch import run as run_sketch
    from sketch.live.parameters_document import DocumentError
    from sketch.live.tapes import Recording, new_seed, seed_random, tape_file
    from sketch.live.tapes_format import TapeError
    from sketch.resources import home_of

    options: dict[str, Any] = {"fullscreen": True} if fullscreen else {}
    if size:
        try:
            options["size"] = Window(size=parse_size(size)).size
        except ValueError as error:
            _stop(str(error))
    log_to_terminal()
    chance = new_seed()
    try:
        # Code at the top of the file may be random, too.
        seed_random(chance)
        kind = load_sketch(file)
        instance = as_sketch(kind)
        instance.outbox += [*other_sketches(kind), *shadowed_imports(file.resolve())]
        if seed is not None:
            instance.seed = seed
        if write is not None:
            options["player"] = _hand(write, instance, options.get("size", instance.window.size))
        instance.home = home_of(kind)
        recording = Recording(instance, tape or tape_file(instance), chance)
        for note in recording.notes:
            _aside(note)
        _aside(f"recording to {recording.path}")
        if reload is None:
            reload = not (headless or strict or frames is not None)
        options |= {"strict": strict, "reload": reload, "like": like, "tape": recording}
        run_sketch(instance, headless=headless, frames=frames, **options)
    except (LoadError, SketchError, HostError, RecorderError, DocumentError, TapeError) as error:
        _stop(str(error))
    except Exception as error:
        print(authors_traceback(error, file), end="", file=sys.stderr)
        raise SystemExit(1) from None
    _aside(f"inkloop replay {recording.path} plays it again")


@app.command()
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
    from sketch.live.tapes_format import TapeError, TapeReader
    from sketch.live.tapes_replay import recorded_sketch, unpacked_sketch

    if code and sketch is not None:
        _stop("--code runs the code of the tape, so there is nothing to name with --sketch")
    if film is None and (size or fps):
        _stop("--size and --fps are those of a film: add --film FILE.mp4")
    file = tape
    contexts = ExitStack()
    try:
        reader = TapeReader(tape)
        unpacked = contexts.enter_context(tempfile.TemporaryDirectory(prefix="inkloop-code-")) if code else ""
        if code:
            _aside(f"running the code of the tape, unpacked to {unpacked}")
            file = unpacked_sketch(reader, Path(unpacked))
        else:
            file = sketch or recorded_sketch(reader.header)
        for note in reader.header.notes:
            _aside(note)
        seed_random(reader.header.random)
        pixels = None if size is None else parse_size(size)
        options: dict[str, Any] = {"film": film, "size": pixels, "fps": fps, "headless": headless}
        replay_sketch(load_sketch(file), reader, **options, code=code)
    except (LoadError, SketchError, HostError, RecorderError, TapeError, ValueError) as error:
        _stop(str(error))
    except Exception as error:
        print(authors_traceback(error, file), end="", file=sys.stderr)
        raise SystemExit(1) from None
    finally:
        contexts.close()


@app.command()
def handwriting(
    headless: Headless = False,
    out: Annotated[Path, typer.Option(help="Folder for picture, film and figures.")] = Path("out"),
    preset: Annotated[
        str | None, typer.Option(help="Train this network from scratch, as ofxCaffe did: lstm_short, ...")
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(min=1, help="Train for at most this many iterations.")
    ] = None,
    frames: Frames = None,
) -> None:
    """Draw letters, teach them, watch each one appear. Without a display, a machine-written hand draws."""
    from addon.training.config import PRESETS
    from sketch.examples.handwriting import Handwriting
    from sketch.host.recorder import RecorderError
    from sketch.launch import run as run_sketch

    if preset is not None and preset not in PRESETS:
        _stop(f"a preset is one of {', '.join(PRESETS)}; got {preset!r}")
    try:
        if headless or not has_display():
            _show(out, preset, iterations, frames)
        else:
            instance = Handwriting()
            instance.preset, instance.iterations = preset, iterations
            run_sketch(instance, frames=frames)
    except (HostError, RecorderError, OSError) as error:
        _stop(str(error))


@app.command()
def gallery(
    names: Annotated[list[str] | None, typer.Argument(help="Sketches to film; all by default.")] = None,
    sheet: Annotated[Path, typer.Option(help="File of the contact sheet.")] = Path("docs/gallery.png"),
    films: Annotated[Path, typer.Option(help="Folder for the films.")] = Path("out/gallery"),
) -> None:
    """Film the examples of the gallery, and put one moment of each on a contact sheet."""
    from sketch.gallery import chosen, contact_sheet, perform
    from sketch.host.recorder import RecorderError

    try:
        stills = [(piece.name, perform(piece, films, print)) for piece in chosen(names)]
        sheet.parent.mkdir(parents=True, exist_ok=True)
        contact_sheet(stills).save(sheet, optimize=True)
    except (HostError, RecorderError, ValueError, OSError) as error:
        _stop(str(error))
    print(f"the sheet is {sheet}, the films are in {films}/")


class Protocol(StrEnum):
    """Whose inks are tested: those of the writer who taught, or of others."""

    WD = "wd"
    WI = "wi"


@app.command()
def evaluate(
    data: Annotated[Path, typer.Argument(help="Labelled inks: an .npz file in the corpus layout.")],
    protocol: Annotated[
        Protocol, typer.Option(help="Test the writer who taught (wd), or others (wi).")
    ] = Protocol.WD,
    shots: Annotated[int, typer.Option(min=1, help="Taught inks of each class.")] = 1,
    seeds: Annotated[int, typer.Option(min=1, help="Random draws to average over.")] = 3,
    max_writers: Annotated[int | None, typer.Option(min=1, help="Use at most this many writers.")] = None,
    model: Annotated[
        str, typer.Option(help="Base encoder, or a described model: a name, or the path of an .onnx file.")
    ] = "encoder",
    inks: Annotated[
        int, typer.Option("--inks", min=1, help="Inks that a described model is asked, drawn at random.")
    ] = 1000,
    lengths: Annotated[
        bool,
        typer.Option("--lengths", help="Only print the table [lengths] for the .toml of a described model."),
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="Also test other recognisers, on a part of the inks.")
    ] = False,
    pictures: Annotated[Path | None, typer.Option(help="Folder for pictures of confused inks.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Measure how well the pen is recognised, point by point, on labelled inks."""
    from addon.errors import AddonError
    from addon.evaluation.command import evaluate as measure
    from addon.evaluation.command import lengths as usual
    from addon.evaluation.measure import Plan
    from addon.evaluation.report import lines

    plan = Plan(protocol.value, shots, seeds, max_writers)
    try:
        if lengths:
            table = usual(data, model)
            text = [f"{json.dumps(label, ensure_ascii=False)} = {length}" for label, length in table.items()]
            print(json.dumps({"lengths": table}) if as_json else "\n".join(["[lengths]", *text]))
            return
        found = measure(data, plan, model, peers, pictures, say=_aside, most=inks)
    except (AddonError, OSError) as error:
        _stop(str(error))
    print(json.dumps(found) if as_json else "\n".join(map(escaped, lines(found))))


PRETRAINED = {
    "encoder": "addon.pretraining.__main__",
    "letters": "addon.pretraining.letters",
    "image": "addon.pretraining.image_model",
}


# Each command reads its arguments itself, as it does under torchrun.
@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)
def pretrain(context: typer.Context) -> None:
    """Make a model that ships: encoder (the default), letters or image; see `pretrain letters --help`."""
    # Imported by name, since the check that no sketch loads PyTorch would count this command as a sketch.
    from addon.errors import without_torch

    given = context.args
    named = bool(given) and given[0] in PRETRAINED
    try:
        command: Any = import_module(PRETRAINED[given[0] if named else "encoder"])
    except ModuleNotFoundError as error:
        if not without_torch(error):
            raise
        _stop(without_torch(error))
    raise SystemExit(command.main(given[1:] if named else given))


@app.command()
def doctor(
    file: Annotated[Path, typer.Argument(help="Any ONNX file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    provider: Annotated[str, typer.Option(help="Where to run it: auto, cuda or cpu.")] = "auto",
    seconds: Annotated[float, typer.Option(min=0.0, max=60.0, help="Seconds to measure.")] = 1.0,
    adaptor: Annotated[
        bool, typer.Option("--adaptor", help="Write a first draft of its description next to it.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Print everything, even if it does not fit on a screen.")
    ] = False,
) -> None:
    """Examine any model in another process: what is in it, how fast it is, what Inkloop can do with it."""
    from addon.doctor.command import doctor as examine
    from addon.errors import AddonError
    from addon.inference.providers import check_provider

    try:
        check_provider(provider, None)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--provider") from error
    try:
        code = examine(file, as_json, provider, seconds, adaptor, everything)
    except AddonError as error:
        _stop(str(error))
    raise SystemExit(code)


@app.command()
def export(
    model: Annotated[str, typer.Argument(help="A name, such as letters, or the path of an .onnx file.")],
    out: Annotated[
        Path | None, typer.Argument(help="The file to write: .onnx, or .json for readers without ONNX.")
    ] = None,
    web: Annotated[
        Path | None, typer.Option(help="Write a web page into this folder that draws and reads.")
    ] = None,
    taught: Annotated[
        Path | None,
        typer.Option(help="A taught set instead of the model's own classes: taught.sqlite3 or .npz."),
    ] = None,
) -> None:
    """Write a pen to one file, or to a web page that needs no network."""
    from addon.errors import AddonError
    from addon.training.export_command import export as write
    from sketch.render.text.fonts import OWN

    font = Path(OWN)
    try:
        lines = write(model, out, web, taught, [font, font.with_name("Inter-LICENSE.txt")])
    except (AddonError, OSError, ValueError) as error:
        _stop(str(error))
    print("\n".join(map(escaped, lines)))


def _aside(line: str) -> None:
    print(escaped(line), file=sys.stderr, flush=True)


def _show(out: Path, preset: str | None, iterations: int | None, frames: int | None) -> None:
    from sketch.examples.handwriting_show import perform, report_lines

    print("No window: a machine-written hand teaches, trains and writes. This takes about a minute.")
    # The show teaches its own letters: it must not mix them with the user's.
    with tempfile.TemporaryDirectory(prefix="inkloop-") as home:
        report = perform(out, home=Path(home), preset=preset, iterations=iterations, frames=frames)
    print("\n".join(report_lines(report)))
    print(f"picture, film and figures are in {out}/")


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


def _stop(message: str) -> NoReturn:
    print(f"inkloop: {escaped(message)}", file=sys.stderr)
    raise SystemExit(1)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
