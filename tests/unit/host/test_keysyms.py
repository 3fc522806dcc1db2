"""Keys of every layout have their character, and a name for where they are."""

import pytest

from sketch.host.codes import NAMED_CODES, X11_CODES
from sketch.host.keysyms import keysym_name


@pytest.mark.parametrize(
    ("symbol", "name"),
    [
        (0x41, "a"), (0xE9, "é"), (0xC9, "é"), (0xDF, "ß"), (0x1B1, "ą"), (0x6C6, "ф"), (0x6E6, "ф"),
        (0x6A4, "є"),
        (0x6B3, "ё"), (0x7C1, "α"), (0x7D2, "σ"), (0x7F2, "σ"), (0x7F3, "ς"), (0x7A1, "ά"), (0x7B6, "ΐ"),
        (0xCE1, "ב"),
        (0xDA1, "ก"), (0x1000491, "ґ"), (0x20AC, "€"), (0xFE51, "´"), (0xFE57, "¨"),
        (0x1008FF14, "media_play"),
        (0xA0, ""), (0x1008FFFF, ""), (0xFFFF, ""), (0, ""),
    ],
)  # fmt: skip
def test_a_symbol_is_called_by_its_character(symbol, name):
    assert keysym_name(symbol) == name


def test_codes_are_those_of_w3c():
    places = {
        38: "KeyA",
        24: "KeyQ",
        10: "Digit1",
        65: "Space",
        50: "ShiftLeft",
        87: "Numpad1",
        111: "ArrowUp",
    }
    assert {number: X11_CODES[number] for number in places} == places
    assert len(set(X11_CODES.values())) == len(X11_CODES)
    assert set(NAMED_CODES.values()) <= set(X11_CODES.values())
