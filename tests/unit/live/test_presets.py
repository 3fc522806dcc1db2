"""Presets: saved next to the sketch, recalled in a chosen time, and never the end of a show."""

import random
import tomllib
from pathlib import Path
from typing import Any, ClassVar

import pytest

import sketch
from sketch.input.events import KeyEvent, PresetEvent
from sketch.launch import run
from sketch.live.parameters import parameters_of
from sketch.live.parameters_control import Controls
from sketch.live.presets import (
    Presets,
    PresetsError,
    presets_file,
    read_presets,
    with_preset,
    write_presets,
)
from sketch.load import load_sketch
from tests.unit.live import shows

SOURCE = """
import sketch

class Waves(sketch.Sketch):
    window = sketch.Window(size=(64, 48))
    speed = sketch.Param(1.0, 0, 10)
    mode = sketch.Param("line", choices=("line", "dots"))
    tint = sketch.Param("#000000")
    center = sketch.Param((0, 0))
    caption = sketch.Param("hello")
    burst = sketch.Trigger()
    seen = ()

    def message(self, text):
        self.seen += (text,)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "waves.py"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture
def controls(file: Path) -> Controls:
    return Controls(load_sketch(file)())


def down(key: str, *modifiers: str, code: str = "") -> KeyEvent:
    return KeyEvent("down", key, frozenset(modifiers), code=code or f"Digit{key}")


def test_ctrl_and_a_number_saves_and_the_number_recalls_only_with_the_panel_open(file: Path):
    pressed: list[str] = []
    kind: Any = load_sketch(file)
    kind.key_pressed = lambda self, key: pressed.append(key)
    kind.update = lambda self, dt: setattr(self, "speed", 2.0) if self.frame == 2 else None
    # On a French keyboard the unshifted key of the digit 1 is "&".
    keys = {
        1: [down("&", "ctrl", code="Digit1")],
        3: [down("&", code="Digit1")],
        4: [KeyEvent("down", "tab")],
        5: [down("&", code="Digit1"), KeyEvent("up", "&", code="Digit1")],
        6: [down("7")],
    }
    mine: Any = run(kind, headless=True, frames=8, player=shows.put(keys))
    assert mine.speed == 1.0
    assert pressed == ["&"]
    assert "there is no preset 7 (1): Ctrl+7 saves one" in mine.seen
    assert tomllib.loads((file.parent / "waves.presets.toml").read_text("utf-8")) == {
        "1": {"speed": 1.0, "mode": "line", "tint": "#000000", "center": [0.0, 0.0], "caption": "hello"}
    }


def test_an_event_sends_a_sketch_to_a_preset_in_its_own_time(file: Path):
    kind: Any = load_sketch(file)
    (file.parent / "waves.presets.toml").write_text("[far]\nspeed = 9.0\n")
    speeds: list[float] = []
    kind.update = lambda self, dt: speeds.append(self.speed)
    events = {
        2: [PresetEvent("far", 0.05, "osc")],
        8: [PresetEvent("nowhere", 0.0, "osc")],
        9: [PresetEvent("far", float("nan"), "osc")],
    }
    mine: Any = run(kind, headless=True, frames=12, player=shows.put(events))
    assert 1.0 < speeds[3] < 9.0
    assert speeds[-1] == 9.0
    assert any("there is no preset nowhere (far)" in text for text in mine.seen)
    assert any("impossible number" in text for text in mine.seen)


def test_a_sketch_without_parameters_says_that_it_has_no_presets(tmp_path: Path):
    class Plain(sketch.Sketch):
        window = sketch.Window(size=(32, 24))
        seen: ClassVar[list[str]] = []

        def message(self, text: str) -> None:
            self.seen.append(text)

    run(
        Plain,
        headless=True,
        frames=3,
        home=tmp_path,
        player=shows.put({1: [PresetEvent("far", source="osc")]}),
    )
    assert Plain.seen == ["osc: the sketch has no parameters, so no preset far"]


def test_the_file_is_next_to_the_sketch_but_never_in_a_package(file: Path, tmp_path: Path):
    assert presets_file(load_sketch(file)(), tmp_path / "home") == file.with_name("waves.presets.toml")
    from sketch.examples.silk import Silk

    assert presets_file(Silk(), tmp_path / "home") == tmp_path / "home" / "silk.presets.toml"


def test_the_way_to_a_preset_takes_its_time_and_leaves_out_what_another_hand_takes(controls: Controls):
    knobs = controls.parameters
    controls.presets.tables["1"] = {"speed": 9.0, "mode": "dots", "tint": "#ffffff", "center": [10.0, 20.0]}
    assert controls.recall("1", seconds=2.0, curve="linear")
    controls.advance(0.5)
    assert (knobs.get("speed"), knobs.get("mode"), knobs.get("center")) == (3.0, "line", (2.5, 5.0))
    knobs.set("speed", 4.0, "osc")
    changes = {change.name: change.source for change in controls.advance(1.0)}
    assert changes == {"speed": "osc", "mode": "preset", "tint": "preset", "center": "preset"}
    assert (knobs.get("speed"), knobs.get("mode")) == (4.0, "dots")
    controls.advance(1.0)
    assert not controls.is_travelling
    assert (knobs.get("speed"), knobs.get("tint"), knobs.get("center")) == (4.0, "#ffffff", (10.0, 20.0))


def test_a_variation_follows_its_seed_and_two_states_can_be_compared(controls: Controls):
    knobs = controls.parameters
    controls.seed, controls.amount = 5, 0.5
    controls.vary()
    first = knobs.snapshot()
    assert controls.seed == 6
    controls.switch("B")
    assert knobs.snapshot() == first
    knobs.set("speed", 0.25)
    controls.switch("A")
    assert knobs.snapshot() == first
    controls.switch("B")
    assert knobs.get("speed") == 0.25


def test_a_file_edited_by_hand_is_read_again_and_its_comments_stay(file: Path, controls: Controls):
    path = controls.presets.path
    path.write_text(
        '# mine\n[1] # soft\nspeed = 2.5\nodd = 3\n\n# wild\n[wild]\nspeed = 50\n"a.b" = 1\n', "utf-8"
    )
    assert controls.recall("1")
    assert controls.parameters.get("speed") == 2.5
    assert controls.recall("wild")
    assert controls.parameters.get("speed") == 10.0
    assert controls.messages() == [
        "preset 1: there is no parameter odd",
        "preset wild: there is no parameter a.b",
    ]
    controls.save("1")
    controls.save("2")
    assert controls.close()[-1].endswith("saved in waves.presets.toml")
    text = path.read_text("utf-8")
    assert text.startswith("# mine\n")
    found = tomllib.loads(text)
    assert list(found) == ["1", "wild", "2"]
    assert (found["1"]["odd"], found["1"]["speed"], found["wild"]["a.b"]) == (3, 10.0, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]\na = 1\n",
        '["1"]\na = 1\n[2]\nb = 2\n',
        "[1]\na = 1\n[1.letters]\nhold = 2.0\n[2]\nb = 1\n",
        "[2]\nb = 1979-05-27T07:32:00Z\nc = [[1, 2], [3]]\n",
        'top = 1\n[2]\ntext = """\n[1]\n"""\n',
    ],
)
def test_one_table_is_exchanged_and_all_else_stays(text: str):
    values = {"speed": 1e-30, "on": True, "count": -(1 << 62), "te xt": 'a"\\\n\x7f\u2028é', "at": (1.0, 2.0)}
    new = tomllib.loads(with_preset(text, "1", values))
    for name, value in values.items():
        assert new["1"][name] == (list(value) if isinstance(value, tuple) else value)
    assert {key: value for key, value in new.items() if key != "1"} == {
        key: value for key, value in tomllib.loads(text).items() if key != "1"
    }


def test_a_form_that_cannot_be_exchanged_is_refused_and_the_file_kept(tmp_path: Path):
    path = tmp_path / "x.presets.toml"
    path.write_text("1 = {a = 1}\n", "utf-8")
    with pytest.raises(ValueError, match=r"\[1\] is written in a form that Inkloop cannot exchange"):
        write_presets(path, {"1": {"b": 2}})
    presets = Presets(path)
    presets.save("1", {"b": 2})
    assert "preset 1 is not written ([1] is written in a form" in presets.close()[0]
    assert (path.read_text("utf-8"), presets.tables["1"]) == ("1 = {a = 1}\n", {"a": 1, "b": 2})


def damaged() -> list[bytes]:
    """A handful of files that are no presets, or odd ones."""
    sound = b'[1]\nspeed = 3.0\nmode = "dots"\ntint = "#ff0000"\ncenter = [1.0, 2.0]\n'
    noise = random.Random(3)
    flipped = [bytearray(sound) for _ in range(12)]
    for data in flipped:
        data[noise.randrange(len(data))] = noise.randrange(256)
    return [
        b"",
        b"\xff\xfe\x00",
        sound[:20],
        b"[1]\n" * 2,
        b"a = " + b"[" * 5000,
        b"[1]\nspeed = " + b"9" * 6000,
        b"1 = 3\n",
        b"[1]\nspeed = nan\nmode = 3\ntint = [1]\ncenter = 'x'\ncaption = 1979-05-27\n",
        b"[1]\nspeed = inf\ncenter = [1, 2, 3]\n[1.speed]\nx = 1\n",
        b"[1]\nburst = true\nspeed = 1e400\n",
        b"\x00" * 100,
        *map(bytes, flipped),
    ]


@pytest.mark.parametrize("data", damaged())
def test_a_damaged_file_never_ends_a_show_and_is_never_overwritten(controls: Controls, data: bytes):
    path = controls.presets.path
    path.write_bytes(data)
    controls.recall("1")
    controls.advance(0.1)
    lines = controls.messages()
    assert all(line.isprintable() for line in lines)
    controls.save("2")
    controls.close()
    assert read_presets(path)["2"]["speed"] == controls.parameters.get("speed")
    kept = [path.read_bytes(), *(each.read_bytes() for each in path.parent.glob("*.damaged-*"))]
    assert any(data.strip() in text for text in kept)


def test_a_disk_that_is_full_keeps_the_preset_in_memory(controls: Controls, monkeypatch: pytest.MonkeyPatch):
    def full(*given: object) -> list[str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sketch.live.presets.write_presets", full)
    controls.save("1")
    assert controls.close() == [
        "preset 1 is not on the disk (No space left on device), only in memory: save it again",
    ]
    controls.parameters.set("speed", 5.0)
    assert controls.recall("1")
    assert controls.parameters.get("speed") == 1.0


def test_what_is_no_file_is_not_read(tmp_path: Path):
    folder = tmp_path / "x.presets.toml"
    folder.mkdir()
    with pytest.raises(PresetsError, match="no ordinary file"):
        read_presets(folder)
    presets = Presets(folder)
    assert "no ordinary file" in presets.messages()[0]
    presets.save("1", {"a": 1})
    assert "preset 1 is not written" in presets.close()[0]
    assert folder.is_dir()


def test_the_controls_see_addons_that_come_later_and_restore_their_values(file: Path):
    mine = load_sketch(file)()
    controls = Controls(mine)
    controls.restore({"speed": 4.0, "Bloom.strength": 2.0, "other.x": 1})
    glow = mine.use(sketch.Effect(sketch.Bloom(0.5)))
    controls.include()
    assert (parameters_of(mine).get("speed"), glow.parameters["strength"]["high"]) == (4.0, 3.0)
    assert parameters_of(mine).get("Bloom.strength") == 2.0
    assert controls.unknown() == ["there is no parameter other.x"]
