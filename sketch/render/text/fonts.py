"""Fonts: the one that ships, an author's file, and system fonts for characters that those lack."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFont, features

from sketch.assets import MissingAssetError, asset_path
from sketch.render.text.characters import clusters, direction, is_invisible, is_mark, is_neutral

OWN = str(Path(__file__).with_name("InterDisplay-Regular.otf"))
"""Inter Display, under the SIL Open Font License: Latin, Greek, Cyrillic, arrows and common symbols."""

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
    "C:/Windows/Fonts/seguisym.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/YuGothM.ttc",
    "C:/Windows/Fonts/malgun.ttf",
    "C:/Windows/Fonts/Nirmala.ttf",
)
"""Usual places of system fonts with many scripts, tried in this order."""

NO_RAQM = (
    "Pillow has no Raqm here: text is drawn without kerning, ligatures and joined scripts, and right-to-left "
    "text in the wrong order; Raqm needs FriBiDi (Debian and Ubuntu: apt-get install libfribidi0)"
)

Face = ImageFont.FreeTypeFont

BOX = "□"

_PROBE_SIZE = 16
_MISSING = "\U0010fffe"  # a noncharacter: no font has it, so it shows how a font draws missing characters
_MOST_NOTICES = 20
_MOST_KNOWN = 1 << 16


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of a line that are shaped together.

    Attributes:
        text: The characters, in reading order.
        path: The font file.
        direction: "ltr" or "rtl".
    """

    text: str
    path: str
    direction: str


class Fonts:
    """Opens each font once per size, and chooses the font of each character.

    Args:
        fallbacks: Font files to try, in order, for characters that the font that ships lacks.

    Attributes:
        shapes: Whether Pillow has Raqm, which shapes text.
        notices: Messages for the author, such as which characters no font has.
        face: Opens a font file at a size in pixels; ValueError if the file is missing or is not a font.
    """

    def __init__(self, fallbacks: Iterable[str] = FALLBACKS) -> None:
        self.shapes = bool(features.check("raqm"))
        self.notices: list[str] = [] if self.shapes else [NO_RAQM]
        self._fallbacks = [path for path in fallbacks if Path(path).is_file()]
        # Animated sizes and texts would otherwise fill the memory.
        self.face = lru_cache(64)(_open)
        self._choose = lru_cache(_MOST_KNOWN)(self._found)
        self._knows = lru_cache(_MOST_KNOWN)(self._draws)
        self._noticed: set[str] = set()

    def runs(self, line: str, font: str | None = None) -> list[Run]:
        """Split a line into runs of one font, in the order of the screen from left to right.

        A character is written with the author's font, else with the font that ships, else with the first
        system font that has it; in right-to-left text, spaces, digits and punctuation stay in the font of
        what is before them, so that words keep their order. A mark that no font has is left out. For any
        other missing character a box is drawn, and `notices` names it once.

        Args:
            line: From `characters.lines_of`.
            font: The author's font file.

        Raises:
            ValueError: The file is missing or is not a font.
        """
        if font is not None:
            font = _located(font)
            self.face(font, _PROBE_SIZE)
        elif line.isascii():
            return [Run(line, OWN, "ltr")] if line else []
        if not self.shapes:  # shaping uses joining and direction characters, and draws nothing for them
            line = "".join(char for char in line if char.isspace() or not is_invisible(char))
        found: list[Run] = []
        for cluster in clusters(line):
            way = direction(cluster)
            last = found[-1] if found else None
            if last is not None and last.direction == "rtl" and self._stays(cluster, last.path):
                text, path, way = cluster, last.path, "rtl"
            else:
                text, path = self._choose(cluster, font)
            if last is not None and last.path == path and way in ("", last.direction):
                found[-1] = Run(last.text + text, path, last.direction)
            elif text:
                found.append(Run(text, path, way or (last.direction if last else "ltr")))
        return _from_left(found, direction(line))

    def _stays(self, cluster: str, path: str) -> bool:
        return is_neutral(cluster) and self._writes(path, cluster)

    def _found(self, cluster: str, font: str | None) -> tuple[str, str]:
        """Text to write for a cluster, and its font file."""
        paths = [OWN, *self._fallbacks] if font is None else [font, OWN, *self._fallbacks]
        for path in paths:
            if self._writes(path, cluster):
                return cluster, path
        bare = "".join(char for char in cluster if not is_mark(char) and not is_invisible(char))
        if not bare:
            return "", paths[0]
        for path in paths:
            if self._writes(path, bare):
                return bare, path
        self._tell(bare)
        return BOX, OWN

    def _writes(self, path: str, cluster: str) -> bool:
        return all(is_invisible(char) or self._knows(path, char) for char in cluster)

    def _draws(self, path: str, char: str) -> bool:
        face = self.face(path, _PROBE_SIZE)
        return _drawn(face, char) != _drawn(face, _MISSING)

    def _tell(self, bare: str) -> None:
        if bare in self._noticed or len(self._noticed) > _MOST_NOTICES:
            return
        self._noticed.add(bare)
        if len(self._noticed) > _MOST_NOTICES:
            self.notices.append("no font here has some more characters: a box is drawn for each")
            return
        codes = " ".join(f"U+{ord(char):04X}" for char in bare)
        self.notices.append(
            f"no font here has {codes}: a box is drawn instead; install a font with it, or pass one as font="
        )


def _located(font: str) -> str:
    try:
        return str(asset_path(font))
    except MissingAssetError as error:
        try:
            ImageFont.truetype(font, _PROBE_SIZE)  # Pillow finds the system's fonts
        except (OSError, ValueError):  # ValueError: a name with a zero or half a character in it
            raise ValueError(f"font= must be the path of a font file; got {font!r} ({error})") from None
        return font


def _from_left(runs: list[Run], base: str) -> list[Run]:
    """Put runs in the order of the screen: runs against the line's direction are reversed as a group."""
    against = "ltr" if base == "rtl" else "rtl"
    if not any(run.direction == "rtl" for run in runs):
        return runs
    groups: list[list[Run]] = []
    for run in runs:
        if groups and run.direction == against and groups[-1][0].direction == against:
            groups[-1].append(run)
        else:
            groups.append([run])
    if base == "rtl":
        return [run for group in reversed(groups) for run in group]
    return [run for group in groups for run in (reversed(group) if group[0].direction == "rtl" else group)]


def _open(path: str, size: float) -> Face:
    """Open a font file at a size in pixels.

    Raises:
        ValueError: The file is missing or is not a font.
    """
    try:
        return ImageFont.truetype(path, size)
    except ImportError as error:
        raise ValueError("this Pillow was built without FreeType, which text needs") from error
    except OSError as error:
        raise ValueError(f"font= must be the path of a font file; got {path!r} ({error})") from error


def _drawn(face: Face, char: str) -> tuple[tuple[int, int], bytes]:
    mask: Any = face.getmask(char)  # the stub does not declare it as readable
    return mask.size, bytes(mask)
