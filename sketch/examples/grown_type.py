"""Letters with fur: hairs along the lines of a plotter's alphabet, in the wind."""

import numpy as np

import sketch
from sketch.ink.polyline import resample_by_spacing
from sketch.render.oklab import oklch
from sketch.synthetic_hand.alphabet import CAP_HEIGHT, letter

TEXT = "WILD"
HAIRS = 6  # at every root, next to each other
BENDS = np.linspace(0, 1, 6)
INKS = np.array([oklch(0.28, 0.05, 260), oklch(0.36, 0.08, 255), oklch(0.6, 0.2, 30), oklch(0.7, 0.14, 70)])


class GrownType(sketch.Sketch):
    """Every hair is six short lines; a gust runs through all of them."""

    window = sketch.Window(title="Grown type")

    def setup(self) -> None:
        """Set the roots along the letters."""
        rng = np.random.default_rng(3)
        size, left = min(0.56 * self.height, 0.28 * self.width), 0.0
        lines: list[np.ndarray] = []
        for character in TEXT:
            paths = [size * path / CAP_HEIGHT for path in letter(character, "print")]
            lines += [resample_by_spacing(path + np.array((left, 0)), 0.019 * size) for path in paths]
            left += float(max(path[:, 0].max() for path in paths)) + 0.24 * size
        move = ((self.width - left + 0.24 * size) / 2, (self.height - size) / 2)
        roots = np.concatenate(lines) + move
        self.roots = roots.repeat(HAIRS, axis=0) + rng.normal(0, 0.018 * size, (HAIRS * len(roots), 2))
        self.lean = rng.uniform(-np.pi, np.pi, len(self.roots))
        self.length = size * rng.gamma(3.0, 0.036, len(self.roots))
        self.color = INKS[rng.choice(len(INKS), len(self.roots), p=[0.5, 0.3, 0.12, 0.08])][:, :3]

    def draw(self, canvas: sketch.Canvas) -> None:
        """Bend every hair, and draw all pieces of all hairs by one call."""
        canvas.background(244, 239, 229)
        x, y = self.roots.T
        gust = np.sin(0.006 * x - 1.7 * self.time) + 0.5 * np.sin(0.011 * y + self.time)
        grown = self.length * min(1.0, 0.25 + 0.5 * self.time)
        turn = self.lean[:, None] * (1 - 0.55 * BENDS) + (0.5 + 0.6 * gust)[:, None] * BENDS**1.5
        step = (grown / len(BENDS))[:, None, None] * np.stack([np.cos(turn), np.sin(turn)], axis=2)
        ends = self.roots[:, None] + np.cumsum(step, axis=1)
        width = np.broadcast_to(3.0 * (1 - BENDS) + 0.5, ends.shape[:2])
        color = np.repeat(self.color, len(BENDS), axis=0)
        canvas.lines((ends - step).reshape(-1, 2), ends.reshape(-1, 2), width.ravel(), color)


if __name__ == "__main__":
    sketch.run(GrownType)
