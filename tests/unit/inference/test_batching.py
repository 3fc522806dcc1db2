"""Several inks in one batched step are answered as if each had been alone."""

from pathlib import Path

import numpy as np
import pytest

from addon.background.timings import Timings
from addon.dataset.taught import Example
from addon.inference.inline import InlineEngine
from addon.inference.loaded_model import LoadedModel, load_model
from addon.inference.pens import Pens
from addon.inference.providers import CPU, Choice
from addon.inference.step import JoiningSession
from addon.prediction import Prediction
from tests.encoders import make_encoder
from tests.hands import taught, written
from tests.models import make_model

ON_CPU = Choice((CPU,))
SIGNS = "LTVZ"
FAST = Timings(20.0, 30.0, 0)


class Counting:
    """A session that notes the batches that go through it, and may fail or spoil one ink."""

    def __init__(self, model: LoadedModel) -> None:
        assert isinstance(model.session, JoiningSession)
        self._session = model.session
        self.spec, self.provider = model.spec, model.session.provider
        self.batches: list[int] = []
        self.spoilt, self.broken = -1, False

    def start(self, batch: int = 1):
        return self._session.start(batch)

    def step(self, rows, state):
        self.batches.append(len(rows))
        if self.broken:
            raise RuntimeError("out of memory")
        outputs, after = self._session.step(rows, state)
        if self.spoilt >= 0:
            outputs.scores[self.spoilt] = np.nan
        return outputs, after

    def join(self, states):
        return self._session.join(states)

    def split(self, state):
        return self._session.split(state)


@pytest.fixture(scope="module", params=["own classes", "taught classes"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    path = tmp_path_factory.mktemp("together") / "model.onnx"
    if request.param == "own classes":
        make_model(path, layers=2, hidden=32)
    else:
        make_encoder(path)
    return load_model(path, ON_CPU)


@pytest.fixture
def counting(tmp_path: Path) -> Counting:
    make_model(tmp_path / "model.onnx", layers=2, hidden=32)
    return Counting(load_model(tmp_path / "model.onnx", ON_CPU))


def engine_of(model: LoadedModel) -> InlineEngine:
    engine = InlineEngine(model, tells=True)
    inks, names = taught(SIGNS, 1)
    engine.learn(
        [Example(i, name, tuple(ink)) for i, (ink, name) in enumerate(zip(inks, names, strict=True))]
    )
    return engine


def counted(counting: Counting) -> InlineEngine:
    return InlineEngine(LoadedModel(Path("model.onnx"), counting, FAST))


def hands() -> dict[int, list[np.ndarray]]:
    return {pointer_id: written(sign, pointer_id) for pointer_id, sign in enumerate(SIGNS)}


def alone(model: LoadedModel, pointer_id: int, strokes: list[np.ndarray]) -> list[Prediction]:
    engine = engine_of(model)
    engine.begin(pointer_id)
    for stroke in strokes:
        for x, y in stroke[:, :2].tolist():
            engine.point(pointer_id, x, y)
        engine.lift(pointer_id)
    return [answer for _, answer in engine.take_news() if isinstance(answer, Prediction)]


@pytest.mark.parametrize("samples_a_frame", [1, 3, 50])
def test_every_answer_on_the_way_is_the_one_of_a_lone_ink(model: LoadedModel, samples_a_frame: int):
    assert isinstance(model.session, JoiningSession)
    engine = engine_of(model)
    samples = {p: _events(ink) for p, ink in hands().items()}
    for pointer_id in samples:
        engine.begin(pointer_id)
    for at in range(0, max(map(len, samples.values())), samples_a_frame):
        for pointer_id, mine in samples.items():
            for sample in mine[at : at + samples_a_frame]:
                engine.lift(pointer_id) if sample is None else engine.point(pointer_id, *sample)
        engine.flush()
    news = engine.take_news()
    for pointer_id, strokes in hands().items():
        mine = [said for number, said in news if number == pointer_id and isinstance(said, Prediction)]
        wanted = alone(model, pointer_id, strokes)
        assert len(mine) == len(wanted)
        for one, other in zip(mine, wanted, strict=True):
            assert one.rows == other.rows
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
            assert one.progress == pytest.approx(other.progress, abs=1e-6)
            assert (one.held, one.decided) == (other.held, other.decided)


def _events(strokes: list[np.ndarray]) -> list[tuple[float, float] | None]:
    made: list[tuple[float, float] | None] = []
    for stroke in strokes:
        made += [(x, y) for x, y in stroke[:, :2].tolist()]
        made.append(None)
    return made


def test_a_lone_pen_is_answered_at_once_and_two_hands_in_one_step(counting: Counting):
    engine = counted(counting)
    engine.begin(1)
    engine.point(1, 0.0, 0.0)
    engine.point(1, 13.0, 0.0)
    assert counting.batches == [1, 1]
    engine.begin(2)
    engine.point(2, 50.0, 0.0)
    engine.point(1, 26.0, 0.0)
    assert counting.batches == [1, 1]
    assert engine.predictions[1].rows == 3
    assert engine.predictions[2].rows == 1
    assert counting.batches == [1, 1, 2]
    engine.lift(2)
    engine.flush()
    engine.point(1, 39.0, 0.0)
    assert counting.batches == [1, 1, 2, 1, 1]


def test_a_lift_does_not_overtake_the_points_that_wait(counting: Counting):
    engine = counted(counting)
    for pointer_id in (1, 2):
        engine.begin(pointer_id)
        engine.point(pointer_id, 0.0, 0.0)
        engine.point(pointer_id, 60.0, 0.0)
    for pointer_id in (1, 2):
        engine.lift(pointer_id)
    assert engine.predictions[1].rows == engine.predictions[2].rows == 6
    assert max(counting.batches) == 2


def test_what_is_no_number_in_one_ink_is_kept_from_the_others(counting: Counting):
    engine = counted(counting)
    for pointer_id in (1, 2):
        engine.begin(pointer_id)
        engine.gather(pointer_id, 0.0, 0.0)
    engine.flush()
    before = dict(engine.predictions)
    counting.spoilt = 1
    for pointer_id in (1, 2):
        engine.point(pointer_id, 13.0, 0.0)
    engine.flush()
    assert engine.predictions[1].rows == 2
    assert engine.predictions[2] is before[2]
    assert engine.take_faults() == ["model.onnx: its answers are not numbers (NaN); the last answer stays"]


def test_a_batched_step_that_fails_leaves_all_as_they_were(counting: Counting):
    engine = counted(counting)
    for pointer_id in (1, 2):
        engine.begin(pointer_id)
        engine.gather(pointer_id, 0.0, 0.0)
    engine.flush()
    before = dict(engine.predictions)
    counting.broken = True
    for pointer_id in (1, 2):
        engine.point(pointer_id, 13.0, 0.0)
    assert engine.predictions == before
    assert engine.take_faults() == ["model.onnx: a step failed (out of memory); the last answer stays"]
    counting.broken = False
    for pointer_id in (1, 2):
        engine.point(pointer_id, 26.0, 0.0)
    assert [engine.predictions[pointer_id].rows for pointer_id in (1, 2)] == [2, 2]


def test_agents_are_fed_all_at_once(counting: Counting):
    pens = Pens()
    pens.adopt(LoadedModel(Path("model.onnx"), counting, FAST))
    chance = np.random.default_rng(0)
    pens.feed({agent: chance.uniform(0, 9, (1, 4)).astype(np.float32) for agent in range(10)})
    pens.feed({agent: chance.uniform(90, 99, (1, 4)).astype(np.float32) for agent in range(10)})
    assert all(pens.predictions[agent].rows > 5 for agent in range(10))
    assert counting.batches[0] == 10
    assert len(counting.batches) < 12


@pytest.mark.parametrize(
    ("points", "says"),
    [(np.full((2, 4), np.nan), "finite"), (np.zeros(4), "shape"), (np.zeros((2, 1)), "shape")],
)
def test_agents_with_bad_points_are_refused_and_nothing_changes(counting: Counting, points, says: str):
    pens = Pens()
    pens.adopt(LoadedModel(Path("model.onnx"), counting, FAST))
    with pytest.raises(ValueError, match=says):
        pens.feed({1: np.zeros((1, 4), np.float32), 2: points})
    assert dict(pens.predictions) == {}
