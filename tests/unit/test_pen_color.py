"""The color of the pen is written as every other color is, and looked at where it is set."""

import numpy as np
import pytest

from sketch.input.events import PointerEvent
from sketch.launch import run
from sketch.load import LoadError, load_sketch
from sketch.sketch import Sketch
from sketch.window import Window


def drawn_in(kind, later=None):
    """The color of a stroke that a sketch's pen draws."""
    found = []

    class Watched(kind):
        window = Window(size=(64, 48))

        def setup(self):
            if later is not None:
                self.pen_color = later

        def pen_pressed(self, point, pointer_id):
            found.append(self.ink.wet[pointer_id].color)

    def player(now, queue):
        queue.put(PointerEvent("down", 20, 20, now, button="left"))
        return True

    run(Watched, headless=True, frames=1, player=player)
    return found[0]


@pytest.mark.parametrize(
    ("color", "seen"),
    [
        ("#ff8800", (255, 136, 0, 255)),
        ((255, 80, 20), (255, 80, 20, 255)),
        ((255, 80, 20, 51), (255, 80, 20, 51)),
        (128, (128, 128, 128, 255)),
    ],
)
def test_it_takes_what_the_canvas_takes_on_the_class_and_later(color, seen):
    as_floats = pytest.approx([channel / 255 for channel in seen])
    assert drawn_in(type("Mine", (Sketch,), {"pen_color": color})) == as_floats
    assert drawn_in(Sketch, color) == as_floats
    mine = type("Mine", (Sketch,), {"pen_color": color})()
    assert mine.pen_color == color


def test_it_is_white_unless_it_is_set_otherwise():
    assert drawn_in(Sketch) == (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("color", ["red", (255, np.nan, 0), (1, 2, 3, 4, 5), None, "#12", [1, 2, 3]])
def test_what_is_no_color_is_refused_where_it_is_written(color):
    with pytest.raises((ValueError, TypeError), match="pen_color: "):
        Sketch().pen_color = color
    with pytest.raises((ValueError, TypeError), match="pen_color: "):
        type("Mine", (Sketch,), {"pen_color": color})


def test_a_sketch_of_plain_functions_is_refused_in_one_line(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("pen_color = 'red'\ndef draw(canvas): pass\n", encoding="utf-8")
    with pytest.raises(LoadError, match=r"mine.py: pen_color: a color is .*; got 'red'"):
        load_sketch(path)
