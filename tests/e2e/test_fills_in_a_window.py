"""Large filled shapes have the same colors in a window as without one, whatever draws them."""

import numpy as np
import pytest

from tests.e2e.films import frames

SHAPES = """
import sys
import numpy as np
import sketch

BOX = np.array([(20, 20), (300, 20), (300, 280), (20, 280)], np.float32)

class Shapes(sketch.Sketch):
    window = sketch.Window(size=(640, 600), resizable=False)
    def draw(self, canvas):
        canvas.background(243, 238, 227)
        canvas.color(214, 66, 40, alpha=0.11)
        canvas.polygon(BOX)
        canvas.color(40, 160, 90)
        canvas.polygon(BOX + (320, 0))
        canvas.color(214, 66, 40, alpha=0.5)
        canvas.rect(20, 300, 280, 260)
        canvas.color(255)
        corners = BOX + (320, 280)
        canvas.mesh(sketch.Mesh(corners, [0, 1, 2, 0, 2, 3], colors=np.array([(200, 30, 60, 120)] * 4)))

seen = []
sketch.run(Shapes, frames=2, viewer=lambda frame: seen.append(frame.copy()), headless=len(sys.argv) > 2)
np.save(sys.argv[1], seen[-1])
"""


@pytest.mark.window
def test_a_filled_shape_has_the_color_it_was_given(screen, tmp_path):
    window = frames(SHAPES, tmp_path / "window.npy", screen)
    offscreen = frames(SHAPES, tmp_path / "offscreen.npy", screen, "headless")
    assert window.shape == offscreen.shape == (600, 640, 3)
    assert np.abs(window - offscreen).max() <= 2
