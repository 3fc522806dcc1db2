"""Hills behind hills at dawn: every ridge is a path, painted with a gradient that ends in mist."""

import numpy as np

import sketch
from sketch.ink.path import Path
from sketch.render.gradient import Gradient
from sketch.render.oklab import oklch

RIDGES = 7


class Dunes(sketch.Sketch):
    """The nearer a ridge, the darker it is and the faster it goes by."""

    window = sketch.Window(title="Dunes")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Sky, sun, and the ridges from far to near."""
        width, height = canvas.size
        sky = [oklch(0.3, 0.07, 285), oklch(0.52, 0.12, 340), oklch(0.76, 0.13, 45), oklch(0.93, 0.07, 85)]
        canvas.gradient(Gradient.linear(0, 0, 0, 0.62 * height, sky, (0, 0.45, 0.8, 1)))
        canvas.rect(0, 0, width, height)
        sun = (0.63 * width, (0.42 + 0.02 * np.sin(0.2 * self.time)) * height)
        canvas.gradient(Gradient.radial(*sun, 0.5 * height, [(255, 236, 190, 100), (255, 190, 140, 0)]))
        canvas.circle(*sun, 0.5 * height)
        canvas.color(255, 240, 208)
        canvas.circle(*sun, 0.085 * height)
        for number in range(RIDGES):
            self.ridge(canvas, number / (RIDGES - 1), width, height)
        canvas.post(sketch.Bloom(0.3, threshold=0.8, radius=50))

    def ridge(self, canvas: sketch.Canvas, near: float, width: float, height: float) -> None:
        """One line of hills; `near` goes from 0 to 1."""
        x = np.linspace(-10, width + 10, 260)
        way = (x / height + 0.05 * self.time * (0.2 + near**2)) * (3.4 - 1.9 * near) + 40 * near
        hills = np.sin(way) + 0.5 * np.sin(2.3 * way + 1) + 0.22 * np.sin(5.1 * way) + 0.05 * np.sin(17 * way)
        top = height * (0.47 + 0.44 * near**1.25 - (0.035 + 0.035 * near) * hills)
        hue = 25 - 120 * near
        colors = [oklch(0.76 - 0.57 * near, 0.1, hue), oklch(0.86 - 0.56 * near, 0.08, hue + 25)]
        canvas.gradient(Gradient.linear(0, float(top.min()), 0, float(top.max()) + 0.12 * height, colors))
        corners = [(width + 10, height + 10), (-10, height + 10)]
        canvas.path(Path([np.concatenate([np.stack([x, top], axis=1), corners])]))


if __name__ == "__main__":
    sketch.run(Dunes)
