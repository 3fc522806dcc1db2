"""Commands about models: measure, train, examine and export them."""

import json
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from sketch.commands.output import aside, stop
from sketch.escaped import escaped


class Protocol(StrEnum):
    """Whose inks are tested: those of the writer who taught, or of others."""

    WD = "wd"
    WI = "wi"


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
        found = measure(data, plan, model, peers, pictures, say=aside, most=inks)
    except (AddonError, OSError) as error:
        stop(str(error))
    print(json.dumps(found) if as_json else "\n".join(map(escaped, lines(found))))


PRETRAINED = {
    "encoder": "addon.pretraining.__main__",
    "letters": "addon.pretraining.letters",
    "image": "addon.pretraining.image_model",
}


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
        stop(without_torch(error))
    raise SystemExit(command.main(given[1:] if named else given))


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
        stop(str(error))
    raise SystemExit(code)


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
        stop(str(error))
    print("\n".join(map(escaped, lines)))
