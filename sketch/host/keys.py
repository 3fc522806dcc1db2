"""The names that a sketch uses for pyglet's key symbols and modifiers."""

from typing import Any

NAMES = {
    "RETURN": "enter",
    "NUM_ENTER": "enter",
    "PAGEUP": "page_up",
    "PAGEDOWN": "page_down",
    "LSHIFT": "shift",
    "RSHIFT": "shift",
    "LCTRL": "ctrl",
    "RCTRL": "ctrl",
    "LALT": "alt",
    "RALT": "alt",
    "LCOMMAND": "command",
    "RCOMMAND": "command",
}

PUNCTUATION = {
    "EXCLAMATION": "!",
    "DOUBLEQUOTE": '"',
    "HASH": "#",
    "POUND": "#",
    "DOLLAR": "$",
    "PERCENT": "%",
    "AMPERSAND": "&",
    "PARENLEFT": "(",
    "PARENRIGHT": ")",
    "ASTERISK": "*",
    "COLON": ":",
    "LESS": "<",
    "GREATER": ">",
    "QUESTION": "?",
    "AT": "@",
    "ASCIICIRCUM": "^",
    "UNDERSCORE": "_",
    "BRACELEFT": "{",
    "BAR": "|",
    "BRACERIGHT": "}",
    "ASCIITILDE": "~",
    "BRACKETLEFT": "[",
    "BRACKETRIGHT": "]",
    "MINUS": "-",
    "PLUS": "+",
    "EQUAL": "=",
    "COMMA": ",",
    "PERIOD": ".",
    "SLASH": "/",
    "BACKSLASH": "\\",
    "SEMICOLON": ";",
    "APOSTROPHE": "'",
    "GRAVE": "`",
}


def key_name(symbol: int) -> str:
    """Name of a key: "a", "1", "space", "enter", "f1"...; empty if pyglet has no name for it."""
    # Importing pyglet.window needs a display, so it is imported once a window exists.
    from pyglet.window import key

    constant = key.symbol_string(symbol)
    if constant.startswith("user_key") or constant.isdigit():
        return ""
    if constant in PUNCTUATION:
        return PUNCTUATION[constant]
    bare = (
        constant.removeprefix("NUM_") if constant.startswith("NUM_") and constant[4:].isdigit() else constant
    )
    return NAMES.get(constant, bare.removeprefix("_").lower())


def modifier_names(modifiers: int) -> frozenset[str]:
    """Those of "shift", "ctrl", "alt" and "command" that are set in pyglet's bits."""
    from pyglet.window import key

    bits: dict[str, Any] = {
        "shift": key.MOD_SHIFT,
        "ctrl": key.MOD_CTRL,
        "alt": key.MOD_ALT | key.MOD_OPTION,
        "command": key.MOD_COMMAND | key.MOD_WINDOWS,
    }
    return frozenset(name for name, bit in bits.items() if modifiers & bit)


def button_names(buttons: int) -> list[str]:
    """Names of the buttons that are set in pyglet's bits, "left" before the others."""
    from pyglet.window import mouse

    known = ((mouse.LEFT, "left"), (mouse.RIGHT, "right"), (mouse.MIDDLE, "middle"))
    return [name for bit, name in known if buttons & bit]
