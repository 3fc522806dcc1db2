"""A frame that looks at itself: what was drawn comes back larger, turned and in other colors."""

from math import cos, sin, tau

import numpy as np

import sketch

SIDES = 5


class Tunnel(sketch.Sketch):
    """Only one ring is drawn a frame; the tunnel is all the rings there were."""

    window = sketch.Window(title="Tunnel")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw the ring and feed the last frame back, then color the result by its brightness."""
        canvas.background(0)
        if self.frame % 8 < 2:
            with canvas.pushed():
                canvas.translate(canvas.width / 2, canvas.height / 2)
                canvas.rotate(0.7 * self.time)
                self.ring(canvas, min(canvas.size))
        turn = 0.014 * sin(0.5 * self.time)
        canvas.post(
            sketch.Trails(0.988, zoom=1.03, turn=turn, shift=(sin(self.time), cos(0.7 * self.time))),
            sketch.ColorMap(("#05030c", "#1d1147", "#7a1e6c", "#e2553d", "#fdb44b", "#fffbe0")),
            sketch.Bloom(0.5, threshold=0.45, radius=24),
        )

    def ring(self, canvas: sketch.Canvas, reach: float) -> None:
        """A loop that breathes, as bright as the moment has it."""
        angle = np.linspace(0, tau, 161)
        radius = 0.075 * reach * (1 + 0.3 * np.cos(SIDES * angle) * sin(1.1 * self.time))
        beat = 0.5 + 0.5 * sin(tau * 0.8 * self.time)
        canvas.color(130 + 125 * beat)
        canvas.line_width(2 + 5 * beat)
        canvas.polyline(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1), closed=True)
        canvas.color(255)
        canvas.circles(np.stack([np.cos(angle[::32]), np.sin(angle[::32])], axis=1) * 0.12 * reach, 2.5)


if __name__ == "__main__":
    sketch.run(Tunnel)
