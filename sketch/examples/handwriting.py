"""Draw letters, teach them, watch each one appear while it is still being written.

Run it: `inkloop run sketch/examples/handwriting.py`, or `inkloop handwriting`. F1 shows the keys.
"""

from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

import sketch
from addon import Prediction, Recognizer
from addon.dataset.taught import Example
from sketch.examples.palette import PAPER, bytes_of, label_color, mixed
from sketch.examples.panels import (
    answer_panel,
    column_width,
    example_cards,
    help_panel,
    open_rings,
    training_panel,
)
from sketch.ink.ink import Rgba
from sketch.ink.points import Points, Strokes
from sketch.notices import Notices

# Seconds that the last letter stays, that a finished ink stays, and that it takes to fade out.
LETTER_SECONDS = 1.6
INK_SECONDS = 6.0
CLEARING_SECONDS = 0.7


@dataclass(frozen=True)
class Finished:
    """A finished ink on the page: its strokes, its color, and the time at which it disappears.

    `example` is the id of the example that was taught from it; None if it was not taught.
    """

    strokes: list[sketch.Stroke]
    color: Rgba
    until: float
    example: int | None = None


class Handwriting(sketch.Sketch):
    """The handwriting sketch.

    Attributes:
        letters: The recogniser.
        teaching: Whether the next ink becomes an example or is only recognised.
        chosen: The label to teach; empty if none is chosen.
        written: The recognised labels so far, oldest first.
        preset: Network that SPACE trains from scratch, as `Recognizer` takes it; None to adapt the encoder.
        iterations: At most so many iterations of training; None for the default.
    """

    window = sketch.Window(title="Inkloop: handwriting")
    pen_width = 9.0
    keeps_ink = True
    preset: str | None = None
    iterations: int | None = None

    def setup(self) -> None:
        """Attach the recogniser. It knows letters and digits until something is taught."""
        self.letters = self.use(Recognizer("letters", preset=self.preset, watch=True))
        self.teaching = False
        self.chosen = ""
        self.written: list[str] = []
        self.drying: dict[int, list[sketch.Stroke]] = {}
        self.reopened: dict[int, Finished] = {}
        self.closed: dict[int, Finished] = {}
        # The ink of the last run stays until something is drawn.
        self.page = [Finished([stroke], plain(stroke), inf) for stroke in self.ink]
        self.asked: int | None = None
        self.just_taught: int | None = None
        self.insists = False
        self.shows_training = False
        # Messages are drawn between the other panels instead of over them.
        self.notices = Notices()
        self.shows_notices, self.shows_messages = self.shows_messages, False
        self.unlabeled: list[Strokes] = []
        self.closed_at = -LETTER_SECONDS
        self.shows_help = False

    def update(self, dt: float) -> None:
        """Color the wet ink by the answer, and ask about a new example that does not fit its label."""
        for pointer_id, stroke in self.ink.wet.items():
            stroke.color = self.color_of(pointer_id)
        gone = [ink for ink in self.page if self.time >= ink.until]
        if gone:
            self.page = [ink for ink in self.page if self.time < ink.until]
            self.take_away([stroke for ink in gone for stroke in ink.strokes])
        if self.just_taught is not None and self.odd(self.just_taught):
            self.asked, self.just_taught = self.just_taught, None

    def take_away(self, strokes: list[sketch.Stroke]) -> None:
        """Remove strokes that left the page from the kept ink."""
        for stroke in strokes:
            place = self.place_of(stroke)
            if place is not None:
                self.ink.remove(place)

    def place_of(self, stroke: sketch.Stroke) -> int | None:
        """The index of a stroke in the kept ink; None if it is not there."""
        return next((at for at, one in enumerate(self.ink) if one is stroke), None)

    def odd(self, example: int | None) -> str:
        """Why an example does not fit its label, in one line; empty if it does."""
        return next((each.text for each in self.letters.oddities(0.0) if each.id == example), "")

    def color_of(self, pointer_id: int) -> Rgba:
        """The color of the taught label or of the answer: the more certain, the stronger."""
        if self.teaching:
            return label_color(self.chosen) if self.chosen else PAPER
        guess = self.letters.predictions.get(pointer_id)
        if guess is None or not guess.held:
            return PAPER
        return mixed(PAPER, label_color(guess.held), guess.confidence * (1.0 - guess.unknown))

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """A stroke is done: it waits for the end of the letter."""
        self.drying.setdefault(pointer_id, []).append(self.ink.strokes[-1])

    def on_ink_reopened(self, strokes: Strokes, pointer_id: int) -> None:
        """A closed letter is continued; or, if the stroke repeats it, it is drawn once more."""
        before = self.reopened.pop(pointer_id, None)
        if before is not None:
            # Split off: the letter before stays as it was, and its last stroke begins the next one.
            kept = len(before.strokes)
            self.page.append(replace(before, until=self.time + CLEARING_SECONDS))
            self.drying[pointer_id] = self.drying[pointer_id][kept:]
            return
        last = self.closed.pop(pointer_id, None)
        if last is not None and any(ink is last for ink in self.page):
            self.page = [ink for ink in self.page if ink is not last]
            self.reopened[pointer_id] = last
            self.drying[pointer_id] = [*last.strokes]

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """A letter is finished: teach it, or note the answer."""
        example = None
        if self.teaching:
            example = self.teach(strokes)
        else:
            written = self.written[:-1] if self.ink_amends else self.written
            self.written = [*written, name_of(self.letters.predictions.get(pointer_id))][-24:]
        color = self.color_of(pointer_id)
        drawn = [self.recolored(stroke, color) for stroke in self.drying.pop(pointer_id, [])]
        finished = Finished(drawn, color, self.time + INK_SECONDS, example)
        self.reopened.pop(pointer_id, None)
        self.closed[pointer_id] = finished
        self.page.append(finished)
        self.closed_at = self.time

    def recolored(self, stroke: sketch.Stroke, color: Rgba) -> sketch.Stroke:
        """Replace a stroke of the ink by one in its final color."""
        place = self.place_of(stroke)
        if place is None:
            return stroke
        self.ink.replace(place, replace(stroke, color=color))
        return self.ink.strokes[place]

    def teach(self, strokes: Strokes) -> int | None:
        """Add an example, or amend the last; an ink drawn before a label was chosen waits for it."""
        if self.chosen:
            self.just_taught = self.letters.teach(self.chosen, strokes).id
            self.asked, self.insists = None, False
            return self.just_taught
        self.unlabeled = [*(self.unlabeled[:-1] if self.ink_amends else self.unlabeled), strokes]
        self.send_message("press the key of the letter you drew")
        return None

    def choose(self, label: str) -> None:
        """Choose the label to teach."""
        self.close_inks()
        self.chosen, self.teaching = label, True
        self.asked = None
        waiting, self.unlabeled = self.unlabeled, []
        for strokes in waiting:
            self.teach(strokes)

    def key_pressed(self, key: str) -> None:
        """A plain letter or digit chooses the label; other keys are commands."""
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
            "f4": self.letters.rollback,
            "backspace": self.remove_last,
            "delete": self.remove_odd,
            "ctrl+z": self.remove_last,
            "ctrl+y": self.restore,
            "ctrl+s": self.save,
            "ctrl+q": self.quit,
            "escape": self.cancel,
        }
        if command in actions:
            actions[command]()

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """A model dropped on the window is swapped in between two frames."""
        for path in paths:
            if path.suffix == ".onnx":
                self.letters.load(path)
            else:
                self.send_message(f"{path.name} is not a model: drop an .onnx file")

    def teach_or_recognise(self) -> None:
        """Switch between teaching and recognising."""
        self.close_inks()
        self.teaching = not self.teaching

    def train(self, resume: bool = False) -> None:
        """Train in another process; from here on, drawing is recognised, not taught.

        If there is nothing to gain, a message says so first; a second press trains anyway.
        """
        self.close_inks()
        adapts = self.preset is None and not resume
        if adapts and not self.insists and not self.letters.refusal and self.letters.all_known(0.1):
            self.insists = True
            self.send_message(
                "nothing to gain: every example is recognised by the others, half drawn and complete; "
                "teach more, or press SPACE again to train anyway"
            )
            return
        self.insists, self.asked = False, None
        if self.letters.train(self.iterations, resume=resume):
            self.teaching = False
            self.shows_training = True

    def remove_last(self) -> None:
        """Remove the example that is asked about, else the last."""
        self.close_inks()
        asked = next((one for one in self.letters.examples if one.id == self.asked), None)
        gone = self.letters.forget(asked) if asked is not None else self.letters.remove_last()
        self.took(gone)

    def remove_odd(self) -> None:
        """Remove the example that the coach names."""
        odd = self.letters.oddities(0.0)
        examples = {one.id: one for one in self.letters.examples}
        named = examples.get(odd[-1].id) if odd else None
        self.took(None if named is None else self.letters.forget(named))

    def took(self, gone: Example | None) -> None:
        """An example was removed: fade it out, and report that."""
        self.asked = self.just_taught = None
        self.insists = False
        if gone is None:
            self.send_message("no example to remove")
            return
        soon = self.time + CLEARING_SECONDS
        self.page = [replace(ink, until=soon) if ink.example == gone.id else ink for ink in self.page]
        self.send_message(f"removed an example of {gone.label}; Ctrl+Y restores it")

    def restore(self) -> None:
        """Restore the last removed example."""
        back = self.letters.restore()
        self.send_message(
            f"restored an example of {back.label}" if back else "there is no example to restore"
        )

    def save(self) -> None:
        """Report whether all examples are saved; each is saved by itself."""
        waiting = self.letters.unsaved
        total = len(self.letters.examples)
        self.send_message(
            f"{waiting} of {total} are still being saved" if waiting else f"all {total} examples are saved"
        )

    def cancel(self) -> None:
        """Cancel training and teaching, and clear the page."""
        self.close_inks()
        self.letters.cancel()
        self.teaching, self.chosen, self.unlabeled = False, "", []
        self.asked = self.just_taught = None
        self.insists = self.shows_training = self.shows_help = False
        self.written = []
        self.closed_at = -LETTER_SECONDS
        self.take_away([stroke for ink in self.page for stroke in ink.strokes])
        self.page = []
        self.outbox.clear()
        self.notices = Notices()

    def message(self, text: str) -> None:
        """Show a message; a cancelled training is visible anyway."""
        if text != "training was cancelled":
            self.notices.add(self.time, text)

    def draw(self, canvas: sketch.Canvas) -> None:
        """The letter, the ink over it, the panels around it."""
        canvas.background(13, 14, 18)
        self.draw_letter(canvas)
        for ink in self.page:
            draw_strokes(canvas, ink.strokes, ink.color, min(1.0, (ink.until - self.time) / CLEARING_SECONDS))
        for pointer_id, strokes in self.drying.items():
            draw_strokes(canvas, strokes, self.color_of(pointer_id))
        for stroke in self.ink.wet.values():
            wet = stroke.with_tip()
            draw_strokes(canvas, [wet], plain(wet))
        open_rings(canvas, self.open_inks)
        self.draw_instruments(canvas)
        if self.shows_help:
            help_panel(canvas)

    def draw_letter(self, canvas: sketch.Canvas) -> None:
        """The letter, as visible as it is complete and certain; it stays for a moment at the end."""
        guess = self.letters.prediction
        if not guess.held:
            return
        linger = 1.0 if self.ink.wet or self.drying else 1 - (self.time - self.closed_at) / LETTER_SECONDS
        if linger <= 0:
            return
        canvas.color(*bytes_of(label_color(guess.held)))
        # In a low window it is smaller, to leave room for the cards.
        size = max(60.0, min(520.0, (canvas.height - 230) / 0.72))
        middle = max(canvas.height / 2, 190 + 0.35 * size)
        canvas.text(
            guess.held,
            (canvas.width - column_width(canvas) - 44) / 2,
            middle + 0.35 * size,
            size,
            align="center",
            alpha=0.7 * guess.opacity * linger,
        )

    def draw_instruments(self, canvas: sketch.Canvas) -> None:
        """The mode, taught examples, probabilities, training, and what really runs."""
        column, height = column_width(canvas), canvas.height
        right, room = canvas.width - column - 24, canvas.width - column - 76
        canvas.color(255, alpha=0.92)
        y = below(canvas, self.headline(), 42, 20, room)
        odd = {each.label for each in self.letters.oddities(0.0)}
        y = example_cards(canvas, self.letters.examples, self.chosen, 28, y, room, odd)
        canvas.color(255, 196, 92, alpha=0.85)
        y = below(canvas, self.coach_line(), y + 24, 15, room)
        canvas.color(255, alpha=0.5)
        line, size = self.corner_line(), 13
        lines = canvas.text_size(line, size, width=column)[1]
        bottom = height - 12 - lines
        canvas.text(line, right, bottom + size, size, width=column)
        training = self.shows_training and self.letters.training.state != "idle"
        if training:
            bottom = training_panel(canvas, self.letters.training, right, bottom - 12, column)
        answer_panel(canvas, self.letters.prediction, right, 30, bottom - 50, column)
        free = height - 22.0
        if self.shows_notices:
            free = self.notices.draw(canvas, self.time, column + 40)
        if not self.teaching and self.written and min(height - 100, free - 12) > y + 20:
            canvas.color(255, alpha=0.8)
            fitting = max(1, int(room / 44))
            canvas.text("  ".join(self.written[-fitting:]), 28, min(height - 100, free - 12), 30)

    def coach_line(self) -> str:
        """A question about the last example, else the coach's line: an odd example comes first."""
        asked = self.odd(self.asked)
        if asked:
            return f"{asked}: BACKSPACE removes it, drawing keeps it"
        odd = self.letters.oddities(0.0)
        if odd:
            return f"{odd[-1].text}; DELETE removes it"
        advice = self.letters.advice(0.0)
        return advice[0].text if advice else ""

    def headline(self) -> str:
        """The headline: what drawing does now."""
        if self.teaching:
            if not self.chosen:
                return "Teaching: press a letter"
            taught = self.letters.labels.get(self.chosen, 0)
            return f"Teaching {self.chosen}: " + (
                "Inkloop knows it; press F2 and write it, or draw more" if taught else "draw it once"
            )
        if not self.letters.ready:
            return "Press a letter and draw it. F1 helps"
        return "Write. A letter key teaches, F1 helps"

    def corner_line(self) -> str:
        """The provider that really runs."""
        return f"on the {self.letters.provider.upper()}" if self.letters.provider else ""

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """A touch closes the help, and earlier inks fade out."""
        self.shows_help = self.insists = False
        soon = self.time + CLEARING_SECONDS
        self.page = [replace(ink, until=min(ink.until, soon)) for ink in self.page]


def name_of(guess: Prediction | None) -> str:
    """The label of a finished ink; a question mark if it is probably none of the classes."""
    if guess is None:
        return ""
    return "?" if guess.unknown > 0.5 else guess.held


def plain(stroke: sketch.Stroke) -> Rgba:
    """The color of a stroke; that of paper if each point has its own."""
    return stroke.color if isinstance(stroke.color, tuple) else PAPER


def below(canvas: sketch.Canvas, text: str, y: float, size: float, width: float) -> float:
    """Write a text, wrapped to a width; return the y below it."""
    if not text:
        return y
    canvas.text(text, 28, y, size, width=width)
    return y + canvas.text_size(text, size, width=width)[1]


def draw_strokes(
    canvas: sketch.Canvas, strokes: list[sketch.Stroke], color: Rgba, opacity: float = 1.0
) -> None:
    """Draw strokes in one color."""
    red, green, blue, alpha = bytes_of(color)
    for stroke in strokes:
        canvas.stroke(stroke.points, stroke.width, (red, green, blue, alpha * opacity))


if __name__ == "__main__":
    sketch.run(Handwriting)
