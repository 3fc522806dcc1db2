"""The place of a key, independent of the layout: the names of W3C's `KeyboardEvent.code`."""

from string import ascii_lowercase

# Linux's numbers (input-event-codes.h); X11's key codes are 8 more.
_ROWS = {
    1: "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace",
    15: "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter ControlLeft",
    30: "KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote ShiftLeft Backslash",
    44: "KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply AltLeft Space",
    58: "CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NumLock ScrollLock",
    71: "Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd",
    79: "Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal",
    85: "Lang5 IntlBackslash F11 F12 IntlRo Lang3 Lang4 Convert KanaMode NonConvert",
    96: "NumpadEnter ControlRight NumpadDivide PrintScreen AltRight",
    102: "Home ArrowUp PageUp ArrowLeft ArrowRight End ArrowDown PageDown Insert Delete",
    113: "AudioVolumeMute AudioVolumeDown AudioVolumeUp Power NumpadEqual",
    119: "Pause",
    121: "NumpadComma Lang1 Lang2 IntlYen MetaLeft MetaRight ContextMenu",
    163: "MediaTrackNext MediaPlayPause MediaTrackPrevious MediaStop",
    183: "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24",
    200: "MediaPlay MediaPause",
}

X11_CODES = {
    first + place + 8: code for first, row in _ROWS.items() for place, code in enumerate(row.split())
}
"""The codes by X11 key code, for servers that take their keys from Linux."""

_NAMED = {
    "- = [ ] ; ' ` \\ , . /": (
        "Minus Equal BracketLeft BracketRight Semicolon Quote Backquote Backslash Comma Period Slash"
    ),
    "space enter backspace tab escape left right up down": (
        "Space Enter Backspace Tab Escape ArrowLeft ArrowRight ArrowUp ArrowDown"
    ),
    "home end page_up page_down insert delete": "Home End PageUp PageDown Insert Delete",
    "shift ctrl alt command capslock numlock scrolllock pause": (
        "ShiftLeft ControlLeft AltLeft MetaLeft CapsLock NumLock ScrollLock Pause"
    ),
}

NAMED_CODES = {
    **{letter: f"Key{letter.upper()}" for letter in ascii_lowercase},
    **{digit: f"Digit{digit}" for digit in "1234567890"},
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
    **{
        name: code
        for names, codes in _NAMED.items()
        for name, code in zip(names.split(), codes.split(), strict=True)
    },
}
"""The codes of keys by name, as on a US keyboard: outside X11 pyglet reports no more than the name."""
