"""Tapes of real runs: what is replayed is what was recorded, and two replays are the same pictures."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sketch
from addon import Recognizer
from addon.inference import loaded_model
from sketch.input.events import (
    FilesEvent,
    KeyEvent,
    MessageEvent,
    ParamEvent,
    PointerEvent,
    PresetEvent,
    ResizeEvent,
)
from sketch.launch import replay
from sketch.live.tapes_entries import (
    TapeError,
)
from sketch.live.tapes_reader import TapeReader
from sketch.live.tapes_replay import unpacked_sketch
from sketch.load import load_sketch
from sketch.synthetic_hand.player import ScriptPlayer, draw, press
from sketch.synthetic_hand.writing import writing

SMALL = sketch.Window(size=(320, 200))


class Show(sketch.Sketch):
    """Depends on everything that a tape has."""

    window = SMALL
    speed = sketch.Param(1.0, 0, 10)
    tint = sketch.Param("#ff8800")

    def __init__(self):
        super().__init__()
        self.heard: list[Any] = []

    def note(self, *what):
        self.heard.append((self.frame, self.time, *what, self.speed))

    def key_pressed(self, key):
        self.note("key", key, self.modifiers)
        if key == "p":
            self.speed = 7.0

    def param_changed(self, name, value):
        self.note("param", name, value)

    def files_dropped(self, paths, x, y):
        self.note("files", [str(path) for path in paths])

    def window_resized(self, width, height):
        self.note("size", width, height)

    def message(self, text):
        self.note("message", text)

    def on_stroke_point(self, point, pointer_id):
        self.note("point", point.tobytes(), pointer_id)

    def on_ink(self, strokes, pointer_id):
        self.note("ink", len(strokes))

    def mouse_scrolled(self, x, y, scroll_x, scroll_y):
        self.note("scroll", scroll_x, scroll_y)

    def draw(self, canvas):
        canvas.background(12)
        canvas.color(self.tint)
        canvas.circle(30 + 20 * self.speed, 40 + 10 * np.sin(self.time), 12)
        canvas.ink(self.ink)


LINE = np.array([(x, 100, x / 800, 0.5) for x in range(20, 200, 12)], dtype=np.float32)


def script():
    yield [(0.0, MessageEvent("hello")), (0.05, ParamEvent("speed", 3.0, "osc")), *press("a", "ctrl")]
    yield draw([LINE], rest=1.0)
    yield [
        (0.0, PointerEvent("scroll", 5, 5, 0.0, scroll_y=1.0)),
        (0.02, ParamEvent("tint", "#00ff00", "osc")),
    ]
    yield [
        (0.0, PointerEvent("move", float("nan"), 5, 0.0)),
        (0.0, FilesEvent(("x.png",), 1, 2)),
        *press("p"),
    ]
    yield draw([LINE + np.array((0, 40, 0, 0), dtype=np.float32)])


def recorded(path: Path, kind: Any = Show, script: Any = script, **options: Any) -> Any:
    return sketch.run(
        kind, headless=True, tape=path, player=ScriptPlayer(script()), home=path.parent / "home", **options
    )


def replayed(path: Path, kind: Any = Show, **options: Any) -> tuple[Any, str]:
    """A replay, and the hash of all its pictures."""
    seen = hashlib.sha256()
    reader = TapeReader(path)
    instance = replay(
        kind, reader, headless=True, viewer=lambda frame: seen.update(frame.tobytes()), **options
    )
    assert reader.lines == []
    return instance, seen.hexdigest()


def test_a_replay_gets_what_was_recorded_and_looks_the_same(tmp_path):
    seen = hashlib.sha256()
    first = recorded(tmp_path / "a.tape", viewer=lambda frame: seen.update(frame.tobytes()))
    one, picture = replayed(tmp_path / "a.tape")
    two, other = replayed(tmp_path / "a.tape")
    assert {what for _, _, what, *_ in first.heard} == {
        "message", "key", "param", "point", "ink", "files", "scroll",
    }  # fmt: skip
    assert one.heard == two.heard == first.heard
    assert one.frame == first.frame
    assert [each.points.tobytes() for each in one.ink] == [each.points.tobytes() for each in first.ink]
    assert picture == other == seen.hexdigest()


class Chance(sketch.Sketch):
    window = SMALL

    def setup(self):
        import random

        self.random = random

    def draw(self, canvas):
        canvas.background(0)
        for _ in range(20):
            canvas.circle(320 * self.random.random(), 200 * np.random.rand(), 5)


def test_what_python_and_numpy_draw_by_chance_is_replayed(tmp_path):
    seen = hashlib.sha256()
    sketch.run(
        Chance, headless=True, frames=5, tape=tmp_path / "a.tape", viewer=lambda f: seen.update(f.tobytes())
    )
    assert replayed(tmp_path / "a.tape", Chance)[1] == seen.hexdigest()


def test_what_comes_after_the_last_frame_is_replayed_after_it(tmp_path):
    def player(now, queue):
        if now > 0.1:
            queue.put(PointerEvent("down", 10, 10, now, button="left"))
            queue.put(PointerEvent("move", 60, 10, now + 0.1, button="left"))
            return False
        return True

    first: Any = sketch.run(Show, headless=True, tape=tmp_path / "a.tape", player=player)
    assert first.heard
    assert replayed(tmp_path / "a.tape")[0].heard == first.heard


MOODS = """
import sketch

class Moods(sketch.Sketch):
    window = sketch.Window(size=(320, 200))
    speed = sketch.Param(1.0, 0, 10)
    tint = sketch.Param("#ff8800")

    def __init__(self):
        super().__init__()
        self.heard = []

    def update(self, dt):
        self.heard.append((self.frame, self.speed, self.tint))
"""


def test_a_preset_on_its_way_is_replayed_value_by_value_without_its_file(tmp_path):
    def player(now, queue):
        if 0.1 < now < 0.12:
            queue.put(PresetEvent("far", 0.3, "osc"))
        return now < 0.6

    (tmp_path / "main.py").write_text(MOODS)
    (tmp_path / "main.presets.toml").write_text('[far]\nspeed = 9.0\ntint = "#0000ff"\n')
    kind = load_sketch(tmp_path / "main.py")
    first: Any = sketch.run(
        kind, headless=True, tape=tmp_path / "a.tape", player=player, home=tmp_path / "home"
    )
    assert len({speed for _, speed, _ in first.heard}) > 10
    (tmp_path / "main.presets.toml").unlink()
    again, _ = replayed(tmp_path / "a.tape", kind)
    assert again.heard == first.heard


class Reader(sketch.Sketch):
    window = SMALL

    def setup(self):
        self.letters = self.use(Recognizer("letters"))
        self.decided = []
        self.letters.on_decide = lambda answer, pointer_id: self.decided.append(answer.held)

    def draw(self, canvas):
        canvas.background(12)
        canvas.ink(self.ink)
        guess = self.letters.prediction
        canvas.text(guess.label, 40, 150, size=120, alpha=guess.opacity)


@pytest.mark.parametrize("where", ["inline", "worker"])
def test_answers_are_those_that_were_recorded_inline_and_in_a_worker(tmp_path, monkeypatch, where):
    def limit(of: str) -> None:
        monkeypatch.setattr(loaded_model, "INLINE_BELOW_US", 1e9 if of == "inline" else 0.0)

    limit("inline")
    seen = hashlib.sha256()
    player = writing("AC", SMALL.size, lambda: True, 2.0, 1 / 60)
    home = tmp_path / "home"
    first: Any = sketch.run(
        Reader, headless=True, tape=tmp_path / "a.tape", player=player, home=home,
        viewer=lambda frame: seen.update(frame.tobytes()),
    )  # fmt: skip
    assert len(first.decided) == 2
    limit(where)
    one, picture = replayed(tmp_path / "a.tape", Reader)
    two, other = replayed(tmp_path / "a.tape", Reader)
    assert one.decided == two.decided == first.decided
    assert picture == other == seen.hexdigest()


class Taught(Reader):
    def on_ink(self, strokes, pointer_id):
        self.letters.teach("bar", strokes)


def test_a_replay_begins_with_what_was_taught_and_teaches_nothing_for_good(tmp_path):
    first: Any = recorded(tmp_path / "a.tape", Taught)
    second: Any = recorded(tmp_path / "b.tape", Taught)
    taught = tmp_path / "home" / "letters" / "taught.sqlite3"
    assert (len(first.letters.examples), len(second.letters.examples)) == (2, 4)
    before = taught.read_bytes()
    again, _ = replayed(tmp_path / "b.tape", Taught)
    assert len(again.letters.examples) == 4
    assert taught.read_bytes() == before


class Keeps(Show):
    keeps_ink = True


def test_a_replay_begins_with_the_ink_that_was_kept(tmp_path):
    recorded(tmp_path / "a.tape", Keeps)
    second = recorded(tmp_path / "b.tape", Keeps)
    again, _ = replayed(tmp_path / "b.tape", Keeps)
    assert len(again.ink) == len(second.ink) == 4


def test_a_film_has_another_size_and_rate_of_the_same_show(tmp_path):
    import av

    recorded(tmp_path / "a.tape")
    replay(Show, TapeReader(tmp_path / "a.tape"), film=tmp_path / "x.mp4", size=(640, 400), fps=30)
    with av.open(str(tmp_path / "x.mp4")) as film:
        stream = film.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (640, 400, 30)


def test_a_film_of_another_shape_is_refused_with_one_that_fits(tmp_path):
    recorded(tmp_path / "a.tape")
    with pytest.raises(ValueError, match="640x400 fits"):
        replay(Show, TapeReader(tmp_path / "a.tape"), film=tmp_path / "x.mp4", size=(640, 480))


def test_a_window_that_changed_its_size_is_fitted_into_the_frames(tmp_path):
    def sizes():
        yield [(0.1, ResizeEvent(160, 200, 1.0)), (0.2, KeyEvent("down", "x"))]

    first = recorded(tmp_path / "a.tape", script=sizes)
    again, _ = replayed(tmp_path / "a.tape")
    assert again.heard == first.heard
    assert (again.width, again.height) == (160, 200)


FILE = """
import sketch

class Main(sketch.Sketch):
    window = sketch.Window(size=(64, 48))

    def draw(self, canvas):
        canvas.background(self.frame % 255)
"""


def inkloop(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sketch.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_commands_record_and_replay_and_refuse_a_changed_file(tmp_path):
    (tmp_path / "main.py").write_text(FILE)
    ran = inkloop("record", "main.py", "--headless", "--frames", 5, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    (tape,) = (tmp_path / "inkloop-data" / "tapes").glob(f"{tmp_path.name}-*.tape")
    ran = inkloop("replay", tape, "--film", "x.mp4", folder=tmp_path)
    assert (ran.returncode, (tmp_path / "x.mp4").stat().st_size > 0) == (0, True), ran.stderr
    (tmp_path / "main.py").write_text(FILE + "\n")
    ran = inkloop("replay", tape, "--headless", folder=tmp_path)
    assert (ran.returncode, "main.py has changed" in ran.stderr) == (1, True)
    ran = inkloop("replay", tape, "--headless", "--sketch", "main.py", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr


def test_a_tape_that_cannot_be_written_is_one_error(tmp_path):
    (tmp_path / "a.tape").write_text("")
    with pytest.raises(TapeError, match="already"):
        recorded(tmp_path / "a.tape")


EDITED = """
import helper, sketch

class Main(sketch.Sketch):
    window = sketch.Window(size=(64, 48))

    def __init__(self):
        super().__init__()
        self.seen = []

    def setup(self):
        self.light = sketch.Shader("light.frag")

    def draw(self, canvas):
        canvas.background(helper.shade())
        canvas.shader(self.light, 0, 0, 16, 48)
        self.seen.append((self.frame, helper.shade(), NUMBER))

NUMBER = 1
"""
HELPER = "def shade(): return 40\n"
LIGHT = "out vec4 paint;\nvoid main() { paint = vec4(0.2, 0.2, 0.2, 1.0); }\n"


def is_failed(picture: Any) -> bool:
    """Whether an error is written over it: nothing else in it is bright."""
    return bool((picture[:, 16:].min(axis=2) > 150).any())


def edits(folder: Path) -> Any:
    """Files that are saved while it runs, each with what the picture or the sketch is like then."""
    return [
        ("helper.py", HELPER.replace("40", "90"), lambda picture: picture[20, 40, 0] == 90),
        ("main.py", EDITED.replace("NUMBER = 1", "NUMBER = 2 +"), is_failed),
        ("main.py", EDITED.replace("NUMBER = 1", "NUMBER = 2"), lambda picture: picture[20, 40, 0] == 90),
        ("light.frag", LIGHT.replace("0.2", "0.8"), lambda picture: picture[20, 4, 0] > 190),
        ("helper.py", HELPER.replace("40", "missing"), is_failed),
        ("helper.py", HELPER.replace("40", "120"), lambda picture: picture[20, 40, 0] == 120),
    ]


def write_sketch(folder: Path) -> Path:
    folder.mkdir()
    for name, text in {"main.py": EDITED, "helper.py": HELPER, "light.frag": LIGHT}.items():
        (folder / name).write_text(text)
    return folder / "main.py"


@pytest.fixture
def own_modules():
    before, path = set(sys.modules), list(sys.path)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


@pytest.mark.usefixtures("own_modules")
def test_edits_are_swapped_in_again_in_the_same_frames_from_the_code_in_the_tape(tmp_path):
    file = write_sketch(tmp_path / "show")
    pictures: list[Any] = []
    left = edits(tmp_path / "show")
    waits: list[Any] = []

    def viewer(picture):
        pictures.append(picture.tobytes())
        if waits and waits[0](picture):
            waits.pop()
        if not waits and left and len(pictures) % 10 == 0:
            name, text, is_seen = left.pop(0)
            (tmp_path / "show" / name).write_text(text)
            waits.append(is_seen)

    def player(now, queue):
        if waits:
            time.sleep(0.005)
        return bool(waits or left) or len(pictures) % 10 != 0

    kind = load_sketch(file)
    first: Any = sketch.run(
        kind, headless=True, reload=True, tape=tmp_path / "a.tape", player=player, viewer=viewer,
        home=tmp_path / "home",
    )  # fmt: skip
    assert {(shade, number) for _, shade, number in first.seen} >= {(40, 1), (90, 1), (90, 2), (120, 2)}
    for name in ("main.py", "helper.py", "light.frag"):
        (tmp_path / "show" / name).unlink()
    for turn in range(2):
        sys.modules.pop("helper", None)
        sys.path[:] = [each for each in sys.path if not each.startswith(str(tmp_path))]
        reader = TapeReader(tmp_path / "a.tape")
        again: list[Any] = []
        unpacked = unpacked_sketch(reader, tmp_path / f"code{turn}")
        one: Any = replay(
            load_sketch(unpacked), reader, headless=True, code=True,
            viewer=lambda picture, again=again: again.append(picture.tobytes()),
        )  # fmt: skip
        assert reader.lines == []
        assert one.seen == first.seen
        assert [at for at, pair in enumerate(zip(again, pictures, strict=True)) if pair[0] != pair[1]] == []


@pytest.mark.usefixtures("own_modules")
def test_without_being_asked_the_code_in_a_tape_never_runs(tmp_path):
    file = write_sketch(tmp_path / "show")
    sketch.run(load_sketch(file), headless=True, frames=3, tape=tmp_path / "b.tape", home=tmp_path / "home")
    lines = (tmp_path / "b.tape").read_text().splitlines(keepends=True)
    edit = '["c","version","helper.py","raise SystemExit(1)",[]]\n'
    (tmp_path / "c.tape").write_text("".join([*lines[:-3], edit, *lines[-3:]]))
    reader = TapeReader(tmp_path / "c.tape")
    done: Any = replay(load_sketch(file), reader, headless=True)
    assert done.frame == 3
    assert len(done.seen) == 3


@pytest.mark.usefixtures("own_modules")
def test_a_tape_holds_the_code_of_the_sketch_and_nothing_else_of_its_folder(tmp_path):
    file = write_sketch(tmp_path / "show")
    for name in ("never_imported.py", "secret.toml", ".env.toml", "pyproject.toml", "deep/other.frag"):
        (tmp_path / "show" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "show" / name).write_text("secret = 1\n")
    sketch.run(load_sketch(file), headless=True, frames=1, tape=tmp_path / "a.tape", home=tmp_path / "home")
    reader = TapeReader(tmp_path / "a.tape")
    reader.close()
    assert sorted(reader.sources) == ["helper.py", "light.frag", "main.py"]
