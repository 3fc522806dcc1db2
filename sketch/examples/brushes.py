"""The brushes that come with Inkloop, each as it looks best: on paper, or on a blackboard."""

import numpy as np

import sketch
from sketch import StrokeStyle, oklch

PAPER, BOARD = (242, 237, 227), (19, 22, 27)
ON_PAPER = (
    ("pen", 8, oklch(0.3, 0.08, 265)),
    ("marker", 26, oklch(0.6, 0.2, 28)),
    ("highlighter", 40, oklch(0.88, 0.17, 105)),
    ("charcoal", 30, oklch(0.25, 0.01, 60)),
)
ON_BOARD = (
    ("chalk", 26, oklch(0.93, 0.03, 95)),
    ("ribbon", 44, oklch(0.68, 0.17, 320)),
    ("glow", 22, oklch(0.78, 0.14, 215)),
)
SECONDS = 2.5  # that a line takes
ALONG = np.linspace(0, 1, 150)


class Brushes(sketch.Sketch):
    """One line of loops a brush, drawn while you look."""

    window = sketch.Window(title="Brushes")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Paper on the left, the board on the right; one brush under the other."""
        half, scale = canvas.width / 2, canvas.height / 720
        canvas.background(*PAPER)
        canvas.color(*BOARD)
        canvas.rect(half, 0, half, canvas.height)
        for left, brushes, ink in ((0, ON_PAPER, BOARD), (half, ON_BOARD, PAPER)):
            row = canvas.height / len(brushes)
            for index, (name, width, color) in enumerate(brushes):
                points, pressed = self.loops(0.36 * canvas.width, 0.26 * row)
                points += (left + 0.06 * canvas.width, row * (index + 0.56))
                style = StrokeStyle(brush=name, smooth=True)
                canvas.stroke(points, width * scale * pressed, color, style=style, time=self.time)
                canvas.color(*ink, alpha=0.75)
                canvas.text(name, left + 0.03 * canvas.width, row * index + 34 * scale, 17 * scale)

    def loops(self, breadth: float, height: float) -> tuple[np.ndarray, np.ndarray]:
        """The line so far, and how hard the brush is pressed."""
        along = ALONG[: max(2, int(len(ALONG) * min(1.0, (self.time + 0.3) / SECONDS)))]
        turn = 19 * along + 2.5
        points = np.stack([breadth * (along + 0.085 * np.cos(turn)), height * np.sin(turn)], axis=1)
        return points, 0.6 + 0.4 * np.sin(np.pi * along) + 0.15 * np.sin(turn)


if __name__ == "__main__":
    sketch.run(Brushes)
