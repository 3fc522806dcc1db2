"""The characters of X11's key symbols (keysymdef.h), and names for symbols without a character."""

# An older symbol is a byte of one of these sets, after the byte that names the set.
_CHARACTER_SETS = {
    0x00: "latin_1",
    0x01: "iso8859_2",
    0x02: "iso8859_3",
    0x03: "iso8859_4",
    0x05: "iso8859_6",
    0x06: "koi8_u",
    0x07: "iso8859_7",
    0x0C: "iso8859_8",
    0x0D: "tis_620",
    0x12: "iso8859_14",
    0x13: "iso8859_15",
}

# Where X11 differs from those sets.
_CYRILLIC = "ђѓёєѕіїјљњћќґўџ№ЂЃЁЄЅІЇЈЉЊЋЌҐЎЏ"
_OTHERS = (
    {0x6A1 + place: character for place, character in enumerate(_CYRILLIC)}
    | dict(zip((0x7A1, 0x7A2, 0x7A3, 0x7A4, 0x7A5, 0x7A7, 0x7A8, 0x7A9, 0x7AB), "ΆΈΉΊΪΌΎΫΏ", strict=True))
    | dict(zip(range(0x7B1, 0x7BC), "άέήίϊΐόύϋΰώ", strict=True))
    | {0x7D2: "Σ", 0x7F2: "σ", 0x7F3: "ς", 0x20AC: "€"}
)

# A dead key writes nothing until the next key; its name is the accent.
_DEAD = dict(zip(range(0xFE50, 0xFE5D), "`´^~¯˘˙¨˚˝ˇ¸˛", strict=True))

_NAMES = {
    0xFE03: "alt_graph",
    0xFE20: "tab",  # with Shift
    0x1008FF11: "volume_down",
    0x1008FF12: "volume_mute",
    0x1008FF13: "volume_up",
    0x1008FF14: "media_play",
    0x1008FF15: "media_stop",
    0x1008FF16: "media_previous",
    0x1008FF17: "media_next",
    0x1008FF31: "media_pause",
}

_UNICODE = 0x01000000


def keysym_name(symbol: int) -> str:
    """The character of a key symbol, in lower case, or its name; empty if it has neither."""
    if symbol in _NAMES:
        return _NAMES[symbol]
    character = _DEAD.get(symbol) or _character(symbol)
    lower = character.lower()
    return lower if len(lower) == 1 and lower.isprintable() and not lower.isspace() else ""


def _character(symbol: int) -> str:
    if symbol in _OTHERS:
        return _OTHERS[symbol]
    if _UNICODE < symbol <= _UNICODE + 0x10FFFF:
        return chr(symbol - _UNICODE)
    page, byte = divmod(symbol, 256)
    if page not in _CHARACTER_SETS or (byte < 0xA0 and page):
        return ""
    return bytes([byte]).decode(_CHARACTER_SETS[page], "ignore")
