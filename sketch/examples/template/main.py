"""PROJECT: a ring that breathes, and the letter that you write over it."""

from math import cos, pi, sin

import sketch
from addon import Recognizer


class Main(sketch.Sketch):
    """Write with the mouse or a pen; Tab opens the panel of the parameters."""

    window = sketch.Window(size=(960, 540), title="PROJECT")
    pen_width = 9.0
    pen_color = "#fff1d6"
    ground = sketch.Param("#12131a", group="picture")
    tint = sketch.Param("#ff9e4f", group="picture")
    count = sketch.Param(72, 3, 300, group="ring")
    radius = sketch.Param(180.0, 20, 300, group="ring")
    waves = sketch.Param(5, 1, 24, group="ring")
    speed = sketch.Param(0.6, 0, 4, group="ring")

    def setup(self) -> None:
        """Attach the recogniser; it reads letters and digits."""
        self.letters = self.use(Recognizer("letters"))
        self.phase = 0.0

    def update(self, dt: float) -> None:
        """Move the ring: by the time that passed, so that a change of speed makes no jump."""
        self.phase += self.speed * dt

    def draw(self, canvas: sketch.Canvas) -> None:
        """The ring, the letter as it is understood, and the ink."""
        canvas.background(self.ground)
        canvas.color(self.tint)
        for number in range(self.count):
            angle = 2 * pi * number / self.count
            swing = sin(self.waves * angle + 2 * pi * self.phase)
            reach = self.radius * (1 + 0.12 * swing)
            x, y = self.width / 2 + reach * cos(angle), self.height / 2 + reach * sin(angle)
            canvas.circle(x, y, 2.2 + 1.8 * swing)
        guess = self.letters.prediction
        middle = self.width / 2, self.height / 2 + 90
        canvas.text(guess.label, *middle, size=260, align="center", alpha=guess.opacity)
        canvas.ink(self.ink)

    def on_ink(self, strokes: sketch.Strokes, pointer_id: int) -> None:
        """A letter is finished: make room for the next."""
        self.ink.clear()


if __name__ == "__main__":
    sketch.run(Main)
