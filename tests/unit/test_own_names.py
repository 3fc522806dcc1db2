"""What an author sets under a name of the sketch's own is looked at where it is set."""

import math
import traceback
from typing import Any

import numpy as np
import pytest

from sketch.ink.ink import Ink
from sketch.input.events import PointerEvent, ResizeEvent
from sketch.launch import run
from sketch.load import LoadError, load_sketch
from sketch.own_names import OWN, SETTINGS
from sketch.sketch import METHODS, Sketch
from sketch.window import Window


def test_every_attribute_of_a_sketch_is_looked_at():
    names = {*Sketch.__annotations__, *vars(Sketch())}
    assert names == {*SETTINGS, *OWN}


@pytest.mark.parametrize("name", [*SETTINGS, *OWN, *sorted(METHODS)])
def test_what_is_of_another_type_is_refused_on_the_class_and_later_and_names_the_attribute(name):
    wrong = object()
    with pytest.raises(TypeError, match=name):
        setattr(Sketch(), name, wrong)
    with pytest.raises(TypeError, match=name):
        type("Mine", (Sketch,), {name: wrong})


@pytest.mark.parametrize(("name", "value"), [("frame", "picture.png"), ("time", None), ("message", "hello")])
def test_the_error_is_raised_at_the_authors_line_and_says_what_to_do(name, value):
    class Mine(Sketch):
        def setup(self):
            setattr(self, name, value)

    with pytest.raises(TypeError, match=f"{name} is the sketch's own name: .* such as my_{name}") as caught:
        Mine().setup()
    assert [frame.name for frame in traceback.extract_tb(caught.tb)][1] == "setup"


def test_a_name_that_inkloop_sets_is_not_for_a_class_whatever_its_value():
    with pytest.raises(TypeError, match=r"Mine: width is the sketch's own name: .*Window\(size"):
        type("Mine", (Sketch,), {"width": 800})
    with pytest.raises(TypeError, match="Mine: time is the sketch's own name"):
        type("Mine", (Sketch,), {"time": lambda self: 3})


@pytest.mark.parametrize("name", ["pen_width", "ink_pause", "ink_reach", "prediction_ms"])
def test_a_setting_that_is_stepped_below_0_stays_there(name):
    mine = Sketch()
    for given, kept in ((0, 0), (-6.5, 0), (np.float32(2.5), 2.5)):
        setattr(mine, name, given)
        assert getattr(mine, name) == kept
        assert getattr(type("Mine", (Sketch,), {name: given}), name) == kept
    with pytest.raises(ValueError, match=f"{name} must be finite"):
        setattr(mine, name, math.nan)


def test_what_fits_is_kept():
    mine: Any = Sketch()
    mine.ink, mine.mouse_x, mine.frame, mine.modifiers = Ink(), 3, 0, {"shift"}
    mine.draw = mine.update = lambda *given: None
    mine.own = []
    assert (mine.mouse_x, mine.modifiers, mine.own) == (3, {"shift"}, [])
    assert type("Mine", (Sketch,), {"window": Window(fps=30), "draw": staticmethod(print)}).window.fps == 30


def test_a_sketch_of_plain_functions_is_looked_at_when_it_is_loaded(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("window = (800, 600)\ndef draw(canvas): pass\n", encoding="utf-8")
    with pytest.raises(LoadError, match=r"mine.py: window must be a sketch.Window, .*\(800, 600\)"):
        load_sketch(path)


def test_a_stroke_of_a_pen_without_width_is_kept_and_not_drawn():
    frames = []

    class Mine(Sketch):
        window = Window(size=(40.4, 30))  # type: ignore[arg-type]

        def setup(self):
            self.pen_width -= 6

        def draw(self, canvas):
            canvas.background(0)
            canvas.ink(self.ink)

    def player(now, queue):
        kind = "down" if now == 0 else "up" if now > 0.03 else "move"
        queue.put(PointerEvent(kind, 10 + 300 * now, 15, now, button="left"))
        return True

    mine = run(Mine, headless=True, frames=4, player=player, viewer=frames.append)
    assert [len(stroke.points) for stroke in mine.ink] == [3]
    assert frames[0].shape == (30, 40, 3)
    assert max(frame.max() for frame in frames) == 0


def test_a_window_without_height_does_not_end_the_sketch():
    seen = []

    class Mine(Sketch):
        window = Window(size=(30, 20))

        def window_resized(self, width, height):
            seen.append((width, height))

    mine = run(Mine, headless=True, frames=2, player=lambda now, queue: queue.put(ResizeEvent(60, 0)) or True)
    assert (seen, mine.width, mine.height) == ([], 30, 20)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"frames": 0}, "frames must be 1 or more"),
        ({"frames": 2.5}, "frames must be a whole number"),
        ({"frames": math.nan}, "frames must be finite"),
        ({"size": 800}, "size must be a width and a height"),
        ({"size": (math.inf, 3)}, "width of size must be finite"),
        ({"fps": 0}, "fps, frames a second, must be in"),
        ({"fps": "60"}, "fps must be a number"),
        ({"title": 3}, "title must be a text"),
        ({"samples": 1.5}, "samples must be a whole number"),
        ({"fullscreen": "no"}, "fullscreen must be True or False; got 'no'"),
        (
            {"headles": True},
            r"run\(\) has no option headles; did you mean headless\? a window has size",
        ),
        ({"bogus": 1}, r"run\(\) has no option bogus; a window has size, title"),
        ({"player": 5}, "player must be a function; got 5"),
        ({"viewer": 5}, "viewer must be a function; got 5"),
        ({"strict": 5}, "strict must be True or False; got 5"),
        ({"record": 5}, "record must be a text or a Path; got 5"),
        ({"home": 5}, "home must be a text or a Path; got 5"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(given, says):
    with pytest.raises((ValueError, TypeError), match=says):
        run(Sketch, headless=True, **{"frames": 1, **given})


def test_sizes_are_rounded_and_at_least_1():
    given: Any = (1600 / 4.5, -3)
    assert Window(size=given).size == (356, 1)


def test_what_inkloop_reads_in_every_frame_cannot_be_deleted():
    mine = Sketch()
    mine.own = mine.pen_width = 3
    del mine.own, mine.pen_width
    assert mine.pen_width == Sketch.pen_width
    for name in OWN:
        with pytest.raises(TypeError, match=f"{name} is the sketch's own name"):
            delattr(mine, name)


@pytest.mark.parametrize("text", [5, None, b"hello", ["a"]])
def test_a_message_that_is_no_text_is_refused_where_it_is_sent(text):
    with pytest.raises(TypeError, match="a message must be a text"):
        Sketch().send_message(text)


def test_a_setting_is_no_property_and_no_method():
    computed: Any
    for computed in (property(lambda self: 3), lambda self: 3):
        with pytest.raises(TypeError, match=r"Mine: pen_width is a setting.*set self\.pen_width in"):
            type("Mine", (Sketch,), {"pen_width": computed})


def test_a_message_that_is_no_text_is_an_error_with_a_name_and_no_end_of_the_others(tmp_path):
    class Mine(Sketch):
        window = Window(size=(30, 20))

        def update(self, dt):
            self.outbox.append(given)

    given: Any = 5
    with pytest.raises(TypeError, match=r"a message must be a text, as str\(5\) is; got 5"):
        run(Mine, headless=True, frames=1, home=tmp_path)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("hello", r"Talker.messages\(\) must give a list of texts; got 'hello'"),
        (5, r"Talker.messages\(\) must give a list of texts; got 5"),
        ([5], r"each text of Talker.messages\(\) must be a text.* got 5"),
    ],
)
def test_what_an_addon_says_is_a_list_of_texts(given, says, tmp_path):
    class Talker:
        def messages(self):
            return given

    class Mine(Sketch):
        window = Window(size=(30, 20))

        def setup(self):
            self.use(Talker())

    with pytest.raises(TypeError, match=says):
        run(Mine, headless=True, frames=1, home=tmp_path)


def test_a_refusal_of_a_long_value_stays_short():
    many: Any = list(range(100_000))
    with pytest.raises(TypeError, match="pen_width must be a number") as told:
        Sketch().pen_width = many
    assert len(str(told.value)) < 200
