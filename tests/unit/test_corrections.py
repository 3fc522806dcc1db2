"""What was taught can be put right: relabelled, forgotten, and told where two labels are one drawing."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from addon import Recognizer
from addon.dataset.taught import TaughtStore
from addon.errors import PointsError
from addon.fewshot.coach import advice
from tests.encoders import inline_steps, make_encoder
from tests.unit.recognizers import bar, hook, taught, write


@pytest.fixture
def recognizer(tmp_path: Path):
    made = Recognizer(make_encoder(tmp_path / "encoder.onnx"), provider="cpu", home=tmp_path)
    made.setup(tmp_path)
    with inline_steps():
        assert made.wait_ready()
    yield made
    made.exit()


def labels_in(path: Path) -> list[str]:
    store = TaughtStore(path)
    store.close()
    return [example.label for example in store.examples]


def on_the_disk(recognizer: Recognizer, home: Path) -> list[str]:
    assert recognizer.flush()
    return labels_in(home / "encoder" / "taught.sqlite3")


def test_an_example_that_is_relabelled_answers_by_its_new_name(recognizer: Recognizer, tmp_path: Path):
    recognizer.teach("I", bar())
    wrong = recognizer.teach("7", hook())
    write(recognizer, hook())
    assert recognizer.relabel(wrong, "Γ") is wrong
    assert not wrong.saved
    assert recognizer.prediction.label == "Γ"
    assert recognizer.labels == {"I": 1, "Γ": 1}
    assert on_the_disk(recognizer, tmp_path) == ["I", "Γ"]
    recognizer.update(0.0)
    assert wrong.saved


def test_an_example_that_is_forgotten_does_not_answer_and_may_come_back(
    recognizer: Recognizer, tmp_path: Path
):
    first = recognizer.teach("7", hook())
    recognizer.teach("I", bar())
    write(recognizer, hook())
    recognizer.forget(first)
    assert recognizer.prediction.labels == ("I",)
    assert on_the_disk(recognizer, tmp_path) == ["I"]
    assert recognizer.restore() is first
    assert recognizer.prediction.label == "7"
    assert recognizer.examples[0] is first
    assert on_the_disk(recognizer, tmp_path) == ["7", "I"]


def test_saying_the_same_again_writes_nothing(recognizer: Recognizer):
    example = recognizer.teach("I", bar())
    assert recognizer.flush()
    recognizer.relabel(example, "I")
    assert recognizer.unsaved == 0


def test_what_is_not_taught_can_be_neither_relabelled_nor_forgotten(recognizer: Recognizer):
    example = recognizer.teach("I", bar())
    with pytest.raises(ValueError, match="label"):
        recognizer.relabel(example, "  ")
    recognizer.forget(example)
    for wrong in (lambda: recognizer.forget(example), lambda: recognizer.relabel(example, "7")):
        with pytest.raises(ValueError, match="'I' is not taught, or was removed"):
            wrong()


def test_the_same_drawing_under_two_labels_is_reported(recognizer: Recognizer):
    recognizer.teach("I", bar())
    recognizer.teach("I", bar())
    assert recognizer.messages() == []
    recognizer.teach("l", bar())
    assert recognizer.messages() == ["the very same drawing is taught as l and as I; forget one of them"]
    example = recognizer.teach("1", hook())
    recognizer.teach("7", hook(3))
    assert recognizer.messages() == []
    recognizer.relabel(recognizer.examples[-1], "2")
    assert recognizer.messages() == []
    recognizer.relabel(recognizer.teach("1", bar()), "I")
    assert recognizer.messages()[-1] == "the very same drawing is taught as I and as l; forget one of them"
    assert example.label == "1"


def test_advice_follows_what_is_taught(recognizer: Recognizer):
    assert recognizer.advice(10.0) == ()
    recognizer.teach("I", bar())
    assert recognizer.advice(10.0) == ()
    recognizer.teach("l", bar())
    (advice,) = recognizer.advice(10.0)
    assert advice.same
    assert recognizer.advice(10.0)[0] is advice
    recognizer.remove_last()
    assert recognizer.advice(10.0) == ()


def test_advice_is_found_in_the_background(recognizer: Recognizer, monkeypatch):
    may_think, asked = threading.Event(), []

    def slow(taught):
        asked.append(taught.labels)
        assert may_think.wait(10.0)
        return advice(taught)

    monkeypatch.setattr("addon.fewshot.coach_thread.advice", slow)
    recognizer.teach("I", bar())
    recognizer.teach("l", bar())
    assert recognizer.advice() == ()
    recognizer.teach("7", hook())
    assert recognizer.advice() == ()
    may_think.set()
    assert recognizer.advice(10.0)[0].same
    assert asked == [("I", "l"), ("I", "l", "7")]


def test_a_model_that_learns_by_training_alone_advises_nothing(make):
    recognizer = make()
    assert recognizer.wait_ready()
    assert taught(recognizer).advice() == ()


def dots() -> list[np.ndarray]:
    return [np.array([[100, 100, 0, 0.5]], np.float32), np.array([[120, 100, 1, 0.5]], np.float32)]


AWKWARD = {
    "a dot": [np.array([[5, 5, 0, 0.5]], np.float32)],
    "dots": dots(),
    "zero size": [np.full((30, 4), 7, np.float32)],
    "ten thousand points": [np.random.default_rng(0).uniform(0, 300, (10_000, 4)).astype(np.float32)],
    "a pen far away": [np.array([[0, 0, 0, 0.5], [3e38, -3e38, 1, 0.5]], np.float32)],
}


@pytest.mark.parametrize("name", AWKWARD)
def test_an_awkward_ink_is_taught_and_drawn_like_any_other(recognizer: Recognizer, name: str):
    recognizer.teach("I", bar())
    recognizer.teach("7", hook())
    recognizer.teach(name, AWKWARD[name])
    for ink in (AWKWARD[name], hook()):
        write(recognizer, ink)
        recognizer.on_ink(ink, 0)
        said = recognizer.prediction
        assert np.isfinite(said.probabilities).all()
        assert said.probabilities.sum() == pytest.approx(1.0, abs=1e-3)
        assert 0 <= said.progress <= 1
        assert 0 <= said.unknown <= 1
    recognizer.advice(10.0)
    assert recognizer.messages() == []


@pytest.mark.parametrize("label", ["é", "字", "ا", "👩‍🎨", "a b", "'; DROP TABLE examples"])
def test_a_label_in_any_script_is_answered(recognizer: Recognizer, tmp_path: Path, label: str):
    recognizer.teach(label, hook())
    recognizer.teach("I", bar())
    write(recognizer, hook())
    assert (recognizer.prediction.label, recognizer.prediction.held) == (label, label)
    assert on_the_disk(recognizer, tmp_path) == [label, "I"]


@pytest.mark.parametrize(
    "bad",
    [None, "abcd", [["a", "b", "c", "d"]], [[1, 2, 3, 4], [1, 2]], np.ones((2, 4), complex), np.ones(4)],
)
def test_strokes_that_hold_no_points_are_refused_and_nothing_changes(recognizer: Recognizer, bad: Any):
    recognizer.teach("7", hook())
    write(recognizer, hook()[:1])
    before = recognizer.prediction
    strokes: Any = bad if bad is None or isinstance(bad, str) else [bad]
    with_bad: list[Any] = [hook()[0], bad]
    with pytest.raises(PointsError):
        recognizer.teach("X", strokes)
    with pytest.raises(PointsError):
        recognizer.feed(dict(enumerate(with_bad)))
    with pytest.raises(PointsError):
        recognizer.on_ink_reopened(with_bad, 0)
    with pytest.raises(PointsError, match="pen sample"):
        recognizer.on_stroke_point(strokes, 0)
    assert recognizer.labels == {"7": 1}
    assert recognizer.prediction is before


def test_points_of_any_kind_of_number_are_taken(recognizer: Recognizer):
    strokes: list[Any] = [np.round(stroke) for stroke in hook()]
    recognizer.teach("7", strokes)
    write(recognizer, strokes)
    said = recognizer.prediction.probabilities
    for given in ([one.tolist() for one in strokes], [one.astype(int) for one in strokes]):
        recognizer.feed({1: given[0]})
        recognizer.on_ink_reopened(given, 1)
        assert recognizer.predictions[1].probabilities.tolist() == said.tolist()


@pytest.mark.parametrize("without_time", [False, True])
def test_an_ink_that_went_on_takes_its_place_in_any_type(recognizer: Recognizer, without_time: bool):
    # A third is no float32, and data of others has NaN for the time.
    strokes: list[Any] = [stroke.astype(np.float64) / 3 for stroke in (*hook(), *hook())]
    for stroke in strokes:
        stroke[:, 2] = np.nan if without_time else stroke[:, 2]
    one_by_one: Any = (stroke for stroke in strokes[:1])
    recognizer.teach("7", one_by_one)
    recognizer.teach("7", strokes)
    assert recognizer.labels == {"7": 1}
    assert len(recognizer.examples[0].strokes) == len(strokes)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_point_that_is_no_number_is_refused_and_nothing_changes(recognizer: Recognizer, bad: float):
    recognizer.teach("7", hook())
    write(recognizer, hook()[:1])
    before, spoilt = recognizer.prediction, hook()
    spoilt[0][10, 1] = bad
    with pytest.raises(PointsError, match="finite"):
        recognizer.teach("X", spoilt)
    with pytest.raises(PointsError, match="finite"):
        recognizer.on_stroke_point(spoilt[0][10], 0)
    with pytest.raises(PointsError, match="finite"):
        recognizer.feed({0: spoilt[0]})
    assert recognizer.labels == {"7": 1}
    assert recognizer.prediction is before
