"""A pen as a web page that needs no network: draw, and the sign appears."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from addon.files import write_atomically

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
