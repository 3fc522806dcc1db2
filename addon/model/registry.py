"""Find models: those that ship, in a checkout or a wheel, and those a user has made."""

import os.path
import re
from pathlib import Path

from addon.errors import ModelError
from addon.text import escaped, quoted

SUFFIX = ".onnx"
_NAME = re.compile(r"\w[\w .-]*")
_NO_FOLDER = re.compile(r'[<>:"/\\|?*]')
"""Characters that are not allowed in a folder's name on some system."""
LONGEST = 240
"""Bytes of a name: with `-0001.onnx` it is still a valid file name."""


def shipped_models() -> Path:
    """Folder of the models that ship: in the installed package, or next to it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_data" / "models"
    return installed if installed.is_dir() else package.parent / "models"


def is_path(model: str | Path) -> bool:
    """Whether `model` is the path of a file; otherwise it is a name.

    Raises:
        TypeError: It is neither text nor a path.
    """
    if not isinstance(model, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a model is a name such as 'letters' or a path ending in {SUFFIX}; got {model!r}")
    return isinstance(model, Path) or is_model_file(model)


def is_model_file(name: str) -> bool:
    """Whether a file's name is a model's; upper case, as some old disks write it, is accepted."""
    return name.lower().endswith(SUFFIX)


def model_name(model: str | Path) -> str:
    """The name under which a recogniser keeps what the user makes.

    Args:
        model: A name, or the path of an ONNX file, whose stem is used; characters that a folder's name cannot
            have are replaced, and what exceeds `LONGEST` is cut.

    Raises:
        ValueError: It is neither, or a name longer than `LONGEST`.
    """
    if is_path(model) and not str(model).startswith(".onnx") and Path(model).stem:
        stem = escaped(Path(model).stem).replace("\\", "_")
        short = _NO_FOLDER.sub("_", stem).encode()[:LONGEST].decode(errors="ignore")
        return short.strip(" .") or "model"
    name = str(model)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"a model is a name such as 'letters' or a path ending in {SUFFIX}; got {quoted(name)}"
        )
    size = len(name.encode())
    if size > LONGEST:
        raise ValueError(f"a model's name may have {LONGEST} bytes; {quoted(name)} has {size}")
    return name


def find_models(model: str | Path, own: Path, shipped: Path, sketch: Path | None = None) -> list[Path]:
    """Find the files that `model` may mean, the one to try first at the front.

    Args:
        model: The path of a file, or a name.
        own: Folder of the models that the user made under that name; it may not exist.
        shipped: Folder of the models that ship.
        sketch: Folder in which a relative path is looked for before the current one; None for only the
            current one.

    Returns:
        The file of a path; for a name the user's own, newest first, then the shipped one.

    Raises:
        ModelError: There is none; the message names the folders that were searched, or the models that ship.
    """
    if is_path(model):
        path = Path(model)
        near = [] if sketch is None or path.is_absolute() else [sketch / path]
        for each in (*near, path):
            # Unlike `Path.exists`, this raises nothing for a name that no file can have.
            if os.path.exists(each):
                return [each]
        raise ModelError(no_such_file(path, *near))
    found = newest_first(own)
    ships = shipped / f"{model}{SUFFIX}"
    if os.path.isfile(ships):
        found.append(ships)
    if not found:
        names = ", ".join(sorted(path.stem for path in shipped.glob(f"*{SUFFIX}"))) or "none"
        raise ModelError(
            f"there is no model {str(model)!r} yet: teach and train one, or use one that ships ({names})"
        )
    return found


def find_folder(folder: str | Path, sketch: Path) -> Path:
    """The absolute path of a folder to watch, searched next to the sketch, then in the current folder.

    Args:
        folder: It need not exist yet; if it is in neither place, it is expected next to the sketch.
        sketch: The sketch's folder.
    """
    near, here = sketch.absolute() / folder, Path(folder).absolute()
    return here if here.is_dir() and not near.is_dir() else near


def no_such_file(path: Path, *others: Path) -> str:
    """The message that a model's file is in none of the places that were searched."""
    folders = dict.fromkeys(str(each.parent.absolute()) for each in (*others, path))
    return f"{path.name}: there is no such file in {' or in '.join(folders)}; check the path"


def newest_first(folder: Path) -> list[Path]:
    """Model files in a folder, the newest first; none if it does not exist."""
    there = folder.iterdir() if os.path.isdir(folder) else ()
    files = [
        path
        for path in there
        if is_model_file(path.name) and not path.name.startswith(".") and path.is_file()
    ]
    # Files with the same time, as coarse clocks give them, are ordered by the number in their name.
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def next_model_path(own: Path, name: str) -> Path:
    """The path of the next model: `name-0001.onnx`, `name-0002.onnx`, ...; never one that exists."""
    numbers = (re.fullmatch(rf"{re.escape(name)}-(\d+)", path.stem) for path in own.glob(f"*{SUFFIX}"))
    last = max((int(match[1]) for match in numbers if match), default=0)
    return own / f"{name}-{last + 1:04d}{SUFFIX}"
