"""The folder of a sketch's own files, and the folder for what its user makes."""

import inspect
import os
import shutil
import sys
from pathlib import Path

import platformdirs

DATA_FOLDER = "inkloop-data"
PACKAGE = Path(__file__).resolve().parent


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
    found = sorted(file.parent.name for file in old.glob("*/taught.sqlite3"))
    missing = [name for name in found if not (home / name).exists()]
    if not missing:
        return f"{old} also has {', '.join(found)}; Inkloop uses what is in {home}" if found else ""
    for name in missing:
        new = home / f"{name}.new-{os.getpid()}"
        try:
            shutil.copytree(old / name, new)
            new.replace(home / name)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(new, ignore_errors=True)
            return f"the taught set in {old / name} cannot be copied to {home} ({error}); check the folder"
    return f"copied {', '.join(missing)} from {old} to {home}, which Inkloop uses from now on"


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
