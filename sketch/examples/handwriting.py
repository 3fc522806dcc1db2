"""Draw letters, teach them, watch each one appear while it is still being written.

Run it: `inkloop run sketch/examples/handwriting.py`, or `inkloop handwriting`. F1 shows the keys.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import sketch
from addon import Recognizer
from sketch.examples.palette import PAPER, ClassColors, bytes_of, mixed
from sketch.examples.panels import example_cards, help_panel, probability_bars, training_panel
from sketch.ink.ink import Rgba
from sketch.ink.points import Points, Strokes

# Seconds that the last letter stays, that a finished ink stays, and within which it makes room for the next.
LETTER_SECONDS = 1.6
INK_SECONDS = 6.0
CLEARING_SECONDS = 0.7


@dataclass(frozen=True)
class Finished:
    """A finished ink on the page: its strokes, its color, and the time at which it is gone."""

    strokes: list[sketch.Stroke]
    color: Rgba
    until: float


class Handwriting(sketch.Sketch):
    """The handwriting sketch.

    Attributes:
        letters: The recogniser.
        teaching: Whether what is drawn next becomes an example, or is only recognised.
        chosen: The label to teach; empty before one was chosen.
        written: What was recognised so far, oldest first.
        iterations: Of training, when SPACE is pressed.
    """

    window = sketch.Window(title="Inkloop: handwriting")
    pen_width = 9.0
    iterations = 2000

    def setup(self) -> None:
        """Attach the recogniser. Until something is taught it knows letters and digits."""
        self.letters = self.use(Recognizer("letters"))
        self.teaching = False
        self.chosen = ""
        self.written: list[str] = []
        self.colors = ClassColors()
        self.drying: dict[int, list[sketch.Stroke]] = {}
        self.page: list[Finished] = []
        self.unlabeled: list[Strokes] = []
        self.closed_at = -LETTER_SECONDS
        self.shows_help = False
        self.shows_figures = False
        self.corner = ("", -1.0)

    def update(self, dt: float) -> None:
        """Color what is being drawn by what it is taken for."""
        for pointer_id, stroke in self.ink.wet.items():
            stroke.color = self.color_of(pointer_id)
        self.page = [ink for ink in self.page if self.time < ink.until]

    def color_of(self, pointer_id: int) -> Rgba:
        """The color of what is taught, or of what an ink is taken for, as strong as the answer is sure."""
        if self.teaching:
            return self.colors.of(self.chosen) if self.chosen else PAPER
        guess = self.letters.predictions.get(pointer_id)
        if guess is None or not guess.label:
            return PAPER
        return mixed(PAPER, self.colors.of(guess.label), guess.confidence)

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """A stroke is done: it waits, in its own color, for the letter to be finished."""
        self.drying.setdefault(pointer_id, []).append(self.ink.remove())

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """A letter is finished: teach it, or note what it was taken for."""
        if self.teaching:
            self.teach(strokes)
        else:
            guess = self.letters.predictions.get(pointer_id)
            self.written = [*self.written, guess.label if guess else ""][-24:]
        color = self.color_of(pointer_id)
        drawn = self.drying.pop(pointer_id, [])
        self.page.append(Finished(drawn, color, self.time + INK_SECONDS))
        self.closed_at = self.time

    def teach(self, strokes: Strokes) -> None:
        """Add an example; one drawn before a label was chosen waits for it."""
        if self.chosen:
            self.letters.teach(self.chosen, strokes)
        else:
            self.unlabeled.append(strokes)
            self.send_message("press the letter that this is")

    def choose(self, label: str) -> None:
        """Choose the label to teach."""
        self.close_inks()
        self.chosen, self.teaching = label, True
        waiting, self.unlabeled = self.unlabeled, []
        for strokes in waiting:
            self.letters.teach(label, strokes)

    def key_pressed(self, key: str) -> None:
        """A plain letter or digit chooses the label; everything else is a command."""
        control = bool(self.modifiers & {"ctrl", "command"})
        if len(key) == 1 and key.isalnum() and not control:
            self.choose(key if "shift" in self.modifiers else key.upper())
            return
        command = f"ctrl+{key}" if control else key
        actions = {
            "space": self.train,
            "enter": lambda: self.train(resume=True),
            "f1": lambda: setattr(self, "shows_help", not self.shows_help),
            "f2": self.teach_or_recognise,
            "f3": lambda: setattr(self, "shows_figures", not self.shows_figures),
            "backspace": self.remove_last,
            "ctrl+z": self.remove_last,
            "ctrl+y": self.restore,
            "ctrl+s": self.save,
            "ctrl+q": self.quit,
            "escape": self.cancel,
        }
        if command in actions:
            actions[command]()

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """A model dropped on the window takes over between two frames."""
        for path in paths:
            if path.suffix == ".onnx":
                self.letters.load(path)
            else:
                self.send_message(f"{path.name} is no model: drop an .onnx file")

    def teach_or_recognise(self) -> None:
        """Change what drawing does from here on."""
        self.close_inks()
        self.teaching = not self.teaching

    def train(self, resume: bool = False) -> None:
        """Train beside the sketch; what is drawn from here on is recognised, not taught."""
        self.close_inks()
        if self.letters.train(self.iterations, resume=resume):
            self.teaching = False

    def remove_last(self) -> None:
        """Take the last example away."""
        gone = self.letters.remove_last()
        self.send_message(
            f"took the last {gone.label} away; Ctrl+Y brings it back" if gone else "nothing to take away"
        )

    def restore(self) -> None:
        """Bring the last removed example back."""
        back = self.letters.restore()
        self.send_message(f"brought {back.label} back" if back else "nothing to bring back")

    def save(self) -> None:
        """Say how things stand: every example is committed by itself."""
        waiting = self.letters.unsaved
        total = len(self.letters.examples)
        self.send_message(
            f"{waiting} of {total} are still being saved" if waiting else f"all {total} examples are saved"
        )

    def cancel(self) -> None:
        """Cancel the training, or leave off what waits for a label."""
        if self.letters.training.state in ("waiting", "running", "exporting"):
            self.letters.cancel()
        else:
            self.unlabeled = []

    def draw(self, canvas: sketch.Canvas) -> None:
        """The letter behind, the ink over it, the instruments around."""
        canvas.background(13, 14, 18)
        self.draw_letter(canvas)
        for ink in self.page:
            draw_strokes(canvas, ink.strokes, ink.color, min(1.0, (ink.until - self.time) / CLEARING_SECONDS))
        for pointer_id, strokes in self.drying.items():
            draw_strokes(canvas, strokes, self.color_of(pointer_id))
        canvas.ink(self.ink)
        self.draw_instruments(canvas)
        if self.shows_help:
            help_panel(canvas)

    def draw_letter(self, canvas: sketch.Canvas) -> None:
        """The letter, as visible as it is far along and sure; it lingers for a moment when it is done."""
        guess = self.letters.prediction
        if not guess.label:
            return
        linger = 1.0 if self.ink.wet or self.drying else 1 - (self.time - self.closed_at) / LETTER_SECONDS
        if linger <= 0:
            return
        canvas.color(*bytes_of(self.colors.of(guess.label)))
        middle = (canvas.width - 260) / 2
        canvas.text(
            guess.label,
            middle,
            canvas.height / 2 + 180,
            520,
            align="center",
            alpha=0.7 * guess.opacity * linger,
        )

    def draw_instruments(self, canvas: sketch.Canvas) -> None:
        """Mode, taught examples, probabilities, training, and the truth about what runs."""
        right, height = canvas.width - 240, canvas.height
        canvas.color(255, alpha=0.92)
        canvas.text(self.headline(), 28, 42, 20)
        example_cards(canvas, self.letters.examples, self.chosen, self.colors, 28, 62, canvas.width - 300)
        bars = height - (300 if self.letters.training.state != "idle" else 130)
        probability_bars(canvas, self.letters.prediction, self.colors, right, 30, bars - 30)
        if self.letters.training.state != "idle":
            training_panel(canvas, self.letters.training, right, height - 215)
        canvas.color(255, alpha=0.5)
        canvas.text(self.corner_line(), canvas.width - 24, height - 22, 13, align="right")
        if not self.teaching:
            canvas.color(255, alpha=0.8)
            canvas.text("  ".join(self.written), 28, height - 100, 30)

    def headline(self) -> str:
        """What drawing does now."""
        if self.teaching:
            return (
                f"Teaching {self.chosen}: draw it a few times, SPACE trains"
                if self.chosen
                else "Teaching: press a letter"
            )
        if not self.letters.ready:
            return "Press a letter and draw it a few times. F1 helps"
        return "Write. A letter key teaches, F1 helps"

    def corner_line(self) -> str:
        """The provider that really runs and what a point costs; renewed slowly enough to be read."""
        line, since = self.corner
        if self.time - since < 0.25 and line:
            return line
        timings = self.letters.timings
        parts = [self.letters.provider.upper()]
        if timings.p50 == timings.p50:
            parts.append(f"{timings.p50:.0f} microseconds a point, p99 {timings.p99:.0f}")
        if self.shows_figures:
            p50, p99 = self.frame_times.p50_p99
            parts.append(f"frame {p50:.1f} ms, p99 {p99:.1f}")
            parts.append(f"{len(self.letters.examples)} examples, {self.letters.unsaved} unsaved")
        self.corner = ("   ".join(part for part in parts if part), self.time)
        return self.corner[0]

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """A touch closes the help, and what was written before makes room."""
        self.shows_help = False
        soon = self.time + CLEARING_SECONDS
        self.page = [replace(ink, until=min(ink.until, soon)) for ink in self.page]


def draw_strokes(
    canvas: sketch.Canvas, strokes: list[sketch.Stroke], color: Rgba, opacity: float = 1.0
) -> None:
    """Draw strokes in one color."""
    red, green, blue, alpha = bytes_of(color)
    for stroke in strokes:
        canvas.stroke(stroke.points, stroke.width, (red, green, blue, alpha * opacity))


if __name__ == "__main__":
    sketch.run(Handwriting)
