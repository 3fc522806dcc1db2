"""Split a text into lines, and lines into the clusters of characters that are drawn as one."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_BREAKS = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"
_DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_TAGS = range(0xE0020, 0xE0080)
_VARIANTS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_TONES = range(0x1F3FB, 0x1F400)
_FLAGS = range(0x1F1E6, 0x1F200)
_WRITTEN = re.compile(f"[{_JOINERS}{_DIRECTIONS}]")

_MOST_MARKS = 30
"""Marks on one letter, as in Unicode's Stream-Safe Text Format (UAX #15); no language has more."""

REPLACEMENT = "\ufffd"
"""Replaces half of a surrogate pair, which is not a character."""


def lines_of(text: str) -> list[str]:
    r"""The lines of a text, composed, without characters that no font draws.

    Every kind of line break starts a line, CR LF as well; a tab is a space. Letters and their marks become
    one character where Unicode has one (NFC). Control characters, soft hyphens and the like are left out, but
    not the invisible characters that join letters or set their direction. Of the marks on one letter the
    first 30 are kept.
    """
    if text.isascii() and text.isprintable():
        return [text]
    composed = unicodedata.normalize("NFC", text.replace("\t", " "))
    return ["".join(_low(filter(None, map(_shown, line)))) for line in _BREAKS.split(composed)]


def clusters(line: str) -> Iterator[str]:
    """Clusters of characters drawn as one: a letter with its marks, an emoji with its tone, a flag."""
    start = 0
    for index in range(1, len(line)):
        if not _continues(line, start, index):
            yield line[start:index]
            start = index
    if line:
        yield line[start:]


def is_mark(char: str) -> bool:
    """Whether a character is a mark on another one."""
    return unicodedata.category(char)[0] == "M"


def is_invisible(char: str) -> bool:
    """Whether nothing is drawn for a character, though it may change its neighbours."""
    return (
        char.isspace() or unicodedata.category(char) == "Cf" or any(ord(char) in each for each in _VARIANTS)
    )


def is_neutral(cluster: str) -> bool:
    """Whether a character belongs to no script: spaces, punctuation, digits, symbols."""
    return not any(unicodedata.category(char)[0] == "L" for char in cluster)


def direction(text: str) -> str:
    """Direction of a text by its first letter: "rtl" or "ltr"; "" without letters."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return ""


def _low(line: Iterable[str]) -> Iterator[str]:
    """A line without too many marks: hundreds of marks on large letters would fill the memory."""
    marks = 0
    for char in line:
        marks = marks + 1 if char >= "\u0300" and is_mark(char) else 0
        if marks <= _MOST_MARKS:
            yield char


def _shown(char: str) -> str:
    if char.isprintable() and char < "\u0300":
        return char
    category = unicodedata.category(char)
    if category == "Cs":
        return REPLACEMENT
    if category == "Cf":
        return char if _WRITTEN.match(char) or ord(char) in _TAGS else ""
    return " " if category == "Zs" else "" if category == "Cc" else char


def _continues(line: str, start: int, index: int) -> bool:
    char, before = line[index], line[index - 1]
    code = ord(char)
    if is_mark(char) or char in _JOINERS or code in _TONES or code in _TAGS:
        return True
    if before == "\u200d" and not char.isalpha():
        return True  # emoji become one; letters only take joined forms
    return code in _FLAGS and index - start == 1 and ord(before) in _FLAGS
