"""Files that are saved while a sketch runs, with the process that watches them."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sketch
from sketch.examples.handwriting_show import placed
from sketch.live.reload import Reloader
from sketch.live.watcher import Watcher
from sketch.load import load_sketch
from sketch.synthetic_hand.hand import TEACH_FACE
from sketch.synthetic_hand.player import ScriptPlayer, draw
from tests.e2e.person import Person
from tests.waiting import until

MAIN = """
import sketch, hue
class Painted(sketch.Sketch):
    window = sketch.Window(size=(320, 200))
    def draw(self, canvas):
        canvas.background(*hue.hue())
"""
HUE = "def hue(): return (0, 0, 200)\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "hue.py").write_text(HUE)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]
    while str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


class Audience:
    """Looks at every frame, and saves the next file when the picture is what it waits for.

    Args:
        folder: Of the files.
        *acts: What is waited for in a frame, and the name and text of the file to save then; an empty name
            ends the sketch.
    """

    def __init__(self, folder, *acts):
        self.folder, self.acts, self.pictures = folder, [*acts], []

    def __call__(self, picture):
        waits, name, text = self.acts[0]
        if waits(picture):
            self.pictures.append(picture.copy())
            self.acts.pop(0)
            if name:
                (self.folder / name).write_text(text)

    def script(self, now, queue):
        return bool(self.acts)


def ground(*color):
    return lambda picture: picture[-1, -1].tolist() == [*color]


def has_error(picture):
    return (picture[:60] > 240).all(axis=2).any()


def test_a_saved_module_is_on_the_next_pictures_and_an_error_lies_over_the_last_good_code(folder):
    audience = Audience(
        folder,
        (ground(0, 0, 200), "hue.py", HUE.replace("0, 0, 200", "0, 200, 0")),
        (ground(0, 200, 0), "hue.py", "def hue(: return\n"),
        (has_error, "hue.py", HUE.replace("0, 0, 200", "1 / 0, 0, 0")),
        (lambda picture: has_error(picture), "hue.py", HUE.replace("0, 0, 200", "200, 0, 0")),
        (ground(200, 0, 0), "", ""),
    )
    kind = load_sketch(folder / "main.py")
    sketch.run(kind, headless=True, reload=True, viewer=audience, player=audience.script)
    failed = audience.pictures[2]
    assert failed[-1, -1].tolist() == [0, 200, 0]
    if "INKLOOP_SEE" in os.environ:
        from PIL import Image

        Image.fromarray(failed).save(Path(os.environ["INKLOOP_SEE"]) / "reload-error.png")
    assert np.all(audience.pictures[4] == [200, 0, 0])


SHADED = """
import threading
import moderngl, sketch
THREADS = []
class Painted(sketch.Sketch):
    window = sketch.Window(size=(320, 200))
    def setup(self):
        self.light = sketch.Shader("light.frag")
        self.surface = sketch.Fbo(40, 40)
    def after_reload(self):
        self.surface = sketch.Fbo(40, 40)
    def draw(self, canvas):
        canvas.background(0)
        with canvas.into(self.surface): canvas.background(0)
        canvas.shader(self.light)
"""
LIGHT = "in vec2 at; out vec4 paint; void main() { paint = vec4(0.0, 0.0, 1.0, 1.0); }\n"


def test_a_saved_shader_is_compiled_in_another_process_and_an_error_is_shown_over_the_last(folder):
    (folder / "main.py").write_text(SHADED)
    (folder / "light.frag").write_text(LIGHT)
    audience = Audience(
        folder,
        (ground(0, 0, 255), "light.frag", LIGHT.replace("0.0, 1.0, 1.0", "1.0, 0.0, 1.0")),
        (ground(0, 255, 0), "light.frag", LIGHT.replace("paint =", "paint ")),
        (lambda picture: (picture[:40] < 200).all(axis=2).any(), "light.frag", LIGHT.replace("0.0", "1.0")),
        (ground(255, 255, 255), "", ""),
    )
    kind = load_sketch(folder / "main.py")
    shown: Any = sketch.run(kind, headless=True, reload=True, viewer=audience, player=audience.script)
    assert audience.pictures[2][-1, -1].tolist() == [0, 255, 0]
    assert shown.light.version == 4


def test_gpu_objects_of_old_code_are_freed_on_the_frames_thread(folder, monkeypatch):
    (folder / "main.py").write_text(SHADED)
    (folder / "light.frag").write_text(LIGHT)
    threads = []
    surface = sys.modules["sketch.render.images.fbo"].FboSurface
    release = surface.release
    monkeypatch.setattr(
        surface, "release", lambda self: (threads.append(threading.current_thread()), release(self))
    )
    freed = lambda picture: bool(threads)  # noqa: E731
    audience = Audience(folder, (ground(0, 0, 255), "main.py", SHADED + "\nTWO = 2\n"), (freed, "", ""))
    sketch.run(
        load_sketch(folder / "main.py"), headless=True, reload=True, viewer=audience, player=audience.script
    )
    assert set(threads) == {threading.current_thread()}


def test_the_process_that_watches_may_die(folder, monkeypatch):
    reloaders = []
    between = Reloader.between_frames
    monkeypatch.setattr(
        Reloader, "between_frames", lambda self, stage: (reloaders.append(self), between(self, stage))
    )

    def killed(picture):
        os.kill(reloaders[-1]._watching._process.pid, signal.SIGKILL)
        return True

    audience = Audience(folder, (killed, "hue.py", HUE.replace("200", "90")), (ground(0, 0, 90), "", ""))
    sketch.run(
        load_sketch(folder / "main.py"), headless=True, reload=True, viewer=audience, player=audience.script
    )
    assert audience.acts == []


CLI = "import sys; sys.argv = ['inkloop', 'run', 'main.py']; from sketch.cli import main; main()"


@pytest.mark.window
def test_inkloop_run_swaps_in_a_window_and_ctrl_r_runs_setup(screen, tmp_path):
    text = """
import json, sketch
class Painted(sketch.Sketch):
    window = sketch.Window(size=(320, 200), title="a reloaded one")
    def say(self, **what): print(json.dumps(what), flush=True)
    def setup(self): self.say(setup="old")
    def update(self, dt):
        if self.frame == 3: self.say(begun=True)
    def after_reload(self): self.say(reloaded="old")
"""
    (tmp_path / "main.py").write_text(text)
    person = Person(
        CLI,
        screen,
        tmp_path,
        "a reloaded one",
    )
    try:
        person.hears(lambda line: "begun" in line)
        (tmp_path / "main.py").write_text(text.replace('"old"', '"new"'))
        assert person.hears(lambda line: "reloaded" in line) == {"reloaded": "new"}
        person._xdotool("mousemove", "--window", person.window, "100", "100", "key", "ctrl+r")
        assert person.hears(lambda line: "setup" in line) == {"setup": "new"}
    finally:
        person.stop()


READS = """
import sketch
from addon import Recognizer
class Reads(sketch.Sketch):
    window = sketch.Window(size=(640, 400))
    def setup(self):
        self.letters = self.use(Recognizer("letters"))
        self.inks, self.words = [], []
    def on_stroke_point(self, point, pointer_id): self.words.append(self.word())
    def on_ink(self, strokes, pointer_id):
        self.inks.append([len(stroke) for stroke in strokes])
        self.answer = self.letters.wait_answer(pointer_id, 60.0)
    def word(self): return "old"
"""


def read_a_letter(folder, monkeypatch, saves):
    """Write an A into a sketch that reads it, and return the answer; `saves` changes its file halfway."""
    (folder / "main.py").write_text(READS)
    instance: Any = load_sketch(folder / "main.py")()
    strokes = placed("A", TEACH_FACE, 1)
    script = ScriptPlayer(iter([draw(strokes, rest=3.0)]))
    recognizers, watching = [], []
    follow = Watcher.follow
    monkeypatch.setattr(Watcher, "follow", lambda self, *given: (watching.append(self), follow(self, *given)))

    def play(now, queue):
        if instance.frame == 0:
            instance.letters.wait_ready(60.0)
        if saves and len(instance.words) >= 20 and not recognizers:
            (folder / "main.py").write_text(READS.replace('"old"', '"new"'))
            recognizers.append(instance.letters)
            until(lambda: not watching[0]._saved.empty())
        return script(now, queue)

    sketch.run(instance, headless=True, reload=True, player=play, home=folder / "home")
    assert instance.inks == [[len(stroke) for stroke in strokes]]
    assert len(instance.words) == sum(instance.inks[0])
    assert sorted(set(instance.words)) == (["new", "old"] if saves else ["old"])
    assert recognizers in ([], [instance.letters])
    return instance.answer


def test_a_letter_is_recognised_alike_if_its_sketch_is_saved_while_it_is_written(folder, monkeypatch):
    left, saved = (read_a_letter(folder, monkeypatch, saves) for saves in (False, True))
    assert (left.label, saved.label) == ("A", "A")
    np.testing.assert_allclose(saved.probabilities, left.probabilities, atol=1e-5)
