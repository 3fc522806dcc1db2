"""The folder of a sketch's own files, and the folder for what its user makes."""

import inspect
import os
import shutil
import sys
from pathlib import Path

import platformdirs

DATA_FOLDER = "inkloop-data"
PACKAGE = Path(__file__).resolve().parent

SHIPPED = "letters"
"""Name of the recogniser of the sketches that ship. Other folders are those of the user's own sketches."""


def folder_of(sketch: object) -> Path | None:
    """Folder of the file that a sketch class, an instance or a module was written in; None without a file."""
    source = file_of(sketch)
    return source.parent if source.is_file() else None


def home_of(sketch: object) -> Path:
    """Folder for what the user makes: `inkloop-data` next to the sketch's file.

    For a sketch that ships with Inkloop it is the user's data folder, wherever it is started from. For a
    sketch in another installed package, or one typed into a prompt, it is in the current folder.
    """
    source = file_of(sketch)
    if not source.is_file():
        return Path.cwd() / DATA_FOLDER
    if PACKAGE in source.parents:
        return user_home()
    if Path(sys.prefix).resolve() in source.parents:
        return Path.cwd() / DATA_FOLDER
    return source.parent / DATA_FOLDER


def user_home() -> Path:
    """The user's data folder on this system: `~/.local/share/inkloop` on Linux."""
    return platformdirs.user_data_path("inkloop", appauthor=False)


def adopted(home: Path) -> str:
    """Copy what older versions of the shipped sketches kept in the current folder.

    What is not in the home yet is copied once; the old folder stays as it is.

    Args:
        home: As `home_of` gives it.

    Returns:
        A message for the user; empty if nothing was copied.
    """
    old = Path.cwd() / DATA_FOLDER
    if home != user_home() or old == home:
        return ""
    if not (old / SHIPPED / "taught.sqlite3").is_file() or any(Path.cwd().glob("*.py")):
        return ""  # next to a sketch of the user's, it is that sketch's
    if (home / SHIPPED).exists():
        return f"{old} also has {SHIPPED}; Inkloop uses what is in {home}"
    new = home / f"{SHIPPED}.new-{os.getpid()}"
    try:
        shutil.copytree(old / SHIPPED, new)
        new.replace(home / SHIPPED)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(new, ignore_errors=True)
        return f"the taught set in {old / SHIPPED} cannot be copied to {home} ({error}); check the folder"
    return f"copied {SHIPPED} from {old} to {home}, which Inkloop uses from now on"


def file_of(sketch: object) -> Path:
    """The source file of a sketch, its class or its module; `<typed>` here if there is none."""
    try:
        kind = sketch if inspect.isclass(sketch) or inspect.ismodule(sketch) else type(sketch)
        return Path(inspect.getfile(kind)).resolve()
    except (TypeError, OSError):
        return Path.cwd() / "<typed>"


def ink_file(sketch: object, home: Path) -> Path:
    """The file for a sketch's ink, named after its file and its class: several sketches may share a home."""
    kind = type(sketch)
    source = file_of(sketch)
    names = [
        source.stem if source.is_file() else "",
        "" if kind.__name__ == "ModuleSketch" else kind.__name__,
    ]
    return home / f"{'.'.join(name for name in names if name) or 'sketch'}.ink"
