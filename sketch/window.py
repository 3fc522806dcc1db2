"""How a sketch wishes its window to be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Options of the window, or of the surface drawn without one.

    Attributes:
        size: Width and height in logical pixels, each at least 1.
        title: What the title bar says.
        fullscreen: Whether to cover the screen.
        resizable: Whether the user may change the size.
        vsync: Whether to wait for the screen before showing a frame.
        fps: Frames a second, more than 0.
        high_dpi: Whether to use every pixel of a dense screen; coordinates stay logical.
        samples: Of multisampling a pixel. None takes 4 where a GPU draws and 0 where the processor does,
            which would need three times as long for it; strokes and shapes are antialiased either way. More
            than the driver has is lowered to what it has.

    Raises:
        ValueError: An option is out of range.
    """

    size: tuple[int, int] = (1280, 720)
    title: str = "Inkloop"
    fullscreen: bool = False
    resizable: bool = True
    vsync: bool = True
    fps: float = 60.0
    high_dpi: bool = True
    samples: int | None = None

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ValueError(f"a window's size must be at least 1 x 1; got {self.size}")
        if not self.fps > 0:
            raise ValueError(f"frames a second must be more than 0; got {self.fps}")
        if self.samples is not None and self.samples < 0:
            raise ValueError(f"samples must be 0 or more; got {self.samples}")
