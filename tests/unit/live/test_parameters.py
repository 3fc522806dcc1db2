"""Parameters: typed and clamped, a value an instance, set by whatever wants to and reported."""

import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sketch
from sketch.hooks import SketchError
from sketch.input.events import KeyEvent, ParamEvent
from sketch.launch import run
from sketch.live.parameters import Change, Parameters, parameters_of
from sketch.live.parameters_kinds import plain
from sketch.load import load_sketch
from sketch.module_sketch import module_sketch
from tests.unit.live import shows


class Waves(sketch.Sketch):
    speed = sketch.Param(1.0, 0, 10, unit="rad/s", group="motion")
    count = sketch.Param(12, 1, 40)
    wild = sketch.Param(False)
    mode = sketch.Param("line", choices=("line", "dots"))
    tint = sketch.Param("#ffb454")
    center = sketch.Param((500, 350), (0, 0), (1000, 700))
    caption = sketch.Param("hello")
    burst = sketch.Trigger()
    level = sketch.Monitor(0, 1)


def test_a_parameter_has_a_value_an_instance_and_none_on_the_class():
    first, second = Waves(), Waves()
    first.speed = 3
    assert (first.speed, second.speed, type(first.speed)) == (3.0, 1.0, float)
    assert isinstance(Waves.speed, sketch.Param)
    assert [entry.kind.word for entry in parameters_of(first).entries.values()] == [
        "float",
        "int",
        "bool",
        "choice",
        "color",
        "point",
        "text",
        "trigger",
        "monitor",
    ]


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("speed", 12, 10.0),
        ("speed", -1e30, 0.0),
        ("speed", np.float32(2.5), 2.5),
        ("count", 1000, 40),
        ("count", 7.0, 7),
        ("wild", np.bool_(True), True),
        ("mode", "dots", "dots"),
        ("tint", (300, -5, 0), "#ff0000"),
        ("tint", "#01020380", "#01020380"),
        ("tint", 128, "#808080"),
        ("center", [-4, 9000], (0.0, 700.0)),
        ("caption", "x" * 5000, "x" * 2000),
    ],
)
def test_a_magnitude_is_clamped(name: str, given: object, kept: object):
    waves = Waves()
    setattr(waves, name, given)
    assert getattr(waves, name) == kept
    assert type(getattr(waves, name)) is type(kept)


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("speed", "fast", r"a number in 0\.\.10"),
        ("speed", None, r"a number in 0\.\.10"),
        ("speed", float("nan"), "finite"),
        ("count", 2.5, r"a whole number in 1\.\.40"),
        ("wild", 1, "True or False"),
        ("mode", "snow", "line, dots"),
        ("mode", 3, "line, dots"),
        ("tint", "red", "#rrggbb"),
        ("tint", object(), "#rrggbb"),
        ("center", 3, "two numbers"),
        ("center", "ab", "two numbers"),
        ("center", (1, "b"), "y of center must be a number"),
        ("caption", 5, "a text"),
        ("burst", 1, "True or False"),
        ("level", [], "a number, a text"),
    ],
)
def test_a_wrong_type_raises_and_names_what_is_allowed(name: str, given: object, allowed: str):
    waves = Waves()
    before = getattr(waves, name)
    with pytest.raises((TypeError, ValueError), match=allowed) as caught:
        setattr(waves, name, given)
    assert name in str(caught.value)
    assert getattr(waves, name) == before


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"default": 11.0, "low": 0, "high": 10}, "in its range"),
        ({"default": 1.0, "low": 10, "high": 0}, "below high"),
        ({"default": 1.0, "step": 0}, "step must be above 0"),
        ({"default": True, "low": 0}, "a range is for numbers"),
        ({"default": "a", "choices": ()}, "several texts or numbers"),
        ({"default": "a", "choices": ("b",)}, "must be one of b"),
        ({"default": "a", "choices": ("a", "a")}, "different"),
        ({"default": object()}, "the default of a parameter is"),
        ({"default": 1.0, "kind": "number"}, "kind must be one of"),
    ],
)
def test_an_impossible_declaration_is_refused(options: dict[str, Any], wrong: str):
    with pytest.raises((TypeError, ValueError), match=wrong):
        sketch.Param(**options)


def test_numbers_keep_to_their_steps():
    class Stepped(sketch.Sketch):
        gain = sketch.Param(0.5, 0, 1, step=0.1)
        size = sketch.Param(10, 2, 100, step=4)

    stepped = Stepped()
    stepped.gain, stepped.size = 0.34, 13
    assert (stepped.gain, stepped.size) == (0.3, 14)


def test_a_setting_of_the_sketch_may_be_a_parameter_if_it_is_read_every_frame():
    class Mine(sketch.Sketch):
        pen_width = sketch.Param(6.0, 1, 40)  # pyright: ignore[reportAssignmentType]
        seed = sketch.Param(3, 0, 99)  # pyright: ignore[reportAssignmentType]

    mine = Mine()
    mine.pen_width = 100
    assert (mine.pen_width, mine.seed) == (40.0, 3)
    with pytest.raises(TypeError, match="keeps_ink is read once"):
        type("Other", (sketch.Sketch,), {"keeps_ink": sketch.Param(True)})
    with pytest.raises(TypeError, match="width is the sketch's own name"):
        type("Other", (sketch.Sketch,), {"width": sketch.Param(3.0)})


def test_two_of_one_name_are_refused(tmp_path):
    both: Any = sketch.Param(1.0)
    same = type("Same", (sketch.Sketch,), {"a": both, "b": both})
    with pytest.raises(SketchError, match="a and b are one parameter"):
        parameters_of(same())
    alike: Any = {"a": sketch.Param(1.0, label="x"), "b": sketch.Param(1.0, label="x")}
    with pytest.raises(SketchError, match="a and b have one name in the panel"):
        parameters_of(type("Alike", (sketch.Sketch,), alike)())
    path = tmp_path / "twice.py"
    path.write_text(
        "import sketch\nclass Twice(sketch.Sketch):\n"
        "    speed = sketch.Param(1.0)\n    speed = sketch.Param(2.0)\n",
        encoding="utf-8",
    )
    with pytest.raises(SketchError, match=r"twice.py: speed is assigned twice, in lines 3 and 4"):
        parameters_of(load_sketch(path)())


def test_changes_are_reported_once_a_frame_with_their_newest_value_whatever_set_them():
    seen: list[Change] = []
    told: list[tuple[int, str, object]] = []

    class Mine(Waves):
        def setup(self):
            parameters_of(self).listen(seen.append)

        def update(self, dt):
            if self.frame == 1:
                self.speed = 2
                self.speed = 3

        def param_changed(self, name, value):
            told.append((self.frame, name, value))

    run(Mine, headless=True, frames=4, player=shows.put({2: [ParamEvent("count", 20.0, "osc")]}))
    assert seen == [
        Change("speed", 2.0, "code"),
        Change("speed", 3.0, "code"),
        Change("count", 20, "osc"),
    ]
    assert sorted(told) == [(2, "count", 20), (2, "speed", 3.0)]


def test_an_event_with_nonsense_changes_nothing_and_says_so_once():
    class Mine(Waves):
        lines: list[str]

        def setup(self):
            self.lines = []

        def message(self, text):
            self.lines.append(text)

    events = [
        ParamEvent("speed", "fast", "osc"),
        ParamEvent("sped", 1.0, "osc"),
        ParamEvent("level", 1.0, "osc"),
    ]
    mine = run(Mine, headless=True, frames=5, player=shows.put({1: events, 2: events}))
    assert isinstance(mine, Mine)
    assert mine.speed == 1.0
    assert mine.lines == [
        "osc: speed must be a number in 0..10; got 'fast'; speed stays as it is",
        "osc: there is no parameter sped; did you mean speed?; sped stays as it is",
        "osc: level is a monitor, which the code alone sets; level stays as it is",
    ]


def test_a_trigger_is_on_for_one_frame():
    lit: list[int] = []

    class Mine(Waves):
        def update(self, dt):
            if self.burst:
                lit.append(self.frame)
            if self.frame == 4:
                self.burst = True

    run(Mine, headless=True, frames=8, player=shows.put({2: [ParamEvent("burst", True, "panel")]}))
    assert lit == [2, 5]


def test_a_monitor_keeps_what_it_showed():
    class Mine(Waves):
        def update(self, dt):
            self.level = self.frame * 10

    mine = run(Mine, headless=True, frames=4)
    assert list(parameters_of(mine).entries["level"].history) == [0.0, 0.0, 10.0, 20.0]


MODULE = """
import sketch
speed = sketch.Param(2.0, 0, 4)
seen = []
def update(dt):
    global speed
    seen.append(speed)
    speed = speed + 1.5
def draw(canvas): pass
"""


def module(name: str, source: str) -> Any:
    made: Any = ModuleType(name)
    sys.modules[name] = made
    exec(source, vars(made))
    return made


def test_the_names_of_a_plain_module_hold_the_values_and_may_be_set():
    plain_sketch = module("_plain_parameters", MODULE)
    mine = run(plain_sketch, headless=True, frames=3)
    assert plain_sketch.seen == [2.0, 3.5, 4.0]
    assert plain_sketch.speed == 5.5
    # A second run begins with the declared value, though the name holds a number now.
    plain_sketch.seen.clear()
    run(plain_sketch, headless=True, frames=1)
    assert plain_sketch.seen == [2.0]
    assert parameters_of(mine).get("speed") == 4.0


def test_a_plain_module_that_is_loaded_again_keeps_its_values():
    plain_sketch = module("_plain_loaded_again", MODULE)
    mine = module_sketch(plain_sketch)()
    knobs = parameters_of(mine)
    knobs.set("speed", 3.0, "panel")
    exec(MODULE.replace("(2.0, 0, 4)", "(1.0, 0, 2.5)") + "extra = sketch.Param(True)", vars(plain_sketch))
    knobs.advance()
    assert (knobs.get("extra"), plain_sketch.extra) == (True, True)
    del plain_sketch.extra
    knobs.declare()
    assert list(knobs.entries) == ["speed"]
    assert (plain_sketch.speed, knobs.entries["speed"].kind.checked("speed", 99)) == (2.5, 2.5)


def redeclared(**parameters: Any) -> Parameters:
    """The parameters of an instance whose class was patched after its speed was set to 8."""
    kind: Any = type("Mine", (sketch.Sketch,), {"speed": sketch.Param(1.0, 0, 10), "gone": sketch.Param(1)})
    mine = kind()
    knobs = parameters_of(mine)
    knobs.set("speed", 8.0, "panel")
    knobs.take_changes()
    del kind.gone
    for name, declared in parameters.items():
        setattr(kind, name, declared)
        declared.__set_name__(kind, name)
    knobs.declare()
    return knobs


def test_a_reload_keeps_a_value_and_a_changed_range_clamps_it():
    knobs = redeclared(speed=sketch.Param(2.0, 0, 5), fresh=sketch.Param(True))
    assert (knobs.get("speed"), knobs.get("fresh"), list(knobs.entries)) == (5.0, True, ["speed", "fresh"])
    assert knobs.take_changes() == [Change("speed", 5.0, "reload")]
    assert knobs.set("speed", 100, "panel") == 5.0
    assert redeclared(speed=sketch.Param(2.0, 0, 50)).get("speed") == 8.0
    # Another kind cannot keep it.
    assert redeclared(speed=sketch.Param("hello")).get("speed") == "hello"


def test_a_value_that_nothing_changed_takes_a_new_default():
    kind: Any = type("Mine", (sketch.Sketch,), {"speed": sketch.Param(1.0, 0, 10)})
    mine = kind()
    knobs = parameters_of(mine)
    kind.speed = sketch.Param(4.0, 0, 10)
    type.__getattribute__(kind, "__dict__")["speed"].__set_name__(kind, "speed")
    knobs.declare()
    assert mine.speed == 4.0


class Echo:
    """An addon that imports nothing of Inkloop."""

    parameters: Any = {"delay": {"low": 0.0, "high": 2.0, "unit": "s"}, "on": {}}  # noqa: RUF012

    def __init__(self):
        self.delay, self.on = 0.5, True

    def update(self, dt): ...


def test_the_parameters_of_addons_are_found_by_structure():
    class Mine(sketch.Sketch):
        def setup(self):
            self.echoes = [self.use(Echo()), self.use(Echo())]

    mine = run(Mine, headless=True, frames=3, player=shows.put({1: [ParamEvent("Echo.delay", 7.0, "osc")]}))
    assert isinstance(mine, Mine)
    assert list(parameters_of(mine).entries) == ["Echo.delay", "Echo.on", "Echo 2.delay", "Echo 2.on"]
    assert [echo.delay for echo in mine.echoes] == [2.0, 0.5]


def test_what_an_addon_declares_wrongly_is_refused_with_its_name():
    class Mine(sketch.Sketch):
        def setup(self):
            addon = self.use(Echo())
            addon.parameters = {"delay": {"low": 0.0, "most": 2.0}}

    with pytest.raises(SketchError, match=r"Echo.parameters\['delay'\]: .*most"):
        run(Mine, headless=True, frames=2)


def test_an_effect_puts_the_amounts_of_a_pass_into_the_panel():
    class Mine(sketch.Sketch):
        window = sketch.Window(size=(64, 48))

        def setup(self):
            self.glow = self.use(sketch.Effect(sketch.Bloom(0.6)))
            self.use(sketch.Effect(sketch.Trails(0.5), "tunnel"))

        def draw(self, canvas):
            canvas.background(12)

    mine = run(Mine, headless=True, frames=2)
    assert list(parameters_of(mine).snapshot()) == [
        *(f"Bloom.{name}" for name in ("is_on", "strength", "threshold", "radius")),
        *(f"tunnel.{name}" for name in ("is_on", "keep", "zoom", "turn", "shift", "ground")),
    ]
    assert parameters_of(mine).set("Bloom.strength", 99.0) == 3.0
    wrong: Any = 3
    with pytest.raises(TypeError, match="an effect is made of"):
        sketch.Effect(wrong)


def test_a_sketch_without_parameters_loads_and_gets_nothing_of_it():
    class Mine(sketch.Sketch):
        pressed: list[str]

        def setup(self):
            self.pressed = []

        def key_pressed(self, key):
            self.pressed.append(key)

    keys = [KeyEvent("down", "tab"), KeyEvent("down", "1", frozenset({"ctrl"}), code="Digit1")]
    mine = run(Mine, headless=True, frames=2, player=shows.put({1: keys}))
    assert isinstance(mine, Mine)
    assert mine.pressed == ["tab", "1"]
    assert not any(name.startswith("_param") for name in vars(mine))


def test_every_kind_can_be_mixed_and_varied_with_a_seed():
    knobs = parameters_of(Waves())
    first, again, other = (knobs.varied(0.5, seed) for seed in (7, 7, 8))
    assert first == again != other
    assert first.keys() == knobs.snapshot().keys()
    assert knobs.varied(0.0, 7) == knobs.snapshot()
    for name, value in first.items():
        kind = knobs.entries[name].kind
        assert kind.checked(name, plain(value)) == value
        start = knobs.get(name)
        assert (kind.mixed(start, value, 0.0), kind.mixed(start, value, 1.0)) == (start, value)
        assert kind.checked(name, kind.mixed(start, value, 1.3)) is not None
