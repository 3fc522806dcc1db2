"""Where a sketch's own files are, and where what its user makes is kept."""

import inspect
import sys
from pathlib import Path

DATA_FOLDER = "inkloop-data"


def folder_of(sketch: object) -> Path | None:
    """Folder of the file that a sketch class, an instance or a module was written in; None without a file."""
    try:
        source = Path(
            inspect.getfile(sketch if inspect.isclass(sketch) or inspect.ismodule(sketch) else type(sketch))
        ).resolve()
    except (TypeError, OSError):
        return None
    return source.parent if source.is_file() else None


def home_of(sketch: object) -> Path:
    """Folder in which what the user makes is kept: `inkloop-data` beside the sketch's file.

    A sketch that lives in an installed package, or was typed into a prompt, keeps it in the current folder.
    """
    source = file_of(sketch)
    package = Path(__file__).resolve().parent
    if not source.is_file() or package in source.parents or Path(sys.prefix).resolve() in source.parents:
        return Path.cwd() / DATA_FOLDER
    return source.parent / DATA_FOLDER


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
    try:
        file = Path(inspect.getfile(kind)).stem
    except (TypeError, OSError):
        file = ""
    names = [file, "" if kind.__name__ == "ModuleSketch" else kind.__name__]
    return home / f"{'.'.join(name for name in names if name) or 'sketch'}.ink"
