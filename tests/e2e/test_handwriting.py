"""The handwriting sketch: used by a person at a real window, and played by the machine-written hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from addon.dataset import taught_file
from sketch.examples.handwriting import Handwriting
from sketch.examples.handwriting_show import FILM_FPS, perform, placed
from sketch.kept_ink.format import read
from sketch.synthetic_hand.hand import TEACH_FACE, TEST_FACE
from tests.e2e.person import Person

PROGRAM = """
import json
import os
import sketch
from sketch.examples.handwriting import Handwriting

class Watched(Handwriting):
    window = sketch.Window(size=(900, 640), title="handwriting, watched")
    preset = os.environ.get("PRESET") or None
    ink_reopens = float(os.environ.get("REOPENS", 0))
    iterations = 600
    said = None
    def say(self, **what): print(json.dumps(what), flush=True)
    def message(self, text): self.say(message=text)
    def on_ink(self, strokes, pointer_id):
        super().on_ink(strokes, pointer_id)
        self.say(ink=len(strokes), examples=len(self.letters.examples), written=self.written[-1:],
                 teaching=self.teaching)
    def update(self, dt):
        super().update(dt)
        status = self.letters.training
        now = dict(state=status.state, examples=len(self.letters.examples), teaching=self.teaching,
                   unsaved=self.letters.unsaved)
        if now != self.said:
            self.said = now
            self.say(**now)

seen = []
sketch.run(Watched, viewer=lambda frame: seen.__setitem__(slice(None), [frame]))
from sketch.host.recorder import save_png
save_png("last.png", seen[0])
"""


@pytest.fixture
def preset():
    """The network to train from scratch; empty to adapt the encoder that is in."""
    return ""


@pytest.fixture
def person(preset, screen, tmp_path, monkeypatch):
    monkeypatch.setenv("PRESET", preset)
    someone = Person(PROGRAM, screen, tmp_path, "handwriting, watched")
    yield someone
    someone.stop()


def small(label, face, seed):
    """A letter that fits the middle of the window."""
    return [stroke * (0.7, 0.7, 0.7, 1) + (60, 60, 0, 0) for stroke in placed(label, face, seed)]


def kept_labels(folder):
    """Labels of the examples that are on disk, in order."""
    records, unreadable = taught_file.read(next(folder.rglob("taught.sqlite3")))
    assert unreadable == 0
    return sorted(record.label for record in records if not record.removed)


@pytest.mark.window
def test_a_person_teaches_trains_and_is_recognised(person, tmp_path):
    for label in ("a", "c"):
        person.press(label)
        for seed in range(3):
            person.draw(small(label.upper(), TEACH_FACE, seed))
            person.hears(lambda line: "ink" in line)
    person.press("BackSpace")
    person.hears(lambda line: line.get("examples") == 5)
    person.press("ctrl+y")
    person.hears(lambda line: line.get("examples") == 6 and line.get("unsaved") == 0)
    person.press("space")
    assert "nothing to gain" in person.hears(lambda line: "message" in line)["message"]
    person.press("space")
    person.hears(lambda line: line.get("state") == "running" and not line["teaching"])
    # The window keeps running during the training: what is drawn now is recognised, not taught.
    person.draw(small("C", TEACH_FACE, 7))
    assert person.hears(lambda line: "ink" in line)["examples"] == 6
    person.hears(lambda line: line.get("state") == "done", timeout=120)
    for label in "AC":
        person.draw(small(label, TEST_FACE, 50))
        assert person.hears(lambda line: "ink" in line)["written"] == [label]
    person.press("ctrl+q")
    person.ends()
    assert kept_labels(tmp_path) == ["A"] * 3 + ["C"] * 3
    assert (tmp_path / "last.png").stat().st_size > 5000
    # The encoder that is adapted is put aside, whether the adapted one is any better or not.
    assert list(tmp_path.glob("inkloop-data/letters/training/base.onnx"))


@pytest.mark.window
@pytest.mark.parametrize("preset", ["", "lstm_short"])
def test_a_window_closed_while_training_ends_it_and_keeps_what_was_taught(person, preset, tmp_path):
    for label in ("a", "c"):
        person.press(label)
        for seed in range(2):
            person.draw(small(label.upper(), TEACH_FACE, seed))
            person.hears(lambda line: "ink" in line)
    person.hears(lambda line: line.get("examples") == 4 and line.get("unsaved") == 0)
    person.press("space")
    if not preset:
        assert "nothing to gain" in person.hears(lambda line: "message" in line)["message"]
        person.press("space")
    person.hears(lambda line: line.get("state") == "running")
    person.press("ctrl+q")
    errors = person.ends()
    assert "Traceback" not in errors
    assert kept_labels(tmp_path) == ["A", "A", "C", "C"]


@pytest.mark.window
def test_a_letter_is_recognised_after_one_example(person):
    for label in ("a", "c"):
        person.press(label)
        person.draw(small(label.upper(), TEACH_FACE, 0))
        person.hears(lambda line: "ink" in line)
    person.press("space")
    assert "one example" in person.hears(lambda line: "message" in line)["message"]
    person.press("F2")
    person.hears(lambda line: line.get("teaching") is False)
    for label in "AC":
        person.draw(small(label, TEST_FACE, 50))
        assert person.hears(lambda line: "ink" in line)["written"] == [label]
    person.press("ctrl+q")
    person.ends()


@pytest.mark.window
def test_a_letter_written_slowly_is_one_example_and_is_there_after_kill_9(screen, tmp_path, monkeypatch):
    monkeypatch.setenv("REOPENS", "1.3")
    person = Person(PROGRAM, screen, tmp_path, "handwriting, watched")
    try:
        person.press("a")
        roof, bar = small("A", TEACH_FACE, 0)
        slow = bar + np.array((0, 0, 1.3 + roof[-1, 2] - bar[0, 2], 0), dtype=np.float32)
        person.draw([roof, slow])
        person.hears(lambda line: line.get("ink") == 1 and line["examples"] == 1)
        person.hears(lambda line: line.get("ink") == 2 and line["examples"] == 1)
        # The window is closed, without a word, as soon as the last is on the disk.
        person.hears(lambda line: line.get("unsaved") == 0)
        person.draw(small("A", TEACH_FACE, 1)[:1])
    finally:
        person.stop()
    records, _ = taught_file.read(next(tmp_path.rglob("taught.sqlite3")))
    assert [(record.label, len(record.strokes)) for record in records] == [("A", 2)]
    assert len(read(next(tmp_path.rglob("*.ink")).read_bytes()).strokes) >= 2


def test_the_machine_written_hand_leaves_picture_film_and_figures(tmp_path, monkeypatch):
    # Every point arrives at any rate, and drawing without a GPU is most of what the test takes.
    monkeypatch.setattr(Handwriting, "window", replace(Handwriting.window, fps=FILM_FPS))
    report = perform(
        tmp_path / "out", home=tmp_path / "home", labels="AC", preset="lstm_short", iterations=400
    )
    assert json.loads((tmp_path / "out/handwriting.json").read_text()) == report
    assert report["recognised_at_once"] == 2
    assert report["taught"] == 10
    assert report["written"] == 6
    assert report["recognised"] >= 5
    assert 0 < report["iterations"] <= 400
    assert report["provider"] == "cpu"
    assert 0 < report["progress_mae"] < 0.2
    assert 0 < report["point_us"]["p50"] <= report["point_us"]["p99"]
    assert 0 < report["frame_ms"]["p50"] <= report["frame_ms"]["p99"]
    assert (tmp_path / "out/handwriting.mp4").stat().st_size > 10_000
    assert (tmp_path / "out/handwriting.png").stat().st_size > 10_000
