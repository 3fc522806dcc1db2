"""A piece for a pen and a flock: what you write gathers the birds, and what is understood colors them.

Tab opens the panel, numbers recall the moods while it is open, and saving this file changes the piece while
it plays. `python -m sketch.examples.performance_show` plays ten minutes of it without a hand.
"""

from pathlib import Path

import numpy as np

import sketch
from addon import Recognizer
from sketch.arrays import Doubles
from sketch.examples.palette import color_index
from sketch.render.oklab import Channels, oklch

BIRDS = 1800
HOLD = 1.5
"""Seconds for which the birds stay on a letter."""

GROUND = (8, 9, 15)


def air(x: Doubles, y: Doubles, t: float) -> tuple[Doubles, Doubles]:
    """The wind at places in heights of the window, at a time in seconds."""
    return np.sin(7 * y + 1.3 * t) + np.cos(5 * x + 7 * y), np.sin(8 * x - t) - np.cos(7 * x - 5 * y)


def lure(t: float) -> tuple[float, float]:
    """Where the birds are drawn to when no one writes, in shares of the window."""
    return 0.5 + 0.34 * np.sin(0.53 * t), 0.5 + 0.3 * np.sin(0.91 * t + 0.6)


def color_of(label: str, light: float, chroma: float) -> Channels:
    """The color of a letter: neighbours in the alphabet are far apart in hue."""
    return oklch(light, chroma, 137.5 * color_index(label) % 360)


class Performance(sketch.Sketch):
    """The flock, the ink, and the letter as it is understood."""

    window = sketch.Window(title="Performance")
    pen_width = 6.0
    wind = sketch.Param(0.9, 0, 3, group="flock")
    pull = sketch.Param(0.5, 0, 2, group="flock")
    swirl = sketch.Param(0.3, -1, 1, group="flock")
    pace = sketch.Param(6.5, 1, 14, group="flock")
    width_of_bird = sketch.Param(1.5, 0.5, 5, group="flock")
    hue = sketch.Param(40.0, 0, 360, unit="degrees", group="light")
    spread = sketch.Param(60.0, -180, 180, unit="degrees", group="light")
    trail = sketch.Param(0.88, 0.5, 0.98, group="light")
    glow = sketch.Param(0.6, 0, 1.2, group="light")

    def setup(self) -> None:
        """Attach the recogniser, and spread the birds over the window."""
        self.letters = self.use(Recognizer("letters"))
        rng = np.random.default_rng(self.seed)
        self.xy: Doubles = rng.uniform((0, 0), (self.width, self.height), (BIRDS, 2))
        self.velocity: Doubles = rng.normal(0, 1, (BIRDS, 2))
        self.mood: Doubles = rng.uniform(0.4, 1.5, (BIRDS, 1))
        self.targets: Doubles = np.zeros((BIRDS, 2))
        self.held_until = 0.0
        self.is_held = False
        self.flash = 0.0
        self.label = ""

    def update(self, dt: float) -> None:
        """Move every bird: to its place on the letter while it is held, with the wind otherwise."""
        size = float(self.height)
        if self.time < self.held_until:
            self.velocity += 0.12 * (self.targets - self.xy) - 0.34 * self.velocity
            self.velocity += 0.25 * self.mood * np.random.default_rng(self.frame).normal(0, 1, (BIRDS, 2))
        else:
            toward = (self.aim() - self.xy) / size
            x, y = self.xy.T / size
            push = np.stack(air(x, y, self.time), axis=1)
            around = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
            self.velocity += self.mood * (self.pull * toward + self.swirl * around + 0.28 * self.wind * push)
            fast = np.hypot(*self.velocity.T)[:, None] + 1e-9
            self.velocity *= 0.985 * np.minimum(1.0, self.pace * self.mood / fast)
            if self.is_held:
                self.velocity += 9 * self.mood * np.random.default_rng(self.frame).normal(0, 1, (BIRDS, 2))
        self.is_held = self.time < self.held_until
        self.xy = self.xy + self.velocity * size / 720
        self.flash *= 0.94

    def aim(self) -> tuple[float, float]:
        """Where the birds are drawn to: the tip of the pen, else the lure."""
        for stroke in self.ink.wet.values():
            x, y = stroke.points[-1, :2].tolist()
            return x, y
        x, y = lure(self.time)
        return x * self.width, y * self.height

    def draw(self, canvas: sketch.Canvas) -> None:
        """The birds as the lines that they flew, the letter under the ink, and the ink."""
        canvas.background(*GROUND)
        guess = self.letters.prediction
        light = 0.42 + 0.05 * np.hypot(*self.velocity.T) + 0.25 * self.flash
        light = np.clip(light + 0.2 * (self.time < self.held_until) * (self.mood[:, 0] - 0.6), 0.3, 0.95)
        canvas.lines(self.xy - self.tails(), self.xy, self.width_of_bird, self.feathers(light))
        self.draw_guess(canvas, guess.label, guess.opacity)
        sure = guess.confidence * (1 - guess.unknown)
        for stroke in self.written():
            canvas.stroke(stroke.points, stroke.width, color_of(guess.label, 0.95 - 0.2 * sure, 0.22 * sure))
        canvas.post(
            sketch.Trails(self.trail, ground=GROUND), sketch.Bloom(self.glow, threshold=0.35, radius=20)
        )

    def tails(self) -> Doubles:
        """From each bird back along its way, and never shorter than a dash."""
        fast = np.hypot(*self.velocity.T)[:, None] + 1e-9
        return 1.3 * self.velocity * np.maximum(1.0, 4.0 / fast)

    def feathers(self, light: Doubles) -> Doubles:
        """A color for each bird: the mood's hue, or that of the letter that was understood."""
        hue = 137.5 * color_index(self.label) if self.time < self.held_until else self.hue
        steps = np.array([oklch(x, 0.14, hue + self.spread * (x - 0.5)) for x in np.linspace(0.3, 0.95, 48)])
        return steps[((light - 0.3) / 0.65 * 47).astype(int)]

    def draw_guess(self, canvas: sketch.Canvas, label: str, opacity: float) -> None:
        """The letter fitted to the ink so far, as visible as it is complete and certain."""
        points = [stroke.points[:, :2] for stroke in self.written()]
        if not label or not points:
            return
        low, high = np.concatenate(points).min(axis=0), np.concatenate(points).max(axis=0)
        size = 1.38 * max(float(np.max(high - low)), 40.0)
        x, y = (low + high) / 2
        canvas.color(*color_of(label, 0.5, 0.12))
        canvas.text(label, x, y + 0.36 * size, size=size, align="center", alpha=0.8 * opacity)

    def files_dropped(self, paths: list[Path], x: float, y: float) -> None:
        """A model that is dropped on the window takes over."""
        for path in paths:
            self.letters.load(path)

    def written(self) -> list[sketch.Stroke]:
        """The strokes of the letter so far, the one under the pen among them."""
        return [*self.ink, *(stroke.with_tip() for stroke in self.ink.wet.values())]

    def on_ink(self, strokes: sketch.Strokes, pointer_id: int) -> None:
        """A letter is finished: the birds take their places along it."""
        self.label = self.letters.predictions[pointer_id].held
        points = np.concatenate([stroke[:, :2] for stroke in strokes]).astype(float)
        places = np.random.default_rng(self.frame).integers(0, len(points), BIRDS)
        self.targets = points[places] + np.random.default_rng(self.frame + 1).normal(0, 5, (BIRDS, 2))
        self.held_until = self.time + HOLD
        self.flash = 1.0
        self.ink.clear()


if __name__ == "__main__":
    sketch.run(Performance)
