"""Three thousand starlings at dusk: each flies where the wind leads, and trails draw the flock."""

import numpy as np

import sketch
from sketch.render.oklab import oklch

BIRDS = 3000
DUSK = (14, 14, 24)


class Starlings(sketch.Sketch):
    """Birds lean towards a lure that wanders, and turn with the air around them."""

    window = sketch.Window(title="Starlings")

    def setup(self) -> None:
        """Let them start from the middle."""
        rng = np.random.default_rng(5)
        self.xy = rng.normal((self.width / 2, self.height / 2), 0.16 * self.height, (BIRDS, 2))
        self.speed = rng.normal(0, 1, (BIRDS, 2))
        self.mood = rng.uniform(0.4, 1.6, (BIRDS, 1))
        self.side = rng.choice((-1.0, 1.0), (BIRDS, 1))
        warm = np.array([oklch(0.62 + 0.25 * x, 0.13, 20 + 65 * x) for x in np.linspace(0, 1, 64)])
        self.color = warm[rng.integers(0, 64, BIRDS)]

    def update(self, dt: float) -> None:
        """A step of every bird."""
        t, size = self.time, self.height
        lure = (self.width * (0.5 + 0.3 * np.sin(0.9 * t)), size * (0.5 + 0.26 * np.sin(1.7 * t + 0.6)))
        toward = (np.array(lure) - self.xy) / size
        x, y = (7 * self.xy / size).T
        air = np.stack(
            [np.sin(y + 1.3 * t) + np.cos(0.7 * x + y), np.sin(1.1 * x - t) - np.cos(x - 0.8 * y)], axis=1
        )
        swirl = np.stack([-toward[:, 1], toward[:, 0]], axis=1)
        self.speed += self.mood * (0.7 * toward + 0.25 * self.side * swirl + 0.24 * air)
        self.speed *= np.minimum(1.0, 7.0 * self.mood / (np.hypot(*self.speed.T)[:, None] + 1e-9)) * 0.985
        self.xy = self.xy + self.speed * size / 720

    def draw(self, canvas: sketch.Canvas) -> None:
        """Each bird is the line it flew since the last frame."""
        canvas.background(*DUSK)
        canvas.lines(self.xy - 1.2 * self.speed, self.xy, 1.4, self.color)
        canvas.post(sketch.Trails(0.86, ground=DUSK), sketch.Bloom(0.55, threshold=0.3, radius=18))


if __name__ == "__main__":
    sketch.run(Starlings)
