"""The events that reach a sketch from outside, with the time at which they happened."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

PointerKind: TypeAlias = Literal["down", "move", "up", "enter", "exit", "scroll"]
Device: TypeAlias = Literal["mouse", "pen", "touch"]
Button: TypeAlias = Literal["left", "middle", "right", ""]


@dataclass(frozen=True, slots=True)
class PointerEvent:
    """One sample of a mouse, a pen or a finger.

    Attributes:
        kind: What happened; "move" with or without a button held.
        x: Logical pixels from the left edge.
        y: Logical pixels from the top edge, growing downward.
        t: Seconds on the loop's clock.
        pressure: 0..1; 0.5 where the device reports none.
        pointer_id: Which pointer: two hands make two inks.
        device: The kind of device.
        button: The button that changed, or is held while moving; empty for none.
        scroll_x: Steps scrolled to the right, for "scroll".
        scroll_y: Steps scrolled upward, for "scroll".
        modifiers: Those of "shift", "ctrl", "alt" and "command" that are held; None if unknown.
    """

    kind: PointerKind
    x: float
    y: float
    t: float
    pressure: float = 0.5
    pointer_id: int = 0
    device: Device = "mouse"
    button: Button = ""
    scroll_x: float = 0.0
    scroll_y: float = 0.0
    modifiers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A key that went down or up.

    Attributes:
        kind: Whether it went down or up.
        key: The key's name: "a", "1", "é", "space", "enter", "backspace", "escape", "left", "f1"...
        modifiers: Those of "shift", "ctrl", "alt" and "command" that are held after the event.
        t: Seconds on the loop's clock.
        code: Where the key is, independent of the layout, by the names of W3C's `KeyboardEvent.code`: "KeyA",
            "Digit1", "Space", "Numpad5"...; empty if unknown.
    """

    kind: Literal["down", "up"]
    key: str
    modifiers: frozenset[str] = frozenset()
    t: float = 0.0
    code: str = ""


@dataclass(frozen=True, slots=True)
class ResizeEvent:
    """The window has another size.

    Attributes:
        width: Logical pixels.
        height: Logical pixels.
        pixel_ratio: Pixels of the framebuffer per logical pixel.
    """

    width: int
    height: int
    pixel_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class FilesEvent:
    """Files were dropped on the window, at logical pixels x, y."""

    paths: tuple[str, ...]
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """A line of text for the sketch and its user."""

    text: str


@dataclass(frozen=True, slots=True)
class FocusEvent:
    """The window got the keyboard or lost it; what was held has been released by other events."""

    focused: bool


@dataclass(frozen=True, slots=True)
class ParamEvent:
    """A value for a parameter, from a panel, a controller or another program.

    Attributes:
        name: Of the parameter; that of an addon has the addon's before it, as in "letters.hold".
        value: Checked where it is set: one of another type is dropped with a message, a number out of range
            is clamped.
        source: What sends it, as in "osc".
        t: Seconds on the loop's clock.
    """

    name: str
    value: bool | int | float | str | tuple[float, float]
    source: str
    t: float = 0.0


@dataclass(frozen=True, slots=True)
class PresetEvent:
    """A preset to go to, from a controller or another program.

    Attributes:
        name: Of the preset, as in its file.
        seconds: How long the way to it takes; None for what is set in the panel.
        source: What sends it, as in "osc".
        t: Seconds on the loop's clock.
    """

    name: str
    seconds: float | None = None
    source: str = "preset"
    t: float = 0.0


Event: TypeAlias = (
    PointerEvent | KeyEvent | ResizeEvent | FilesEvent | MessageEvent | FocusEvent | ParamEvent | PresetEvent
)
