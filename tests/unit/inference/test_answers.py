"""The same inks get the same answers, decisions and order of events on every engine, however far behind."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from addon import Recognizer
from addon.background.timings import Timings
from addon.dataset.taught import Example
from addon.inference.engine import WorkerEngine
from addon.inference.events import Events, Listeners
from addon.inference.loaded_model import LoadedModel, load_model
from addon.inference.pens import Pens
from addon.inference.providers import CPU, Choice
from addon.prediction import Prediction
from tests.encoders import make_encoder
from tests.unit.recognizers import bar, frames_until, hook, write

FAST, SLOW = Timings(20.0, 30.0, 0), Timings(300.0, 400.0, 0)
ENGINES = ("inline", "worker", "worker behind", "crossfade", "crossfade of workers")
SECONDS = 20.0

Heard = list[tuple[str, str, int]]


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedModel, LoadedModel]:
    folder = tmp_path_factory.mktemp("encoders")
    first, second = (make_encoder(folder / f"{seed}.onnx", seed=seed) for seed in (3, 4))
    return load_model(first, Choice((CPU,))), load_model(second, Choice((CPU,)))


class Stage:
    """Pens, and what is told of each pointer in its order: the event, the held class, the rows behind it."""

    def __init__(self, kind: str, model: LoadedModel) -> None:
        self.heard: dict[int, Heard] = {}
        self.gate = threading.Event()
        self._kind = kind
        self._events = Events()
        self.pens = Pens(crossfade=1e6 if "crossfade" in kind else 0.0)
        self.pens.learn([Example(1, "bar", tuple(bar())), Example(2, "hook", tuple(hook()))])
        self.adopt(model)

    def adopt(self, model: LoadedModel) -> None:
        self.pens.adopt(replace(model, timings=SLOW if "worker" in self._kind else FAST))
        self.hold_up()

    def hold_up(self) -> None:
        """Keep a worker from everything that comes from now on."""
        engine = self.pens._engine
        if self._kind == "worker behind" and isinstance(engine, WorkerEngine):
            engine._put(self.gate.wait)

    def tell(self) -> None:
        def note(what: str) -> Callable[[Prediction, int], None]:
            return lambda answer, pointer: self.heard.setdefault(pointer, []).append(
                (what, answer.held, answer.rows)
            )

        listeners = Listeners(note("progress"), note("decide"), note("lost"))
        for pointer, answer in self.pens.take_news():
            if isinstance(answer, Prediction) and not answer.rows:
                note("begin")(answer, pointer)
            self._events.tell([(pointer, answer)], listeners)

    def draw(self, ink: list[np.ndarray], pointer: int = 0, closes: bool = True) -> None:
        for points in ink:
            for point in points:
                self.pens.point(point, pointer)
            self.pens.lift(pointer)
        if closes:
            self.pens.close_ink(pointer)

    def finish(self) -> dict[int, Prediction]:
        self.gate.set()
        assert self.pens.wait(SECONDS)
        self.tell()
        answers = dict(self.pens.predictions)
        self.pens.close()
        return answers


def one_after_the_other(stage: Stage, other: LoadedModel) -> None:
    for ink in (bar(5), hook(6), bar(7)):
        stage.draw(ink)


def two_hands(stage: Stage, other: LoadedModel) -> None:
    for one, two in zip(bar(5)[0], hook(6)[0], strict=False):
        stage.pens.point(one, 1)
        stage.pens.point(two, 2)
    for pointer in (1, 2):
        stage.pens.lift(pointer)
        stage.pens.close_ink(pointer)
    stage.draw(hook(8), 1)


def a_swap(stage: Stage, other: LoadedModel) -> None:
    stage.draw(bar(5))
    stage.draw(hook(6), closes=False)
    stage.adopt(other)
    stage.pens.close_ink(0)
    stage.draw(bar(7))


def a_swap_after_the_end(stage: Stage, other: LoadedModel) -> None:
    stage.draw(hook(5))
    stage.adopt(other)


def teaching_and_forgetting(stage: Stage, other: LoadedModel) -> None:
    stage.draw(bar(5))
    kept = [Example(1, "bar", tuple(bar())), Example(3, "crook", tuple(hook(9)))]
    stage.pens.learn(kept)
    stage.draw(hook(6))
    kept[1].label = "staff"
    stage.pens.learn(kept)


SCENES = (one_after_the_other, two_hands, a_swap, a_swap_after_the_end, teaching_and_forgetting)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
@pytest.mark.parametrize("kind", ENGINES)
def test_every_engine_tells_the_same(encoders, kind: str, scene: Callable[[Stage, LoadedModel], None]):
    # One after the other: a session is for one thread.
    (heard, answers), (expected, wanted) = (played(each, scene, encoders) for each in (kind, "inline"))
    assert answers.keys() == wanted.keys()
    for pointer, answer in answers.items():
        assert (answer.rows, answer.decided) == (wanted[pointer].rows, wanted[pointer].decided)
        if "crossfade" not in kind:
            assert answer.labels == wanted[pointer].labels
            np.testing.assert_allclose(answer.probabilities, wanted[pointer].probabilities, atol=1e-6)
    if scene in (a_swap, a_swap_after_the_end):
        # Of what a worker that leaves was behind with, the one that follows tells the outcome alone.
        assert stands(heard) == stands(expected)
    else:
        assert heard == expected


def played(
    kind: str, scene: Callable[[Stage, LoadedModel], None], models: tuple[LoadedModel, LoadedModel]
) -> tuple[dict[int, Heard], dict[int, Prediction]]:
    stage = Stage(kind, models[0])
    scene(stage, models[1])
    answers = stage.finish()
    return stage.heard, answers


def stands(heard: dict[int, Heard]) -> dict[int, list[str]]:
    """What each ink was taken for in the end."""
    taken: dict[int, list[str]] = {}
    for pointer, told in heard.items():
        inks: list[str] = []
        for what, held, _ in told:
            if what == "begin":
                inks.append("")
            elif what != "progress":
                inks[-1] = held if what == "decide" else ""
        taken[pointer] = inks
    return taken


@pytest.mark.parametrize("kind", ENGINES)
def test_the_old_answer_goes_as_the_pen_comes_down(encoders, kind: str):
    model, other = encoders
    stage = Stage(kind, model)
    stage.gate.set()
    stage.draw(bar(), 1)
    stage.draw(hook(), 2)
    assert stage.pens.wait(SECONDS)
    before = dict(stage.pens.predictions)
    assert before[1].rows
    assert before[2].rows
    stage.gate.clear()
    stage.hold_up()
    stage.pens.point(bar()[0][0], 1)
    assert stage.pens.prediction.rows <= 1
    assert stage.pens.predictions[2] is before[2]
    stage.adopt(other)
    assert stage.pens.prediction.rows <= 1
    stage.pens.learn([Example(4, "line", tuple(bar()))])
    stage.pens.point(hook()[0][0], 2)
    assert all(answer.rows <= 1 for answer in stage.pens.predictions.values())
    stage.finish()


def test_a_pointer_that_is_forgotten_shows_no_answer_of_a_worker_that_is_behind(encoders):
    engine = WorkerEngine(replace(encoders[0], timings=SLOW))
    gate = threading.Event()
    engine.begin(5)
    engine.point(5, 1.0, 1.0)
    assert engine.wait(SECONDS)
    assert engine.predictions[5].rows
    engine._put(gate.wait)
    engine.forget(5)
    assert 5 not in engine.predictions
    engine.begin(5)
    assert not engine.predictions[5].rows
    gate.set()
    assert engine.wait(SECONDS)
    engine.close(2.0)


def test_a_worker_outlives_what_fails_in_it_and_says_so(encoders):
    engine = WorkerEngine(replace(encoders[0], timings=SLOW))

    def fail() -> None:
        raise RuntimeError("out of\nmemory")

    engine._put(fail)
    engine.begin(0)
    engine.point(0, 1.0, 1.0)
    assert engine.wait(SECONDS)
    assert engine.predictions[0].rows == 1
    assert engine.take_faults() == ["3.onnx: it failed (out of memory); the last answer stays"]
    assert engine.take_faults() == []
    engine.close(2.0)


@pytest.fixture(params=["inline", "worker"])
def recognizer(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    limit = float("inf") if request.param == "inline" else 0.0
    monkeypatch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", limit)
    made = Recognizer(make_encoder(tmp_path / "encoder.onnx"), provider="cpu", home=tmp_path)
    made.setup(tmp_path)
    yield made
    made.exit()


def held_up(recognizer: Recognizer) -> threading.Event:
    """Keep a worker from all that comes until this is set."""
    gate, engine = threading.Event(), recognizer._pens._engine
    if isinstance(engine, WorkerEngine):
        engine._put(gate.wait)
    return gate


def test_a_script_waits_for_the_answer_to_what_it_has_drawn(recognizer: Recognizer):
    told: list[tuple[str, int]] = []
    recognizer.on_decide = lambda answer, pointer_id: told.append((answer.held, answer.rows))
    recognizer.teach("bar", bar())
    recognizer.teach("hook", hook())
    for label, ink in (("bar", bar(4)), ("hook", hook(5)), ("bar", bar(6))):
        told.clear()
        write(recognizer, ink, pointer_id=3)
        recognizer.on_ink(ink, 3)
        assert recognizer.wait_answer(3).label == label
        assert told[-1][0] == label
    assert recognizer.wait_answer() is recognizer.prediction
    assert recognizer.wait_answer(99).rows == 0


def test_a_wait_that_takes_too_long_is_an_error_and_not_an_old_answer(recognizer: Recognizer):
    assert recognizer.wait_ready()
    gate = held_up(recognizer)
    write(recognizer, bar())
    if isinstance(recognizer._pens._engine, WorkerEngine):
        with pytest.raises(TimeoutError, match="no answer within 0 seconds"):
            recognizer.wait_answer(timeout=0.0)
    gate.set()
    assert recognizer.wait_answer().rows


def test_what_is_exported_is_what_was_acknowledged(recognizer: Recognizer, tmp_path: Path):
    """However far a worker is behind, and whatever is taught, said or taken in afterwards."""
    assert recognizer.wait_ready()
    gate = held_up(recognizer)
    recognizer.teach("bar", bar())
    gone = recognizer.teach("gone", bar(3))
    renamed = recognizer.teach("hook", hook())
    recognizer.forget(gone)
    recognizer.relabel(renamed, "crook")
    path = tmp_path / "mine.onnx"
    assert recognizer.export(path)
    recognizer.relabel(renamed, "later")
    recognizer.teach("late", hook(2))
    assert recognizer.model_path is not None
    recognizer.load(recognizer.model_path)
    gate.set()
    said = frames_until(recognizer, path.exists)
    said += frames_until(recognizer, lambda: recognizer._client._export is None)
    assert f"exported 2 classes of 2 examples to {path}" in said + recognizer.messages()
    assert load_model(path, Choice((CPU,))).spec.labels == ("bar", "crook")


def test_a_swap_does_not_take_an_export_s_examples_away(encoders):
    """A worker that leaves still tells what it was taught."""
    engine = WorkerEngine(replace(encoders[0], timings=SLOW))
    gate = threading.Event()
    engine._put(gate.wait)
    engine.learn([Example(1, "bar", tuple(bar()))])
    told = engine.taught_now()
    engine.learn([Example(1, "bar", tuple(bar())), Example(2, "hook", tuple(hook()))])
    engine.close()
    gate.set()
    prototypes, _ = told.result(SECONDS)
    assert prototypes is not None
    assert prototypes.labels == ("bar",)
