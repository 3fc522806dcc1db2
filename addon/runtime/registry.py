"""Where models are: the ones that ship, in a checkout or a wheel, and the ones a user has made."""

import re
from pathlib import Path

from addon.errors import ModelError

SUFFIX = ".onnx"
_NAME = re.compile(r"\w[\w .-]*")


def shipped_models() -> Path:
    """Folder of the models that ship: within the package if it was installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_data" / "models"
    return installed if installed.is_dir() else package.parent / "models"


def is_path(model: str | Path) -> bool:
    """Whether `model` means a file; else it is a name."""
    return isinstance(model, Path) or model.endswith(SUFFIX)


def model_name(model: str | Path) -> str:
    """The name under which a recogniser keeps what the user makes.

    Args:
        model: A name, or the path of an ONNX file, whose stem is taken.

    Raises:
        ValueError: It cannot name a folder.
    """
    name = Path(model).stem if is_path(model) else str(model)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"a model is a name such as 'letters' or a path ending in {SUFFIX}; got {str(model)!r}"
        )
    return name


def find_models(model: str | Path, own: Path, shipped: Path) -> list[Path]:
    """Files that `model` may mean, the one to try first at the front.

    Args:
        model: The path of a file, which is taken as it is, or a name.
        own: Folder of the models that the user made under that name; it may not exist.
        shipped: Folder of the models that ship.

    Returns:
        The user's own, newest first, then the shipped one.

    Raises:
        ModelError: There is none; the message names those that ship.
    """
    if is_path(model):
        return [Path(model)]
    found = newest_first(own)
    ships = shipped / f"{model}{SUFFIX}"
    if ships.is_file():
        found.append(ships)
    if not found:
        names = ", ".join(sorted(path.stem for path in shipped.glob(f"*{SUFFIX}"))) or "none"
        raise ModelError(
            f"there is no model {str(model)!r} yet: teach and train one, or use one that ships ({names})"
        )
    return found


def newest_first(folder: Path) -> list[Path]:
    """Model files in a folder, the newest first; none if it does not exist."""
    files = [path for path in folder.glob(f"*{SUFFIX}") if path.is_file() and not path.name.startswith(".")]
    # Two files of one moment, as a coarse clock gives them, are told apart by the number in their name.
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)


def next_model_path(own: Path, name: str) -> Path:
    """Where the next model goes: `name-0001.onnx`, `name-0002.onnx`, ...; never a path that exists."""
    numbers = (re.fullmatch(rf"{re.escape(name)}-(\d+)", path.stem) for path in own.glob(f"*{SUFFIX}"))
    last = max((int(match[1]) for match in numbers if match), default=0)
    return own / f"{name}-{last + 1:04d}{SUFFIX}"
