"""Two hands wave ribbons of light: many thin parallel strokes, added up."""

import numpy as np

import sketch
from sketch.render.oklab import oklch

THREADS = np.linspace(-1.0, 1.0, 36)
ALONG = np.linspace(0.0, 1.0, 100)


class Silk(sketch.Sketch):
    """Each hand swings on a slow curve; its ribbon twists after it."""

    window = sketch.Window(title="Silk")

    def draw(self, canvas: sketch.Canvas) -> None:
        """Draw both ribbons, and let what is bright shine."""
        canvas.background(6, 7, 13)
        canvas.blend_mode("add")
        self.ribbon(canvas, phase=0.0, hues=(20.0, 85.0))
        self.ribbon(canvas, phase=2.4, hues=(300.0, 205.0))
        canvas.post(sketch.Bloom(0.5, threshold=0.25, radius=36))

    def ribbon(self, canvas: sketch.Canvas, phase: float, hues: tuple[float, float]) -> None:
        """One ribbon, from its tail to the hand that holds it."""
        t = 0.5 * self.time + 3.6 * ALONG + phase
        spine = np.stack([np.sin(0.9 * t) + 0.3 * np.sin(2.1 * t + phase), 0.5 * np.cos(1.3 * t)], axis=1)
        slope = np.gradient(spine, axis=0)
        across = np.stack([-slope[:, 1], slope[:, 0]], axis=1) / np.hypot(slope[:, :1], slope[:, 1:])
        closed = np.sin(np.pi * ALONG) ** 0.8
        breadth = 0.24 * np.sin(1.7 * t + 0.7 * phase) * closed
        width = 0.5 + 1.5 * closed
        for thread in THREADS:
            fold = breadth * thread + 0.05 * closed * np.sin(3 * t + 2.5 * thread)
            middle = (canvas.width / 2, canvas.height / 2)
            points = 0.6 * canvas.height * (spine + fold[:, None] * across) + middle
            red, green, blue, _ = oklch(0.66, 0.17, hues[0] + (hues[1] - hues[0]) * (thread + 1) / 2)
            shine = 30 + 190 * closed * (0.35 + 0.65 * thread**2)
            color = np.column_stack([np.tile((red, green, blue), (len(ALONG), 1)), shine])
            canvas.stroke(points, width, color)


if __name__ == "__main__":
    sketch.run(Silk)
