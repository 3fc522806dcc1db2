"""Commands that show what ships: the handwriting sketch and the gallery."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sketch.commands.output import stop
from sketch.commands.playing import Frames, Headless
from sketch.host.errors import HostError
from sketch.host.window import has_display


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
        stop(f"a preset is one of {', '.join(PRESETS)}; got {preset!r}")
    try:
        if headless or not has_display():
            _show(out, preset, iterations, frames)
        else:
            instance = Handwriting()
            instance.preset, instance.iterations = preset, iterations
            run_sketch(instance, frames=frames)
    except (HostError, RecorderError, OSError) as error:
        stop(str(error))


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
        stop(str(error))
    print(f"the sheet is {sheet}, the films are in {films}/")


def _show(out: Path, preset: str | None, iterations: int | None, frames: int | None) -> None:
    from sketch.examples.handwriting_show import perform, report_lines

    print("No window: a machine-written hand teaches, trains and writes. This takes one to four minutes.")
    # The show teaches its own letters: it must not mix them with the user's.
    with tempfile.TemporaryDirectory(prefix="inkloop-") as home:
        report = perform(out, home=Path(home), preset=preset, iterations=iterations, frames=frames)
    print("\n".join(report_lines(report)))
    print(f"picture, film and figures are in {out}/")
