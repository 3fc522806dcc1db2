"""What is said of a sketch's methods before it runs."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import sketch.examples
from sketch.hooks import HOOKS, SketchError, check_hooks, misspelt_methods
from sketch.launch import as_sketch
from sketch.sketch import Sketch


def test_a_method_spelt_nearly_like_a_hook_is_reported():
    class Mine(Sketch):
        def setUp(self): ...
        def drwa(self, canvas): ...
        def key_press(self, key): ...
        def mouse_press(self, x, y, button): ...
        def helper(self): ...
        def _drwa(self): ...

    assert misspelt_methods(Mine) == [
        "Inkloop does not call setUp(); did you mean setup()?",
        "Inkloop does not call drwa(); did you mean draw()?",
        "Inkloop does not call key_press(); did you mean key_pressed()?",
        "Inkloop does not call mouse_press(); did you mean mouse_pressed()?",
    ]


def test_a_hook_that_would_run_nothing_is_refused():
    class Waits(Sketch):
        async def draw(self, canvas): ...

    class Yields(Sketch):
        def draw(self, canvas):
            yield canvas

    def draw(canvas):
        yield canvas

    plain: Any = ModuleType("plain")
    plain.draw = draw
    with pytest.raises(SketchError, match=r"Waits\.draw is written with async def"):
        as_sketch(Waits)
    with pytest.raises(SketchError, match=r"Yields\.draw contains yield"):
        as_sketch(Yields)
    with pytest.raises(SketchError, match="draw contains yield"):
        as_sketch(plain)


def test_a_helper_that_is_called_or_whose_hook_is_written_is_left_in_peace():
    class Base(Sketch):
        def mouse_press(self): ...
        def draw(self, canvas):
            self.mouse_press()

    class Mine(Base):
        def drawn(self): ...
        def mouse_press(self): ...
        def quit(self): ...

    assert misspelt_methods(Mine) == []


def test_every_hook_of_a_sketch_is_known():
    theirs = {"use", "quit", "send_message", "close_inks"}
    assert {n for n, f in vars(Sketch).items() if inspect.isfunction(f) and n[0] != "_"} == {*HOOKS, *theirs}


@pytest.mark.parametrize(
    ("name", "function", "said"),
    [
        ("draw", lambda self: None, r"Mine.draw takes (self, canvas); it is written with (self)"),
        (
            "mouse_pressed",
            lambda self, x, y: None,
            "Mine.mouse_pressed takes (self, x, y, button); it is written with (self, x, y)",
        ),
        ("setup", staticmethod(lambda a: None), "Mine.setup takes (); it is written with (a)"),
        (
            "update",
            lambda self, dt, *, more: None,
            "takes (self, dt); it is written with (self, dt, *, more)",
        ),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_before_it_is(name, function, said):
    kind = type("Mine", (Sketch,), {name: function})
    with pytest.raises(SketchError) as refused:
        as_sketch(kind)
    assert said in str(refused.value)
    with pytest.raises(SketchError):
        as_sketch(kind())


def test_arguments_of_another_name_or_with_defaults_or_stars_are_fine():
    class Mine(Sketch):
        def draw(self, c, more=3): ...
        def update(self, *arguments): ...
        def mouse_pressed(self, x, y, *rest): ...
        @staticmethod
        def setup(): ...
        @classmethod
        def message(cls, text): ...

    assert isinstance(as_sketch(Mine), Mine)


def test_an_init_that_leaves_out_that_of_the_sketch_says_what_to_do():
    class Mine(Sketch):
        def __init__(self):
            self.dots = []

    for given in (Mine, Mine()):
        with pytest.raises(SketchError, match=r"Mine.__init__ does not call super\(\).__init__\(\): call it"):
            as_sketch(given)


def test_nothing_is_wrong_with_the_examples():
    for found in pkgutil.iter_modules(sketch.examples.__path__, "sketch.examples."):
        if found.name.endswith("plain_pyglet"):
            continue
        for kind in vars(importlib.import_module(found.name)).values():
            if isinstance(kind, type) and issubclass(kind, Sketch):
                check_hooks(kind)
                assert misspelt_methods(kind) == []
