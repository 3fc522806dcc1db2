"""The HUD in a real window: F3 shows and hides it, and the film does not have it."""

import subprocess
import sys

import av
import numpy as np
import pytest

from tests.e2e.person import ROOT

pytestmark = pytest.mark.window

SHOW = """
import gc, sys
import numpy as np
import sketch
from sketch.host.offscreen import read_pixels
from sketch.host.overlays import ShownHud
from sketch.host.window_copy import WindowCopy
from sketch.input.events import KeyEvent
seen, loaded, watchers = {}, {}, {}
draw = ShownHud.draw
def look(self):
    draw(self)
    frame = self._stage.sketch.frame
    if frame in (10, 40, 70):
        copy = WindowCopy(self._context)
        picture = read_pixels(copy.take(self._window.get_framebuffer_size()))
        seen[frame] = int((picture != picture[-1, -1]).any(axis=2).sum())
        loaded[frame] = "sketch.live.hud" in sys.modules
        watchers[frame] = len(gc.callbacks), self._stage.meter is not None
        copy.release()
ShownHud.draw = look
class Show(sketch.Sketch):
    window = sketch.Window(size=(640, 480), samples=int(sys.argv[2]))
    def draw(self, canvas): canvas.background(90, 40, 120)
    def key_pressed(self, key): print("sketch got", key)
def play(now, queue):
    play.turn = getattr(play, "turn", -1) + 1
    if play.turn in (20, 50):
        for kind in ("down", "up"): queue.put(KeyEvent(kind, "f3", frozenset(), now, "F3"))
    return play.turn < 80
before = len(gc.callbacks)
sketch.run(Show, player=play, record=sys.argv[1])
assert loaded == {10: False, 40: True, 70: True}, loaded
assert watchers == {10: (before, False), 40: (before + 1, True), 70: (before, False)}, watchers
assert seen[10] == seen[70] == 0, seen
print("drawn", seen[40])
"""


@pytest.mark.parametrize("samples", [0, 4])
def test_f3_shows_the_hud_and_hides_it_and_the_film_has_the_sketch_alone(screen, tmp_path, samples):
    answer = subprocess.run(
        [sys.executable, "-c", SHOW, str(tmp_path / "film.mp4"), str(samples)],
        env={"DISPLAY": screen, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split()[0] == "drawn"
    assert int(answer.stdout.split()[1]) > 100_000
    with av.open(str(tmp_path / "film.mp4")) as film:
        for picture in film.decode(video=0):
            assert np.abs(picture.to_ndarray(format="rgb24") - np.array([90.0, 40, 120])).max() < 20
