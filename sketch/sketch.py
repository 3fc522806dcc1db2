"""The class an author subclasses."""

from collections.abc import Callable
from inspect import isfunction
from pathlib import Path
from typing import Any, TypeVar

from sketch.ink.ink import Ink
from sketch.ink.points import Points, Strokes
from sketch.input.pen import OpenInk
from sketch.own_names import OWN, SETTINGS, check_class, checked
from sketch.plugin import hooks_of
from sketch.render.canvas import Canvas
from sketch.render.color import ColorLike
from sketch.scalars import as_text
from sketch.timing import FrameTimes
from sketch.window import Window

AddonType = TypeVar("AddonType")


class Sketch:
    """A sketch: write `setup`, `update` and `draw`, and whichever events you need.

        class Dot(sketch.Sketch):
            def draw(self, canvas):
                canvas.background(12)
                canvas.circle(self.mouse_x, self.mouse_y, 40)

        sketch.run(Dot)

    Coordinates are logical pixels, the origin is the top left corner, y grows downward. Times are seconds.

    Values of these attributes are checked when they are set: negative seconds and widths count as 0, and
    another type is refused.

    Attributes:
        window: Options of the window; set it on the class.
        ink_pause: Seconds with the pen up after which an ink (a letter, a sign) is closed.
        ink_reach: How far away a stroke may start and still belong to the ink, in sizes of the ink.
        ink_reopens: Seconds after an ink was closed in which a stroke within its reach opens it again, so
            that a letter written slowly is one ink: `on_ink` is called again, with all of its strokes. A
            stroke that repeats the ink's first one, or covers the whole ink and is long, begins another ink
            all the same. 0 for never.
        keeps_ink: Whether `ink` is restored when the sketch runs the next time, also after a crash; set it on
            the class. Strokes of an earlier run can be erased and cleared, but not undone.
        pen_color: Of the strokes drawn from now on, in any form that `canvas.color` takes: "#rrggbb", a grey,
            or a tuple of channels 0..255.
        pen_width: Of the strokes drawn from now on, in logical pixels; those of width 0 are kept, not drawn.
        predicts_pen: Whether a wet stroke is drawn a little past its last point, to where the pen will be
            when the frame is seen. That tip is a guess: it is never kept, and no event reports it.
        prediction_ms: How many milliseconds the tip is ahead. At 12 it is seldom off by more than 4 pixels;
            farther ahead the error grows.
        shows_messages: Whether messages appear in the picture for a few seconds. They always go to the log,
            to `message` and to the HUD.
        seed: A whole number for what is random in the sketch, as in `random.Random(self.seed)`. Every saved
            picture and film has it, and `inkloop run FILE --like PICTURE` sets it again.
        width: Of the window.
        height: Of the window.
        time: Seconds since the sketch began, as of this frame.
        frame: Frames drawn before this one.
        mouse_x: Where the mouse was last seen.
        mouse_y: Where the mouse was last seen.
        modifiers: Those of "shift", "ctrl", "alt" and "command" that were down at the last event.
        key_code: Where the key of the last key event is, independent of the layout, by the names of W3C's
            `KeyboardEvent.code`: "KeyA", "Digit1", "Space", "Numpad5"... On a French keyboard the key "a" is
            "KeyQ". Empty if unknown; outside X11 it is where a US keyboard has the key.
        ink: Everything drawn with the pen.
        ink_amends: Within `on_ink`, whether this ink was closed before, with fewer strokes.
        open_inks: The inks that a stroke may still join; `left` is the remaining share of the time, 1..0.
        home: Folder for what the user makes, next to the sketch.
        frame_times: What the last frames cost; `frame_times.p50_p99` in milliseconds.
    """

    window: Window = Window()
    ink_pause: float = 0.7
    ink_reach: float = 1.0
    ink_reopens: float = 1.3
    keeps_ink: bool = False
    pen_color: ColorLike = 255
    pen_width: float = 6.0
    predicts_pen: bool = True
    prediction_ms: float = 12.0
    shows_messages: bool = False
    seed: int = 0

    width: int = 0
    height: int = 0
    time: float = 0.0
    frame: int = 0
    mouse_x: float = 0.0
    mouse_y: float = 0.0
    modifiers: frozenset[str] = frozenset()
    key_code: str = ""
    ink_amends: bool = False
    open_inks: tuple[OpenInk, ...] = ()
    home: Path = Path("inkloop-data")

    def __init_subclass__(cls, **more: Any) -> None:
        """Check the names that a class sets.

        Raises:
            TypeError: One is the sketch's own, or a setting has another type than described.
            ValueError: A setting is out of range.
        """
        super().__init_subclass__(**more)
        check_class(cls, METHODS)

    def __setattr__(self, name: str, value: Any) -> None:
        """Check a value set under one of the sketch's own names.

        Raises:
            TypeError: It has another type than described.
            ValueError: It is a number out of range.
        """
        object.__setattr__(self, name, checked(name, value) if name in _LOOKED_AT else value)

    def __delattr__(self, name: str) -> None:
        """Refuse to delete what Inkloop reads in every frame.

        Raises:
            TypeError: It is the sketch's own.
        """
        if name in OWN:
            raise TypeError(f"{name} is the sketch's own name: {OWN[name][0]}; it cannot be deleted")
        object.__delattr__(self, name)

    def __init__(self) -> None:
        self.ink = Ink()
        self.addons: list[object] = []
        self.wants_to_quit = False
        self.outbox: list[str] = []
        self.frame_times = FrameTimes()
        self.ink_closer: Callable[[], None] = lambda: None

    def use(self, addon: AddonType) -> AddonType:
        """Attach an addon and return it. Its `setup` runs at once if the sketch has begun, else just before.

        Raises:
            TypeError: The object has none of an addon's methods (see `sketch.plugin`).
        """
        hooks = hooks_of(addon)
        self.addons.append(addon)
        if "setup" in hooks:
            addon.setup(self.home)  # type: ignore[attr-defined]
        return addon

    def quit(self) -> None:
        """End after this frame."""
        self.wants_to_quit = True

    def send_message(self, text: str) -> None:
        """Send a line to `message`, to the log, to the HUD and, with `shows_messages`, to the picture.

        Raises:
            TypeError: It is no text.
        """
        self.outbox.append(as_text("a message", text))

    def close_inks(self) -> None:
        """Close every ink whose pen is up, at once and for good: `on_ink` is called before this returns."""
        self.ink_closer()

    def setup(self) -> None:
        """Start. The canvas's size is known; attach addons here."""

    def update(self, dt: float) -> None:
        """Advance by `dt` seconds, once a frame."""

    def draw(self, canvas: Canvas) -> None:
        """Draw the frame."""

    def exit(self) -> None:
        """Finish. Called once, also after an error."""

    def before_reload(self) -> None:
        """Files of the sketch were saved and are about to replace those in use, between two frames."""

    def after_reload(self) -> None:
        """The files that were saved are in use. What `setup` made is still there: it does not run again."""

    def key_pressed(self, key: str) -> None:
        """A key went down: "a", "1", "é", "space", "enter", "f1"... A key that is held is reported once.

        A key has the name of what its layout writes on it, in lower case; a dead key has that of its accent.
        `modifiers` says what is held, `key_code` where the key is.
        """

    def key_released(self, key: str) -> None:
        """A key went up, or was down when the window lost the keyboard; it has the name it went down by."""

    def mouse_moved(self, x: float, y: float) -> None:
        """The mouse moved with no button held."""

    def mouse_dragged(self, x: float, y: float, button: str) -> None:
        """The mouse moved with a button held: "left", "middle" or "right"."""

    def mouse_pressed(self, x: float, y: float, button: str) -> None:
        """A button went down."""

    def mouse_released(self, x: float, y: float, button: str) -> None:
        """A button went up."""

    def mouse_scrolled(self, x: float, y: float, scroll_x: float, scroll_y: float) -> None:
        """The wheel turned, in steps to the right and upward."""

    def mouse_entered(self, x: float, y: float) -> None:
        """The mouse came into the window."""

    def mouse_exited(self, x: float, y: float) -> None:
        """The mouse left the window."""

    def pen_pressed(self, point: Points, pointer_id: int) -> None:
        """A pen or the mouse touched down; `point` has shape (4,): x, y, t since the ink began, pressure."""

    def pen_dragged(self, point: Points, pointer_id: int) -> None:
        """Alias of `on_stroke_point` for all samples of a stroke but the first; prefer the former."""

    def pen_released(self, point: Points, pointer_id: int) -> None:
        """A pen was lifted; `point` is its last sample."""

    def pen_hovered(self, x: float, y: float, pointer_id: int) -> None:
        """A pen moved without touching."""

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """Each sample of a stroke, in order, including the first and the last; `point` has shape (4,)."""

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """A stroke is done; `points` has shape (n, 4)."""

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """An ink is closed: the strokes that belong together, oldest first.

        An ink that is opened again is closed again with more strokes; then `ink_amends` is True. The `teach`
        of a recogniser replaces the example that was taught from the ink before.
        """

    def on_ink_reopened(self, strokes: Strokes, pointer_id: int) -> None:
        """A stroke begins that continues an ink that was closed; `strokes` are those of the ink so far.

        If the finished stroke repeats the first one of the ink, it begins an ink of its own: this is called
        once more, with that stroke alone, and the closed ink stays as it was.
        """

    def window_resized(self, width: int, height: int) -> None:
        """The window has another size."""

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """Files were dropped on the window."""

    def param_changed(self, name: str, value: Any) -> None:
        """A parameter has another value, whatever set it; called before `update`, once a frame and parameter.

        The name of an addon's parameter has the addon's before it, as in "letters.hold".
        """

    def message(self, text: str) -> None:
        """A line came from an addon, from the host or from `send_message`."""


METHODS = frozenset(name for name, value in vars(Sketch).items() if isfunction(value) and name[0] != "_")
"""The names of a sketch's methods."""

_LOOKED_AT = METHODS | SETTINGS.keys() | OWN.keys()
