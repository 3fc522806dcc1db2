"""What `inkloop export` does: a pen as an ONNX file, as JSON, or as a web page."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from addon.files import write_atomically
from addon.model.registry import SUFFIX, find_models, shipped_models
from addon.training.export_file import export_file, read_taught
from addon.training.pen_json import pen_document
from addon.training.web_page import write_page

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
