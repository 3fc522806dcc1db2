"""Ten thousand seeds in one call: a sunflower that breathes."""

import numpy as np

import sketch
from sketch.render.oklab import oklch

SEEDS = np.arange(10_000)
GOLDEN = np.pi * (3 - np.sqrt(5))
PALETTE = np.array(
    [oklch(0.4 + 0.52 * x, 0.1 + 0.08 * np.sin(np.pi * x), 285 + 165 * x) for x in np.linspace(0, 1, 256)]
)


class Sunflower(sketch.Sketch):
    """Vogel's spiral (1979): each seed a golden angle further round and a little further out."""

    window = sketch.Window(title="Sunflower")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Place, size and color every seed as arrays; one call draws them."""
        canvas.background(10, 11, 17)
        out = np.sqrt((SEEDS + 0.5) / len(SEEDS))
        angle = SEEDS * (GOLDEN + 2e-6 * np.sin(0.5 * self.time)) + 0.05 * self.time
        wave = np.sin(11 * out - 1.6 * self.time + 3 * np.sin(0.3 * self.time) * np.cos(3 * angle))
        radius = 0.47 * min(canvas.size) * out * (1 + 0.025 * wave)
        center = (canvas.width / 2, canvas.height / 2)
        xy = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1) + center
        size = min(canvas.size) / 900 * (1.5 + 1.9 * (0.5 + 0.5 * wave) ** 2) * (0.55 + 0.6 * out)
        shade = (255 * (0.12 + 0.6 * (0.5 + 0.5 * wave) + 0.28 * (1 - out))).astype(int)
        canvas.circles(xy, size, PALETTE[shade])


if __name__ == "__main__":
    sketch.run(Sunflower)
