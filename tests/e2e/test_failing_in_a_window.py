"""A real window whose sketch fails, and whose keyboard and mouse go elsewhere."""

import numpy as np
import pytest

from tests.e2e.person import Person

pytestmark = pytest.mark.window

PROGRAM = """
import json, threading, sketch
import numpy as np

class Failing(sketch.Sketch):
    window = sketch.Window(size=(480, 270), title="a failing one")
    def say(self, **what): print(json.dumps(what), flush=True)
    fails = saves = False
    def draw(self, canvas):
        canvas.background(0, 0, 200) if not self.fails else canvas.background(0, 200, 0)
        canvas.ink(self.ink)
        if self.frame == 3: self.say(begun=True)
        if self.fails:
            if not self.told: self.say(failed=True); self.told = True
            raise ValueError("a radius of -3 cannot be")
    def key_pressed(self, key):
        self.say(down=[key, self.key_code, sorted(self.modifiers)])
        if key == "f": self.fails, self.told = True, False
        if key == "g": self.fails = False
        if key == "s": Failing.saves = True
        if key == "t":
            def second():
                try: sketch.run(sketch.Sketch)
                except Exception as error: self.say(refused=str(error))
            threading.Thread(target=second).start()
    def key_released(self, key): self.say(up=[key, self.key_code, sorted(self.modifiers)])
    def mouse_pressed(self, x, y, button): self.say(pressed=sorted(self.modifiers))
    def mouse_released(self, x, y, button): self.say(released=sorted(self.modifiers))
    def mouse_dragged(self, x, y, button): self.say(dragged=True)
    def on_stroke(self, points, pointer_id): self.say(stroke=len(points))
    def exit(self): raise OSError("at the end")

def see(frame):
    if Failing.saves:
        np.save("failed.npy", frame)
        Failing.saves = False
        print(json.dumps({"saved": True}), flush=True)

sketch.run(Failing, viewer=see)
"""


@pytest.fixture
def person(screen, tmp_path):
    someone = Person(PROGRAM, screen, tmp_path, "a failing one")
    yield someone
    someone.stop()


def test_the_window_stays_with_its_last_picture_and_what_was_held_comes_up(person, tmp_path):
    person.hears(lambda line: "begun" in line)
    person._xdotool("mousemove", "--window", person.window, "100", "200", "keydown", "ctrl", "click", "1")
    assert person.hears(lambda line: "pressed" in line)["pressed"] == ["ctrl"]
    person._xdotool("keyup", "ctrl", "click", "1")
    assert person.hears(lambda line: "pressed" in line)["pressed"] == []

    person._xdotool("keydown", "shift", "keydown", "1", "keyup", "shift", "keyup", "1")
    assert person.hears(lambda line: line.get("down", "")[1:2] == ["Digit1"])["down"] == [
        "!",
        "Digit1",
        ["shift"],
    ]
    assert person.hears(lambda line: line.get("up", "")[1:2] == ["Digit1"])["up"] == ["!", "Digit1", []]

    person._xdotool("key", "f")
    person.hears(lambda line: "failed" in line)
    person._xdotool("key", "s")
    person.hears(lambda line: "saved" in line)
    picture = np.load(tmp_path / "failed.npy")
    assert picture[-1, -1].tolist() == [0, 0, 200]
    assert (picture[:60] > 240).all(axis=2).any()
    person._xdotool("key", "g", "key", "t")
    assert "already has a window open" in person.hears(lambda line: "refused" in line)["refused"]

    person._xdotool("keydown", "shift", "keydown", "b", "mousedown", "1", "mousemove_relative", "30", "0")
    person.hears(lambda line: "dragged" in line)
    person._xdotool("search", "--onlyvisible", "--name", "a failing one", "windowunmap")
    assert person.hears(lambda line: "stroke" in line)["stroke"] >= 1
    assert person.hears(lambda line: line.get("up", "")[:1] == ["b"])["up"] == ["b", "KeyB", ["shift"]]
    assert person.hears(lambda line: line.get("up", "")[:1] == ["shift"])["up"][2] == []
    person._xdotool("mouseup", "1", "keyup", "b", "keyup", "shift")
    errors = person.leaves()
    assert errors.count("draw failed") == 1
    assert "a radius of -3 cannot be" in errors
    assert "at the end" in errors
