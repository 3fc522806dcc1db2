"""A harmonograph: pendulums that die down move a pen over paper, in two inks."""

import numpy as np

import sketch

PAPER = (238, 233, 222)
SECONDS = 14.0  # that a drawing takes
TURNS = np.linspace(0, 1, 7000)


def swing(late: float) -> np.ndarray:
    """A drawing as points of shape (n, 2) in -1..1: two pendulums a side, one a little out of tune."""
    t = 440 * TURNS
    x = np.sin(2 * t + 4.03) + 0.63 * np.sin(3 * t + 0.67 + late)
    y = np.sin(2.0048 * t + 4.35 + late) + 0.63 * np.sin(3 * t + 3.99)
    return (np.stack([x, y], axis=1) * np.exp(-2.2 * TURNS)[:, None] / 1.63).astype(np.float32)


class Plotter(sketch.Sketch):
    """Finished pieces are dry ink; only the newest piece of each line is wet."""

    window = sketch.Window(title="Plotter")

    def setup(self) -> None:
        """Compute both lines, and make an ink for each."""
        self.lines = [0.47 * min(self.width, self.height) * swing(late) for late in (0.0, 0.35)]
        self.colors = [(0.09, 0.16, 0.42, 0.85), (0.82, 0.22, 0.14, 0.8)]
        self.inks = [sketch.Ink(), sketch.Ink()]
        self.drawn = 0

    def update(self, dt: float) -> None:
        """Advance the pens."""
        reached = min(len(TURNS), int(len(TURNS) * (self.time + 0.25) / SECONDS) + 2)
        if reached - self.drawn < 2:
            return
        for line, color, ink in zip(self.lines, self.colors, self.inks, strict=True):
            piece = line[max(self.drawn - 1, 0) : reached] + np.array(
                (self.width / 2, self.height / 2), np.float32
            )
            ink.add(sketch.Stroke(sketch.as_points(piece), color, 1.2))
        self.drawn = reached

    def draw(self, canvas: sketch.Canvas) -> None:
        """Both inks on paper, one printed over the other, and the pens."""
        canvas.background(*PAPER)
        for ink in self.inks:
            canvas.ink(ink, blend="multiply")
        if self.drawn < len(TURNS):
            canvas.color(30)
            for line in self.lines:
                x, y = line[self.drawn - 1] + (self.width / 2, self.height / 2)
                canvas.circle(float(x), float(y), 5)


if __name__ == "__main__":
    sketch.run(Plotter)
