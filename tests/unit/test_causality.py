"""No answer knows what comes after it, and none falls over what a pen may do: the whole shipped path."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addon import PointsError, Prediction, Recognizer
from tests.encoders import inline_steps, make_encoder
from tests.hands import Stroke, taught, written

SIGNS = "LTVZ"


@pytest.fixture(scope="module", autouse=True)
def inline() -> Iterator[None]:
    """Answers before the next point: on a busy machine the small encoder may be measured as a slow one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("addon.inference.loaded_model.INLINE_BELOW_US", 1e9)
        yield


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recognizer]:
    folder = tmp_path_factory.mktemp("causality")
    made = ready(make_encoder(folder / "small.onnx"), folder / "home")
    for ink, label in zip(*taught(SIGNS, each=2), strict=True):
        made.teach(label, ink)
    yield made
    made.exit()


@pytest.fixture
def untaught(tmp_path: Path) -> Iterator[Recognizer]:
    made = ready(make_encoder(tmp_path / "small.onnx"), tmp_path / "home")
    yield made
    made.exit()


def ready(encoder: Path, home: Path) -> Recognizer:
    made = Recognizer(encoder, provider="cpu")
    made.setup(home)
    with inline_steps():
        assert made.wait_ready()
    return made


def answers(recognizer: Recognizer, strokes: list[Stroke]) -> list[Prediction]:
    """The answer after every point, and after every lift."""
    said: list[Prediction] = []
    for stroke in strokes:
        for point in stroke:
            recognizer.on_stroke_point(point, 0)
            said.append(recognizer.prediction)
        recognizer.on_stroke(stroke, 0)
        said.append(recognizer.prediction)
    recognizer.on_ink(tuple(strokes), 0)
    return said


def bits(answer: Prediction) -> tuple[object, ...]:
    return answer.labels, answer.probabilities.tobytes(), answer.progress, answer.unknown, answer.rows


@settings(max_examples=60)
@given(st.sampled_from(SIGNS), st.integers(0, 1000), st.floats(0.02, 0.98), st.integers(0, 2**32 - 1))
def test_corrupting_what_follows_changes_nothing_before_it(
    recognizer: Recognizer, label: str, seed: int, fraction: float, noise: int
) -> None:
    strokes = written(label, seed)
    chance = np.random.default_rng(noise)
    cut = int(fraction * sum(map(len, strokes)))
    damaged, seen, same = [], 0, 0
    for stroke in strokes:
        spoilt = stroke.copy()
        after = max(cut - seen, 0)
        spoilt[after:] = chance.normal(0, 10.0 ** chance.integers(-3, 7), spoilt[after:].shape)
        # An answer stands for every point before the cut, and for each lift that lies before it.
        same += min(after, len(stroke)) + (cut - seen > len(stroke))
        damaged.append(spoilt)
        seen += len(stroke)
    whole, broken = answers(recognizer, strokes), answers(recognizer, damaged)
    assert [bits(one) for one in whole[:same]] == [bits(one) for one in broken[:same]]
    assert same >= cut


def test_cutting_the_ink_off_changes_nothing_before_it(recognizer: Recognizer) -> None:
    strokes = written("T", 5)
    whole = answers(recognizer, strokes)
    for length in (1, 7, len(strokes[0])):
        begun = answers(recognizer, [strokes[0][:length]])[:length]
        assert [bits(one) for one in begun] == [bits(one) for one in whole[:length]]


def point(x: float, y: float) -> Stroke:
    return np.array([[x, y, 0, 0.5]], dtype=np.float32)


LONG = np.cumsum(np.random.default_rng(0).normal(0, 3, (10_000, 4)), axis=0).astype(np.float32)
AWKWARD = {
    "a dot": [point(3, 4)],
    "two dots": [point(3, 4), point(5, 4)],
    "a pen that rests": [np.repeat(point(3, 4), 50, axis=0)],
    "ten thousand points": [LONG],
    "no height": [np.linspace([0, 0, 0, 0], [200, 0, 1, 0], 30, dtype=np.float32)],
    "the edge of what a number can be": [np.array([[0, 0, 0, 0], [3e38, -3e38, 1, 0]], dtype=np.float32)],
}


@pytest.mark.parametrize("strokes", AWKWARD.values(), ids=AWKWARD)
def test_an_awkward_ink_is_answered(recognizer: Recognizer, strokes: list[Stroke]) -> None:
    for answer in answers(recognizer, strokes):
        assert answer.label in SIGNS
        assert answer.probabilities.sum() == pytest.approx(1.0, abs=1e-5)
        assert 0 <= answer.progress <= 1 + 1e-6
        assert 0 <= answer.unknown <= 1


@pytest.mark.parametrize("strokes", AWKWARD.values(), ids=AWKWARD)
def test_an_awkward_ink_is_taught_and_recognised(untaught: Recognizer, strokes: list[Stroke]) -> None:
    untaught.teach("T", written("T", 0))
    untaught.teach("點 ة 🜁", strokes)
    last = answers(untaught, strokes)[-1]
    assert set(last.labels) == {"T", "點 ة 🜁"}
    assert np.isfinite(last.probabilities).all()
    assert answers(untaught, written("T", 0))[-1].label in last.labels
    assert untaught.messages() == []


def test_what_is_no_number_is_refused_and_changes_nothing(recognizer: Recognizer) -> None:
    whole = answers(recognizer, written("V", 1))
    (stroke,) = written("V", 1)
    for place, sample in enumerate(stroke):
        if place == 10:
            with pytest.raises(PointsError, match="must be finite"):
                recognizer.on_stroke_point(np.array([np.nan, 1, 0, 0], dtype=np.float32), 0)
        recognizer.on_stroke_point(sample, 0)
    recognizer.on_stroke(stroke, 0)
    assert bits(recognizer.prediction) == bits(whole[-1])
    recognizer.on_ink((stroke,), 0)
    with pytest.raises(PointsError):
        recognizer.teach("V", [np.full((3, 4), np.inf, dtype=np.float32)])
