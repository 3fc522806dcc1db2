"""Where a text breaks into lines so that it fits a width."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

Measure = Callable[[str], float]
"""How wide a line is."""

_Fits = Callable[[str], bool]

_MOST_MEASURED = 4096


def wrapped(text: str, width: float, measure: Measure) -> list[str]:
    """Break a text into lines that are no wider than a width.

    Args:
        text: Its own line breaks stay. It breaks at spaces, of which those at a break are left out; a word
            that is too wide by itself breaks where it has to.
        width: More than 0, in the unit of `measure`.
        measure: Tells how wide a line is.

    Returns:
        The lines, at least one. Only a single character may be wider.
    """

    # A narrow text asks for the same few letters again and again, and to measure them shapes them.
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
    """A word in as few pieces as fit, each of at least one character."""
    ends = [0]
    while ends[-1] < len(word):
        ends.append(_last_that_fits(word, ends[-1], "".join, fits))
    return [word[start:end] for start, end in pairwise(ends)]


def _last_that_fits(
    parts: Sequence[str], start: int, join: Callable[[Sequence[str]], str], fits: _Fits
) -> int:
    """Where a line ends that begins with a part: after that one, or after more if they fit together."""
    # From below, since measuring all that is left for every line would take minutes.
    end, past = start + 1, min(start + 2, len(parts))
    while end < past and fits(join(parts[start:past])):
        end, past = past, min(start + 2 * (past - start), len(parts))
    while past - end > 1:
        middle = (end + past) // 2
        end, past = (middle, past) if fits(join(parts[start:middle])) else (end, middle)
    return end
