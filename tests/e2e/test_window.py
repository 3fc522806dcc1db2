"""Real windows on a real X display."""

import subprocess
import sys

import numpy as np
import pytest

from tests.e2e.person import ROOT, Person

pytestmark = pytest.mark.window

LISTENER = """
import json, sketch

class Listener(sketch.Sketch):
    window = sketch.Window(size=(640, 400), title="a listener")
    def say(self, **what): print(json.dumps(what), flush=True)
    def draw(self, canvas):
        canvas.background(12); canvas.ink(self.ink)
        if self.frame == 3: self.say(size=[self.width, self.height])
    def key_pressed(self, key):
        self.say(key=key, modifiers=sorted(self.modifiers))
        if key == "escape": self.quit()
    def mouse_scrolled(self, x, y, dx, dy): self.say(scrolled=[dx, dy])
    def mouse_pressed(self, x, y, button): self.say(pressed=[x, y, button])
    def on_stroke(self, points, pointer_id): self.say(stroke=points.tolist())
    def on_ink(self, strokes, pointer_id): self.say(ink=len(strokes))
    def window_resized(self, width, height): self.say(resized=[width, height])
    def exit(self): self.say(exit=True)

sketch.run(Listener)
"""


@pytest.fixture
def person(screen, tmp_path):
    someone = Person(LISTENER, screen, tmp_path, "a listener")
    yield someone
    someone.stop()


def test_every_sample_arrives_in_order_with_its_own_time(person):
    xs = np.arange(20, 420, 2)
    stroke = np.stack([xs, 100 + 0 * xs, np.arange(len(xs)) * 0.002, 0.5 + 0 * xs], axis=1).astype(np.float32)
    person.draw([stroke])
    points = np.array(person.hears(lambda line: "stroke" in line)["stroke"])
    assert points[:, 0].tolist() == xs.tolist()
    assert set(points[:, 1]) == {100}
    steps = np.diff(points[:, 2])
    # Stamped when a frame takes them, samples would come in steps of 0 and 16 ms.
    assert (steps >= 0).all()
    assert np.median(steps) < 0.008
    assert (steps == 0).mean() < 0.5
    assert person.hears(lambda line: "ink" in line)["ink"] == 1


def test_keys_come_by_name_with_their_modifiers(person):
    for key, expected in (
        ("a", "a"),
        ("7", "7"),
        ("space", "space"),
        ("Return", "enter"),
        ("BackSpace", "backspace"),
        ("F2", "f2"),
    ):
        person.press(key)
        assert person.hears(lambda line: "key" in line) == {"key": expected, "modifiers": []}
    person.press("ctrl+z")
    assert person.hears(lambda line: line.get("key") == "z")["modifiers"] == ["ctrl"]
    person.press("Escape")
    person.hears(lambda line: "exit" in line)
    person.ends()


def test_the_wheel_and_the_other_buttons(person):
    person._xdotool("mousemove", "--window", person.window, "100", "50", "click", "4")
    assert person.hears(lambda line: "scrolled" in line)["scrolled"] == [0, 1]
    person._xdotool("click", "3")
    pressed = person.hears(lambda line: line.get("pressed", [0, 0, ""])[2] == "right")["pressed"]
    assert pressed[:2] == [100, 50]


def test_a_resized_window_is_drawn_at_its_new_size(person):
    person._xdotool("windowsize", "--sync", person.window, "800", "500")
    assert person.hears(lambda line: line.get("resized") == [800, 500])
    person.draw([np.array([(700, 450, 0, 0.5), (750, 480, 0.1, 0.5)], dtype=np.float32)])
    assert person.hears(lambda line: "stroke" in line)["stroke"][-1][:2] == [750, 480]


def test_frames_end_a_window_by_themselves(screen, tmp_path):
    program = "import sketch; s = sketch.run(sketch.Sketch, frames=20, title='short'); assert s.frame == 20"
    environment = {"DISPLAY": screen, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", program], env=environment, cwd=tmp_path, check=True, timeout=60)


def test_without_a_display_one_line_says_what_to_do(tmp_path):
    sketch_file = tmp_path / "mine.py"
    sketch_file.write_text("def draw(canvas): canvas.background(0)\n", encoding="utf-8")
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-m", "sketch.cli", "run", str(sketch_file)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert "no display was found" in answer.stderr
    assert "--headless" in answer.stderr
