"""What happens to a running sketch when its files are saved: one test for each thing that is promised."""

import gc
import sys
import traceback

import numpy as np
import pytest

from sketch.ink.ink import Stroke
from sketch.input.events import KeyEvent, PointerEvent
from sketch.live.versions import version_of
from sketch.live.watcher import import_packages

BEGIN = "import sketch\n"
LETTERS = """
    import sketch

    class Letters(sketch.Sketch):
        size = 3

        def setup(self):
            self.made = self.made + 1 if hasattr(self, "made") else 1

        def update(self, dt):
            self.seen = self.look()

        def look(self):
            return "old"
"""


def test_a_saved_sketch_is_swapped_in_between_two_frames(starts):
    show = starts(LETTERS)
    assert show.sketch.seen == "old"
    show.save(LETTERS.replace("old", "new"))
    assert show.sketch.seen == "new"
    assert show.reloader.swaps == 1


def test_ink_time_frame_and_the_half_drawn_stroke_continue(starts):
    show = starts(LETTERS)
    show.sketch.ink.add(Stroke(np.full((3, 4), 0.5, np.float32)))
    for x in range(4):
        kind = "down" if x == 0 else "move"
        show.stage.queue.put(PointerEvent(kind, 10.0 * x, 5.0, show.now + 0.001 * x, button="left"))
    show.frame()
    wet, frame = show.sketch.ink.wet[0], show.sketch.frame
    show.save(LETTERS.replace("old", "new"))
    assert show.sketch.ink.wet[0] is wet
    show.stage.queue.put(PointerEvent("move", 50.0, 5.0, show.now, button="left"))
    show.stage.queue.put(PointerEvent("up", 60.0, 5.0, show.now + 0.001, button="left"))
    show.frame()
    assert [len(stroke.points) for stroke in show.sketch.ink.strokes] == [3, 6]
    assert show.sketch.frame == frame + 2
    assert show.sketch.time > 0


def test_what_setup_made_stays_and_ctrl_r_runs_it_again(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("old", "new"))
    assert show.sketch.made == 1
    show.stage.queue.put(KeyEvent("down", "r", frozenset({"ctrl"}), show.now, "KeyR"))
    show.frame()
    assert show.sketch.made == 1  # it is asked for within this frame
    show.frame()
    assert show.sketch.made == 2


def test_an_addon_keeps_its_state_until_ctrl_r_ends_it(starts):
    text = """
        import sketch

        class Counter:
            ended = 0
            def __init__(self): self.count = 0
            def update(self, dt): self.count += 1
            def exit(self): Counter.ended += 1

        class Main(sketch.Sketch):
            def setup(self): self.counter = self.use(Counter())
    """
    show = starts(text)
    counter = show.sketch.counter
    show.save(text.replace("+= 1\n            def exit", "+= 10\n            def exit"))
    assert (show.sketch.counter, counter.count, show.module.Counter.ended) == (counter, 11, 0)
    show.reloader.ask_setup()
    show.frame()
    assert show.sketch.addons == [show.sketch.counter] != [counter]
    assert show.module.Counter.ended == 1


def test_hooks_are_called_around_a_swap_with_old_and_new_code(starts):
    text = """
        import sketch
        calls = []
        class Main(sketch.Sketch):
            def word(self): return "old"
            def before_reload(self): calls.append(("before", self.word()))
            def after_reload(self): calls.append(("after", self.word()))
    """
    show = starts(text)
    show.save(text.replace("old", "new"))
    assert show.module.calls == [("before", "old"), ("after", "new")]


def test_a_class_stays_the_same_object_and_gets_all_of_the_new_version(starts):
    old = """
        import sketch
        class Main(sketch.Sketch):
            speed: float = 1.0
            gone = 1
            def update(self, dt): self.callback = self.callback if hasattr(self, "callback") else self.hear
            def hear(self, amount=1): return amount
            @property
            def twice(self): return 2
            @classmethod
            def make(cls): return (cls, 1)
            @staticmethod
            def add(a): return a + 1
            def lost(self): pass
            class Inner:
                def name(self): return "old"
            inner = Inner()
    """
    new = """
        import sketch
        class Main(sketch.Sketch):
            \"\"\"Now with a docstring.\"\"\"
            speed: int = 5
            fresh = 2
            def update(self, dt): pass
            def hear(self, amount=10, *, more=5): return (amount, more)
            @property
            def twice(self): return 4
            @classmethod
            def make(cls): return (cls, 2)
            @staticmethod
            def add(a): return a + 2
            def found(self): return __class__.__name__
            class Inner:
                def name(self): return "new"
            inner = Inner()
    """
    show = starts(old)
    sketch, kind, function, inner = show.sketch, type(show.sketch), type(show.sketch).hear, show.sketch.inner
    kind.set_later = "kept"
    show.save(new)
    assert type(sketch) is kind is show.module.Main
    assert kind.hear is function
    assert sketch.callback() == (10, 5)
    assert (sketch.speed, sketch.fresh, sketch.twice, sketch.add(1)) == (5, 2, 4, 3)
    assert sketch.make() == (kind, 2)
    assert kind.__annotations__ == {"speed": int}
    assert kind.__doc__ == "Now with a docstring."
    assert not hasattr(sketch, "gone")
    assert not hasattr(sketch, "lost")
    assert kind.set_later == "kept"
    assert sketch.found() == "Main"
    assert inner.name() == "new"
    assert isinstance(inner, kind.Inner)


def test_a_value_of_an_instance_is_kept_when_the_attribute_of_its_class_is_replaced(starts):
    text = """
        import sketch
        class Knob:
            def __init__(self, value, top): self.value, self.top = value, top
            def __set_name__(self, owner, name): self.name, self.owner = name, owner
            def __get__(self, sketch, kind=None):
                return self if sketch is None else vars(sketch).get("_" + self.name, self.value)
            def __set__(self, sketch, value): vars(sketch)["_" + self.name] = min(value, self.top)
        class Main(sketch.Sketch):
            speed = Knob(1.0, 10)
            other = Knob(1.0, 10)
    """
    show = starts(text)
    show.sketch.speed = 7
    other = type(show.sketch).other
    show.save(text.replace("speed = Knob(1.0, 10)", "speed = Knob(1.0, 20)"))
    assert show.sketch.speed == 7
    show.sketch.speed = 15
    assert show.sketch.speed == 15
    assert type(show.sketch).speed.owner is type(show.sketch)
    assert type(show.sketch).other is other


def test_super_still_finds_the_class_in_use(starts):
    text = """
        import sketch
        class Base(sketch.Sketch):
            def update(self, dt): self.order = ["base"]
        class Main(Base):
            def update(self, dt):
                super().update(dt)
                self.order.append("old")
    """
    show = starts(text)
    for word in ("new", "newer"):
        show.save(text.replace("old", word).replace("base", word))
        assert show.sketch.order == [word, word]
        assert show.shown == ""


def test_only_objects_whose_layout_changed_are_moved(starts):
    text = """
        import sketch
        class Base: pass
        class Dot:
            def name(self): return "old"
        class Main(sketch.Sketch):
            def setup(self):
                self.dots = [Dot(), Dot()]
                self.dots[0].x = 5
    """
    show = starts(text)
    dots, kind = show.sketch.dots, show.module.Dot
    show.save(text.replace("class Dot:", "class Dot(Base):").replace('"old"', '"new"'))
    assert show.module.Dot is not kind
    assert [type(dot) for dot in dots] == [show.module.Dot] * 2
    assert (dots[0].x, dots[0].name()) == (5, "new")
    assert show.messages == []


def test_a_class_whose_objects_cannot_change_is_named_and_keeps_its_code_until_ctrl_r(starts):
    text = """
        import sketch
        class Dot:
            __slots__ = ("x",)
            def __init__(self): self.x = 1
            def name(self): return "old"
        class Main(sketch.Sketch):
            def setup(self): self.dots = [Dot()]
            def update(self, dt): self.seen = 1
    """
    new = text.replace('("x",)', '("x", "y")').replace('"old"', '"new"').replace("seen = 1", "seen = 2")
    show = starts(text)
    kind = show.module.Dot
    show.save(new)
    assert show.module.Dot is kind
    assert (show.sketch.dots[0].name(), show.sketch.seen) == ("old", 2)
    assert "Dot has other __slots__ or another base" in show.messages[0]
    show.reloader.ask_setup()
    show.frame()
    assert show.sketch.dots[0].name() == "new"
    assert show.shown == ""


def test_a_closure_keeps_its_old_code(starts):
    text = """
        import sketch
        class Main(sketch.Sketch):
            def setup(self):
                word = "made"
                self.callback = lambda: (word, "old", self.tail())
            def tail(self): return "old"
    """
    show = starts(text)
    show.save(text.replace('"old"', '"new"'))
    assert show.sketch.callback() == ("made", "old", "new")


def test_a_decorated_function_gets_new_code_with_its_own_values(starts):
    text = """
        import sketch
        def times(amount):
            def around(function):
                def run(self, dt): self.seen = amount * function(self, dt)
                return run
            return around
        class Main(sketch.Sketch):
            @times(2)
            def update(self, dt): return 1
    """
    show = starts(text)
    show.save(text.replace("times(2)", "times(3)").replace("return 1", "return 10"))
    assert show.sketch.seen == 30


def test_a_dataclass_is_run_again_whole_and_its_objects_stay(starts):
    text = """
        import sketch
        from dataclasses import dataclass
        @dataclass
        class Dot:
            x: int = 1
        class Main(sketch.Sketch):
            def setup(self): self.dot = Dot(5)
    """
    show = starts(text)
    show.save(text.replace("x: int = 1", "x: int = 1\n            y: int = 2"))
    assert isinstance(show.sketch.dot, show.module.Dot)
    assert repr(show.sketch.dot) == "Dot(x=5, y=2)"
    assert show.module.Dot(1, 3) == show.module.Dot(1, 3)


def test_an_enum_is_run_again_whole_and_held_members_are_those_of_the_new_one(starts):
    text = """
        import enum, sketch
        class Mode(enum.Enum):
            DRAW = 1
        class Main(sketch.Sketch):
            def setup(self): self.mode = Mode.DRAW
    """
    show = starts(text)
    show.save(text.replace("DRAW = 1", "DRAW = 1\n            ERASE = 2"))
    assert show.sketch.mode is show.module.Mode.DRAW
    assert [*show.module.Mode.__members__] == ["DRAW", "ERASE"]
    kind = show.module.Mode
    show.save(text.replace("DRAW = 1", "DRAW = 1\n            ERASE = 2") + "\n\n")
    assert show.module.Mode is kind


def test_a_named_tuple_is_run_again_whole(starts):
    text = """
        import sketch
        from typing import NamedTuple
        class Dot(NamedTuple):
            x: int
        class Main(sketch.Sketch):
            def setup(self): self.dot = Dot(5)
    """
    show = starts(text)
    show.save(text.replace("x: int", "x: int\n            y: int = 7"))
    assert show.module.Dot(1) == (1, 7)
    assert show.sketch.dot.x == 5


PLAIN = """
    SIZE = 3
    GRID = [SIZE] * 3
    stars = []
    seen = []

    def setup(me):
        stars.append(1)

    def update(dt):
        seen[:] = [SIZE, GRID, size()]

    def size(by=SIZE): return by

    def draw(canvas): pass
"""


def test_module_variables_follow_the_rules(starts):
    show = starts(PLAIN)
    module = show.module
    show.save(PLAIN.replace("SIZE = 3", "SIZE = 5\n    NEW = 1"))
    assert module.seen == [5, [5, 5, 5], 5]
    assert module.stars == [1]  # not assigned again
    assert module.NEW == 1
    module.GRID.append("mine")
    show.save(PLAIN.replace("SIZE = 3", "SIZE = 6"))
    assert module.seen == [6, [5, 5, 5, "mine"], 6]
    assert show.messages == ["GRID depends on SIZE: Ctrl+R"]
    assert not hasattr(module, "NEW")
    show.reloader.ask_setup()
    show.frame()
    assert module.GRID == [6, 6, 6]


def test_a_changed_assignment_takes_the_new_value_even_if_the_sketch_changed_the_old(starts):
    show = starts(PLAIN)
    show.module.SIZE = 100
    show.save(PLAIN.replace("SIZE = 3", "SIZE = 4"))
    assert show.module.SIZE == 4


def test_a_variable_that_a_function_made_follows_what_the_function_reads(starts):
    text = """
        SIZE = 3
        def table(): return [SIZE, 1]
        TABLE = table()
        def draw(canvas): pass
    """
    show = starts(text)
    show.save(text.replace("SIZE = 3", "SIZE = 4"))
    assert show.module.TABLE == [4, 1]
    show.save(text.replace("SIZE = 3", "SIZE = 4").replace("1]", "2]"))
    assert show.module.TABLE == [4, 2]


def test_a_default_in_a_class_follows_what_it_reads(starts):
    text = """
        import sketch
        SIZE = 3
        class Main(sketch.Sketch):
            size = SIZE
            shared = {}
            def far(self, by=SIZE): return by
    """
    show = starts(text)
    show.sketch.shared["mine"] = 1
    show.save(text.replace("SIZE = 3", "SIZE = 4"))
    assert (show.sketch.size, show.sketch.far(), show.sketch.shared) == (4, 4, {"mine": 1})


def test_statements_that_fill_one_variable_run_together(starts):
    text = """
        stars = []
        for x in range(2):
            stars.append(x)
        def draw(canvas): pass
    """
    show = starts(text)
    show.save(text.replace("range(2)", "range(3)"))
    assert show.module.stars == [0, 1, 2]


def test_a_changed_statement_with_effects_is_named_and_not_run(starts):
    text = """
        import random
        random.seed(1)
        def draw(canvas): pass
    """
    show = starts(text)
    state = show.module.random.getstate()
    show.save(text.replace("seed(1)", "seed(2)"))
    assert show.module.random.getstate() == state
    assert show.messages == ["main.py, line 3 runs only when the sketch starts"]


def test_the_part_for_starting_the_sketch_is_never_run(starts):
    text = LETTERS + "\n    if __name__ == '__main__':\n        sketch.run(Letters)\n"
    show = starts(text)
    show.save(text.replace("sketch.run(Letters)", "raise SystemExit"))
    assert show.shown == ""


def test_hooks_settings_and_arguments_of_plain_functions_follow(starts):
    show = starts("pen_width = 3\ncalls = []\ndef draw(canvas): pass\n")
    show.save(
        "pen_width = 9\ncalls = []\ndef draw(canvas): pass\ndef update(me, dt): calls.append(me.pen_width)\n"
    )
    assert show.module.calls == [9]
    show.save("pen_width = 9\ncalls = []\ndef draw(canvas): pass\ndef update(dt): calls.append('plain')\n")
    assert show.module.calls == [9, "plain"]
    show.save("pen_width = 9\ncalls = []\ndef draw(canvas): pass\n")
    assert show.module.calls == [9, "plain"]
    show.save("pen_width = 9\ncalls = []\ndef draw(canvas, a, b): pass\n")
    assert "draw takes 1 argument" in show.shown


def test_what_only_the_new_setup_makes_is_named(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("def setup(self):", "def setup(self):\n            self.grid = 1"))
    assert show.messages == ["Letters.grid is made by the new setup: Ctrl+R"]
    show.reloader.ask_setup()
    show.frame()
    assert show.sketch.grid == 1


def test_what_only_the_new_plain_setup_makes_is_named(starts):
    show = starts("def setup(me): pass\ndef draw(canvas): pass\n")
    show.save("def setup(me):\n    global field\n    me.grid = field = 1\ndef draw(canvas): pass\n")
    assert show.messages == [
        "field is made by the new setup: Ctrl+R",
        "setup.grid is made by the new setup: Ctrl+R",
    ]


HELPED = """
    import sketch, helper
    from helper import SIZE, wave
    GRID = [SIZE, helper.SIZE]
    class Main(sketch.Sketch):
        def update(self, dt): self.seen = [wave(), SIZE, helper.SIZE, GRID]
"""
HELPER = """
    SIZE = 3
    def wave(): return "old"
"""


def test_a_module_next_to_the_sketch_is_swapped_in_with_all_that_was_taken_from_it(starts):
    show = starts(HELPED, helper=HELPER)
    show.save(HELPER.replace("old", "new").replace("3", "4"), "helper.py")
    assert show.sketch.seen == ["new", 4, 4, [4, 4]]


def test_a_module_in_a_package_is_followed_and_one_that_was_not_imported_is_never_run(starts, tmp_path):
    text = """
        import sketch
        class Main(sketch.Sketch):
            def update(self, dt):
                from parts.sky import blue
                self.seen = blue()
    """
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "__init__.py").write_text("")
    (tmp_path / "parts" / "sky.py").write_text("def blue(): return 1\n")
    show = starts(text)
    show.frame()
    show.save("def blue(): return 2\n", "parts/sky.py")
    assert show.sketch.seen == 2
    show.save("raise SystemExit('it has effects')\n", "other.py")
    assert "other" not in sys.modules
    assert show.shown == ""


def test_two_files_that_are_saved_together_are_swapped_in_together(starts):
    show = starts(HELPED, helper=HELPER)
    show.write("helper.py", HELPER.replace("wave", "ripple"))
    show.save(HELPED.replace("wave", "ripple"))
    assert (show.sketch.seen[0], show.shown, show.reloader.swaps) == ("old", "", 1)


def test_a_rename_over_two_files_heals_with_the_second(starts):
    main = HELPED.replace("helper import SIZE, wave", "helper import SIZE").replace("wave()", "helper.wave()")
    show = starts(main, helper=HELPER)
    show.save(HELPER.replace("wave", "ripple").replace("old", "new"), "helper.py").frame()
    assert "wave" in show.shown
    assert show.sketch.seen[0] == "old"
    show.save(main.replace("wave", "ripple")).frame()
    assert (show.sketch.seen[0], show.shown) == ("new", "")


def test_an_error_keeps_the_last_good_code_and_clears_when_it_is_mended(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace('return "old"', "return (")).frame()
    assert "main.py, line " in show.shown
    assert "the last version that worked keeps running: SyntaxError" in show.shown
    assert not show.stage.failures.frame_failed
    assert show.sketch.seen == "old"
    show.save(LETTERS.replace("old", "new")).frame()
    assert (show.shown, show.sketch.seen) == ("", "new")
    show.save(LETTERS + "    1 / 0\n")
    assert "runs only when the sketch starts" in show.messages[-1]
    show.save(LETTERS + "    x = 1 / 0\n").frame()
    assert "line 15: the last version that worked keeps running: ZeroDivisionError" in show.shown
    show.save(LETTERS.replace("old", "new")).frame()
    assert show.shown == ""


def test_undoing_an_edit_in_the_editor_clears_its_error(starts):
    show = starts(LETTERS)
    show.save(LETTERS + "(").frame()
    assert show.shown
    show.save(LETTERS).frame()
    assert show.shown == ""


def test_code_whose_first_frame_fails_is_taken_back(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace('"old"', "self.missing").replace("size = 3", "size = 4"))
    assert show.stage.failures.frame_failed
    show.frame()
    assert not show.stage.failures.frame_failed
    assert "in update: the last version that worked keeps running: AttributeError" in show.shown
    assert (show.sketch.seen, show.sketch.size) == ("old", 3)
    show.save(LETTERS.replace("old", "mended")).frame()
    assert (show.sketch.seen, show.shown) == ("mended", "")


def test_ctrl_r_takes_code_that_needed_the_new_setup(starts):
    show = starts(LETTERS)
    new = LETTERS.replace('"old"', "self.grid").replace(
        "def setup(self):", "def setup(self):\n            self.grid = 7"
    )
    show.save(new).frame()
    assert "grid" in show.shown
    assert show.sketch.seen == "old"
    show.reloader.ask_setup()
    show.frame().frame()
    assert (show.sketch.seen, show.shown) == (7, "")


def test_an_error_that_was_there_before_does_not_take_an_attempt_back(starts):
    show = starts(LETTERS.replace('"old"', "self.missing"))
    assert show.stage.failures.frame_failed
    show.save(LETTERS.replace('"old"', "self.also_missing")).frame()
    assert "also_missing" in show.shown


def test_a_setup_that_failed_runs_again_when_it_is_mended(starts):
    show = starts(
        LETTERS.replace("self.made = self", "self.made = 1 / 0 * self").replace("hasattr", "not hasattr")
    )
    assert not show.stage.failures.sketch_begun
    show.save(LETTERS)
    assert (show.sketch.made, show.sketch.seen, show.shown) == (1, "old", "")


def test_a_strict_show_raises_what_was_saved(starts):
    show = starts(LETTERS, strict=True)
    with pytest.raises(SyntaxError):
        show.save(LETTERS + "(")


def test_a_sketch_that_is_gone_from_its_file_keeps_running(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("Letters", "Words")).frame()
    assert "no longer defines Letters" in show.shown
    assert show.sketch.seen == "old"
    show.path.unlink()
    show.frame()
    assert show.messages == ["main.py is gone; the sketch keeps what was loaded"]


def test_a_hook_that_inkloop_cannot_call_is_refused(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("def update(self, dt):", "def update(self):")).frame()
    assert "Letters.update takes (self, dt)" in show.shown
    assert show.sketch.seen == "old"


def test_tracebacks_have_the_authors_own_lines_and_texts(starts):
    text = LETTERS + "\n        def fails(self): raise ValueError('here')  # the old line\n"
    show = starts(text)
    lines = [""] * 5 + text.splitlines()
    show.save("\n".join(lines))
    with pytest.raises(ValueError, match="here") as caught:
        show.sketch.fails()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert last.lineno == len(lines)
    assert last.line == "def fails(self): raise ValueError('here')  # the old line"
    # Its text stays that of the version in use while the file has another one.
    show.save("\n" * 50 + text + "(")
    with pytest.raises(ValueError, match="here") as caught:
        show.sketch.fails()
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.lineno, last.line) == (
        len(lines),
        "def fails(self): raise ValueError('here')  # the old line",
    )


def test_a_half_saved_file_is_waited_for_only_where_it_does_not_compile(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("old", "new"))
    assert show.looking.waited == 0.0
    show.write("main.py", LETTERS[: len(LETTERS) // 2] + "(")

    def finish(waited):
        show.looking.meanwhile = lambda waited: None
        show.write("main.py", LETTERS.replace("old", "whole"))

    show.looking.meanwhile = finish
    show.frame()
    assert (show.sketch.seen, show.shown) == ("whole", "")
    assert 0 < show.looking.waited < 0.05
    show.save("")
    assert show.looking.waited == pytest.approx(0.31, abs=0.04)
    assert "main.py is empty" in show.shown
    assert show.sketch.seen == "whole"


def test_a_file_that_is_replaced_by_renaming_is_waited_for(starts):
    show = starts(LETTERS)
    show.path.rename(show.folder / "main.py~")

    def finish(waited):
        if waited > 0.1:
            show.write(".main.swp", LETTERS.replace("old", "renamed"))
            (show.folder / ".main.swp").rename(show.path)
            show.looking.meanwhile = lambda waited: None

    show.looking.meanwhile = finish
    show.frame()
    assert (show.sketch.seen, show.messages) == ("renamed", [])


def test_a_toml_that_a_variable_was_read_from_is_read_again(starts, tmp_path):
    text = """
        import tomllib, sketch
        from pathlib import Path
        LOOK = tomllib.loads(Path(__file__).with_name("look.toml").read_text())
        class Main(sketch.Sketch):
            calls = 0
            def after_reload(self): self.calls += 1
            def update(self, dt): self.seen = LOOK["size"]
    """
    (tmp_path / "look.toml").write_text("size = 1\n")
    show = starts(text)
    show.save("size = 2\n", "look.toml")
    assert (show.sketch.seen, show.sketch.calls) == (2, 1)
    show.save("size = \n", "look.toml").frame()
    assert "look.toml" in show.shown
    assert show.sketch.seen == 2
    show.save("size = 3\n", "look.toml").frame()
    assert (show.sketch.seen, show.shown) == (3, "")
    show.save("unread = 3\n", "other.toml")
    assert show.sketch.calls == 2


def test_what_a_decorator_has_registered_is_not_there_twice(starts):
    text = """
        import sketch
        SCENES, BY_NAME, GROUP = [], {}, set()
        def scene(made):
            SCENES.append(made)
            BY_NAME[made.__name__] = made
            GROUP.add(made)
            return made
        @scene
        def fire(): return "old"
        @scene
        class Rain:
            def name(self): return "old"
        class Main(sketch.Sketch): pass
    """
    show = starts(text)
    module = show.module
    fire, rain = module.fire, module.Rain
    show.save(text.replace("old", "new"))
    assert [fire, rain] == module.SCENES
    assert {"fire": fire, "Rain": rain} == module.BY_NAME
    assert {fire, rain} == module.GROUP
    assert (fire(), rain().name()) == ("new", "new")


def test_an_object_that_the_show_has_changed_gets_new_methods_without_a_message(starts):
    text = """
        import sketch
        class World:
            def __init__(self): self.age = 0
            def step(self): self.age += 1
        world = World()
        class Main(sketch.Sketch):
            def update(self, dt): world.step()
    """
    show = starts(text)
    world = show.module.world
    show.save(text.replace("+= 1", "+= 10"))
    assert (show.module.world, world.age, show.messages) == (world, 11, [])
    show.save(text.replace("+= 1", "+= 10").replace("age = 0", "age = 5"))
    assert (show.module.world, show.messages) == (world, ["world depends on World: Ctrl+R"])


def test_a_file_that_ends_the_program_does_not_end_the_show(starts):
    show = starts(LETTERS)
    show.save(LETTERS + "\n    if True:\n        x = 1\n        raise SystemExit\n").frame()
    assert "ends the program" in show.shown
    assert show.sketch.seen == "old"


def test_lines_of_functions_of_one_name_are_found(starts):
    text = """
        import sketch
        class Main(sketch.Sketch):
            @property
            def speed(self): return 1 / 0
            @speed.setter
            def speed(self, value): raise ValueError(value)
    """
    show = starts(text)
    show.save("\n\n\n" + text)
    lines = [
        function.__code__.co_firstlineno
        for function in (type(show.sketch).speed.fget, type(show.sketch).speed.fset)
    ]
    assert lines == [7, 9]


def test_a_sketch_whose_own_layout_changed_keeps_its_code(starts):
    show = starts(LETTERS)
    show.save(LETTERS.replace("(sketch.Sketch)", "(sketch.Sketch, Exception)").replace("old", "new")).frame()
    assert "start the sketch again" in show.shown
    assert show.sketch.seen == "old"
    show.reloader.ask_setup()
    show.save(LETTERS.replace("old", "newer")).frame()
    assert (show.shown, show.sketch.seen) == ("", "newer")


def test_no_reload_walks_over_the_heap(starts, monkeypatch):
    text = (
        "import sketch\nclass Base: pass\nclass Dot: pass\ndot = Dot()\n"
        + "class Main(sketch.Sketch): pass\n"
    )
    show = starts(text)
    for name in ("get_objects", "get_referrers", "get_referents"):
        monkeypatch.setattr(gc, name, lambda *given: pytest.fail("the heap was searched"))
    show.save(text.replace("class Dot:", "class Dot(Base):"))
    assert isinstance(show.module.dot, show.module.Base)
    assert show.shown == ""


def test_packages_that_new_code_imports_are_imported_before_the_frame_gets_it(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "beside.py").write_text("raise SystemExit('never run here')")
    source = "import colorsys, beside, no_such_package\n"
    import_packages(version_of(str(tmp_path / "main.py"), source))
    assert "colorsys" in sys.modules
    assert "beside" not in sys.modules
