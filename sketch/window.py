"""Options of a sketch's window."""

from dataclasses import dataclass

from sketch.scalars import as_text, flag, number, sides, whole

SLOWEST, FASTEST = 0.01, 1000.0
"""The range of frames a second."""


@dataclass(frozen=True, slots=True)
class Window:
    """Options of the window, or of the surface drawn without one.

    Attributes:
        size: Width and height in logical pixels, rounded and at least 1.
        title: What the title bar says.
        fullscreen: Whether to cover the screen; F11 changes it.
        screen: The screen to open on: its number, from 1, or its name, as "HDMI-1"; None for the system's
            choice. If it goes away, the window moves to another, and back when it returns.
        borderless: Whether the window has no title bar and no border.
        on_top: Whether it stays over other windows, where the window manager knows how.
        hides_cursor: Whether the mouse cursor is hidden over it.
        resizable: Whether the user may change the size.
        vsync: Whether to wait for the screen before showing a frame.
        fps: Frames a second, from 0.01 to 1000.
        high_dpi: Whether to use every pixel of a dense screen; coordinates stay logical.
        samples: Multisampling samples a pixel. None takes 4 on a GPU and 0 on a processor, which would need
            three times as long for it; strokes and shapes are antialiased either way. A number that the
            driver lacks is lowered.

    Raises:
        ValueError: An option is out of range.
        TypeError: It has another type than described.
    """

    size: tuple[int, int] = (1280, 720)
    title: str = "Inkloop"
    fullscreen: bool = False
    screen: int | str | None = None
    borderless: bool = False
    on_top: bool = False
    hides_cursor: bool = False
    resizable: bool = True
    vsync: bool = True
    fps: float = 60.0
    high_dpi: bool = True
    samples: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sides("size", self.size))
        object.__setattr__(self, "fps", number("fps", self.fps))
        if not SLOWEST <= self.fps <= FASTEST:
            raise ValueError(f"fps, frames a second, must be in {SLOWEST}..{FASTEST}; got {self.fps}")
        if self.samples is not None:
            object.__setattr__(self, "samples", whole("samples", self.samples, 0))
        as_text("title", self.title)
        if isinstance(self.screen, str):
            as_text("screen", self.screen)
        elif self.screen is not None:
            object.__setattr__(self, "screen", whole("screen", self.screen, 1))
        for name in ("fullscreen", "borderless", "on_top", "hides_cursor", "resizable", "vsync", "high_dpi"):
            object.__setattr__(self, name, flag(name, getattr(self, name)))
