"""Makes text from outside safe to print: file names, labels, names in a model, errors of libraries."""

from unicodedata import category

LONGEST = 160
"""Characters of a message of another library."""

LONGEST_NAME = 80

_JOINERS = "\u200c\u200d"  # within Persian and Indic words and emoji; a terminal does nothing with them


def escaped(text: str) -> str:
    r"""Escape the control characters of a text, as in ``\x1b`` and ``\n``.

    Letters, signs, spaces and emoji of every script stay, and so does a text that is escaped already.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _JOINERS or category(each) == "Zs" else _code(each)
        for each in text
    )


def shortened(text: str, most: int = LONGEST) -> str:
    """Cut a text that is longer than `most` characters, between two words, and end it with "..."."""
    if len(text) <= most:
        return text
    kept = text[: most - 3]
    words = kept.rpartition(" ")[0]
    return f"{words if len(words) > most // 2 else kept}..."


def one_line(text: str, most: int = LONGEST) -> str:
    """Put a text into one line, escaped and shortened."""
    return shortened(escaped(" ".join(text.split())), most)


def quoted(name: str) -> str:
    """Quote a name from a file, at most `LONGEST_NAME` characters of it."""
    return repr(shortened(name, LONGEST_NAME))


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
