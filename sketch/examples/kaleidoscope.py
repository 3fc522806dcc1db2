"""Draw, and it is mirrored twelve times. Until you do, a curve of many loops draws itself."""

from math import pi, tau

import numpy as np

import sketch
from sketch.render.oklab import oklch

MIRRORS = 6
TAIL = 120  # points of the curve that are seen at once


class Kaleidoscope(sketch.Sketch):
    """The pen's ink is only drawn mirrored."""

    window = sketch.Window(title="Kaleidoscope")
    pen_width = 9.0

    def draw(self, canvas: sketch.Canvas) -> None:
        """Every stroke, in every mirror."""
        canvas.background(9, 8, 15)
        canvas.blend_mode("screen")
        canvas.translate(canvas.width / 2, canvas.height / 2)
        drawn = [(stroke.points[:, :2], stroke.width) for stroke in (*self.ink, *self.ink.wet.values())]
        middle = (canvas.width / 2, canvas.height / 2)
        pictures = [
            (points - middle, width, 40 + 70 * number) for number, (points, width) in enumerate(drawn)
        ]
        for points, width, hue in pictures or self.curves(0.47 * min(canvas.size)):
            red, green, blue, _ = oklch(0.72, 0.16, hue)
            for mirror in range(2 * MIRRORS):
                with canvas.pushed():
                    canvas.rotate(tau * (mirror // 2) / MIRRORS + 0.05 * self.time)
                    canvas.scale(1, -1 if mirror % 2 else 1)
                    canvas.stroke(points, width, (red, green, blue, 190))
        canvas.post(sketch.Trails(0.94, zoom=1.004, ground=(9, 8, 15)), sketch.Bloom(0.5, 0.35, 20))

    def curves(self, reach: float) -> list[tuple[np.ndarray, np.ndarray, float]]:
        """Points, widths and hue of three curves that move without a pen."""
        made: list[tuple[np.ndarray, np.ndarray, float]] = []
        for number, (a, b, hue) in enumerate(((1.3, 3.1, 25.0), (2.1, 1.7, 150.0), (0.9, 4.3, 290.0))):
            t = 0.35 * self.time + number * 2.0 + np.linspace(0, 2.2, TAIL)
            radius = reach * (0.52 + 0.3 * np.sin(a * t) + 0.18 * np.sin(b * t + number))
            angle = pi / MIRRORS * (0.5 + 0.85 * np.sin(0.8 * b * t))
            width = 1.2 + (11 - 2 * number) * np.sin(np.linspace(0, pi, TAIL)) ** 2 * (
                0.55 + 0.45 * np.sin(5 * t)
            )
            made.append((np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), width, hue))
        return made


if __name__ == "__main__":
    sketch.run(Kaleidoscope)
