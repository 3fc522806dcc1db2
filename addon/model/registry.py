"""Where models are: the ones that ship, in a checkout or a wheel, and the ones a user has made."""

import os.path
import re
from pathlib import Path

from addon.errors import ModelError
from addon.text import escaped, quoted

SUFFIX = ".onnx"
_NAME = re.compile(r"\w[\w .-]*")
_NO_FOLDER = re.compile(r'[<>:"/\\|?*]')
"""What a folder's name must not hold on one of the systems."""
LONGEST = 240
"""Bytes of a name: with `-0001.onnx` it is still the name of a file."""


def shipped_models() -> Path:
    """Folder of the models that ship: within the package if it was installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_data" / "models"
    return installed if installed.is_dir() else package.parent / "models"


def is_path(model: str | Path) -> bool:
    """Whether `model` means a file; else it is a name.

    Raises:
        TypeError: It is neither text nor a path.
    """
    if not isinstance(model, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"a model is a name such as 'letters' or a path ending in {SUFFIX}; got {model!r}")
    return isinstance(model, Path) or is_model_file(model)


def is_model_file(name: str) -> bool:
    """Whether a file is a model by its name, as a camera or an old disk may write it, too."""
    return name.lower().endswith(SUFFIX)


def model_name(model: str | Path) -> str:
    """The name under which a recogniser keeps what the user makes.

    Args:
        model: A name, or the path of an ONNX file, whose stem is taken; where a folder cannot be called
            so, other characters stand in, and what is beyond `LONGEST` is left out.

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
        raise ValueError(f"a model's name has {LONGEST} bytes at most; {quoted(name)} has {size}")
    return name


def find_models(model: str | Path, own: Path, shipped: Path, sketch: Path | None = None) -> list[Path]:
    """Files that `model` may mean, the one to try first at the front.

    Args:
        model: The path of a file, or a name.
        own: Folder of the models that the user made under that name; it may not exist.
        shipped: Folder of the models that ship.
        sketch: Folder in which a relative path is looked for before the current one; None for the current
            one alone.

    Returns:
        The file of a path; for a name the user's own, newest first, then the shipped one.

    Raises:
        ModelError: There is none; the message says where it was looked for, or names those that ship.
    """
    if is_path(model):
        path = Path(model)
        near = [] if sketch is None or path.is_absolute() else [sketch / path]
        for each in (*near, path):
            # Unlike `Path.exists` it raises nothing for a name that no file can have.
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
    """A folder to watch, absolute: a relative path is tried beside the sketch, then in the current folder.

    Args:
        folder: It need not be there yet; one that is in neither place is expected beside the sketch.
        sketch: The folder that the sketch is in.
    """
    near, here = sketch.absolute() / folder, Path(folder).absolute()
    return here if here.is_dir() and not near.is_dir() else near


def no_such_file(path: Path, *others: Path) -> str:
    """That a model's file is not there, nor in other places where it was looked for, in one line."""
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
    # Two files of one moment, as a coarse clock gives them, are told apart by the number in their name.
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def next_model_path(own: Path, name: str) -> Path:
    """Where the next model goes: `name-0001.onnx`, `name-0002.onnx`, ...; never a path that exists."""
    numbers = (re.fullmatch(rf"{re.escape(name)}-(\d+)", path.stem) for path in own.glob(f"*{SUFFIX}"))
    last = max((int(match[1]) for match in numbers if match), default=0)
    return own / f"{name}-{last + 1:04d}{SUFFIX}"
