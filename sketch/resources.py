"""Where a sketch's own files are, and where what its user makes is kept."""

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
    """Folder in which what the user makes is kept: `inkloop-data` beside the sketch's file.

    One of Inkloop's own sketches keeps it in the user's own data folder, whatever folder it is started from;
    one that lives in another installed package, or was typed into a prompt, in the current folder.
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
    """The user's own data folder, as the system has it: `~/.local/share/inkloop` on Linux."""
    return platformdirs.user_data_path("inkloop", appauthor=False)


def adopted(home: Path) -> str:
    """Take over what Inkloop's own sketches kept in the current folder before they had the user's own.

    What is not in the home yet is copied, once; nothing is taken from where it was.

    Args:
        home: As `home_of` gives it.

    Returns:
        What is to be said; empty if there is nothing.
    """
    old = Path.cwd() / DATA_FOLDER
    if home != user_home() or old == home:
        return ""
    found = sorted(file.parent.name for file in old.glob("*/taught.sqlite3"))
    missing = [name for name in found if not (home / name).exists()]
    if not missing:
        return f"{old} holds {', '.join(found)} as well; what is in {home} is used" if found else ""
    for name in missing:
        new = home / f"{name}.new-{os.getpid()}"
        try:
            shutil.copytree(old / name, new)
            new.replace(home / name)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(new, ignore_errors=True)
            return f"what is taught in {old / name} cannot be copied to {home} ({error})"
    return f"{', '.join(missing)} of {old} was copied to {home}, where it is kept from now on"


def file_of(sketch: object) -> Path:
    """The file a sketch, or a class or module of one, was written in; `<typed>` here if there is none."""
    try:
        kind = sketch if inspect.isclass(sketch) or inspect.ismodule(sketch) else type(sketch)
        return Path(inspect.getfile(kind)).resolve()
    except (TypeError, OSError):
        return Path.cwd() / "<typed>"


def ink_file(sketch: object, home: Path) -> Path:
    """Where the ink of a sketch is kept: named after its file and its class; several may share a home."""
    kind = type(sketch)
    source = file_of(sketch)
    names = [
        source.stem if source.is_file() else "",
        "" if kind.__name__ == "ModuleSketch" else kind.__name__,
    ]
    return home / f"{'.'.join(name for name in names if name) or 'sketch'}.ink"
