"""A text detector finds the writing on a page of writing and drawings.

    inkloop run sketch/examples/text_in_the_ink.py

A machine-written hand fills the page until you draw on it; BACKSPACE clears it, H shows the detector's heat
map. The detector is PaddleOCR's, from the package `rapidocr`: pip install rapidocr.
"""

from math import sin, tau

import numpy as np

import sketch
from addon import ImageClassifier
from addon.vision.regions import Region
from sketch.examples.eye_panels import Plate, truth_line
from sketch.synthetic_hand.hand import write

PAPER = (243, 238, 227)
INK = (38, 40, 58)
FOUND = (214, 66, 40)
CERTAIN = 0.7  # score of a region; lower ones are not shown
LOOKS_AT = 960  # pixels of the longer side of the detector's picture
PAUSE = 4.0
PACE = 0.55  # share of the time that a person would take


class TextInTheInk(sketch.Sketch):
    """Words, numbers and drawings; boxes come and go as they are written."""

    window = sketch.Window(title="Text in the ink")
    pen_color = INK
    pen_width = 5.0

    def setup(self) -> None:
        """Prepare the page, and load the detector in the background."""
        self.eye = self.use(ImageClassifier("text-detector"))
        self.eye.views = {"picture"}
        self.page = page(self.width, self.height)
        self.length = max(float(stroke[-1, 2]) for stroke in self.page) + PAUSE
        scale = min(1.0, LOOKS_AT / max(self.width, self.height))
        self.seen = sketch.Fbo(self.width, self.height, pixel_ratio=scale)
        self.looked = -1.0
        self.plate = Plate(("#f3eee3", "#e8b49a", "#d64228"))
        self.shows_heat = True

    def draw(self, canvas: sketch.Canvas) -> None:
        """The page, and boxes around what the detector found."""
        if self.time - self.looked > 0.05:
            self.looked = self.time
            with canvas.into(self.seen):
                self.draw_page(canvas)
                self.eye.feed(canvas.grab().pixels)
        self.draw_page(canvas)
        for region in self.eye.answer.regions:
            if region.score > CERTAIN:
                draw_region(canvas, region, self.seen.ratio(1.0))
        self.draw_corner(canvas)

    def draw_page(self, canvas: sketch.Canvas) -> None:
        """The paper and the ink on it."""
        canvas.background(*PAPER)
        if self.ink.strokes or self.ink.wet:
            canvas.ink(self.ink)
            return
        canvas.color(*INK)
        now = self.time % self.length
        for stroke in self.page:
            written = stroke[stroke[:, 2] <= now]
            if len(written) > 1:
                canvas.stroke(written, 2.5 + 3.5 * written[:, 3], INK)

    def draw_corner(self, canvas: sketch.Canvas) -> None:
        """The heat map and the status of the model, or how to install it."""
        missing = self.eye.refusal
        canvas.color(*(FOUND if missing else INK), alpha=0.9 if missing else 0.6)
        canvas.text(missing or truth_line(self.eye), 24, self.height - 22, 14)
        heat = next(iter(self.eye.answer.outputs.values()), None)
        if self.shows_heat and heat is not None:
            width = 0.2 * self.width
            height = width * heat.shape[2] / heat.shape[3]
            grays = np.rint(heat[0, 0] * 255).astype(np.uint8)
            self.plate.draw(
                canvas, grays, (self.width - width - 24, self.height - height - 24, width, height)
            )

    def key_pressed(self, key: str) -> None:
        """Clear the page, or show and hide the heat map."""
        if key == "backspace":
            self.ink.clear()
        elif key == "h":
            self.shows_heat = not self.shows_heat


def draw_region(canvas: sketch.Canvas, region: Region, scale: float) -> None:
    """A box around a region, the more certain, the stronger; `scale` is detector pixels per logical pixel."""
    corners = region.corners / scale
    sure = (region.score - CERTAIN) / (1 - CERTAIN)
    canvas.color(*FOUND, alpha=0.05 + 0.06 * sure)
    canvas.polygon(corners)
    canvas.color(*FOUND, alpha=0.3 + 0.6 * sure)
    canvas.line_width(2)
    canvas.polyline(np.concatenate([corners, corners[:1]]))
    x, y = corners[corners.sum(axis=1).argmin()]
    canvas.text(f"{100 * region.score:.0f} %", float(x), float(y) - 6, 13)


def page(width: float, height: float) -> list[sketch.Points]:
    """All strokes of the page in order: arrays of x, y, seconds, pressure."""
    unit = height / 720
    box = (width, height)
    parts = [
        placed(write("ink", face="script", height=130 * unit, seed=3, speed=11), box, 0.06, 0.08, 0.24),
        doodle(house(), 0.44 * width, 0.24 * height, 84 * unit),
        placed(write("is not a line", height=70 * unit, seed=5, speed=13), box, 0.58, 0.12, 0.36),
        doodle(heart(), 0.85 * width, 0.52 * height, 76 * unit),
        placed(write("it is 1000 points", height=70 * unit, seed=8, speed=13), box, 0.2, 0.47, 0.46),
        doodle(wave(), 0.12 * width, 0.83 * height, 90 * unit),
        placed(write("that think", face="italic", height=90 * unit, seed=9, speed=12), box, 0.34, 0.74, 0.36),
    ]
    strokes: list[sketch.Points] = []
    began = 0.3
    for part in parts:
        strokes += [stroke + np.array((0, 0, began, 0), np.float32) for stroke in part]
        began = float(strokes[-1][-1, 2]) + 0.25
    return strokes


def placed(
    strokes: list[sketch.Points], page: tuple[float, float], left: float, top: float, share: float
) -> list[sketch.Points]:
    """Writing, moved to a place on the page and shrunk to a share of its width; all three in 0..1."""
    xy = np.concatenate(strokes)[:, :2]
    scale = min(1.0, share * page[0] / float(np.ptp(xy[:, 0])))
    corner = np.array((left, top)) * page - scale * xy.min(axis=0)
    return [
        (stroke * (scale, scale, PACE, 1) + (*corner.tolist(), 0, 0)).astype(np.float32) for stroke in strokes
    ]


def doodle(path: np.ndarray, x: float, y: float, size: float) -> list[sketch.Points]:
    """A drawn line that is not writing, one second long: shape (n, 2), -1..1, around (x, y)."""
    times = np.linspace(0, 0.9, len(path))
    rows = np.column_stack([x + size * path[:, 0], y + size * path[:, 1], times, np.full(len(path), 0.5)])
    return [rows.astype(np.float32)]


def house() -> np.ndarray:
    """A house, in one line."""
    corners = ((-0.8, 1), (-0.8, -0.1), (0, -1), (0.8, -0.1), (0.8, 1), (-0.8, 1), (0.8, -0.1), (-0.8, -0.1))
    along, each = np.linspace(0, len(corners) - 1, 90), np.arange(len(corners))
    x, y = (np.array(axis) for axis in zip(*corners, strict=True))
    return np.column_stack([np.interp(along, each, x), np.interp(along, each, y)])


def heart() -> np.ndarray:
    """A heart."""
    turn = np.linspace(0, tau, 80)
    down = -13 * np.cos(turn) + 5 * np.cos(2 * turn) + 2 * np.cos(3 * turn) + np.cos(4 * turn)
    return np.column_stack([np.sin(turn) ** 3, down / 16])


def wave() -> np.ndarray:
    """Three hills."""
    return np.array([(t / 50 - 1, 0.3 * sin(3 * tau * t / 100)) for t in range(101)])


if __name__ == "__main__":
    sketch.run(TextInTheInk)
