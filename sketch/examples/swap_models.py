"""Drag model files on the window while you write: each is checked beside the show and takes over in between.

    inkloop run sketch/examples/swap_models.py

A card tells the truth about each file: whether it plays, where it runs, what a point costs and what it knows;
or, in plain words, why it is refused while the old one plays on. F4 goes back to the one before.
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
    "playing": (255, 255, 255),
    "resting": (170, 176, 190),
    "loading": (255, 214, 120),
    "refused": (255, 128, 100),
}
FLASH_SECONDS = 0.9
FADE_SECONDS = 0.35


@dataclass
class Card:
    """What is known of one file.

    Attributes:
        path: Where it is.
        since: When its state began, in the sketch's seconds.
        state: "loading", "playing", "resting" or "refused".
        words: Why it was refused, or where it runs and what a point costs.
        spec: What it says about itself, once it is loaded.
        megabytes: Its size; 0 if the file was gone before it was asked.
    """

    path: Path
    since: float
    state: str = "loading"
    words: str = ""
    spec: ModelSpec | None = None
    megabytes: float = 0.0

    def become(self, state: str, now: float, words: str = "") -> None:
        """Another state begins."""
        self.state, self.since, self.words = state, now, words or self.words


class SwapModels(sketch.Sketch):
    """A page to write on, and the cards of the models."""

    window = sketch.Window(title="Swap models")
    pen_width = 10.0
    shows_messages = False

    def setup(self) -> None:
        """Attach the recognizer; a model that is put in its folder takes over as well."""
        self.letters = self.use(Recognizer("letters", watch=True, crossfade=FADE_SECONDS))
        self.cards: list[Card] = []
        self.before: Card | None = None
        self.written: list[sketch.Stroke] = []
        self.closed = False
        self.seen: ModelSpec | None = None
        self.said = ""
        self.figures = ("", 0.0)

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """Whatever it is: let it be looked at beside the show."""
        for path in paths:
            self.add_card(Card(path, self.time))
            if path.suffix.lower() == ".onnx":
                self.letters.load(path)
            else:
                self.cards[-1].become("refused", self.time, "no model: drop a file that ends in .onnx")

    def add_card(self, card: Card) -> None:
        """A card for another file; the oldest goes, but never the one of the model that plays."""
        playing = [each for each in self.cards if each.state == "playing"]
        others = [each for each in self.cards if each.state != "playing"]
        self.cards = playing + [*others, card][-(MOST_CARDS - 1) :]

    def message(self, text: str) -> None:
        """A line that begins with a file's name says why it was refused; others stand below."""
        for card in self.cards:
            if card.state == "loading" and text.startswith(f"{escaped(card.path.name)}: "):
                card.become("refused", self.time, text.removeprefix(f"{escaped(card.path.name)}: "))
                return
        self.said = text

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
        """A stroke is done: it is drawn on in the color of what the ink is taken for."""
        self.written.append(self.ink.remove())

    def on_ink(self, strokes: Strokes, pointer_id: int) -> None:
        """The letter is done; it stays until the next one begins."""
        self.closed = True

    def update(self, dt: float) -> None:
        """See who plays, and color the ink by what it is taken for."""
        self.read_figures()
        if self.letters.model is not self.seen:
            self.seen = self.letters.model
            self.take_over(self.letters.model_path)
        color = self.color_now()
        for stroke in self.ink.wet.values():
            stroke.color = color

    def color_now(self) -> Rgba:
        """Of the ink: as strong as the answer is sure."""
        guess = self.letters.prediction
        return mixed(PAPER, label_color(guess.label), guess.confidence) if guess.label else PAPER

    def take_over(self, path: Path | None) -> None:
        """Another model plays from here on."""
        for card in self.cards:
            if card.state == "playing":
                card.become("resting", self.time)
                self.before = card
        waiting = [card for card in self.cards if card.path == path and card.state != "refused"]
        if path is not None and not waiting:
            waiting = [Card(path, self.time)]
            self.add_card(waiting[0])
        if path is not None:
            waiting[-1].become("playing", self.time)
            waiting[-1].spec = self.letters.model
            # The model plays from memory: its file may have gone with the stick that it came on.
            with suppress(OSError):
                waiting[-1].megabytes = path.stat().st_size / 1e6

    def draw(self, canvas: sketch.Canvas) -> None:
        """The letter that is being written, the ink, the cards."""
        canvas.background(11, 12, 17)
        self.draw_letter(canvas)
        draw_strokes(canvas, self.written, self.color_now())
        canvas.ink(self.ink)
        top = 62.0
        # The one that plays on top, then the newest.
        for card in sorted(reversed(self.cards), key=lambda card: card.state != "playing"):
            top += self.draw_card(canvas, card, 24, top) + 12
        bars = canvas.height - 120
        answer_panel(canvas, self.letters.prediction, canvas.width - 240, 30, bars)
        canvas.color(255, alpha=0.85)
        canvas.text("Drop .onnx files here while you write", 24, 40, 19)
        canvas.color(255, alpha=0.45)
        canvas.text("F4 the model before    BACKSPACE clear", 24, canvas.height - 22, 13)
        canvas.text(self.said, canvas.width - 24, canvas.height - 22, 13, align="right")

    def draw_letter(self, canvas: sketch.Canvas) -> None:
        """The letter, as visible as it is far along and sure; a ring runs out from it when models change."""
        middle, guess = (CARD + canvas.width - 240) / 2, self.letters.prediction
        playing = [card for card in self.cards if card.state == "playing"]
        age = (self.time - playing[0].since) / FLASH_SECONDS if playing else 1.0
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
        """One card; gives its height."""
        words, room = self.words_of(card), CARD - 36
        under = canvas.text_size(words, SMALL, width=room)[1]
        height = 48 + under + (THUMBNAIL + 8 if card.spec and card.spec.thumbnails else 0)
        color = COLORS[card.state]
        canvas.color(*color, alpha=0.11 if card.state == "playing" else 0.05)
        canvas.rect(x, y, CARD, height, radius=8)
        canvas.color(*color, alpha=0.6 if card.state == "resting" else 0.95)
        canvas.rect(x, y, 4, height, radius=2)
        canvas.text(escaped(card.path.name), x + 18, y + 27, 16)
        canvas.text(words, x + 18, y + 49, SMALL, width=room, alpha=0.8)
        if card.spec:
            self.draw_known(canvas, card, x + 18, y + height - THUMBNAIL - 8, room)
        return height

    def draw_known(self, canvas: sketch.Canvas, card: Card, x: float, y: float, room: float) -> None:
        """The inks that a model was taught, as it carries them."""
        assert card.spec is not None
        known = card.spec.thumbnails
        step = min(THUMBNAIL + 4, room / max(1, len(known)))
        canvas.line_width(1.4)
        for index, (label, strokes) in enumerate(known.items()):
            inks = [np.array(stroke, dtype=np.float32) for stroke in strokes]
            color = bytes_of(label_color(label))
            canvas.color(*color[:3], alpha=0.35 if card.state == "resting" else 0.9)
            for points in fitted(inks, x + index * step, y, min(THUMBNAIL, step - 1.5)):
                canvas.polyline(points)

    def words_of(self, card: Card) -> str:
        """What a card says below the name."""
        if card.state == "loading":
            return "is being looked at, loaded and warmed" + "." * (1 + int(3 * (self.time - card.since)) % 3)
        if card.state == "refused" or card.spec is None:
            return f"refused: {card.words}; the old one plays on"
        spec = card.spec
        size = f"{spec.layers} x {spec.hidden} LSTM"
        if card.megabytes:
            megabytes = card.megabytes
            size += f", {megabytes:.1f} MB" if megabytes >= 1 else f", {1000 * megabytes:.0f} kB"
        knows = f"knows {len(spec.labels)} letters" if spec.labels else "knows what it is taught"
        if card.state == "resting":
            return f"{'F4 brings it back. ' if card is self.before else ''}{size}, {knows}"
        return f"{self.figures[0]}. {size}, {knows}"

    def read_figures(self) -> None:
        """Where the model really runs and what a point costs; renewed slowly enough to be read."""
        if self.time >= self.figures[1]:
            timings = self.letters.timings
            line = f"plays on {self.letters.provider.upper()}: {said_time(timings.p50)} a point"
            self.figures = f"{line}, p99 {said_time(timings.p99)}", self.time + 0.5


def said_time(microseconds: float) -> str:
    """A time in the unit that it reads best in."""
    return f"{microseconds:.0f} microseconds" if microseconds < 1000 else f"{microseconds / 1000:.1f} ms"


if __name__ == "__main__":
    sketch.run(SwapModels)
