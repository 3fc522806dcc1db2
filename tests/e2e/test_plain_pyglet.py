"""The addon without a sketch, in a plain pyglet window that a person draws in."""

import os
import runpy
import subprocess
import sys

import numpy as np
import pytest

from addon.dataset import taught_file
from tests.e2e.person import ROOT, Person
from tests.models import make_model
from tests.waiting import PATIENCE

pytestmark = pytest.mark.window

EXAMPLE = ROOT / "sketch" / "examples" / "plain_pyglet.py"

# It also prints what it shows, and the sketch's half must not be loaded.
PROGRAM = """
import runpy, sys
from addon import Recognizer
on_ink = Recognizer.on_ink
def said(self, strokes, pointer_id):
    on_ink(self, strokes, pointer_id)
    said = (self.prediction.label, len(strokes[0]), len(strokes))
    print('{"label": "%s", "points": %d, "strokes": %d}' % said, flush=True)
Recognizer.on_ink = said
teach = Recognizer.teach
def taught(self, label, strokes):
    example = teach(self, label, strokes)
    print('{"taught": "%s"}' % label, flush=True)
    return example
Recognizer.teach = taught
Recognizer.messages = lambda self: []
main = runpy.run_path(EXAMPLE)["main"]
main(MODEL)
assert not [name for name in sys.modules if name == "sketch" or name.startswith("sketch.")]
"""


@pytest.fixture
def model(tmp_path):
    make_model(tmp_path / "letters.onnx", ("A", "B"), hidden=8)
    return tmp_path / "letters.onnx"


def test_a_person_draws_and_teaches(screen, tmp_path, model):
    program = f"EXAMPLE, MODEL = {str(EXAMPLE)!r}, {str(model)!r}\n{PROGRAM}"
    person = Person(program, screen, tmp_path, "The addon alone")
    try:
        xs = np.arange(100, 300, 10)
        falling = np.stack([xs, xs, (xs - 100) * 0.001, 0 * xs], axis=1).astype(np.float32)
        rising = falling * (1, -1, 1, 1) + np.array((0, 400, 0.3, 0), dtype=np.float32)
        person.draw([falling, rising])
        heard = person.hears(lambda line: "label" in line)
        assert heard["label"] in ("A", "B")
        assert heard["points"] >= 15
        assert heard["strokes"] == 2
        person.press("7")
        assert person.hears(lambda line: "taught" in line) == {"taught": "7"}
        person.press("Escape")
        assert person.ends() == ""
    finally:
        person.stop()
    records, _ = taught_file.read(tmp_path / "inkloop-data" / "letters" / "taught.sqlite3")
    assert [(record.label, len(record.strokes)) for record in records] == [("7", 2)]


def test_it_runs_for_so_many_frames(screen, tmp_path, model):
    program = f"""
import builtins, runpy, pyglet
frames, said, show = iter(range(20)), [], print
def heard(*words, **options):
    said.extend(words)
    show(*words, **options)
builtins.print = heard
def one_more(dt):
    # The model is there some frames later, however busy the machine is.
    if next(frames, None) is None and said:
        pyglet.app.exit()
main = runpy.run_path({str(EXAMPLE)!r})["main"]
pyglet.clock.schedule_interval(one_more, 1 / 60)
main({str(model)!r})
"""
    environment = {**os.environ, "DISPLAY": screen, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "recognition runs on" in ran.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_without_a_display_it_ends_in_a_line(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-P", str(EXAMPLE)]
    ran = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.startswith("no window can open here")
    assert len(ran.stderr.splitlines()) == 1


def test_it_is_short():
    assert len(EXAMPLE.read_text("utf-8").splitlines()) < 80
    assert callable(runpy.run_path(str(EXAMPLE), run_name="read")["main"])
