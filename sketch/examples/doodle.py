"""A network that knows pictures guesses what you draw, while you draw it.

    inkloop run doodle.py        # with doodle.onnx and doodle.toml next to it

Any classifier of small pictures of drawings serves, such as one trained on Quick, Draw! at 28 x 28 pixels.
`docs/own-models.md` has the description of it: five lines, with `is = "ink image"`.
"""

from pathlib import Path

import sketch
from addon import Recognizer

GUESSES = 5


class Doodle(sketch.Sketch):
    """Draw; the guesses change with every line."""

    window = sketch.Window(title="doodle", size=(960, 600))
    model = Path("doodle.onnx")

    def setup(self) -> None:
        """Attach the model, and keep several strokes in one drawing."""
        self.eye = self.use(Recognizer(self.model))
        self.sizes = [0.0] * GUESSES

    def draw(self, canvas: sketch.Canvas) -> None:
        """The drawing, and the likeliest guesses, each as large as it is likely."""
        canvas.background("#f4efe4")
        canvas.color("#1d1a17")
        canvas.ink(self.ink)
        guess = self.eye.prediction
        best: list[int] = guess.probabilities.argsort()[::-1][:GUESSES].tolist()
        y = 90.0
        for place, index in enumerate(best):
            share = float(guess.probabilities[index]) if guess.rows else 0.0
            # The words grow and shrink softly; the answers jump.
            self.sizes[place] += (14.0 + 70.0 * share - self.sizes[place]) * 0.25
            canvas.color("#c8401f" if place == 0 and guess.decided else "#1d1a17")
            y += self.sizes[place]
            canvas.text(guess.labels[index], 660, y, size=self.sizes[place], alpha=0.25 + 0.75 * share)
            y += 16.0

    def key_pressed(self, key: str) -> None:
        """Clear the paper with any key."""
        self.ink.clear()


if __name__ == "__main__":
    sketch.run(Doodle)
