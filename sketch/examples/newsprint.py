"""A shader of the author as the last pass prints everything in dots. Edit newsprint.frag while it runs."""

from math import cos, sin, tau
from pathlib import Path

import sketch

DOTS = Path(__file__).with_name("newsprint.frag")


class Newsprint(sketch.Sketch):
    """A few large shapes in motion; the shader makes a print of them."""

    window = sketch.Window(title="Newsprint")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw in plain colors, then print."""
        canvas.background(255)
        canvas.translate(canvas.width / 2, canvas.height / 2)
        unit = canvas.height / 720
        canvas.scale(unit)
        canvas.blend_mode("multiply")
        canvas.color("#ffd23f")
        canvas.circle(190 * cos(0.4 * self.time), -60 + 40 * sin(0.7 * self.time), 190)
        self.rays(canvas)
        canvas.color("#35b5e5")
        for index in range(5):
            y = 190 + 34 * index
            canvas.line_width(26 - 4 * index)
            points = [
                (x, y + 16 * sin(0.012 * x + self.time * (1 + 0.3 * index))) for x in range(-700, 701, 20)
            ]
            canvas.polyline(points)
        canvas.post(sketch.Blur(1.5), sketch.Shade(DOTS, {"cell": 9.0 * canvas.pixel_ratio * unit}))

    def rays(self, canvas: sketch.Canvas) -> None:
        """A star of thin triangles that turns."""
        canvas.color("#ef476f")
        for index in range(14):
            angle = tau * index / 14 + 0.2 * self.time
            left, right = angle - 0.09, angle + 0.09
            reach = 270 + 45 * sin(3 * angle + self.time)
            canvas.triangle(
                0,
                -40,
                reach * cos(left),
                -40 + reach * sin(left),
                reach * cos(right),
                -40 + reach * sin(right),
            )


if __name__ == "__main__":
    sketch.run(Newsprint)
