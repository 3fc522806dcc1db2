import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from addon.background.timings import KEPT, TimingRing, Timings
from addon.errors import PointsError
from addon.features.batch import ink_rows
from addon.features.recipe import FeatureRecipe
from addon.inference.engine import LATE, WorkerEngine, engine_for
from addon.inference.inline import InlineEngine
from addon.inference.loaded_model import LoadedModel, load_model
from addon.inference.pens import Pens
from addon.inference.predictor import StreamingPredictor
from addon.inference.providers import CPU, Choice
from addon.inference.replay_buffer import KEPT_POINTERS
from addon.inference.step import StepOutputs
from addon.model.metadata import ModelSpec
from addon.prediction import softmax
from tests.models import make_model
from tests.strategies import inks
from tests.waiting import PATIENCE, until

FAST, SLOW = Timings(20.0, 30.0, 0), Timings(300.0, 400.0, 0)


def loaded(folder: Path, **numbers) -> LoadedModel:
    make_model(folder / "step.onnx", **numbers)
    # A machine that is busy measures steps as slow that are not.
    return replace(load_model(folder / "step.onnx", Choice((CPU,))), timings=FAST)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> LoadedModel:
    return loaded(tmp_path_factory.mktemp("one"), layers=2, hidden=16)


@pytest.fixture(scope="module")
def other(tmp_path_factory) -> LoadedModel:
    # Everything differs: labels, size, weights, and the scale that features are made with.
    return loaded(tmp_path_factory.mktemp("other"), labels=("x", "y"), hidden=24, seed=5, scale=120.0)


def as_slow(model: LoadedModel) -> LoadedModel:
    return LoadedModel(model.path, model.session, SLOW)


def letter(seed: int = 0, points: int = 40) -> list[np.ndarray]:
    """Two strokes of a hand that wanders."""
    moves = np.random.default_rng(seed).normal(0, 9, (2, points, 2)).cumsum(axis=1) + 200
    strokes = np.zeros((2, points, 4), dtype=np.float32)
    strokes[..., :2] = moves
    return list(strokes)


def write(predictor: StreamingPredictor, strokes: list[np.ndarray]) -> None:
    for stroke in strokes:
        for point in stroke:
            predictor.add(float(point[0]), float(point[1]))
        predictor.lift()


def write_with(pens: Pens, strokes: list[np.ndarray], pointer_id: int = 0) -> None:
    for stroke in strokes:
        for point in stroke:
            pens.point(point, pointer_id)
        pens.lift(pointer_id)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ink=inks())
def test_streaming_answers_as_the_whole_ink_in_one_run(model, ink):
    predictor = StreamingPredictor(model.session)
    write(predictor, ink)
    rows = ink_rows(model.spec.recipe, [ink]).rows[np.newaxis]
    outputs, _ = model.session.step(rows, model.session.start())
    assert predictor.prediction.rows == rows.shape[1]
    np.testing.assert_allclose(predictor.prediction.probabilities, softmax(outputs.scores[0, -1]), atol=1e-5)
    assert predictor.prediction.progress == pytest.approx(float(outputs.progress[0, -1, 0]), abs=1e-5)


def test_what_comes_later_does_not_change_what_was_answered(model):
    strokes = letter()
    first = StreamingPredictor(model.session)
    second = StreamingPredictor(model.session)
    changed = [strokes[0].copy(), strokes[1]]
    changed[0][20:] += 300
    for index in range(20):
        for predictor, points in ((first, strokes[0]), (second, changed[0])):
            predictor.add(float(points[index, 0]), float(points[index, 1]))
        np.testing.assert_array_equal(first.prediction.probabilities, second.prediction.probabilities)


def test_before_the_first_point_there_is_no_answer(model):
    predictor = StreamingPredictor(model.session)
    assert predictor.prediction.rows == 0
    assert predictor.prediction.label == ""
    assert not predictor.lift()


def test_points_that_do_not_move_make_no_new_answer(model):
    predictor = StreamingPredictor(model.session)
    assert predictor.add(5.0, 5.0)
    answer = predictor.prediction
    assert not predictor.add(5.0, 5.0)
    assert not predictor.add(5.1, 5.0)
    assert predictor.prediction is answer


def test_a_point_that_is_not_finite_is_refused_and_changes_nothing(model):
    predictor = StreamingPredictor(model.session)
    predictor.add(0.0, 0.0)
    answer = predictor.prediction
    with pytest.raises(PointsError):
        predictor.add(float("nan"), 0.0)
    assert predictor.prediction is answer
    assert predictor.add(50.0, 0.0)


def test_an_old_answer_is_not_changed_by_a_new_one(model):
    predictor = StreamingPredictor(model.session)
    predictor.add(0.0, 0.0)
    kept, numbers = predictor.prediction, predictor.prediction.probabilities.copy()
    predictor.add(200.0, 0.0)
    np.testing.assert_array_equal(kept.probabilities, numbers)


class Faulty:
    """A session that answers with given scores, then raises."""

    def __init__(self, *answers: list[float] | Exception) -> None:
        self.spec = ModelSpec(("A", "B"), FeatureRecipe(100.0), 1, 1, 1)
        self.provider = "cpu"
        self.answers = list(answers)
        self.states: list[int] = []

    def start(self, batch: int = 1) -> int:
        return 0

    def step(self, rows, state):
        self.states.append(state)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        scores = np.array([[answer]], dtype=np.float32)
        return StepOutputs(scores, np.full((1, 1, 1), 0.5, np.float32)), state + 1


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("bad", [[NAN, 0.0], [INF, 0.0], [-INF, -INF], RuntimeError("CUDA error:\n out")])
def test_an_answer_that_is_no_number_leaves_the_last_one_and_is_reported_once(bad):
    session = Faulty([2.0, 1.0], bad, bad, [1.0, 2.0])
    engine = InlineEngine(LoadedModel(Path("bad.onnx"), session, SLOW))
    engine.point(0, 0.0, 0.0)
    good = engine.predictions[0]
    for x in (10.0, 17.0):
        engine.point(0, x, 0.0)
        assert engine.predictions[0] is good
    (line,) = engine.take_faults()
    assert line.startswith("bad.onnx: ")
    assert line.endswith("the last answer stays")
    assert "\n" not in line
    engine.point(0, 24.0, 0.0)
    assert engine.predictions[0].label == "B"
    assert engine.take_faults() == []
    # The state from which it went wrong is never gone on with.
    assert session.states == [0, 1, 1, 1]


def test_pointers_do_not_disturb_each_other(model):
    engine = InlineEngine(model)
    one, two = letter(1), letter(2)
    for index in range(40):
        for pointer_id, strokes in ((1, one), (2, two)):
            x, y = strokes[0][index, :2].tolist()
            engine.point(pointer_id, x, y)
    for pointer_id, strokes in ((1, one), (2, two)):
        alone = StreamingPredictor(model.session)
        for point in strokes[0]:
            alone.add(float(point[0]), float(point[1]))
        np.testing.assert_array_equal(
            engine.predictions[pointer_id].probabilities, alone.prediction.probabilities
        )


def test_short_steps_run_inline_and_long_ones_in_a_worker(model):
    assert isinstance(engine_for(model), InlineEngine)
    worker = engine_for(as_slow(model))
    assert isinstance(worker, WorkerEngine)
    worker.close(2.0)


class Dawdling:
    """A session that takes its time, and holds until it may go on."""

    def __init__(self, session) -> None:
        self.spec, self.provider, self._session = session.spec, session.provider, session
        self.go, self.asked = threading.Event(), threading.Event()
        self.threads: set[str] = set()

    def start(self, batch: int = 1):
        return self._session.start(batch)

    def step(self, rows, state):
        self.asked.set()
        assert self.go.wait(PATIENCE)
        self.threads.add(threading.current_thread().name)
        return self._session.step(rows, state)


def test_a_worker_never_stalls_the_frame_and_drops_no_point(model):
    session = Dawdling(model.session)
    engine = WorkerEngine(LoadedModel(model.path, session, SLOW))
    inline = InlineEngine(model)
    for stroke in letter():
        for point in stroke:
            engine.point(7, float(point[0]), float(point[1]))
            inline.point(7, float(point[0]), float(point[1]))
        engine.lift(7)
        inline.lift(7)
    # The step waits for `go`, so nothing of this waited for the step.
    assert engine.waiting > 70
    assert 7 not in engine.predictions
    session.go.set()
    until(lambda: 7 in engine.predictions and engine.predictions[7].rows == inline.predictions[7].rows)
    np.testing.assert_array_equal(engine.predictions[7].probabilities, inline.predictions[7].probabilities)
    assert session.threads == {"inkloop-steps"}
    assert engine.timings().points > 0
    engine.close(2.0)


def test_a_worker_that_falls_behind_the_pen_says_so_once_and_loses_nothing(model):
    session = Dawdling(model.session)
    engine = WorkerEngine(LoadedModel(model.path, session, SLOW))
    for number in range(LATE):
        assert engine.take_faults() == []
        engine.point(0, 9.0 * number, 0.0)
    assert session.asked.wait(PATIENCE)
    for number in range(LATE, LATE + 5):
        engine.point(0, 9.0 * number, 0.0)
    (said,) = engine.take_faults()
    assert f"{model.path.name}: it is slower than the pen; 1" in said
    engine.point(0, 9.0 * (LATE + 5), 0.0)
    assert engine.take_faults() == []
    session.go.set()
    until(lambda: engine.waiting == 0)
    engine.close(2.0)


def test_closing_a_worker_does_not_wait_for_its_queue(model):
    session = Dawdling(model.session)
    engine = WorkerEngine(LoadedModel(model.path, session, SLOW))
    engine.point(0, 0.0, 0.0)
    engine.point(0, 90.0, 0.0)
    assert session.asked.wait(PATIENCE)
    engine.close()
    assert engine._thread.is_alive(), "it waited for the step"
    session.go.set()
    until(lambda: not engine._thread.is_alive())
    assert engine.predictions[0].rows == 1


@pytest.mark.parametrize("slow", [False, True])
def test_a_model_swapped_in_mid_stroke_answers_as_if_it_had_been_there_from_the_first_point(
    model, other, slow
):
    pens, fresh = Pens(), Pens()
    pens.adopt(model)
    strokes = letter(3)
    for points in (strokes[0], strokes[1][:17]):
        for point in points:
            pens.point(point, 4)
        if points is strokes[0]:
            pens.lift(4)
    # Before the worker has the session, which one thread at a time may use.
    fresh.adopt(other)
    write_with(fresh, strokes[:1], 4)
    for point in strokes[1][:18]:
        fresh.point(point, 4)
    pens.adopt(as_slow(other) if slow else other)
    pens.point(strokes[1][17], 4)
    until(lambda: pens.prediction.rows == fresh.prediction.rows and pens.prediction.labels == ("x", "y"))
    np.testing.assert_allclose(pens.prediction.probabilities, fresh.prediction.probabilities, atol=1e-5)
    assert pens.prediction.progress == pytest.approx(fresh.prediction.progress, abs=1e-5)
    pens.close()


def test_ink_drawn_before_any_model_is_in_counts(model):
    early, late = Pens(), Pens()
    late.adopt(model)
    for pens in (early, late):
        write_with(pens, letter())
    assert early.prediction.rows == 0
    early.adopt(model)
    assert early.prediction.rows == late.prediction.rows
    np.testing.assert_allclose(early.prediction.probabilities, late.prediction.probabilities, atol=1e-5)


def test_a_worker_shows_the_old_answer_until_it_has_a_new_one(model, other):
    session = Dawdling(other.session)
    pens = Pens()
    pens.adopt(model)
    write_with(pens, letter())
    old = pens.prediction
    pens.adopt(LoadedModel(other.path, session, SLOW))
    assert pens.prediction is old
    session.go.set()
    until(lambda: pens.prediction.labels == ("x", "y"))
    pens.close()


def test_the_answer_stays_after_the_ink_is_closed_until_the_next_begins(model):
    pens = Pens()
    pens.adopt(model)
    write_with(pens, letter())
    answer = pens.prediction
    pens.close_ink(0)
    assert pens.prediction is answer
    pens.lift(0)
    assert pens.prediction is answer
    pens.point(np.array([500, 500, 0, 0.5], np.float32), 0)
    assert pens.prediction.rows == 1


def test_pointers_that_never_come_back_are_forgotten(model):
    pens = Pens()
    pens.adopt(model)
    for pointer_id in range(1000):
        pens.point(np.zeros(4, np.float32), pointer_id)
        pens.lift(pointer_id)
        pens.close_ink(pointer_id)
    assert list(pens.predictions) == list(range(1000 - KEPT_POINTERS, 1000))
    assert pens.prediction.rows == 2


def test_a_pointer_that_is_still_drawing_is_not_forgotten(model):
    pens = Pens()
    pens.adopt(model)
    pens.point(np.zeros(4, np.float32), -1)
    for pointer_id in range(100):
        pens.point(np.zeros(4, np.float32), pointer_id)
        pens.close_ink(pointer_id)
    assert -1 in pens.predictions


def test_timings_are_those_of_the_last_points():
    ring = TimingRing()
    warm = Timings(1.0, 2.0, 0)
    assert ring.figures(warm) is warm
    for _ in range(10):
        ring.add(50_000_000)
    for microseconds in range(KEPT):
        ring.add(microseconds * 1000)
    p50, p99, points = ring.figures(warm)
    assert p50 == pytest.approx(KEPT / 2, abs=1)
    assert p99 == pytest.approx(KEPT * 0.99, abs=1)
    assert points == KEPT + 10
