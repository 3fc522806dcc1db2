"""A chain of passes in a real window gives the frames that it gives without one."""

import numpy as np
import pytest

from tests.e2e.films import frames

GLOW = """
import sys
import numpy as np
import sketch

class Glow(sketch.Sketch):
    window = sketch.Window(size=(321, 203), resizable=False)
    def draw(self, canvas):
        canvas.background(12)
        canvas.color(255, 160, 40)
        canvas.circle(60 + 30 * self.frame, 100, 20)
        canvas.post(sketch.Bloom(0.6), sketch.Trails(0.9), sketch.ColorMap("ember"), sketch.Blur(1.5))

seen = []
sketch.run(Glow, frames=6, viewer=lambda frame: seen.append(frame.copy()), headless=len(sys.argv) > 2)
np.save(sys.argv[1], seen)
"""


@pytest.mark.window
def test_a_window_shows_what_is_drawn_without_one(screen, tmp_path):
    window = frames(GLOW, tmp_path / "window.npy", screen)
    offscreen = frames(GLOW, tmp_path / "offscreen.npy", screen, "headless")
    assert window.shape == offscreen.shape == (6, 203, 321, 3)
    assert np.abs(window - offscreen).max() <= 2
    assert window[5, 100, 210].max() > 150
    assert (window[5, 100, 60] < window[0, 100, 60]).any()
