"""Commands to begin with: a new folder, the examples, and what there is to run."""

import ast
import shlex
from pathlib import Path
from typing import Annotated

import typer

from sketch.commands.output import stop
from sketch.escaped import escaped


def complete_sketch(typed: str) -> list[str]:
    """For the shell: the sketches in the folder that was typed so far, and the examples."""
    from sketch.projects import examples, sketches_in

    folder = Path(typed) if typed.endswith("/") else Path(typed).parent
    here = [str(each.path) for each in sketches_in(folder)] if folder.is_dir() else []
    return [name for name in [*here, *(each.path.stem for each in examples())] if name.startswith(typed)]


def _complete_example(typed: str) -> list[str]:
    from sketch.projects import examples

    return [each.path.stem for each in examples() if each.path.stem.startswith(typed)]


def new(folder: Annotated[Path, typer.Argument(help="A new folder; its name is the sketch's.")]) -> None:
    """Make a folder with a sketch that runs, presets for its parameters, a test and a README."""
    from sketch.projects import MAIN, ProjectError, new_project

    try:
        files = new_project(folder)
    except ProjectError as error:
        stop(str(error))
    print(escaped(f"{folder} has {', '.join(file.name for file in files)}"))
    print(escaped(f"run it: inkloop run {shlex.quote(str(folder / MAIN))}"))


def show_examples(
    name: Annotated[str | None, typer.Argument(help="One of them.", autocompletion=_complete_example)] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy it into the current folder.")] = False,
) -> None:
    """List the examples, say what one of them does, or copy it."""
    from sketch.projects import ProjectError, copy_example, example

    if name is None:
        if copy:
            stop("name the example to copy, as in inkloop examples letters --copy")
        print("\n".join(listed_examples()))
        return
    try:
        if copy:
            copies = copy_example(name, Path.cwd())
            print(escaped(f"wrote {', '.join(each.name for each in copies)}"))
        found = example(name)
        if found is None:
            raise ProjectError(f"there is no example {name!r}; inkloop examples lists them")
    except ProjectError as error:
        stop(str(error))
    own = found.path.name
    if not copy:
        print(ast.get_docstring(ast.parse(found.path.read_bytes())))
        print(f"\ncopy it: inkloop examples {found.path.stem} --copy")
        own = f"-m sketch.examples.{found.path.stem}" if found.is_program else found.path.stem
    print(f"run it: {'python' if found.is_program else 'inkloop run'} {own}")


def list_sketches() -> None:
    """Print the sketches in this folder, and the examples."""
    from sketch.projects import sketches_in

    here = sketches_in(Path.cwd())
    print("Sketches in this folder, as in inkloop run FILE:" if here else "No sketch in this folder.")
    for each in here:
        print(escaped(f"  {each.path.relative_to(Path.cwd())!s:<24} {each.about}".rstrip()))
    print("Examples, as in inkloop run NAME:")
    print("\n".join(listed_examples()))
    print("inkloop new FOLDER makes a sketch of your own; inkloop run --help lists the options.")


def listed_examples() -> list[str]:
    """A line for each example."""
    from sketch.projects import examples

    return [f"  {each.path.stem:<24} {each.about}" for each in examples()]
