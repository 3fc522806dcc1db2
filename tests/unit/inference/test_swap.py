"""Models that take over while somebody writes: watched, faded in, rolled back."""

import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from addon import Recognizer
from addon.hysteresis import Hold
from addon.inference.fade import mixed
from addon.inference.loaded_model import load_model
from addon.inference.pens import Pens
from addon.inference.providers import CPU, Choice
from addon.prediction import Prediction
from tests.models import make_model
from tests.unit.recognizers import CAPITALS, bar, frames_until, hook, write
from tests.waiting import until


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "stage"
    made.mkdir()
    return made


@pytest.fixture(autouse=True)
def inline(monkeypatch):
    # On a busy machine a step may look too slow for the frame's thread.
    monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", 1e9)


def put(path: Path, labels: tuple[str, ...], seed: int = 1) -> Path:
    """Write a model under another name and rename it, as a good exporter does."""
    part = path.with_name(f".{path.name}.part")
    make_model(part, labels, hidden=8, seed=seed)
    os.replace(part, path)
    return path


def heard(recognizer: Recognizer) -> list[str]:
    """Run frames until something is said."""
    said: list[str] = []
    until(lambda: said or said.extend(recognizer.messages()), lambda: recognizer.update(1 / 60))
    return said


def knows(recognizer: Recognizer, labels: tuple[str, ...]):
    return lambda: recognizer.model is not None and recognizer.model.labels == labels


def test_a_model_put_into_the_folder_takes_over_and_says_so(make, folder):
    recognizer = make(watch=folder)
    assert recognizer.wait_ready(), recognizer.messages()
    put(folder / "new.onnx", ("x", "y"))
    said = frames_until(recognizer, knows(recognizer, ("x", "y")))
    assert "new.onnx has taken over" in said
    put(folder / "new.onnx", ("p", "q", "r"))
    frames_until(recognizer, knows(recognizer, ("p", "q", "r")))


def test_the_users_models_and_the_one_that_ships_are_watched_too(make, tmp_path, shipped):
    recognizer = make(watch=True)
    assert recognizer.wait_ready(), recognizer.messages()
    put(shipped / "letters.onnx", ("x", "y"))
    frames_until(recognizer, knows(recognizer, ("x", "y")))
    own = tmp_path / "home" / "letters" / "models"
    own.mkdir(parents=True)
    put(own / "mine.onnx", ("p", "q"))
    frames_until(recognizer, knows(recognizer, ("p", "q")))


def test_a_watched_model_swapped_in_mid_stroke_equals_one_fed_from_the_first_point(make, folder):
    recognizer = make(watch=folder)
    assert recognizer.wait_ready(), recognizer.messages()
    points = hook()[0]
    for point in points[:25]:
        recognizer.on_stroke_point(point, 3)
    path = put(folder / "new.onnx", ("x", "y", "z"))
    frames_until(recognizer, knows(recognizer, ("x", "y", "z")))
    recognizer.on_stroke_point(points[25], 3)
    fresh = make(path)
    assert fresh.wait_ready()
    for point in points[:26]:
        fresh.on_stroke_point(point, 3)
    np.testing.assert_allclose(recognizer.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)
    assert recognizer.prediction.progress == pytest.approx(fresh.prediction.progress, abs=1e-5)
    assert recognizer.prediction.rows == fresh.prediction.rows


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"a text file", "not an ONNX file"), (b"", "empty"), (None, "truncated")],
)
def test_a_bad_file_is_one_line_and_the_old_model_stays_active(make, folder, content, reason):
    recognizer = make(watch=folder)
    assert recognizer.wait_ready(), recognizer.messages()
    recognizer.messages()
    if content is None:
        make_model(folder / ".whole", hidden=8)
        content = (folder / ".whole").read_bytes()[:3000]
    (folder / "bad.onnx").write_bytes(content)
    (line,) = heard(recognizer)
    assert line.startswith("bad.onnx")
    assert reason in line
    assert "\n" not in line
    write(recognizer, hook())
    assert recognizer.prediction.label in CAPITALS


def test_a_file_written_to_while_it_is_read_is_refused_and_then_taken(make, folder, monkeypatch):
    from addon.inference import opening

    recognizer = make(watch=folder)
    assert recognizer.wait_ready(), recognizer.messages()
    recognizer.messages()
    begun, goes_on = threading.Event(), threading.Event()
    look = opening._look

    def held_up(file, limit):
        data = look(file, limit)
        begun.set()
        goes_on.wait(10)
        return data

    monkeypatch.setattr(opening, "_look", held_up)
    put(folder / "new.onnx", ("x", "y"))
    frames_until(recognizer, begun.is_set)
    monkeypatch.setattr(opening, "_look", look)
    make_model(folder / ".other", ("p", "q"), hidden=8, seed=5)
    (folder / "new.onnx").write_bytes((folder / ".other").read_bytes())
    goes_on.set()
    said = frames_until(recognizer, knows(recognizer, ("p", "q")))
    assert any("new.onnx: it was written to while it was read" in line for line in said)


def test_a_folder_that_vanishes_is_a_line_and_is_picked_up_again(make, folder):
    recognizer = make(watch=folder)
    assert recognizer.wait_ready(), recognizer.messages()
    recognizer.messages()
    shutil.rmtree(folder)
    assert heard(recognizer) == [
        f"{folder} was removed; the current model stays in use, and Inkloop waits for the folder"
    ]
    folder.mkdir()
    put(folder / "new.onnx", ("x", "y"))
    frames_until(recognizer, knows(recognizer, ("x", "y")))


def test_a_folder_that_an_author_names_and_is_missing_is_reported(make, tmp_path):
    recognizer = make(watch=tmp_path / "nowhere")
    assert any("nowhere is not there yet" in line for line in recognizer.messages())


def test_a_trained_model_is_not_loaded_twice(make, tmp_path, shipped):
    recognizer = make(watch=True)
    assert recognizer.wait_ready(), recognizer.messages()
    own = tmp_path / "home" / "letters" / "models"
    own.mkdir(parents=True)
    path = put(own / "letters-0001.onnx", ("x", "y"))
    recognizer.load(path)
    said = frames_until(recognizer, knows(recognizer, ("x", "y")))
    # What is told of a later file was told of the earlier one before.
    put(own / "letters-0002.onnx", ("p", "q"))
    said += frames_until(recognizer, knows(recognizer, ("p", "q")))
    # Of one that was asked for nothing is said, so had the folder brought it again it would be here.
    assert [line for line in said if "taken over" in line] == ["letters-0002.onnx has taken over"]


def test_rolling_back_is_one_call_and_so_is_going_forward_again(make, tmp_path):
    recognizer = make()
    assert recognizer.wait_ready(), recognizer.messages()
    recognizer.messages()
    recognizer.rollback()
    assert recognizer.messages() == ["there is no model before this one"]
    recognizer.load(put(tmp_path / "other.onnx", ("x", "y")))
    frames_until(recognizer, knows(recognizer, ("x", "y")))
    points = hook()[0]
    for point in points[:20]:
        recognizer.on_stroke_point(point, 0)
    recognizer.rollback()
    assert recognizer.messages() == ["back to letters.onnx"]
    assert recognizer.prediction.label in CAPITALS
    before = make()
    assert before.wait_ready()
    for point in points[:20]:
        before.on_stroke_point(point, 0)
    np.testing.assert_allclose(
        recognizer.prediction.probabilities, before.prediction.probabilities, atol=1e-5
    )
    recognizer.rollback()
    assert recognizer.prediction.label in ("x", "y")


def test_swaps_under_load_lose_no_point(make, tmp_path):
    models = [put(tmp_path / f"{name}.onnx", (name, "-"), seed) for seed, name in enumerate("abc")]
    recognizer = make()
    assert recognizer.wait_ready(), recognizer.messages()
    strokes = [*hook(1), *bar(2), *hook(3)]
    every = [point for points in strokes for point in points]
    answers: list[int] = []
    recognizer.on_progress = lambda answer, pointer_id: answers.append(answer.rows)
    for number, point in enumerate(every):
        if number % 4 == 0:
            recognizer.load(models[number // 4 % 3])
        recognizer.on_stroke_point(point, 0)
        recognizer.update(1 / 60)
    frames_until(recognizer, lambda: not recognizer._manager.busy)
    assert recognizer._pens.model is not None
    fresh = make(recognizer._pens.model.path)
    assert fresh.wait_ready()
    for point in every:
        fresh.on_stroke_point(point, 0)
    assert recognizer.prediction.rows == fresh.prediction.rows
    np.testing.assert_allclose(recognizer.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)


def test_a_cross_fade_goes_from_the_old_answers_to_the_new_ones(make, tmp_path):
    recognizer = make(crossfade=0.5)
    assert recognizer.wait_ready(), recognizer.messages()
    write(recognizer, hook())
    before = recognizer.prediction
    path = put(tmp_path / "other.onnx", ("A", "x"))
    recognizer.load(path)
    until(knows(recognizer, ("A", "x")), lambda: recognizer.update(0.0))
    at_first = recognizer.prediction
    assert at_first.labels == ("A", "x", "B", "C", "D")
    assert dict(zip(at_first.labels, at_first.probabilities.tolist(), strict=True)) == pytest.approx(
        {"x": 0.0, **dict(zip(before.labels, before.probabilities.tolist(), strict=True))}
    )
    assert at_first.progress == pytest.approx(before.progress)
    recognizer.update(0.25)
    assert recognizer.prediction.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
    recognizer.update(0.25)
    fresh = make(path)
    assert fresh.wait_ready()
    write(fresh, hook())
    assert recognizer.prediction.labels == ("A", "x")
    np.testing.assert_allclose(recognizer.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)


def test_a_mixture_is_by_label_and_holds_what_the_new_one_holds():
    old = Prediction(("a", "b"), np.array([0.25, 0.75], np.float32), 0.2, 9, 0.4)
    new = Prediction(("b", "c"), np.array([0.5, 0.5], np.float32), 0.6, 5, 0.0, Hold(1, 0.0, True))
    half = mixed(old, new, 0.5)
    assert half.labels == ("b", "c", "a")
    np.testing.assert_allclose(half.probabilities, [0.625, 0.25, 0.125])
    assert (half.progress, half.unknown, half.rows) == pytest.approx((0.4, 0.2, 5))
    assert (half.held, half.decided) == ("c", True)
    assert mixed(old, new, 1.0) is new


def test_a_cross_fade_must_be_seconds():
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="crossfade"):
            Recognizer(crossfade=wrong)


def test_a_model_that_pauses_is_kept_warm_without_a_trace(make, monkeypatch):
    recognizer = make()
    assert recognizer.wait_ready(), recognizer.messages()
    write(recognizer, hook())
    before, points = recognizer.prediction, recognizer.timings.points
    session = recognizer._pens.model.session
    stepped: list[int] = []
    step = type(session).step

    def counted(self, rows, state):
        stepped.append(rows.shape[1])
        return step(self, rows, state)

    monkeypatch.setattr(type(session), "step", counted)
    for _ in range(7):
        recognizer.update(0.125)
    assert stepped == []
    for _ in range(17):
        recognizer.update(0.125)
    assert stepped == [1, 1, 1]
    assert recognizer.prediction is before
    assert recognizer.timings.points == points


def test_an_ink_that_was_opened_again_does_not_begin_once_more_in_the_next_model(tmp_path):
    make_model(tmp_path / "first.onnx", hidden=8)
    make_model(tmp_path / "second.onnx", hidden=8, seed=1)
    first, second = (load_model(tmp_path / name, Choice((CPU,))) for name in ("first.onnx", "second.onnx"))
    pens = Pens()
    pens.adopt(first)
    for point in hook()[0]:
        pens.point(point, 0)
    pens.lift(0)
    pens.close_ink(0)
    assert next(answer.rows for _, answer in pens.take_news() if isinstance(answer, Prediction)) == 0
    pens.reopen_ink(hook()[:1], 0)
    pens.take_news()
    pens.adopt(second)
    assert all(answer.rows for _, answer in pens.take_news() if isinstance(answer, Prediction))
    pens.close()
