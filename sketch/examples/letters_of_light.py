"""A machine-written hand writes with light: only the tip is drawn, trails and bloom do the rest."""

import numpy as np

import sketch
from sketch.render.oklab import oklch
from sketch.synthetic_hand.hand import write

WORDS = "inkloop"
PAUSE = 3.0  # seconds after the last letter


class LettersOfLight(sketch.Sketch):
    """Each frame keeps the last one, a little fainter; no other state is kept."""

    window = sketch.Window(title="Letters of light")

    def setup(self) -> None:
        """Write the words once, in the middle of the page."""
        height = 0.4 * self.height
        strokes = write(WORDS, face="script", height=height, seed=4, irregularity=0.7, slant=4, speed=11)
        xy = np.concatenate(strokes)[:, :2]
        fit = min(1.0, 0.88 * self.width / float(np.ptp(xy[:, 0])))
        move = (self.width / 2, 0.5 * self.height) - fit * (xy.max(axis=0) + xy.min(axis=0)) / 2
        scale, offset = np.array((fit, fit, 1, 1), np.float32), np.array((*move, 0, 0), np.float32)
        self.strokes = [stroke * scale + offset for stroke in strokes]
        self.length = float(strokes[-1][-1, 2]) + PAUSE

    def draw(self, canvas: sketch.Canvas) -> None:
        """What was written since the last frame, over the fading last frame."""
        canvas.background(4, 5, 10)
        now = self.time % self.length
        canvas.blend_mode("add")
        for stroke in self.strokes:
            recent = stroke[(stroke[:, 2] <= now) & (stroke[:, 2] > now - 0.04)]
            if len(recent):
                hue = 20 + 250 * float(recent[-1, 0]) / self.width
                canvas.stroke(recent, 2 + 12 * recent[:, 3], oklch(0.8, 0.17, hue))
                self.sparks(canvas, recent[-1])
        canvas.post(sketch.Trails(0.997, ground=(4, 5, 10)), sketch.Bloom(0.8, threshold=0.2, radius=30))

    def sparks(self, canvas: sketch.Canvas, tip: np.ndarray) -> None:
        """A few sparks fly off the tip; the same ones whenever this frame is drawn."""
        rng = np.random.default_rng(self.frame)
        away = rng.normal(0, 9, (5, 2)) + rng.normal(0, 5, 2)
        canvas.circles(tip[:2] + away, rng.uniform(0.5, 1.4, 5), (255, 220, 170, 160))


if __name__ == "__main__":
    sketch.run(LettersOfLight)
