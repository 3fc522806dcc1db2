"""The shortest sketch that recognises: each letter fades in while it is written."""

import sketch
from addon import Recognizer


class Letters(sketch.Sketch):
    """Write letters with the mouse or a pen."""

    def setup(self) -> None:
        """Attach the recogniser with the letters it comes with."""
        self.letters = self.use(Recognizer("letters"))

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ink, and the letter as visible as it is complete."""
        canvas.background(12)
        canvas.ink(self.ink)
        guess = self.letters.prediction
        canvas.text(guess.label, 40, 600, size=480, alpha=guess.progress)

    def on_ink(self, strokes: sketch.Strokes, pointer_id: int) -> None:
        """Make room for the next letter."""
        self.ink.clear()


if __name__ == "__main__":
    sketch.run(Letters)
