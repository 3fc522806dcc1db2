"""The panel of parameters in a real window: it takes the mouse and the keys only where it has them."""

import importlib.util
import tomllib

import pytest

from tests.e2e.person import Person
from tests.waiting import until

pytestmark = pytest.mark.window

SKETCH = """
import json, sys
{before}
import sketch

class Waves(sketch.Sketch):
    window = sketch.Window(size=(900, 700), title="a panel")
    speed = sketch.Param(0.0, 0, 10)
    caption = sketch.Param("hello")
    shown = False
    def say(self, **what): print(json.dumps(what), flush=True)
    def update(self, dt):
        if self.frame == 2: self.say(began=True)
    def draw(self, canvas): canvas.background(12); canvas.ink(self.ink)
    def param_changed(self, name, value): self.say(name=name, value=value)
    def key_pressed(self, key):
        if key != "ctrl": self.say(key=key)
    def mouse_pressed(self, x, y, button): self.say(pressed=[x, y])
    def mouse_moved(self, x, y): self.say(moved=[x, y])
    def message(self, text): self.say(message=text)
    def exit(self): self.say(exit=True)

sketch.run(Waves, strict=True)
"""

# In the panel's picture: the slider of `speed`, the field of `caption`, and a place next to the panel.
SLIDER = (80, 172)
FIELD = (80, 195)
BESIDE = (700, 400)


@pytest.fixture
def start(screen, tmp_path):
    people: list[Person] = []

    def start(before: str = "") -> Person:
        path = tmp_path / "waves.py"
        path.write_text(SKETCH.format(before=before), encoding="utf-8")
        program = f"import runpy; runpy.run_path({str(path)!r}, run_name='__main__')"
        people.append(Person(program, screen, tmp_path, "a panel"))
        people[-1].hears(lambda line: "began" in line)
        return people[-1]

    yield start
    for person in people:
        person.stop()


def go(person: Person, place: tuple[int, int], *more: str) -> None:
    person._xdotool("mousemove", "--window", person.window, *map(str, place), *more)


@pytest.mark.skipif(
    importlib.util.find_spec("imgui_bundle") is None, reason="the extra panel is not installed"
)
def test_a_person_opens_the_panel_moves_a_slider_saves_recalls_and_draws_next_to_it(start, tmp_path):
    person = start()
    person.press("1")
    assert person.hears(lambda line: "key" in line)["key"] == "1"
    person.press("Tab")
    # Over the panel the sketch sees no mouse: the next that it hears of is the slider.
    go(person, SLIDER, "sleep", "0.3", "mousedown", "1", "sleep", "0.3")
    go(person, (160, SLIDER[1]), "sleep", "0.3", "mouseup", "1")
    heard = person.hears(lambda line: line.get("name") == "speed" and 4 < line["value"] < 9)
    assert heard["name"] == "speed"
    person.press("ctrl+1")
    assert "preset 1 saved" in person.hears(lambda line: "message" in line)["message"]
    file = tmp_path / "waves.presets.toml"
    until(file.exists, what="the preset's file")
    saved = tomllib.loads(file.read_text("utf-8"))["1"]
    assert saved["caption"] == "hello"
    # A text: letters and digits go to the field, and no key to the sketch.
    go(person, FIELD, "sleep", "0.3", "click", "1", "sleep", "0.3")
    person._xdotool("key", "--delay", "120", "End", "a", "1")
    assert person.hears(lambda line: line.get("name") == "caption" and line["value"].endswith("a1"))
    person.press("Return")
    go(person, BESIDE, "click", "1")
    assert person.hears(lambda line: "pressed" in line or "key" in line) == {"pressed": [*BESIDE]}
    # The number recalls, since nothing is edited any more.
    person.press("1")
    assert person.hears(lambda line: line.get("name") == "caption")["value"] == saved["caption"]
    # Closed, the panel leaves the place and the number to the sketch.
    person.press("Tab")
    person.press("1")
    assert person.hears(lambda line: "key" in line) == {"key": "1"}
    go(person, SLIDER, "click", "1")
    assert person.hears(lambda line: "pressed" in line) == {"pressed": [*SLIDER]}
    person.leaves()


def test_without_the_package_a_line_says_what_to_install_and_presets_work(start, tmp_path):
    person = start(before="sys.modules['imgui_bundle'] = None")
    person.press("Tab")
    heard = person.hears(lambda line: "message" in line)["message"]
    assert heard == "the panel of parameters needs the package imgui-bundle: pip install imgui-bundle"
    person.press("ctrl+2")
    assert "preset 2 saved" in person.hears(lambda line: "message" in line)["message"]
    go(person, SLIDER, "click", "1")
    assert person.hears(lambda line: "pressed" in line) == {"pressed": [*SLIDER]}
    person.leaves()
