"""The document in every saved picture and film: the parameters and the seed that made it.

It is JSON. A PNG has it in the text chunk "inkloop", a GIF and a film as their comment, a JPEG and a WebP as
the image description of their Exif data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

from sketch.resources import file_of
from sketch.scalars import short

KEY = "inkloop"
"""Name of the text chunk in a PNG."""

LARGEST = 1 << 20
"""Characters of a document; a longer one is not read."""

_DESCRIPTION = 0x010E  # of Exif


class DocumentError(ValueError):
    """A picture or a film has no document of Inkloop; the message is one line and says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """What was written into a picture.

    Attributes:
        parameters: Values by name, as a preset has them; not checked yet.
        seed: The sketch's seed; None if it has none.
        sketch: Name of the sketch's file; empty if it had none.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    seed: int | None = None
    sketch: str = ""


def document_text(sketch: Any) -> str:
    """The document of a running sketch, as JSON in ASCII: its parameters and its seed as of now."""
    # Only what was used is asked: a sketch without parameters loads none of this room's other modules.
    known: Any = getattr(sketch, "_parameters", None)
    source = file_of(sketch)
    values = cast(dict[str, Any], known.snapshot()) if known is not None else {}
    return json.dumps(
        {
            "inkloop": _version(),
            "sketch": source.name if source.is_file() else "",
            "seed": sketch.seed,
            "parameters": values,
        }
    )


def read_document(path: Path) -> Document:
    """Read the document of a picture (PNG, GIF, JPEG, WebP) or a film (MP4).

    Raises:
        DocumentError: The file cannot be read, or it has no document of Inkloop.
    """
    if not path.is_file():
        raise DocumentError(f"there is no file {path}")
    text = _text_of_picture(path)
    if text is None:
        text = _text_of_film(path)
    if not text:
        raise DocumentError(
            f"{path.name} has no parameters: Inkloop did not save it, or another program has since"
        )
    try:
        found = json.loads(text) if len(text) <= LARGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or KEY not in found:
        raise DocumentError(f"what {path.name} holds is not a document of Inkloop: {short(text)}")
    return _document(cast(dict[str, Any], found))


def _document(found: Mapping[str, Any]) -> Document:
    values, seed, name = found.get("parameters"), found.get("seed"), found.get("sketch")
    return Document(
        cast(Mapping[str, Any], values) if isinstance(values, dict) else {},
        seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        name if isinstance(name, str) else "",
    )


def _text_of_picture(path: Path) -> str | None:
    """The text in a picture, empty if it has none; None if it is no picture."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            info = cast(dict[str, Any], picture.info)
            found = info.get(KEY) or info.get("comment") or picture.getexif().get(_DESCRIPTION) or ""
    except Exception:  # Pillow raises errors of many types for a damaged file
        return None
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)


def _text_of_film(path: Path) -> str:
    import av

    try:
        with cast(Any, av.open(str(path))) as film:
            return str(film.metadata.get("comment", ""))
    except Exception as error:
        raise DocumentError(
            f"{path.name} is neither a picture nor a film that can be read ({' '.join(str(error).split())})"
        ) from error


def picture_options(suffix: str, text: str) -> dict[str, Any]:
    """What Pillow's `save` takes so that a picture has a document; nothing for another format.

    Args:
        suffix: Of the file, as ".png".
        text: The document; empty for none.
    """
    if not text:
        return {}
    match suffix.lower():
        case ".png":
            from PIL.PngImagePlugin import PngInfo

            chunks = PngInfo()
            chunks.add_text(KEY, text)
            return {"pnginfo": chunks}
        case ".gif":
            return {"comment": text.encode("ascii")}
        case ".jpg" | ".jpeg" | ".webp":
            from PIL import Image

            exif = Image.Exif()
            exif[_DESCRIPTION] = text
            return {"exif": exif}
        case _:
            return {}


def _version() -> str:
    try:
        return version("inkloop")
    except PackageNotFoundError:  # a checkout that is not installed
        return ""
