"""Messages that stay on screen for a few seconds."""

from dataclasses import dataclass, field

from sketch.render.canvas import Canvas

SECONDS = 6.0
FADE = 0.6
SIZE = 15
MOST = 5


@dataclass
class Notices:
    """The lines on screen, oldest first, each with the time at which it was added."""

    lines: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    def add(self, now: float, text: str) -> None:
        """Show a line from now on. A line that is already shown starts again instead of appearing twice."""
        self.lines = [line for line in self.lines if line[1] != text][-(MOST - 1) :]
        self.lines.append((now, text))

    def draw(self, canvas: Canvas, now: float, right: float = 0.0) -> float:
        """Draw the recent lines in the lower left corner.

        Args:
            canvas: To draw on.
            now: Seconds on the clock of `add`.
            right: Logical pixels to leave free at the right edge.

        Returns:
            The y above which nothing was drawn.
        """
        self.lines = [line for line in self.lines if now - line[0] < SECONDS]
        room, bottom = max(canvas.width - 48.0 - right, SIZE), canvas.height - 22.0
        one = canvas.text_size("x", SIZE)[1]
        for since, text in reversed(self.lines):
            alpha = min(1.0, (SECONDS - (now - since)) / FADE)
            width, height = canvas.text_size(text, SIZE, width=room)
            # A line that is too wide wraps: its end says what to do.
            y = bottom - (height - one)
            canvas.color(0, alpha=0.72 * alpha)
            canvas.rect(14, y - 1.15 * SIZE, width + 20, height - one + 1.6 * SIZE, radius=5)
            canvas.color(255, alpha=alpha)
            canvas.text(text, 24, y, SIZE, width=room)
            bottom = y - 1.7 * SIZE
        return bottom
