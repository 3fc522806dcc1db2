"""A film of a real window: its length, its pictures, and that its end is not the show's."""

import subprocess
import sys

import av
import numpy as np
import pytest

from tests.e2e.person import ROOT

pytestmark = pytest.mark.window

SHOW = """
import resource, sys, time, sketch
limit, wait, path = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
if limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
import numpy as np
from sketch.host import camera
class Show(sketch.Sketch):
    window = sketch.Window(size=(320, 240), title="filmed", samples=0)
    shows_messages = False
    def setup(self): self.shades = np.random.default_rng(0)
    def draw(self, canvas):
        canvas.background(0)
        if limit:
            for x, y in self.shades.uniform(0, 320, (300, 2)): canvas.rect(x, y, 9, 9)
        canvas.color(255, 0, 0); canvas.rect(0, 0, 160, 120)
        time.sleep(wait)
        self.times = [*getattr(self, "times", []), self.time]
        if self.frame == (59 if limit else 29): self.quit()
    def message(self, text): print("told", text)
    def exit(self): print("showed", self.frame, self.times[-1] - self.times[0])
if len(sys.argv) > 4:
    begin = camera.Camera.__init__
    camera.Camera.__init__ = lambda *given: begin(*given, at_once=sys.argv[4] == "at_once")
sketch.run(Show, record=path)
"""


def show(screen, tmp_path, *arguments):
    environment = {"DISPLAY": screen, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", SHOW, *map(str, arguments)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    return answer


@pytest.mark.parametrize("way", ["at_once", "a_frame_later"])
def test_a_film_of_a_slow_window_lasts_as_long_as_the_show_and_looks_like_it(screen, tmp_path, way):
    answer = show(screen, tmp_path, 0, 0.05, tmp_path / "film.mp4", way)
    lasted = float(answer.stdout.split()[-1])
    with av.open(str(tmp_path / "film.mp4")) as film:
        stream = film.streams.video[0]
        pictures = [picture.to_ndarray(format="rgb24") for picture in film.decode(stream)]
        length = float((stream.duration or 0) * (stream.time_base or 0))
    # The last frame is seen until the window closes, which takes some frames more on a busy machine.
    assert lasted - 0.1 < length < lasted + 1.0
    for picture in pictures[1:]:
        assert np.abs(picture[10:110, 10:150] - np.array([255.0, 0, 0])).max() < 30
        assert picture[130:, 170:].max() < 30


@pytest.mark.parametrize("limit", [10, 5_000])
def test_a_full_disk_ends_the_film_and_not_the_show(screen, tmp_path, limit):
    answer = show(screen, tmp_path, limit, 0.05, tmp_path / "film.mp4")
    told = [line for line in answer.stdout.splitlines() if line.startswith("told")]
    assert len(told) == 1
    assert "File too large" in told[0]
    assert "showed 60" in answer.stdout
    assert "Traceback" not in answer.stderr


DESTROYED = """
import subprocess, sys, sketch
class Show(sketch.Sketch):
    window = sketch.Window(size=(320, 240), title="destroyed", samples=0)
    def draw(self, canvas):
        canvas.background(0)
        canvas.color(255, 0, 0); canvas.rect(0, 0, 160, 120)
        if self.frame == 30:
            subprocess.run("xdotool search --name ^destroyed$ windowclose".split(), check=True, timeout=30)
sketch.run(Show, record=sys.argv[1])
"""


def test_the_last_picture_of_a_window_that_was_destroyed_is_a_picture_of_the_sketch(screen, tmp_path):
    environment = {"DISPLAY": screen, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", DESTROYED, str(tmp_path / "film.mp4")]
    subprocess.run(command, env=environment, cwd=tmp_path, check=True, timeout=60)
    with av.open(str(tmp_path / "film.mp4")) as film:
        last = [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)][-1]
    assert np.abs(last[10:110, 10:150] - np.array([255.0, 0, 0])).max() < 30
    assert last[130:, 170:].max() < 30


BY_KEY = """
import sys, sketch
from sketch.input.events import KeyEvent
class Show(sketch.Sketch):
    window = sketch.Window(size=(320, 240), samples=0)
    def draw(self, canvas):
        canvas.background(0)
        canvas.color(255, 0, 0); canvas.rect(0, 0, 160, 120)
    def key_pressed(self, key): raise AssertionError(key)
    def message(self, text): print(text)
def play(now, queue):
    play.turn = getattr(play, "turn", -1) + 1
    if play.turn in (10, 40, 50):
        for kind in ("down", "up"): queue.put(KeyEvent(kind, "f9", frozenset(), now, "F9"))
    return play.turn < 70
sketch.run(Show, player=play, home=sys.argv[1])
"""


def test_a_key_begins_and_ends_films_while_the_sketch_runs(screen, tmp_path):
    environment = {"DISPLAY": screen, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [sys.executable, "-c", BY_KEY, str(tmp_path / "home")]
    ran = subprocess.run(
        command, env=environment, cwd=tmp_path, check=True, timeout=60, capture_output=True, text=True
    )
    films = sorted((tmp_path / "home" / "films").iterdir())
    # The second film ends with the window.
    assert len(films) == 2
    assert ran.stdout.count("F9 ends it") == 2
    for path in films:
        with av.open(str(path)) as film:
            pictures = [picture.to_ndarray(format="rgb24") for picture in film.decode(video=0)]
        assert len(pictures) >= 5
        for picture in pictures[1:]:
            assert np.abs(picture[10:110, 10:150] - np.array([255.0, 0, 0])).max() < 30
