"""Faces to write with: Pillow's own, a file, or a system font for a script the first one lacks."""

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PIL import ImageFont

FALLBACKS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/segoeui.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/YuGothM.ttc",
    "C:/Windows/Fonts/malgun.ttf",
    "C:/Windows/Fonts/Nirmala.ttf",
)
"""Where systems usually keep fonts of many scripts, tried in this order."""

Face = ImageFont.FreeTypeFont

_PROBE_SIZE = 16
_LARGEST = 0xFFFF  # FreeType counts pixels in 16 bits
_MISSING = "\U0010fffe"  # a noncharacter: no font has it, so it shows how a font draws what it lacks


class Fonts:
    """Opens each face once a size.

    Args:
        fallbacks: Files to look in, in order, when the default face lacks a character.
    """

    def __init__(self, fallbacks: Iterable[str] = FALLBACKS) -> None:
        self._fallbacks = [path for path in fallbacks if Path(path).is_file()]
        self._faces: dict[tuple[str | None, float], Face] = {}
        self._has: dict[tuple[str | None, str], bool] = {}

    def choose(self, text: str, path: str | None = None) -> str | None:
        """Decide which file a text is written with.

        Args:
            text: What is to be written.
            path: The author's font file, which is used whatever it lacks.

        Returns:
            The file, or None for the default face. That is the default face if it has every character, else
            the first system font that has them all, else whichever has most: a character nobody has is drawn
            as a box.

        Raises:
            ValueError: The file is missing or is no font.
        """
        if path is not None:
            self.face(path, _PROBE_SIZE)
            return path
        needed = {char for char in text if not _draws_nothing(char)}
        best, most = None, -1
        for candidate in (None, *self._fallbacks):
            count = sum(self._knows(candidate, char) for char in needed)
            if count == len(needed):
                return candidate
            if count > most:
                best, most = candidate, count
        return best

    def face(self, path: str | None, size: float) -> Face:
        """Open a face.

        Args:
            path: A font file, or None for the face that comes with Pillow.
            size: Pixels.

        Raises:
            ValueError: The file is missing or is no font, or the size is beyond what fonts allow.
        """
        key = (path, size)
        if key not in self._faces:
            if len(self._faces) >= 64:  # sizes that are animated would otherwise pile up
                self._faces.clear()
            self._faces[key] = _open(path, size)
        return self._faces[key]

    def _knows(self, path: str | None, char: str) -> bool:
        key = (path, char)
        if key not in self._has:
            face = self.face(path, _PROBE_SIZE)
            self._has[key] = _drawn(face, char) != _drawn(face, _MISSING)
        return self._has[key]


def _open(path: str | None, size: float) -> Face:
    if size > _LARGEST:
        raise ValueError(f"letters may be {_LARGEST} pixels high, which fonts allow; got {size:.0f}")
    if path is None:
        face = ImageFont.load_default(size)
        if not isinstance(face, Face):
            raise ValueError("this Pillow was built without FreeType, which text needs")
        return face
    try:
        return ImageFont.truetype(path, size)
    except OSError as error:
        raise ValueError(f"font= must be the path of a font file; got {path!r} ({error})") from error


def _draws_nothing(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Cf", "Cc", "Mn")


def _drawn(face: Face, char: str) -> tuple[tuple[int, int], bytes]:
    mask: Any = face.getmask(char)  # the stub does not know that it can be read
    return mask.size, bytes(mask)
