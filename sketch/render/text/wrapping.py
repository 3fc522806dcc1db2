"""Break a text into lines that fit a width."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

Measure = Callable[[str], float]
"""The width of a line."""

_Fits = Callable[[str], bool]

_MOST_MEASURED = 4096


def wrapped(text: str, width: float, measure: Measure) -> list[str]:
    """Break a text into lines that fit a width.

    Args:
        text: Its own line breaks stay. It breaks at spaces, which are left out there; a word that is too
            wide by itself breaks anywhere.
        width: More than 0, in the unit of `measure`.
        measure: Gives the width of a line.

    Returns:
        The lines, at least one. Only a line of a single character may be wider.
    """

    # A narrow text measures the same few letters again and again, and measuring shapes them.
    @lru_cache(_MOST_MEASURED)
    def fits(line: str) -> bool:
        return measure(line) <= width

    return [line for paragraph in text.split("\n") for line in _paragraph(paragraph, fits)]


def _paragraph(paragraph: str, fits: _Fits) -> list[str]:
    lines: list[str] = []
    words, start = paragraph.split(" "), 0
    while start < len(words):
        if not fits(words[start]):
            *full, words[start] = _pieces(words[start], fits)
            lines += full
        end = _last_that_fits(words, start, " ".join, fits)
        line = " ".join(words[start:end])
        if line.strip() or end == len(words):
            lines.append(line)
        start = end
    return lines


def _pieces(word: str, fits: _Fits) -> list[str]:
    """Split a word into as few pieces as fit, each of at least one character."""
    ends = [0]
    while ends[-1] < len(word):
        ends.append(_last_that_fits(word, ends[-1], "".join, fits))
    return [word[start:end] for start, end in pairwise(ends)]


def _last_that_fits(
    parts: Sequence[str], start: int, join: Callable[[Sequence[str]], str], fits: _Fits
) -> int:
    """The end of a line that begins with a part: after it, or after more parts if they fit together."""
    # From the start: measuring all the rest for every line would take minutes.
    end, past = start + 1, min(start + 2, len(parts))
    while end < past and fits(join(parts[start:past])):
        end, past = past, min(start + 2 * (past - start), len(parts))
    while past - end > 1:
        middle = (end + past) // 2
        end, past = (middle, past) if fits(join(parts[start:middle])) else (end, middle)
    return end
