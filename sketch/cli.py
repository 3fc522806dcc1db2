"""The command `inkloop`, which combines the drawing half and the learning half."""

from importlib.metadata import version
from typing import Annotated

import typer

from sketch.commands import learning, playing, showing, starting

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Live sketches with a pen that learns.",
)


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


for command in (playing.run, starting.new):
    app.command()(command)
app.command("examples")(starting.show_examples)
for command in (playing.record, playing.replay, showing.handwriting, showing.gallery, learning.evaluate):
    app.command()(command)
# Each command of `pretrain` reads its arguments itself, as it does under torchrun.
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False
)(learning.pretrain)
for command in (learning.doctor, learning.export):
    app.command()(command)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
