"""What `inkloop export` does: a pen as an ONNX file, as JSON, or as a web page."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Any

import numpy as np

from addon.dataset.corpus import inks, read_corpus, write_corpus
from addon.dataset.taught import Example
from addon.dataset.taught_file import read_only
from addon.errors import ModelError, TaughtError
from addon.files import write_atomically
from addon.inference.answers import PrototypeReader
from addon.inference.loaded_model import copied, load_model
from addon.inference.providers import choose_here
from addon.model.metadata import ModelSpec
from addon.model.registry import SUFFIX, find_models, shipped_models
from addon.training.bake import bake
from addon.training.pen_json import pen_document
from addon.training.protocol import Baking

JSON_SUFFIX = ".json"


def export(
    model: str, out: Path | None, web: Path | None, taught: Path | None, page_files: Sequence[Path] = ()
) -> list[str]:
    """Write a pen.

    Args:
        model: The name of a model that ships, or the path of one.
        out: The file to write, ending in .onnx or .json; None for the page alone.
        web: The folder of the page; None for the file alone.
        taught: A taught set whose signs take the place of the model's own classes.
        page_files: Further files of the page.

    Returns:
        What was written, a line each.

    Raises:
        ValueError: Neither a file nor a folder is given, or the file has another ending.
        ModelError, TaughtError: As `export_file` and `pen_document`.
        OSError: Something cannot be written.
    """
    if out is None and web is None:
        raise ValueError("nothing to write: give a file ending in .onnx or .json, or --web FOLDER")
    if out is not None and out.suffix.lower() not in (SUFFIX, JSON_SUFFIX):
        raise ValueError(f"a pen is exported to a file ending in .onnx or .json; got {str(out)!r}")
    (path, *_) = find_models(model, Path("none of the user's"), shipped_models())
    examples = [] if taught is None else read_taught(taught)
    with tempfile.TemporaryDirectory(prefix="inkloop-export-") as folder:
        as_onnx = out is not None and out.suffix.lower() == SUFFIX
        file = out if out is not None and as_onnx else Path(folder) / path.with_suffix(SUFFIX).name
        spec = export_file(path, examples, file)
        of = f"{len(spec.labels)} classes" + (f" of {len(examples)} examples" if examples else "")
        lines = [f"exported {of} to {out}"] if as_onnx else []
        if web is None and as_onnx:
            return lines
        pen = pen_document(file)
    if out is not None and not as_onnx:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, f"{json.dumps(pen)}\n".encode("ascii"))
        lines.append(f"exported {of} to {out}")
    if web is not None:
        (index, *_) = write_page(pen, web, page_files)
        lines.append(f"a page with {of} is {index}: open it in a browser, or send the folder")
    return lines


def read_taught(path: Path) -> list[Example]:
    """The examples of a taught set: `taught.sqlite3`, the folder that it is in, or an `.npz` corpus.

    Raises:
        TaughtError: It is missing, cannot be read, or is empty.
    """
    if path.is_dir():
        path = path / "taught.sqlite3"
    if path.suffix.lower() == ".npz":
        corpus = read_corpus(path)
        pairs = zip(corpus.labels.tolist(), inks(corpus), strict=True)
        examples = [Example(number, label, ink) for number, (label, ink) in enumerate(pairs)]
    else:
        if not path.is_file():
            raise TaughtError(f"{path.name}: there is no such file in {path.absolute().parent}")
        try:
            records, _ = read_only(path)
        except (DatabaseError, OSError) as error:
            raise TaughtError(f"{path.name} cannot be read: {error}") from error
        examples = [Example(one.id, one.label, one.strokes) for one in records if not one.removed]
    if not examples:
        raise TaughtError(f"nothing is taught in {path.name}; draw a sign first")
    return examples


def export_file(model: Path, examples: Sequence[Example], out: Path) -> ModelSpec:
    """Write one pen file: what is taught, baked into its encoder; or the model as it is.

    Args:
        model: A pen model.
        examples: What is taught, oldest first; none to take the model's own classes.
        out: The file to write or to replace; its folder is made if need be.

    Returns:
        What the file says of itself.

    Raises:
        ModelError: The model cannot be read, cannot be taught, or knows no classes and nothing is taught.
        TaughtError: The examples cannot be read by it.
        OSError: The file cannot be written; an older one is as it was.
    """
    loaded = load_model(model, choose_here("cpu", None))
    out.parent.mkdir(parents=True, exist_ok=True)
    if not examples:
        if not loaded.spec.labels:
            raise ModelError(f"{model.name} has no classes of its own; add a taught set: --taught FOLDER")
        copied(loaded, out)
        return loaded.spec
    if loaded.spec.scoring is None:
        raise ModelError(
            f"{model.name} has {len(loaded.spec.labels)} classes of its own and cannot be taught others; "
            "export it without a taught set, or use the model encoder"
        )
    reader = PrototypeReader(loaded.session, loaded.spec.scoring)
    reader.learn(examples)
    with tempfile.TemporaryDirectory(prefix="inkloop-export-") as folder:
        data, tracks = Path(folder) / "taught.npz", Path(folder) / "tracks.npy"
        write_corpus(data, [one.strokes for one in examples], [one.label for one in examples])
        np.save(tracks, reader.prototypes.tracks, allow_pickle=False)
        bake(Baking(loaded.path, data, tracks, reader.recipe.scale, out, model.stem))
    return load_model(out, choose_here("cpu", None)).spec


TEMPLATE = Path(__file__).resolve().parents[1] / "web"
PEN_SCRIPT = "pen.js"
PARTS = ("index.html", "reader.js", "page.js")


def write_page(pen: dict[str, Any], folder: Path, extras: Sequence[Path] = ()) -> list[Path]:
    """Write the page with a pen inside; what else is in the folder stays.

    Args:
        pen: From `addon.training.pen_json.pen_document`.
        folder: Made if need be.
        extras: Further files of the page, such as its font.

    Returns:
        The files of the page, `index.html` first.

    Raises:
        OSError: A file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [_copied(TEMPLATE / name, folder) for name in PARTS]
    written += [_copied(path, folder) for path in extras]
    script = folder / PEN_SCRIPT
    # Escaped, so that the page shows every label whatever encoding a browser takes the file for.
    write_atomically(script, f"self.inkloopPen = {json.dumps(pen)};\n".encode("ascii"))
    return [*written, script]


def _copied(source: Path, folder: Path) -> Path:
    write_atomically(folder / source.name, source.read_bytes())
    return folder / source.name
