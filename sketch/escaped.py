"""Make text from outside (file names, labels, errors) safe to print into a terminal or to draw."""

from unicodedata import category

_JOINERS = "\u200c\u200d"  # used in Persian and Indic words and in emoji; terminals ignore them


def escaped(text: str) -> str:
    r"""Write out every control character, as in ``\x1b`` and ``\n``.

    Letters, signs, spaces and emoji of every script stay. Text that is already escaped stays as it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _JOINERS or category(each) == "Zs" else _code(each)
        for each in text
    )


def escaped_lines(text: str) -> str:
    """Escape text but keep its line ends: a message of an author may have several lines."""
    return "\n".join(map(escaped, text.split("\n")))


def _code(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
