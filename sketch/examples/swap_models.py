"""Drag model files on the window while you write: each is checked in the background and swapped in.

    inkloop run sketch/examples/swap_models.py

A card shows for each file whether it is active, where it runs, how long a point takes and what it knows; or
why it is refused, while the previous model stays active. F4 goes back to the previous model.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import sketch
from addon import ModelSpec, Recognizer
from sketch.escaped import escaped
from sketch.examples.handwriting import draw_strokes
from sketch.examples.palette import PAPER, bytes_of, label_color, mixed
from sketch.examples.panels import answer_panel, fitted
from sketch.ink.ink import Rgba
from sketch.ink.points import Points, Strokes

CARD = 300.0
MOST_CARDS = 5
SMALL = 13.0
THUMBNAIL = 26.0
COLORS = {
    "active": (255, 255, 255),
    "inactive": (170, 176, 190),
    "loading": (255, 214, 120),
    "refused": (255, 128, 100),
}
FLASH_SECONDS = 0.9
FADE_SECONDS = 0.35


@dataclass
class Card:
    """The state of one file.

    Attributes:
        path: Where it is.
        since: When its state began, in the sketch's seconds.
        state: "loading", "active", "inactive" or "refused".
        words: Why it was refused, or where it runs and how long a point takes.
        spec: Its description, once it is loaded.
        megabytes: Its size; 0 if the file was gone before it was read.
    """

    path: Path
    since: float
    state: str = "loading"
    words: str = ""
    spec: ModelSpec | None = None
    megabytes: float = 0.0

    def become(self, state: str, now: float, words: str = "") -> None:
        """Change the state."""
        self.state, self.since, self.words = state, now, words or self.words


class SwapModels(sketch.Sketch):
    """A page to write on, and the cards of the models."""

    window = sketch.Window(title="Swap models")
    pen_width = 10.0
    shows_messages = False

    def setup(self) -> None:
        """Attach the recogniser; a model that is put in its folder is swapped in as well."""
        self.letters = self.use(Recognizer("letters", watch=True, crossfade=FADE_SECONDS))
        self.cards: list[Card] = []
        self.before: Card | None = None
        self.written: list[sketch.Stroke] = []
        self.closed = False
        self.seen: ModelSpec | None = None
        self.last_message = ""
        self.figures = ("", 0.0)

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """Load every file in the background, whatever it is."""
        for path in paths:
            self.add_card(Card(path, self.time))
            if path.suffix.lower() == ".onnx":
                self.letters.load(path)
            else:
                self.cards[-1].become("refused", self.time, "not a model: drop a file that ends in .onnx")

    def add_card(self, card: Card) -> None:
        """Add a card; the oldest is removed, but never that of the active model."""
        active = [each for each in self.cards if each.state == "active"]
        others = [each for each in self.cards if each.state != "active"]
        self.cards = active + [*others, card][-(MOST_CARDS - 1) :]

    def message(self, text: str) -> None:
        """Show a message that begins with a file's name on its card, others at the bottom."""
        for card in self.cards:
            if card.state == "loading" and text.startswith(f"{escaped(card.path.name)}: "):
                card.become("refused", self.time, text.removeprefix(f"{escaped(card.path.name)}: "))
                return
        self.last_message = text

    def key_pressed(self, key: str) -> None:
        """F4 goes back, and forward again; BACKSPACE clears the page."""
        if key == "f4":
            self.letters.rollback()
        elif key == "backspace":
            self.written = []

    def on_stroke_point(self, point: Points, pointer_id: int) -> None:
        """A new ink begins on an empty page."""
        if self.closed:
            self.written, self.closed = [], False

    def on_stroke(self, points: Points, pointer_id: int) -> None:
        """A stroke is done: it is drawn in the color of the current answer from now on."""
        self.written.append(self.ink.remove())

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """The letter is done; it stays until the next one begins."""
        self.closed = True

    def update(self, dt: float) -> None:
        """Note which model is active, and color the ink by the answer."""
        self.read_figures()
        if self.letters.model is not self.seen:
            self.seen = self.letters.model
            self.take_over(self.letters.model_path)
        color = self.color_now()
        for stroke in self.ink.wet.values():
            stroke.color = color

    def color_now(self) -> Rgba:
        """The color of the ink: the more certain the answer, the stronger."""
        guess = self.letters.prediction
        return mixed(PAPER, label_color(guess.label), guess.confidence) if guess.label else PAPER

    def take_over(self, path: Path | None) -> None:
        """Mark another model as active."""
        for card in self.cards:
            if card.state == "active":
                card.become("inactive", self.time)
                self.before = card
        waiting = [card for card in self.cards if card.path == path and card.state != "refused"]
        if path is not None and not waiting:
            waiting = [Card(path, self.time)]
            self.add_card(waiting[0])
        if path is not None:
            waiting[-1].become("active", self.time)
            waiting[-1].spec = self.letters.model
            # The model is in memory: its file may be gone with the memory stick.
            with suppress(OSError):
                waiting[-1].megabytes = path.stat().st_size / 1e6

    def draw(self, canvas: sketch.Canvas) -> None:
        """The letter that is being written, the ink, the cards."""
        canvas.background(11, 12, 17)
        self.draw_letter(canvas)
        draw_strokes(canvas, self.written, self.color_now())
        canvas.ink(self.ink)
        top = 62.0
        # The active one on top, then the newest.
        for card in sorted(reversed(self.cards), key=lambda card: card.state != "active"):
            top += self.draw_card(canvas, card, 24, top) + 12
        bars = canvas.height - 120
        answer_panel(canvas, self.letters.prediction, canvas.width - 240, 30, bars)
        canvas.color(255, alpha=0.85)
        canvas.text("Drop .onnx files here while you write", 24, 40, 19)
        canvas.color(255, alpha=0.45)
        canvas.text("F4 previous model    BACKSPACE clear", 24, canvas.height - 22, 13)
        canvas.text(self.last_message, canvas.width - 24, canvas.height - 22, 13, align="right")

    def draw_letter(self, canvas: sketch.Canvas) -> None:
        """The letter, as visible as it is complete and certain; a ring grows from it when models change."""
        middle, guess = (CARD + canvas.width - 240) / 2, self.letters.prediction
        active = [card for card in self.cards if card.state == "active"]
        age = (self.time - active[0].since) / FLASH_SECONDS if active else 1.0
        if age < 1.0:
            canvas.no_fill()
            canvas.color(255, alpha=0.5 * (1 - age) ** 2)
            canvas.line_width(1 + 5 * (1 - age))
            canvas.circle(middle, canvas.height / 2, 120 + 420 * age)
            canvas.fill()
        if guess.label:
            canvas.color(*bytes_of(label_color(guess.label)))
            size = 0.72 * canvas.height
            canvas.text(
                guess.label,
                middle,
                canvas.height / 2 + 0.35 * size,
                size,
                align="center",
                alpha=0.55 * guess.opacity,
            )

    def draw_card(self, canvas: sketch.Canvas, card: Card, x: float, y: float) -> float:
        """Draw one card; return its height."""
        words, room = self.words_of(card), CARD - 36
        under = canvas.text_size(words, SMALL, width=room)[1]
        height = 48 + under + (THUMBNAIL + 8 if card.spec and card.spec.thumbnails else 0)
        color = COLORS[card.state]
        canvas.color(*color, alpha=0.11 if card.state == "active" else 0.05)
        canvas.rect(x, y, CARD, height, radius=8)
        canvas.color(*color, alpha=0.6 if card.state == "inactive" else 0.95)
        canvas.rect(x, y, 4, height, radius=2)
        canvas.text(escaped(card.path.name), x + 18, y + 27, 16)
        canvas.text(words, x + 18, y + 49, SMALL, width=room, alpha=0.8)
        if card.spec:
            self.draw_known(canvas, card, x + 18, y + height - THUMBNAIL - 8, room)
        return height

    def draw_known(self, canvas: sketch.Canvas, card: Card, x: float, y: float, room: float) -> None:
        """The inks that a model was taught, from its description."""
        assert card.spec is not None
        known = card.spec.thumbnails
        step = min(THUMBNAIL + 4, room / max(1, len(known)))
        canvas.line_width(1.4)
        for index, (label, strokes) in enumerate(known.items()):
            inks = [np.array(stroke, dtype=np.float32) for stroke in strokes]
            color = bytes_of(label_color(label))
            canvas.color(*color[:3], alpha=0.35 if card.state == "inactive" else 0.9)
            for points in fitted(inks, x + index * step, y, min(THUMBNAIL, step - 1.5)):
                canvas.polyline(points)

    def words_of(self, card: Card) -> str:
        """The text of a card below the name."""
        if card.state == "loading":
            return "checking and loading" + "." * (1 + int(3 * (self.time - card.since)) % 3)
        if card.state == "refused" or card.spec is None:
            return f"refused: {card.words}; the previous model stays active"
        spec = card.spec
        size = f"{spec.layers} x {spec.hidden} LSTM"
        if card.megabytes:
            megabytes = card.megabytes
            size += f", {megabytes:.1f} MB" if megabytes >= 1 else f", {1000 * megabytes:.0f} kB"
        knows = f"knows {len(spec.labels)} labels" if spec.labels else "knows what you teach"
        if card.state == "inactive":
            return f"{'F4 brings it back. ' if card is self.before else ''}{size}, {knows}"
        return f"{self.figures[0]}. {size}, {knows}"

    def read_figures(self) -> None:
        """Where the model really runs and how long a point takes; updated slowly enough to read."""
        if self.time >= self.figures[1]:
            timings = self.letters.timings
            line = f"active, on {self.letters.provider.upper()}: {as_time(timings.p50)} a point"
            self.figures = f"{line}, p99 {as_time(timings.p99)}", self.time + 0.5


def as_time(microseconds: float) -> str:
    """A time in the most readable unit."""
    return f"{microseconds:.0f} microseconds" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"


if __name__ == "__main__":
    sketch.run(SwapModels)
