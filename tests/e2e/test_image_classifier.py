"""The classifier as a sketch holds it: real processes, real models, swapped in the background."""

import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from addon.errors import ModelError
from addon.vision import image_worker, text_detector
from addon.vision.classifier import MADE, VIEWS, ImageClassifier
from tests.onnx_files import endless
from tests.unit.vision.test_image_model import CLASSES, classifier
from tests.vision import image_model, photograph, wait_for
from tests.wheels import CAT

RED = np.zeros((40, 60, 3), np.uint8)
RED[:, :, 0] = 255
GREEN = RED[:, :, [1, 0, 2]].copy()


class Show:
    """A classifier and the frames of a sketch around it."""

    def __init__(self, home, *models):
        self.eye = ImageClassifier(*models, provider="cpu")
        self.picture = RED
        self.said = []
        self.eye.setup(home)

    def frame(self):
        self.eye.feed(self.picture)
        self.eye.update(1 / 60)
        self.said += self.eye.messages()

    def until(self, reached):
        wait_for(reached, self.frame)


@pytest.fixture
def show(tmp_path):
    shows = []

    def start(*models):
        shows.append(Show(tmp_path, *models))
        return shows[-1]

    yield start
    for each in shows:
        each.eye.exit()


def test_pictures_are_answered_without_delaying_frames(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    assert running.eye.state == "loading"
    assert not running.eye.feed(RED)
    running.until(lambda: running.eye.answer.label == "red")
    running.picture = GREEN
    running.until(lambda: running.eye.answer.label == "green")
    assert running.eye.state == "ready"
    assert running.eye.about.provider == "cpu"
    assert running.eye.timings is not None
    assert running.eye.timings.points > 0
    assert running.said == []


def test_a_script_waits_for_the_model(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    assert running.eye.wait_ready()
    assert running.eye.feed(RED)
    refused = show(tmp_path / "nothing.onnx")
    assert not refused.eye.wait_ready()


def test_a_model_takes_over_while_the_old_one_answers(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    running.until(lambda: running.eye.answer.label == "red")
    other = classifier(tmp_path, CLASSES.replace('"red"', '"crimson"'), name="other")
    running.eye.load(other)
    while running.eye.state == "loading":
        running.frame()
        assert running.eye.answer.label == "red"
        time.sleep(0.005)
    running.until(lambda: running.eye.answer.label == "crimson")


def test_what_is_true_of_every_model_is_reported_of_the_first(tmp_path):
    first, second = classifier(tmp_path, CLASSES), classifier(tmp_path, CLASSES, name="second")
    eye = ImageClassifier(first, second)  # "auto" says on what it runs, and why
    eye.setup(tmp_path)
    said = []

    def frame():
        eye.feed(RED)
        eye.update(0.0)
        said.extend(eye.messages())

    wait_for(lambda: eye.answer.about.title == "mean", frame)
    eye.choose_model(1)
    wait_for(lambda: eye.answer.about.title == "second", frame)
    eye.exit()
    assert len(said) == len(set(said))


def test_a_model_that_is_refused_leaves_the_old_one_playing(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    running.until(lambda: running.eye.answer.label == "red")
    (tmp_path / "text.onnx").write_text("this is no model")
    running.eye.load(tmp_path / "text.onnx")
    running.until(lambda: running.said)
    assert "it is not an ONNX file" in running.said[0]
    assert running.eye.refusal == running.said[0]
    running.picture = GREEN
    running.until(lambda: running.eye.answer.label == "green")


def test_a_model_without_an_end_is_ended_and_the_old_one_stays_active(show, tmp_path, monkeypatch):
    running = show(classifier(tmp_path, CLASSES))
    running.until(lambda: running.eye.answer.label == "red")
    monkeypatch.setattr(image_worker, "PATIENCE", 3.0)
    running.eye.load(endless(tmp_path / "endless.onnx", (1, 3, 8, 8)))
    assert running.eye.state == "loading"
    running.until(lambda: running.said)
    assert running.said == ["endless.onnx: it did not open within 3 seconds; it stays closed"]
    assert running.eye.state == "ready"
    running.picture = GREEN
    running.until(lambda: running.eye.answer.label == "green")


def test_a_model_put_into_a_watched_folder_takes_over_by_itself(tmp_path):
    (tmp_path / "home" / "models").mkdir(parents=True)
    (tmp_path / "stick").mkdir()
    eye = ImageClassifier(classifier(tmp_path, CLASSES), watch=tmp_path / "stick")
    eye.setup(tmp_path / "home")
    said = []

    def frame() -> None:
        eye.feed(RED)
        eye.update(0.0)
        said.extend(eye.messages())

    try:
        wait_for(lambda: eye.answer.about.title == "mean", frame)
        classifier(tmp_path / "home" / "models", f'title = "own"\n{CLASSES}', name="own")
        wait_for(lambda: eye.answer.about.title == "own", frame)
        classifier(tmp_path / "stick", f'title = "found"\n{CLASSES}', name="found")
        wait_for(lambda: eye.answer.about.title == "found", frame)
        shutil.rmtree(tmp_path / "stick")
        wait_for(lambda: any("stick was removed; the current model" in line for line in said), frame)
        assert eye.state == "ready"
    finally:
        eye.exit()


@pytest.mark.parametrize("provider", ["cpu", "cuda"])
def test_a_model_on_a_device_that_pauses_is_kept_warm_without_a_trace(provider, show, tmp_path, monkeypatch):
    running = show(classifier(tmp_path, CLASSES))
    running.until(lambda: running.eye.answer.label == "red" and not running.eye._now._worker.waiting)
    eye, worker = running.eye, running.eye._now._worker
    wait_for(lambda: not worker._sent, lambda: eye.update(0.0))
    eye.update(0.0)  # the last answer may have come in while the worker was looked at
    eye._now._about = replace(eye.about, provider=provider)
    before, answer = worker.answered, eye.answer
    fed, feed = [], worker.feed
    # Counted where it is fed: a quick process has answered before `update` returns.
    monkeypatch.setattr(worker, "feed", lambda arrays: fed.append(arrays) or feed(arrays))
    eye.update(1.1)
    warm = bool(fed)
    assert warm == (provider == "cuda")
    wait_for(lambda: worker.answered == before + warm, lambda: eye.update(0.0))
    eye.update(0.0)
    assert eye.answer is answer
    assert not running.said


def test_a_file_that_is_not_there_is_reported_at_once(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES), tmp_path / "gone.onnx")
    running.eye.choose_model(1)
    running.frame()
    assert "there is no such file" in running.said[0]


def test_keys_choose_views_layers_and_models(show, tmp_path):
    first = classifier(tmp_path, f'title = "one"\nlayers = ["edges", "lit"]\n{CLASSES}')
    second = classifier(tmp_path, f'title = "two"\n{CLASSES}', name="second")
    running = show(first, second)
    eye = running.eye
    assert VIEWS == ("picture", "label", "graph", "parameters", "outputs")
    assert eye.key_pressed("3")
    assert eye.key_pressed("4")
    assert eye.key_pressed("0")
    assert eye.views == {"label", "graph", "parameters", "outputs"}
    running.until(lambda: eye.answer.layer == "edges" and eye.answer.weights is not None)
    eye.key_pressed("]")
    running.until(lambda: eye.answer.layer == "lit")
    eye.key_pressed("]")
    running.until(lambda: eye.answer.layer == "edges")
    eye.key_pressed("+")
    running.until(lambda: eye.answer.about.title == "two")
    eye.key_pressed("-")
    running.until(lambda: eye.answer.about.title == "one")
    assert not eye.key_pressed("x")


def test_what_nobody_looks_at_is_not_computed(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    running.until(lambda: running.eye.answer.label)
    assert running.eye.answer.maps is None
    assert running.eye.answer.grid is None


def test_a_grid_over_the_picture_is_answered_cell_by_cell(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    running.picture = np.concatenate([RED, GREEN], axis=1)
    running.eye.grid = (1, 3)
    running.until(lambda: running.eye.answer.grid is not None)
    names = [label for label, _ in running.eye.answer.grid_labels()[0]]
    assert (names[0], names[2]) == ("red", "green")


def test_a_picture_that_is_none_is_refused_at_the_call(show, tmp_path):
    running = show(classifier(tmp_path, CLASSES))
    with pytest.raises(ValueError, match="a picture is a uint8 array"):
        running.eye.feed(np.zeros((4, 4)))
    with pytest.raises(ValueError, match="needs a model"):
        ImageClassifier()


def test_the_frame_never_waits_for_the_image_model(show, tmp_path):
    running = show(image_model())
    running.picture = photograph(CAT)
    running.until(lambda: running.eye.answer.label)
    # What the frame itself spends, in its own time: what others take of the machine is not counted.
    spent = []
    for _ in range(60):
        began = time.thread_time()
        running.frame()
        spent.append(time.thread_time() - began)
        time.sleep(0.01)
    assert running.eye.dropped > 0
    assert sorted(spent)[30] < 0.004


def test_a_model_by_name_is_made_when_it_is_missing(show, tmp_path):
    running = show("efficientnet-lite0")
    assert running.eye.state == "making"
    running.picture = photograph(CAT)
    running.until(lambda: running.eye.answer.label in {"tabby", "tiger cat", "Egyptian cat"})
    assert (tmp_path / "models" / "efficientnet-lite0.onnx").is_file()
    assert "this happens only once" in running.said[0]


def test_a_model_that_cannot_be_made_is_reported_and_leaves_nothing(show, tmp_path, monkeypatch):
    # Called with a path alone it raises, as a maker does whose package is missing.
    monkeypatch.setitem(MADE, "wanting", "addon.files:write_atomically")
    running = show("wanting")
    running.until(lambda: running.eye.refusal)
    assert "wanting.onnx: it cannot be opened" in running.eye.refusal
    assert running.eye.state == "idle"
    assert not (tmp_path / "models").exists()


def test_a_detector_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(text_detector, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install rapidocr"):
        text_detector.installed_detector()
