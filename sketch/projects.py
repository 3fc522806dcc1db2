"""Folders to start from: a new one, the examples that ship, and the sketches of a folder."""

import ast
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"
TEMPLATE = EXAMPLES / "template"
MAIN = "main.py"

LARGEST = 1 << 20
"""Bytes of a file that may be a sketch; a larger one is not read."""

MOST = 500
"""Files of a folder that are looked at."""


class ProjectError(Exception):
    """A folder or a file cannot be made; the message is one line and says why."""


@dataclass(frozen=True)
class Source:
    """A file with a sketch.

    Attributes:
        path: Of the file.
        about: The first line of its docstring; empty if it has none.
        is_program: Whether Python runs it, and not `inkloop run`, since it opens its window itself.
    """

    path: Path
    about: str
    is_program: bool = False


def new_project(folder: Path) -> list[Path]:
    """Make a folder with a sketch, its presets, a test of it and a README.

    It appears whole or not at all.

    Args:
        folder: It must not exist, or be empty. Its name becomes the title of the window.

    Returns:
        The files, sorted.

    Raises:
        ProjectError: It is not empty, or it cannot be written.
    """
    name = folder.resolve().name
    if not name or not name.isprintable() or '"' in name or "\\" in name:
        raise ProjectError(f"{str(folder)!r} is no name for a folder with a sketch")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(f"{folder} already exists; choose another name, or remove it")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".inkloop-") as made:
            for file in _template_files():
                text = file.read_text(encoding="utf-8").replace("PROJECT", name)
                (Path(made) / file.name).write_text(text, encoding="utf-8", newline="\n")
            (Path(made) / ".gitignore").write_text("inkloop-data/\n__pycache__/\n", encoding="utf-8")
            if folder.exists():
                folder.rmdir()
            shutil.copytree(made, folder)
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written ({error.strerror or error})") from None
    return sorted(folder.iterdir())


def examples() -> list[Source]:
    """The examples that ship, by name."""
    found = (_read(file) for file in sorted(EXAMPLES.glob("*.py")))
    return [each for each in found if each is not None]


def example(name: str) -> Source | None:
    """The example of this name, without its ending; None if there is none."""
    return next((each for each in examples() if each.path.stem == name.removesuffix(".py")), None)


def copy_example(name: str, folder: Path) -> list[Path]:
    """Copy an example, and the files of the same name next to it, such as its shader.

    Args:
        name: Of the example, without its ending.
        folder: Where to.

    Returns:
        The copies, sorted.

    Raises:
        ProjectError: There is no such example, a copy is there already, or it cannot be written.
    """
    found = example(name)
    if found is None:
        known = ", ".join(each.path.stem for each in examples())
        raise ProjectError(f"there is no example {name!r}; there are {known}")
    copies = [folder / file.name for file in sorted(EXAMPLES.glob(f"{found.path.stem}.*"))]
    there = [copy.name for copy in copies if copy.exists()]
    if there:
        raise ProjectError(f"{', '.join(there)} already exists in {folder}; nothing was copied")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for copy in copies:
            shutil.copyfile(EXAMPLES / copy.name, copy)
    except OSError as error:
        raise ProjectError(f"{found.path.name} cannot be copied ({error.strerror or error})") from None
    return copies


def sketches_in(folder: Path) -> list[Source]:
    """The sketches in a folder and, as `main.py`, in the folders in it. None of them is executed."""
    files = [*sorted(folder.glob("*.py")), *sorted(folder.glob(f"*/{MAIN}"))][:MOST]
    found = (_read(file) for file in files)
    return [each for each in found if each is not None and not each.is_program]


def main_of(path: Path) -> Path:
    """The sketch in a folder that `new_project` made; any other path stays as it is."""
    main = path / MAIN
    return main if path.is_dir() and main.is_file() else path


def _template_files() -> list[Path]:
    return sorted(file for file in TEMPLATE.iterdir() if file.is_file() and file.stem != "__init__")


def _read(file: Path) -> Source | None:
    """What a file has; None if it neither is a sketch nor runs one."""
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            return None
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    about = (ast.get_docstring(tree) or "").partition("\n")[0]
    if any(_is_sketch(node) for node in tree.body):
        return Source(file, about)
    runs = any(isinstance(node, ast.If) and "__main__" in ast.unparse(node.test) for node in tree.body)
    return Source(file, about, is_program=True) if runs else None


def _is_sketch(node: ast.stmt) -> bool:
    """Whether a statement makes its module a sketch: a class derived from `Sketch`, or a `draw` function."""
    if isinstance(node, ast.FunctionDef):
        return node.name == "draw" and len(node.args.args) in (1, 2)
    return isinstance(node, ast.ClassDef) and any(
        ast.unparse(base).rpartition(".")[2] == "Sketch" for base in node.bases
    )
