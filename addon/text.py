"""Text from outside (file names, labels, names in a model, other libraries' errors) as it may be printed."""

from unicodedata import category

LONGEST = 160
"""Characters of a message of another library."""

LONGEST_NAME = 80

_JOINERS = "\u200c\u200d"  # within Persian and Indic words and emoji; a terminal does nothing with them


def escaped(text: str) -> str:
    r"""The text with everything that a terminal would obey written out, as in ``\x1b`` and ``\n``.

    Letters, signs, spaces and emoji of every script stay. A text that was escaped already stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _JOINERS or category(each) == "Zs" else _code(each)
        for each in text
    )


def shortened(text: str, most: int = LONGEST) -> str:
    """The text, ended with "..." between two words if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    kept = text[: most - 3]
    words = kept.rpartition(" ")[0]
    return f"{words if len(words) > most // 2 else kept}..."


def one_line(text: str, most: int = LONGEST) -> str:
    """Any text in one line, escaped and shortened."""
    return shortened(escaped(" ".join(text.split())), most)


def quoted(name: str) -> str:
    """A name out of a file in quotation marks, at most `LONGEST_NAME` characters of it."""
    return repr(shortened(name, LONGEST_NAME))


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
