"""Where a text breaks into lines so that it fits a width."""

from collections.abc import Callable

Measure = Callable[[str], float]
"""How wide a line is."""


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
    return [line for paragraph in text.split("\n") for line in _paragraph(paragraph, width, measure)]


def _paragraph(paragraph: str, width: float, measure: Measure) -> list[str]:
    lines: list[str] = []
    line: str | None = None
    for word in paragraph.split(" "):
        longer = word if line is None else f"{line} {word}"
        if measure(longer) <= width:
            line = longer
            continue
        if line and line.strip():
            lines.append(line)
        *full, line = _pieces(word, width, measure)
        lines += full
    return [*lines, line or ""]


def _pieces(word: str, width: float, measure: Measure) -> list[str]:
    """A word in as few pieces as fit, each of at least one character."""
    pieces: list[str] = []
    while len(word) > 1:
        fits = _most_that_fits(word, width, measure)
        pieces.append(word[:fits])
        word = word[fits:]
    return [*pieces, word] if word or not pieces else pieces


def _most_that_fits(word: str, width: float, measure: Measure) -> int:
    # From below, since measuring all of a long word again for every line of it would take minutes.
    low, high = 1, 2
    while high < len(word) and measure(word[:high]) <= width:
        low, high = high, 2 * high
    high = min(high, len(word))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(word[:middle]) <= width else (low, middle - 1)
    return low
