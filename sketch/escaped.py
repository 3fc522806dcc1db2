"""Text from outside (names of files, labels, errors) as it may be printed into a terminal or drawn."""

from unicodedata import category

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


def escaped_lines(text: str) -> str:
    """The text escaped, but for the ends of its lines: a message of an author's own may have several."""
    return "\n".join(map(escaped, text.split("\n")))


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
