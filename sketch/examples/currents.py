"""A current drawn on paper, a few strokes a frame; dry ink costs nothing in later frames."""

import numpy as np

import sketch
from sketch.render.oklab import oklch

PAPER = (243, 237, 225)
COLORS = (oklch(0.32, 0.09, 265), oklch(0.45, 0.1, 250), oklch(0.63, 0.19, 33), oklch(0.74, 0.12, 80))
INKS = [sketch.parse_color(color) for color in COLORS]
STROKES = 1100
STEPS = 90


def flow(xy: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Direction of the current at points of shape (n, 2): along the contours of a few crossing waves."""
    slope = (np.cos(xy @ waves[:, :2].T + waves[:, 2]) * waves[:, 3]) @ waves[:, :2]
    turned = np.stack([slope[:, 1] + 0.0016, -slope[:, 0]], axis=1)
    return turned / np.hypot(turned[:, 0], turned[:, 1])[:, None]


class Currents(sketch.Sketch):
    """Every stroke follows the flow from where it begins."""

    window = sketch.Window(title="Currents")

    def setup(self) -> None:
        """Follow the current from every starting point at once."""
        rng = np.random.default_rng(8)
        angle, length = rng.uniform(0, 2 * np.pi, 7), rng.uniform(0.002, 0.011, 7)
        waves = np.column_stack([np.cos(angle) * length, np.sin(angle) * length, 6 * angle, 0.012 / length])
        path = [rng.uniform((-100, -60), (self.width + 60, self.height + 60), (STROKES, 2))]
        for _ in range(STEPS):
            path.append(path[-1] + 3.2 * flow(path[-1], waves))
        self.paths = np.stack(path, axis=1)
        self.counts = rng.integers(STEPS // 5, STEPS + 1, STROKES)
        self.widths = rng.gamma(2.0, 1.9, STROKES) + 0.7
        self.inks = rng.choice(len(INKS), STROKES, p=[0.42, 0.28, 0.17, 0.13])

    def update(self, dt: float) -> None:
        """Add a handful of strokes."""
        for index in range(len(self.ink), min(STROKES, 8 * (self.frame + 3))):
            points = sketch.as_points(self.paths[index, : self.counts[index]])
            taper = np.sin(np.pi * np.linspace(0.02, 0.98, len(points))) ** 0.7
            width = (self.widths[index] * taper + 0.3).astype(np.float32)
            self.ink.add(sketch.Stroke(points, INKS[int(self.inks[index])], width))

    def draw(self, canvas: sketch.Canvas) -> None:
        """Paper, and the ink on it."""
        canvas.background(*PAPER)
        canvas.ink(self.ink)


if __name__ == "__main__":
    sketch.run(Currents)
